"""The live agents' desk: who is there, what each is told, and what they may do."""

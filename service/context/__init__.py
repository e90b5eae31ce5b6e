"""What is sent in place of a conversation, and why: rounds, facts, digest, recall, and the plan.

Pure: nothing here reads a table, calls a model or knows the time.
"""

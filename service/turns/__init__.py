"""A turn: one question answered, from the look-up to the ledger."""

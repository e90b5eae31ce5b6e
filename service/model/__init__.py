"""The model and its provider: what is known of them, and how they are asked."""

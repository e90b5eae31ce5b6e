"""What recorded conversations would have cost, and what would have been remembered of them, under
several ways of laying out a prompt. Offline: no model, no network, no database."""

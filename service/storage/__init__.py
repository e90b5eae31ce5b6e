"""The storage room: the only one that knows SQLAlchemy and aiosqlite."""

"""The HTTP face: the only room that knows aiohttp's requests and HTTP's statuses."""

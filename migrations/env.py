"""Alembic's way in: on the connection that the caller holds, or on one made from the URL."""

from __future__ import annotations

from alembic import context
from sqlalchemy.engine import Connection

from service import settings
from service.storage import migrate
from service.storage.models import Base


def run(connection: Connection) -> None:
    """Migrate on this connection, inside its transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


held = context.config.attributes.get("connection")
if held is not None:
    run(held)
else:
    url = context.config.get_main_option("sqlalchemy.url") or settings.load().database_url
    with migrate.engine(url).begin() as own:
        run(own)

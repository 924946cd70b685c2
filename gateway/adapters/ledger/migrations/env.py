"""Alembic runs this page: the gateway hands it a connection, nothing is read from the environment."""

from alembic import context

from gateway.adapters.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()

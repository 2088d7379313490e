"""Alembic's entry: runs inside the connection that `lectern.db.migrate` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="schema.",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

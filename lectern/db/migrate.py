"""Migrations: forward at start or by command, one process at a time; a newer schema is refused."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from lectern.db.engine import Database
from lectern.kernel.errors import Conflict

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x6C656374  # "lect": an arbitrary but fixed advisory lock


def _config(connection: Connection, metadata: MetaData) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes.update(connection=connection, metadata=metadata)
    return config


async def upgrade(database: Database, metadata: MetaData, revision: str = "head") -> None:
    """Bring the schema forward to `revision`.

    Raises:
        Conflict: the database was written by a newer release (`schema_newer`).
    """

    def run(connection: Connection) -> None:
        config = _config(connection, metadata)
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        current = MigrationContext.configure(connection).get_current_revision()
        scripts = ScriptDirectory.from_config(config)
        if revision == "head" and current is not None and current == scripts.get_current_head():
            return  # as nearly always: reading the migrations again to do none of them takes a while
        known = {script.revision for script in scripts.walk_revisions()}
        if current is not None and current not in known:
            raise Conflict(
                "schema_newer",
                "A newer release of Lectern wrote this database. Install that release, or restore a backup.",
            )
        command.upgrade(config, revision)

    async with database.write() as tx:
        await tx.run_sync(run)


async def downgrade(database: Database, metadata: MetaData, revision: str) -> None:
    """Take the schema back to `revision` (`base` for nothing at all)."""

    def run(connection: Connection) -> None:
        command.downgrade(_config(connection, metadata), revision)

    async with database.write() as tx:
        await tx.run_sync(run)


async def differences(database: Database, metadata: MetaData) -> list[object]:
    """Return how the schema differs from what the code says; empty after `upgrade`."""

    def run(connection: Connection) -> list[object]:
        opts = {"compare_type": True, "include_name": _is_described, "include_object": _is_described}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, metadata))

    async with database.read() as tx:
        return await tx.run_sync(run)


def _is_described(thing: object, name_or_type: object, *_more: object) -> bool:
    """Tell whether the code's metadata describes a part of the schema.

    It does not describe full-text parts (`fulltext_…`), which each database has in its own way.
    """
    return not any(str(each).startswith("fulltext_") for each in (thing, name_or_type))


async def write_revision(database: Database, metadata: MetaData, message: str, revision_id: str) -> None:
    """Write a new migration from the difference between the schema and the code; for developers."""

    def run(connection: Connection) -> None:
        command.revision(_config(connection, metadata), message, autogenerate=True, rev_id=revision_id)

    async with database.write() as tx:
        await tx.run_sync(run)

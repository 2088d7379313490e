"""A database for tests of what does not depend on the database; `tests.services` has both of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lectern.db.engine import Database
from lectern.db.schema import metadata


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh SQLite database with every table that was imported."""
    database = Database(f"sqlite:///{tmp_path}/lectern.db")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    yield database
    await database.close()

"""All tables of all packages, gathered on one metadata."""

import accounts.tables
import lectern.timeline.tables
import sessions.tables
from lectern.db.schema import metadata

__all__ = ["metadata"]

_MODULES = (accounts.tables, sessions.tables, lectern.timeline.tables)

"""Who gives commands on the command line, and how days are written to them."""

from datetime import UTC, datetime

from lectern.kernel.access import Permission, Principal


def operator(org_id: str) -> Principal:
    """Whoever has a shell on the server."""
    return Principal(org_id, "command line", frozenset({Permission.ADMIN}))


def day(utc_ms: int) -> str:
    """Return the day of a moment, in UTC, like 2026-11-23."""
    return datetime.fromtimestamp(utc_ms / 1000, UTC).date().isoformat()

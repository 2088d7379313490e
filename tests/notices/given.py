"""What tests of notices start from."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.clock import UtcMs
from notices.kinds import Kind
from notices.outbox import Outbox

ORG = "org-1"
T0 = 1_800_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR
LESSON: dict[str, Any] = {
    "session_id": "s-1",
    "title": "Product launch",
    "starts_utc_ms": T0 + DAY,
    "zone": "Asia/Shanghai",
    "minutes": 60,
}
CLOSED: dict[str, Any] = {
    "session_id": "s-1",
    "title": "Product launch",
    "head": "ab" * 32,
    "version": 1,
    "rows": 2,
    "closed_utc_ms": T0,
    "zone": "Asia/Shanghai",
}
WATCH: dict[str, Any] = {
    "session_id": "s-1",
    "medium": "microcourse",
    "medium_id": "m-1",
    "title": "Product launch",
    "due_utc_ms": T0 + 86_400_000,
    "zone": "Asia/Shanghai",
}
REVIEW: dict[str, Any] = {"session_id": "s-1", "microcourse_id": "m-1", "title": "Product launch"}


def given_for(kind: Kind) -> dict[str, Any]:
    """Return facts as a kind needs them."""
    special = {
        Kind.ATTENDANCE_CLOSED: CLOSED,
        Kind.REVIEW_ASKED: REVIEW,
        Kind.REVIEWED: REVIEW,
        Kind.WATCH_DUE: WATCH,
    }
    return special.get(kind, LESSON)


class Watch:
    """A clock that tests set."""

    def __init__(self, now: int = T0) -> None:
        self.now = now

    def __call__(self) -> UtcMs:
        """Return what it shows."""
        return UtcMs(self.now)


async def invite(tx: AsyncConnection, outbox: Outbox, *people: str, key: str = "s-1") -> None:
    """Put invitations."""
    await outbox.put(
        tx, org_id=ORG, kind="invited", key=key, facts=LESSON, person_ids=people, session_id="s-1"
    )

"""What pages said of themselves."""

from typing import ClassVar

import msgspec

from lectern.timeline.event import Event


class Attended(msgspec.Struct, frozen=True, kw_only=True):
    """One connection: from when on (UTC) which state held: `watching`, `listening` or `away`."""

    participant: str
    connection: str
    changes: tuple[tuple[int, str], ...]


class PageStatesReported(Event, frozen=True, kw_only=True):
    """What came together in one process within a few seconds; no actor, and nobody sees it."""

    TYPE: ClassVar[str] = "page_states_reported"
    people: tuple[Attended, ...]

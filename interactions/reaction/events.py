"""What happens to reactions."""

from typing import ClassVar

import msgspec

from lectern.timeline.event import Event


class Reacted(msgspec.Struct, frozen=True, kw_only=True):
    """What one participant sent in one command; `key` tells a repeated command from a new one."""

    participant: str
    key: str
    counts: dict[str, int]


class ReactionsCounted(Event, frozen=True, kw_only=True):
    """What everybody sent since the last one: at most one such event a second and session; no actor."""

    TYPE: ClassVar[str] = "reactions_counted"
    people: tuple[Reacted, ...]

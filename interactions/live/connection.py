"""One viewer's connection, and what it is owed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from interactions.live.admission import Admitted
from interactions.live.pace import TokenBucket
from lectern.timeline.engine import View

COMMAND_BURST = 20
COMMANDS_PER_S = 5.0
RESYNC_BURST = 5
RESYNCS_PER_S = 0.5
CLOCK_BURST = 20
CLOCKS_PER_S = 2.0
PAGE_STATE_BURST = 3
PAGE_STATES_PER_S = 0.05


class Following(StrEnum):
    """How a connection keeps up."""

    GREETED_SOON = "greeted_soon"
    """Its welcome waits to be sent; nothing may overtake it."""
    LIVE = "live"
    """It gets frames."""
    LOST = "lost"
    """It fell too far behind; once it takes in data again, it is asked to resync."""
    ASKED = "asked"
    """It was sent a frame that does not fit its cursor; it gets nothing until it resyncs."""


class Turn(StrEnum):
    """What changes how a connection keeps up."""

    GREETED = "greeted"
    FELL_BEHIND = "fell_behind"
    WAS_ASKED = "was_asked"
    RESYNCED = "resynced"


TRANSITIONS: Mapping[Following, Mapping[Turn, Following]] = MappingProxyType(
    {
        Following.GREETED_SOON: {Turn.GREETED: Following.LIVE, Turn.RESYNCED: Following.GREETED_SOON},
        Following.LIVE: {Turn.FELL_BEHIND: Following.LOST, Turn.RESYNCED: Following.LIVE},
        Following.LOST: {Turn.WAS_ASKED: Following.ASKED, Turn.RESYNCED: Following.LIVE},
        Following.ASKED: {Turn.RESYNCED: Following.LIVE},
    }
)


@dataclass(slots=True)
class Connection:
    """One tab or device.

    `cursor` is the last event that was considered for it, `told` the last number that its client knows of:
    frames with nothing in them for this viewer are not sent, so `told` may be behind `cursor`.
    """

    sid: str
    admitted: Admitted
    welcome: dict[str, Any] | None
    cursor: int
    told: int
    following: Following = Following.GREETED_SOON
    commands: TokenBucket = field(default_factory=lambda: TokenBucket(COMMAND_BURST, COMMANDS_PER_S))
    resyncs: TokenBucket = field(default_factory=lambda: TokenBucket(RESYNC_BURST, RESYNCS_PER_S))
    clocks: TokenBucket = field(default_factory=lambda: TokenBucket(CLOCK_BURST, CLOCKS_PER_S))
    page_states: TokenBucket = field(default_factory=lambda: TokenBucket(PAGE_STATE_BURST, PAGE_STATES_PER_S))
    attended_utc_ms: int = 0
    """Up to when its page has said how attentive it was; at first, when it opened."""

    def turn(self, turn: Turn) -> None:
        """Follow the table."""
        self.following = TRANSITIONS[self.following][turn]

    def resynced(self, view: View) -> None:
        """Note that the client holds all up to `view.seq` now."""
        self.turn(Turn.RESYNCED)
        self.cursor = self.told = view.seq


def welcome(admitted: Admitted, view: View, after: int | None, now_utc_ms: int) -> dict[str, Any]:
    """Return the data of `welcome`, and of the answer to `resync`."""
    data: dict[str, Any] = {
        "participant_id": admitted.actor.participant_id,
        "role": admitted.actor.role.value,
        "resume_token": admitted.resume_token,
        "seq": view.seq,
        "utc_ms": now_utc_ms,
    }
    if view.entities is not None:
        return data | {"entities": view.entities}
    return data | {"from": after, "events": view.events}

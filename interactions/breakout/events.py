"""What happens while the class is in groups; opening, placing, closing stand in `lectern.timeline.event`."""

from typing import ClassVar

import msgspec

from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event


class BreakoutExtended(Event, frozen=True, kw_only=True):
    """The groups have until `ends_utc_ms` now."""

    TYPE: ClassVar[str] = "breakout_extended"
    ends_utc_ms: UtcMs


class BreakoutWarned(Event, frozen=True, kw_only=True):
    """The last minute has begun; the groups end at `ends_utc_ms`."""

    TYPE: ClassVar[str] = "breakout_warned"
    ends_utc_ms: UtcMs


class BreakoutTold(Event, frozen=True, kw_only=True):
    """The actor wrote something to all groups."""

    TYPE: ClassVar[str] = "breakout_told"
    text_ref: str


class BreakoutHelp(Event, frozen=True, kw_only=True):
    """A group asks for somebody to come, or (`on` false) needs nobody any more."""

    TYPE: ClassVar[str] = "breakout_help"
    group: str
    on: bool


class BreakoutVisited(Event, frozen=True, kw_only=True):
    """The actor, one of the staff, is in `group` now (null: back in the main room); its call is answered."""

    TYPE: ClassVar[str] = "breakout_visited"
    group: str | None


class BreakoutVoice(Event, frozen=True, kw_only=True):
    """The actor's microphone is heard in all groups, or (`on` false) only where they are."""

    TYPE: ClassVar[str] = "breakout_voice"
    on: bool


class BreakoutReporter(Event, frozen=True, kw_only=True):
    """Who reports for a group; null: nobody does."""

    TYPE: ClassVar[str] = "breakout_reporter"
    group: str
    participant: str | None


class BreakoutReported(Event, frozen=True, kw_only=True):
    """The actor wrote down a group's result, instead of what stood there before."""

    TYPE: ClassVar[str] = "breakout_reported"
    group: str
    text_ref: str


class BreakoutShown(Event, frozen=True, kw_only=True):
    """A group's result is shown to the whole class, or (`on` false) to the group and staff alone."""

    TYPE: ClassVar[str] = "breakout_shown"
    id: str
    on: bool


class BreakoutTutor(Event, frozen=True, kw_only=True):
    """Who looks after a group from now on, or (`on` false) no longer: staff, or one of its members."""

    TYPE: ClassVar[str] = "breakout_tutor"
    group: str
    participant: str
    on: bool


class GroupNotes(msgspec.Struct, frozen=True, kw_only=True):
    """What a group had written together; `chars` is how many characters each participant wrote."""

    group: str
    text_ref: str
    chars: dict[str, int] = {}


class BreakoutKept(Event, frozen=True, kw_only=True):
    """The notes of `groups` take no more changes; those in which something stood are kept with their text."""

    TYPE: ClassVar[str] = "breakout_kept"
    groups: tuple[str, ...]
    notes: tuple[GroupNotes, ...] = ()

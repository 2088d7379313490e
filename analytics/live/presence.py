"""When people were in a lesson that is over, as it is kept: so that a lesson is folded once. Pure.

Everything is on the session's clock, not on the replay's: a replay whose map is another (it was made again,
something was cut out of it) shows other parts of the same presence, and nothing has to be folded for that.
Being there and being away stand apart, so that a rule that counts one or the other needs no folding either.
"""

from collections.abc import Iterable

import msgspec

from analytics.attendance.register import Register
from analytics.lesson_coverage import seen_live, shares_of
from analytics.spans import NOTHING, Spans, difference, union
from lectern.manifest.clock_map import ClockMap

READ: frozenset[str] = frozenset(
    {
        "session_started", "session_ended", "participant_joined", "participant_removed", "connection_opened",
        "connection_closed", "page_states_reported", "checkin_corrected",
    }
)  # fmt: skip
"""The event types that presence is made of; of corrections, that they give somebody a row."""

_DECODER = msgspec.msgpack.Decoder(tuple[Spans, Spans])


class LivePresence(msgspec.Struct, frozen=True, gc=False):
    """When a person was in a lesson while it was live, in milliseconds of the session's clock.

    `participant` is whom they came as first; `is_learner`: they count also where no roster names them.
    `away` is the part of `there` in which every device of theirs was hidden and silent.
    """

    person: str
    participant: str
    is_learner: bool
    there: Spans = NOTHING
    away: Spans = NOTHING

    def counted(self, *, away_counts: bool) -> Spans:
        """Return when they were there, as a rule of attendance counts it."""
        return self.there if away_counts else difference(self.there, self.away)


def presences_of(register: Register) -> list[LivePresence] | None:
    """Return everybody who came to a lesson, guests left out; None while it is not over.

    A connection that nobody has closed yet lasts to the end of the lesson, whatever the time is.
    """
    course = register.course(0)
    if not course.over:
        return None
    first = course.first_utc_ms or 0
    end = course.live[-1][1] if course.live else first
    return [
        LivePresence(
            row.person, row.participant, is_learner, _moved(row.there, -first), _moved(row.away, -first)
        )
        for row, is_learner in register.people(end)
        if row.person is not None and row.participant is not None
    ]


def _moved(spans: Spans, by_ms: int) -> Spans:
    return tuple((start + by_ms, end + by_ms) for start, end in spans)


def packed(presence: LivePresence) -> bytes:
    """Return the spans as they are stored: MessagePack, `[there, away]`."""
    return msgspec.msgpack.encode((presence.there, presence.away))


def unpacked(data: bytes) -> tuple[Spans, Spans]:
    """Return what `packed` made bytes of."""
    return _DECODER.decode(data)


def share_in_all(
    presence: LivePresence | None,
    played: Iterable[Spans],
    *,
    away_counts: bool,
    clock: ClockMap | None,
    duration_ms: int,
) -> float:
    """Return which share (0..1) of a replay somebody saw, live or later; None: they were not there."""
    live = NOTHING
    if presence is not None:
        live = seen_live(presence.counted(away_counts=away_counts), 0, clock)
    return shares_of(live, union(*played), duration_ms).together

"""What is missing in the recording of a lesson, and why, from the recordings and the timeline. Pure.

Four things leave a gap: packets that never came or could not be written (the recorder says so), a time in
which the lesson went on and nothing was recorded, a sender whose connection broke and who came back, and what
the presenter said aside.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from catalogue import asides
from lectern.manifest.clock_map import ClockMap
from lectern.manifest.replay import Replay as Recorded
from lectern.timeline.event import (
    RecordingGap,
    SessionEnded,
    SessionStarted,
    TrackPublished,
    TrackUnpublished,
)

SHORTEST_MS = 500
"""What nobody recorded, or nobody sent, for less is how recordings follow each other."""
EDGE_MS = 3_000
"""A recording may begin so long after its lesson, and end so long before: there is nothing to record yet."""
BACK_WITHIN_MS = 120_000
"""Who comes back later than this had left."""
CONNECTION_BROKE = frozenset({"left", "media_restarted"})

READ = (
    *(event.TYPE for event in (SessionStarted, SessionEnded, TrackPublished, TrackUnpublished, RecordingGap)),
    *asides.READ,
)
"""The events that `gaps_of` and `untold` read."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A timeline event, as far as it is needed here."""

    type: str
    session_ms: int
    payload: Mapping[str, Any]


LeftOut = Callable[[str, str], bool]
"""Whether nothing of what a participant sends from a source (mic, camera, screen) is recorded, by rule."""


def nobody_left_out(_participant: str, _source: str) -> bool:
    """See `LeftOut`: of a lesson that records everybody."""
    return False


def gaps_of(
    recorded: Recorded, happened: Sequence[Happened], left_out: LeftOut = nobody_left_out
) -> list[RecordingGap]:
    """Return every gap, in the order in which they begin on the session's clock.

    Who is left out leaves none, wherever they are.
    """
    clock = recorded.clock_map
    found = [
        RecordingGap(
            source=gap.source,
            participant=gap.participant,
            why=gap.why,
            from_ms=clock.session_ms(gap.from_ms),
            to_ms=clock.session_ms(gap.to_ms),
            missing_ms=gap.missing_ms,
        )
        for gap in recorded.gaps
    ]
    found += _unrecorded(recorded, happened)
    found += away(recorded.clock_map, happened, left_out)
    return sorted(found, key=lambda gap: (gap.from_ms, gap.to_ms, gap.source, gap.participant))


def untold(gaps: Iterable[RecordingGap], happened: Iterable[Happened]) -> list[RecordingGap]:
    """Return those of `gaps` that the timeline does not know: a lesson may go on after its end."""
    known = {
        (
            h.payload.get("source"),
            h.payload.get("participant"),
            h.payload.get("why"),
            h.payload.get("from_ms"),
        )
        for h in happened
        if h.type == RecordingGap.TYPE
    }
    return [gap for gap in gaps if (gap.source, gap.participant, gap.why, gap.from_ms) not in known]


@dataclass(frozen=True, slots=True)
class ReplayGap:
    """A gap as the replay shows it, in media milliseconds; what nobody recorded takes no time there."""

    from_ms: int
    to_ms: int
    missing_ms: int
    source: str
    why: str


def told(happened: Iterable[Happened], clock: ClockMap) -> list[ReplayGap]:
    """Return the gaps that stand on the timeline, in order. Whose they are is for the timeline's readers."""
    found = [
        ReplayGap(
            clock.media_ms(int(h.payload["from_ms"])),
            clock.media_ms(int(h.payload["to_ms"])),
            int(h.payload["missing_ms"]),
            str(h.payload["source"]),
            str(h.payload["why"]),
        )
        for h in happened
        if h.type == RecordingGap.TYPE
    ]
    return sorted(found, key=lambda gap: (gap.from_ms, gap.to_ms))


def _unrecorded(recorded: Recorded, happened: Sequence[Happened]) -> list[RecordingGap]:
    pieces = recorded.clock_map.pieces
    if not pieces:
        return []
    ends = [piece.session_ms + piece.duration_ms for piece in pieces]
    live = _live(happened)
    over_ms = live[-1][1] if live else 0
    left_out = asides.asides(happened)
    found = []
    for start, end in zip(ends, [*(piece.session_ms for piece in pieces[1:]), over_ms], strict=True):
        for began, ended in live:
            said, rest = asides.parted((max(start, began), min(end, ended)), left_out)
            found += [_gap("all", "", "aside", *stretch) for stretch in said]
            for from_ms, to_ms in rest:
                is_within = from_ms > began and to_ms < ended
                if to_ms - from_ms >= (SHORTEST_MS if is_within else EDGE_MS):
                    found.append(_gap("all", "", "not_recorded", from_ms, to_ms))
    return found


def away(
    clock: ClockMap, happened: Sequence[Happened], left_out: LeftOut = nobody_left_out
) -> list[RecordingGap]:
    """Return where somebody's connection broke while they sent, until they sent again; on what was recorded
    by `clock`."""
    sent: dict[str, tuple[str, str]] = {}
    gone: dict[tuple[str, str], int] = {}
    found = list[RecordingGap]()
    for event in happened:
        track = str(event.payload.get("track", ""))
        if event.type == TrackPublished.TYPE:
            sender = str(event.payload["participant"]), str(event.payload["source"])
            sent[track] = sender
            since_ms = gone.pop(sender, None)
            if since_ms is None or event.session_ms - since_ms > BACK_WITHIN_MS:
                continue
            # What lies between two recordings is told already, and takes no time in the replay.
            absent_ms = clock.media_ms(event.session_ms) - clock.media_ms(since_ms)
            if absent_ms >= SHORTEST_MS:
                found.append(_gap(sender[1], sender[0], "away", since_ms, event.session_ms, absent_ms))
        elif event.type == TrackUnpublished.TYPE:
            left = sent.pop(track, None)
            is_broken = event.payload.get("reason") in CONNECTION_BROKE
            if left is not None and is_broken and not left_out(*left):
                gone[left] = event.session_ms
        elif event.type == SessionEnded.TYPE:
            gone.clear()
    return found


def _live(happened: Sequence[Happened]) -> list[tuple[int, int]]:
    """When the lesson was live, on the session's clock."""
    turns = [h for h in happened if h.type in (SessionStarted.TYPE, SessionEnded.TYPE)]
    return [
        (one.session_ms, other.session_ms)
        for one, other in pairwise(turns)
        if (one.type, other.type) == (SessionStarted.TYPE, SessionEnded.TYPE)
    ]


def _gap(  # noqa: PLR0917 - private, one line of a table each
    source: str, participant: str, why: str, from_ms: int, to_ms: int, missing_ms: int | None = None
) -> RecordingGap:
    return RecordingGap(
        source=source,
        participant=participant,
        why=why,
        from_ms=from_ms,
        to_ms=to_ms,
        missing_ms=to_ms - from_ms if missing_ms is None else missing_ms,
    )

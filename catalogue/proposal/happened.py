"""What the class did, from its timeline, on the replay's clock. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from catalogue import asides
from catalogue.marks import Moment
from catalogue.proposal.ground import Happening, Kind
from lectern.manifest.clock_map import ClockMap


class _Pair(NamedTuple):
    """How something that lasts shows on the timeline, and where its entity has its words."""

    kind: Kind
    closed: str
    path: str
    words: str


_LASTS: Mapping[str, _Pair] = {
    "poll_opened": _Pair("poll", "poll_closed", "poll", "question"),
    "checkin_opened": _Pair("checkin", "checkin_closed", "checkin", "message"),
    "breakout_opened": _Pair("breakout", "breakout_closed", "", ""),
    asides.BEGAN: _Pair("pause", asides.ENDED, "", ""),
}
_CLOSES = {pair.closed: opened for opened, pair in _LASTS.items()}
_OVER = "session_ended"

READ = (*_LASTS, *_CLOSES, _OVER)
"""The events that `happened_of` reads."""


def happened_of(
    moments: Sequence[Moment], entities: Mapping[str, Mapping[str, Any]], clock: ClockMap
) -> list[Happening]:
    """Return what happened, in order; what was never closed ended with the lesson.

    `entities` are what learners finally see: only their words name a lesson, and none of what was said aside.
    A question counts while it was answered aloud.
    """
    left_out = asides.asides(moments)
    found: list[Happening] = []
    running: dict[tuple[str, str], int] = {}

    def end(key: tuple[str, str], end_ms: int) -> None:
        began_ms, pair = running.pop(key), _LASTS[key[0]]
        entity = {} if asides.is_aside(left_out, began_ms) else entities.get(f"{pair.path}/{key[1]}")
        words = (entity or {}).get(pair.words)
        from_ms, to_ms = clock.media_ms(began_ms), clock.media_ms(end_ms)
        found.append(Happening(pair.kind, from_ms, to_ms, key[1], str(words or "")))

    for moment in moments:
        if moment.type in _LASTS:
            running.setdefault((moment.type, _id(moment)), moment.session_ms)
        elif moment.type in _CLOSES:
            key = _CLOSES[moment.type], _id(moment)
            if key in running:
                end(key, moment.session_ms)
        elif moment.type == _OVER:
            for key in list(running):
                end(key, moment.session_ms)
    for key in list(running):
        end(key, clock.session_ms(clock.duration_ms))
    found += _answers(entities, clock, left_out)
    found += [Happening("joint", piece.media_ms, piece.media_ms) for piece in clock.pieces[1:]]
    return sorted(found, key=lambda each: (each.from_ms, each.to_ms, each.kind, each.ref))


def _id(moment: Moment) -> str:
    return str(moment.payload.get("id") or "")


def _answers(
    entities: Mapping[str, Mapping[str, Any]], clock: ClockMap, left_out: Sequence[asides.Stretch]
) -> Iterator[Happening]:
    for path, entity in entities.items():
        kind, _, id_ = path.partition("/")
        start_ms, end_ms = entity.get("start_ms"), entity.get("end_ms")
        if kind != "question" or start_ms is None or end_ms is None:
            continue
        if not asides.is_aside(left_out, int(start_ms)):
            span = clock.media_ms(int(start_ms)), clock.media_ms(int(end_ms))
            yield Happening("question", *span, id_, str(entity.get("text") or ""))

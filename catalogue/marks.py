"""The moments of a replay that a class remembers: polls, questions, check-ins, groups. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lectern.manifest.clock_map import ClockMap

_TITLE_FIELD = {"poll": "question", "question": "text", "checkin": "message"}

MARKED: Mapping[str, str] = {
    "poll_opened": "poll",
    "question_published": "question",
    "checkin_opened": "checkin",
    "breakout_opened": "breakout",
}
"""The timeline events that leave a mark, and its kind."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A timeline event, as far as a mark needs it."""

    seq: int
    type: str
    session_ms: int
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at `at_ms` of the replay; `data` is the entity as learners finally see it."""

    at_ms: int
    kind: str
    id: str
    title: str
    data: Mapping[str, Any] | None


def marks(
    moments: Iterable[Moment], entities: Mapping[str, Mapping[str, Any]], clock: ClockMap
) -> list[Mark]:
    """Place the marked moments on the replay's clock, each thing once, in order.

    What learners do not see (a question dismissed later, an erased poll) leaves no mark.
    """
    found: dict[tuple[str, str], Mark] = {}
    for moment in moments:
        kind = MARKED.get(moment.type)
        if kind is None:
            continue
        id_ = str(moment.payload.get("id") or moment.seq)
        entity = entities.get(f"{kind}/{id_}")
        if (entity is None and kind != "breakout") or (kind, id_) in found:
            continue
        title = (entity or {}).get(_TITLE_FIELD.get(kind, ""))
        found[kind, id_] = Mark(clock.media_ms(moment.session_ms), kind, id_, str(title or ""), entity)
    return sorted(found.values(), key=lambda mark: mark.at_ms)

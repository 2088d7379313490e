"""The moments of a replay that a class remembers: polls, questions, check-ins, groups and their results."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalogue.asides import Stretch, is_aside
from catalogue.gaps import ReplayGap
from lectern.manifest.clock_map import ClockMap

_TITLE_FIELD = {
    "poll": "question",
    "question": "text",
    "checkin": "message",
    "outcome": "group",
    "group_pool": "name",
    "standing": "winners",
}

_WHO = frozenset({"author", "members", "reporter", "tutors", "merged", "participant"})
"""Where entities of the class name people, by their ids (or what leads to them)."""

MARKED: Mapping[str, str] = {
    "poll_opened": "poll",
    "question_published": "question",
    "checkin_opened": "checkin",
    "breakout_opened": "breakout",
    "breakout_shown": "outcome",
    "group_pool_shown": "group_pool",
    "group_points_final": "standing",
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
    """Something that happened at `at_ms` of the replay; `data` is the entity as learners finally see it.

    `end_ms` is where the answer of a question ends, if it was spoken.
    """

    at_ms: int
    kind: str
    id: str
    title: str
    data: Mapping[str, Any] | None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a replay shows of its class: what has a moment in it, and public questions that have none.

    A question has none if it was published before the lesson or after it and was not answered aloud. `gaps`
    are what the recording lacks.
    """

    marks: list[Mark] = field(default_factory=list)
    questions: list[Mapping[str, Any]] = field(default_factory=list)
    gaps: Sequence[ReplayGap] = ()


def remembered(
    moments: Iterable[Moment],
    entities: Mapping[str, Mapping[str, Any]],
    clock: ClockMap,
    *,
    gaps: Sequence[ReplayGap] = (),
    left_out: Sequence[Stretch] = (),
) -> Remembered:
    """Place the marked moments on the replay's clock, each thing once, in order.

    What learners do not see (a question dismissed later, an erased poll) leaves no mark, nor does what began
    in a stretch that is `left_out`. A question stands where its answer begins, if it was answered aloud.
    """
    found: dict[tuple[str, str], Mark] = {}
    unheard: dict[str, Mapping[str, Any]] = {}
    for moment in moments:
        kind = MARKED.get(moment.type)
        if kind is None or is_aside(left_out, moment.session_ms):
            continue
        id_ = str(moment.payload.get("id") or moment.seq)
        entity = entities.get(f"{kind}/{id_}")
        if (entity is None and kind != "breakout") or (kind, id_) in found:
            continue
        title = (entity or {}).get(_TITLE_FIELD.get(kind, ""))
        start_ms, end_ms = (entity or {}).get("start_ms"), (entity or {}).get("end_ms")
        at_ms = moment.session_ms if start_ms is None else int(start_ms)
        if (
            kind == "question"
            and entity is not None
            and (not 0 < at_ms <= _last_ms(clock) or is_aside(left_out, at_ms))
        ):
            unheard[id_] = entity
            continue
        found[kind, id_] = Mark(
            clock.media_ms(at_ms),
            kind,
            id_,
            str(title or ""),
            entity,
            None if end_ms is None else clock.media_ms(int(end_ms)),
        )
    return Remembered(
        sorted(found.values(), key=lambda mark: mark.at_ms),
        [entity for id_, entity in unheard.items() if ("question", id_) not in found],
        gaps,
    )


def _last_ms(clock: ClockMap) -> int:
    """Return the last moment of the session that was recorded."""
    return clock.session_ms(clock.duration_ms)


def unnamed(found: Remembered) -> Remembered:
    """Return the same without saying who anybody is: not even the ids by which the class knows them."""
    return replace(
        found,
        marks=[
            replace(mark, data=None if mark.data is None else _unnamed(mark.data)) for mark in found.marks
        ],
        questions=[_unnamed(question) for question in found.questions],
    )


def _unnamed(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: ([] if isinstance(value, list) else None) if name in _WHO else value
        for name, value in entity.items()
    }

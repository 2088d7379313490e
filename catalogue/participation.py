"""How many learners took part in each minute of a replay: answers, votes, questions, words, hands. Pure.

It counts people, never acts: who sends forty reactions counts once a minute. No name and no answer leaves
this module.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from catalogue.asides import Stretch, is_aside
from lectern.kernel.roles import SessionRole
from lectern.manifest.clock_map import ClockMap

STEP_MS: Final = 60_000
_JOINED: Final = "participant_joined"
_STAFF: Final = frozenset({SessionRole.PRESENTER.value, SessionRole.HOST.value})

READ: Final = (
    _JOINED, "checkin_answered", "poll_voted", "question_asked", "question_upvoted", "chat_sent",
    "hand_raised", "reactions_counted", "breakout_help", "breakout_reported",
)  # fmt: skip
"""The events that `people_by_minute` reads."""


class Act(NamedTuple):
    """A timeline event, as far as it is needed here."""

    type: str
    session_ms: int
    actor: str | None
    payload: Mapping[str, Any]


def people_by_minute(acts: Iterable[Act], clock: ClockMap, left_out: Sequence[Stretch] = ()) -> list[int]:
    """Return how many learners took part in each minute of the replay that has begun, first minute first.

    What happened while nothing was recorded, or in a stretch that is `left_out`, is not in the replay and
    counts nowhere. Presenters and hosts do not count, from when they are.
    """
    minutes = -(-clock.duration_ms // STEP_MS)
    found: list[set[Hashable]] = [set() for _ in range(minutes)]
    staff: set[str] = set()
    for act in acts:
        if act.type == _JOINED:
            who = str(act.payload.get("participant"))
            (staff.add if act.payload.get("role") in _STAFF else staff.discard)(who)
            continue
        at_ms = clock.media_ms(act.session_ms)
        is_recorded = clock.session_ms(at_ms) == act.session_ms and at_ms < clock.duration_ms
        if is_recorded and not is_aside(left_out, act.session_ms):
            found[at_ms // STEP_MS].update(who for who in _who(act) if who not in staff)
    return [len(people) for people in found]


def _who(act: Act) -> Iterator[Hashable]:
    if act.type == "reactions_counted":
        for each in act.payload.get("people", ()):
            yield str(each.get("participant"))
    elif act.type == "question_upvoted" and not act.payload.get("on"):
        return
    elif act.type == "hand_raised":
        yield str(act.payload.get("participant"))
    elif act.actor is not None:
        yield act.actor
    else:  # an anonymous question: somebody's, and nobody is to find out whose by counting
        yield "somebody", str(act.payload.get("id"))

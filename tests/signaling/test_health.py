"""The idea `health`: staff see troubles while they last, learners never do."""

from lectern.kernel.clock import SessionMs, UtcMs
from lectern.timeline.event import Event, SessionEnded, TimelineEvent
from lectern.timeline.idea import Audience, Touch
from signaling.health.idea import HEALTH, ConnectionTroubled, Ward


class NoTexts:
    def get(self, ref: str, /) -> str | None:
        raise AssertionError(ref)


def happened(ward: Ward, at_ms: int, payload: Event) -> list[Touch]:
    event = TimelineEvent(
        seq=1, type=payload.TYPE, version=1, utc_ms=UtcMs(at_ms), session_ms=SessionMs(at_ms), actor=None,
        payload=payload, raw={}, texts={},
    )  # fmt: skip
    HEALTH.apply(ward, event)
    return HEALTH.touched(ward, event)


def seen(ward: Ward, audience: Audience) -> object:
    return HEALTH.render(ward, Touch("health/p"), audience, NoTexts())


def test_each_trouble_keeps_the_time_at_which_it_began() -> None:
    ward = HEALTH.empty()
    happened(ward, 1000, ConnectionTroubled(participant="p", troubles=("slow_answers",)))
    touches = happened(
        ward, 5000, ConnectionTroubled(participant="p", troubles=("slow_answers", "receiving_paused"))
    )
    assert [touch.path for touch in touches] == ["health/p"]
    assert seen(ward, Audience.STAFF) == {
        "participant": "p",
        "troubles": [
            {"code": "slow_answers", "since_ms": 1000},
            {"code": "receiving_paused", "since_ms": 5000},
        ],
    }
    assert seen(ward, Audience.LEARNER) is None
    assert all(touch.audiences == {Audience.STAFF} for touch in touches)


def test_it_is_gone_when_nothing_troubles_them_or_the_lesson_is_over() -> None:
    ward = HEALTH.empty()
    for participant in ("p", "q"):
        happened(ward, 1, ConnectionTroubled(participant=participant, troubles=("media_lost",)))
    happened(ward, 2, ConnectionTroubled(participant="p", troubles=()))
    assert seen(ward, Audience.STAFF) is None
    assert [touch.path for touch in HEALTH.entities(ward)] == ["health/q"]
    assert [touch.path for touch in happened(ward, 3, SessionEnded())] == ["health/q"]
    assert HEALTH.entities(ward) == []

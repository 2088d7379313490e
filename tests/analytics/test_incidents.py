"""Connection troubles from the timeline."""

from analytics.attendance import Happening
from analytics.incidents import Incident, incidents


def troubled(at_ms: int, participant: str, *codes: str) -> Happening:
    payload = {"participant": participant, "troubles": list(codes)}
    return Happening("connection_troubled", at_ms, None, payload)


def test_a_trouble_lasts_until_it_is_no_longer_named() -> None:
    record = incidents(
        [
            troubled(10, "a", "receiving_lossy"),
            troubled(20, "a", "receiving_lossy", "slow_answers"),
            troubled(30, "b", "media_lost"),
            troubled(40, "a", "slow_answers"),
            troubled(50, "a"),
        ]
    )
    assert record == [
        Incident("a", "receiving_lossy", 10, 40),
        Incident("a", "slow_answers", 20, 50),
        Incident("b", "media_lost", 30, None),
    ]


def test_the_end_of_the_lesson_ends_all_troubles() -> None:
    end = Happening("session_ended", 99, None, {"reason": "ended"})
    assert incidents([troubled(10, "a", "media_lost"), end]) == [Incident("a", "media_lost", 10, 99)]
    assert incidents([troubled(10, "a", "media_lost"), end, troubled(120, "a", "media_lost")])[-1] == (
        Incident("a", "media_lost", 120, None)
    )

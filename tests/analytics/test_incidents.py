"""Connection troubles from the timeline."""

from analytics.attendance.happening import Happening
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
    assert incidents([troubled(10, "a", "media_lost"), end]) == [
        Incident("a", "media_lost", 10, 99, "session_over")
    ]
    assert incidents([troubled(10, "a", "media_lost"), end, troubled(120, "a", "media_lost")])[-1] == (
        Incident("a", "media_lost", 120, None)
    )


def test_who_left_or_was_sent_out_did_not_get_well() -> None:
    def over(at_ms: int, participant: str, ended: str, seen_ms: int | None) -> Happening:
        said: dict[str, object] = {
            "participant": participant,
            "troubles": [],
            "ended": ended,
            "at_utc_ms": seen_ms,
        }
        return Happening("connection_troubled", at_ms, None, said)

    record = incidents(
        [
            troubled(10, "left before it was noticed", "media_lost"),
            troubled(20, "left later", "media_lost"),
            troubled(30, "removed", "media_lost"),
            over(130, "left before it was noticed", "left", 8),
            over(180, "left later", "left", 60),
            over(190, "removed", "removed", None),
        ]
    )
    assert [(i.participant, i.until_utc_ms, i.ended) for i in record] == [
        ("left before it was noticed", 10, "left"),
        ("left later", 60, "left"),
        ("removed", 190, "removed"),
    ]

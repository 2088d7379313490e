"""Hands, time on stage, votes for questions and reactions, per person over all their devices and guises."""

from typing import Any

from analytics.attendance.happening import Happening
from analytics.attendance.register import attendance


def happening(minute: float, type_: str, actor: str | None = None, **payload: Any) -> Happening:
    """Return an event of that minute."""
    return Happening(type_, round(minute * 60_000), actor, payload)


def joined(participant: str, person: str) -> Happening:
    """Return a learner's arrival."""
    return happening(
        0, "participant_joined", participant, participant=participant, person=person, role="learner"
    )


def test_each_person_is_counted_for_what_they_did() -> None:
    rows = attendance(
        [
            joined("ann", "A"),
            joined("bob", "B"),
            happening(0, "session_started"),
            happening(1, "hand_raised", "ann", participant="ann"),
            happening(2, "hand_granted", "host", participant="ann", camera=False),
            happening(3, "hand_granted", "host", participant="ann", camera=True),
            happening(5, "hand_lowered", "host", participant="ann"),
            happening(6, "hand_granted", "host", participant="bob", camera=False),
            happening(6, "question_upvoted", "ann", id="q1", on=True),
            happening(6, "question_upvoted", "ann", id="q2", on=True),
            happening(7, "question_upvoted", "ann", id="q2", on=False),
            happening(7, "question_asked", None, id="q3", participant="ann"),  # anonymous: nobody's
            happening(7, "question_asked", "ann", id="q4"),
            happening(
                8,
                "reactions_counted",
                people=[
                    {"participant": "ann", "key": "k", "counts": {"like": 3, "wow": 1}},
                    {"participant": "bob", "key": "k", "counts": {"like": 1}},
                    {"participant": "nobody", "key": "k", "counts": {"like": 1}},
                ],
            ),
            happening(10, "session_ended"),
            happening(99, "hand_lowered", "host", participant="bob"),
        ],
        ["A", "B", "C"],
        now=99 * 60_000,
    )
    counted = [
        (row.person, row.hands, row.stage_ms, row.upvotes, row.reactions, row.questions) for row in rows
    ]
    assert counted == [
        ("A", 1, 180_000, 1, 4, 1),
        ("B", 0, 240_000, 0, 1, 0),
        ("C", 0, 0, 0, 0, 0),
    ]


def test_time_on_stage_runs_while_somebody_is_there() -> None:
    arrived = [
        joined("ann", "A"),
        happening(0, "session_started"),
        happening(1, "hand_granted", participant="ann"),
    ]
    (row,) = attendance(arrived, ["A"], now=150_000)
    assert row.stage_ms == 90_000

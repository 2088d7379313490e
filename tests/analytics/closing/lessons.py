"""A lesson as a report knows it, and its record as a closing makes it."""

from typing import Any

from msgspec.structs import replace as altered

from analytics.attendance.objections import Objection, State
from analytics.attendance.register import Attendance, Interval
from analytics.attendance.report import AttendanceLine
from analytics.attendance.rule import Rule
from analytics.attendance.verdict import Decision, Evidence, Verdict, judge
from analytics.closing.chain import Entry, SealedRecord, seal
from analytics.closing.freezing import row_of
from analytics.closing.signing import SigningKey
from analytics.neighbours import PersonCard
from tests.analytics.closing.records import key, salts

START = 1_795_000_000_000
HOUR_MS = 3_600_000
RULE = Rule(planned_minutes=60)
HEADER: dict[str, Any] = {
    "accepted": ["objections_open"],
    "closed_by": "p_admin",
    "closed_utc_ms": START + 2 * HOUR_MS,
    "edition": 2,
    "expected": 2,
    "formula": 1,
    "live": [[START, START + HOUR_MS]],
    "organisation": {"id": "org", "name": "示范企业"},
    "previous": "ab" * 32,
    "rounds": ["r1", "r2"],
    "rule": {
        "away_counts": False,
        "checkins": 2,
        "least_minutes": 5,
        "make_up_counts": True,
        "planned_minutes": 60,
        "present_percent": 85,
        "replay_counts": False,
        "tolerance_minutes": 2,
    },
    "session": {
        "ended_utc_ms": START + HOUR_MS,
        "id": "s1",
        "started_utc_ms": START,
        "starts_utc_ms": START,
        "title": "安全培训 Safety",
        "zone": "Asia/Shanghai",
    },
}


def line(
    name: str, person: str | None, minutes: int, statuses: tuple[str, str], *, decided: bool = False
) -> AttendanceLine:
    """Somebody who was there from the beginning, for `minutes`."""
    left = START + minutes * 60_000
    row = Attendance(
        participant=f"of_{name}",
        person=person,
        kind="person" if person else "guest",
        name_ref=None,
        expected=person is not None,
        intervals=(Interval(START, left, "pc"),) if minutes else (),
        present_ms=left - START,
        checkins=(("r1", statuses[0]), ("r2", statuses[1])),
        checkin_status=statuses[0],
        answers=1,
        messages=0,
        questions=0,
        there=((START, left),) if minutes else (),
    )
    evidence = Evidence(
        lesson_ms=HOUR_MS,
        over=True,
        present_ms=row.present_ms,
        rounds=2,
        on_time=statuses.count("on_time"),
        late=statuses.count("late"),
        made_up=statuses.count("make_up"),
        polls=1,
        answers=1,
    )
    decision = Decision("d1", Verdict.EXCUSED, "p_host", START + HOUR_MS) if decided else None
    objection = Objection(
        "o1", "s1", person or "", State.DECLINED, "absent", "I was there", START, "No trace", "h", START
    )
    return AttendanceLine(
        row=row,
        card=PersonCard(person, f"E-{person}", name, "d", "研发 R&D") if person else None,
        name=name,
        replay_ms=0,
        evidence=evidence,
        judgement=judge(RULE, evidence, decision),
        history=((decision, "was ill"),) if decision else (),
        objections=(objection,) if decided else (),
    )


LINES = (
    line("王芳", "p1", 60, ("on_time", "late")),
    line("李伟 \u202egnaW", "p2", 10, ("absent", "absent"), decided=True),
    line("Zoë 𠮷", None, 40, ("on_time", "make_up")),
)


def whole(
    by: SigningKey | None = None, lines: tuple[AttendanceLine, ...] = LINES, **header: Any
) -> SealedRecord:
    """The record of that lesson."""
    opening = Entry(HEADER | header, {"closed_by": "沈慧", "reason": "one more objection"})
    entries = [row_of(one) for one in lines]
    count = 2 + sum(len(entry.private) for entry in entries)
    return seal(opening, entries, salts(count), by or key())


def falsely_judged() -> SealedRecord:
    """A record that is chained and signed well, and says what does not follow."""
    better = altered(LINES[1], judgement=altered(LINES[1].judgement, confidence=0.99))
    return whole(lines=(LINES[0], better, LINES[2]))

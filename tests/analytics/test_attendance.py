"""Attendance from the timeline: one scripted lesson, and laws that hold for any."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from analytics.attendance.evidence import evidence_of
from analytics.attendance.happening import Happening
from analytics.attendance.register import Attendance, Course, Interval, attendance
from analytics.attendance.rule import Rule
from analytics.attendance.verdict import shares
from analytics.spans import NOTHING

MINUTE = 60_000


def at(minute: float, type_: str, actor: str | None = None, **payload: Any) -> Happening:
    return Happening(type_, round(minute * MINUTE), actor, payload)


def joined(
    minute: float, participant: str, person: str | None, role: str = "learner", **more: Any
) -> Happening:
    kind = "guest" if person is None else "person"
    fields = {
        "participant": participant,
        "person": person,
        "role": role,
        "kind": kind,
        "name_ref": "n" + participant,
    }
    return at(minute, "participant_joined", participant, **(fields | more))


def opened(minute: float, participant: str, connection: str, device: str = "pc") -> Happening:
    return at(
        minute,
        "connection_opened",
        participant,
        participant=participant,
        connection=connection,
        device=device,
    )


def closed(minute: float, participant: str, connection: str, seen: float | None = None) -> Happening:
    last = round((minute if seen is None else seen) * MINUTE)
    return at(
        minute,
        "connection_closed",
        participant,
        participant=participant,
        connection=connection,
        at_utc_ms=last,
    )


def rows(*happenings: Happening, roster: tuple[str, ...] = (), now: float = 100) -> dict[str, Attendance]:
    found = attendance(happenings, roster, round(now * MINUTE))
    return {row.person or row.participant or "": row for row in found}


LESSON = (at(10, "session_started"), at(40, "session_ended"))


def test_minutes_count_while_the_lesson_was_live() -> None:
    row = rows(
        joined(5, "p1", "ann"), opened(5, "p1", "c1"), LESSON[0], LESSON[1], closed(60, "p1", "c1"),
        roster=("ann",),
    )["ann"]  # fmt: skip
    assert row.present_ms == 30 * MINUTE
    assert row.intervals == (Interval(5 * MINUTE, 60 * MINUTE, "pc"),)


def test_two_devices_at_once_count_once_and_a_return_is_an_interval_of_its_own() -> None:
    row = rows(
        LESSON[0], joined(10, "p1", "ann"), opened(10, "p1", "pc"), opened(12, "p1", "phone", "phone"),
        closed(14, "p1", "pc"), closed(20, "p1", "phone"), opened(25, "p1", "again", "phone"),
        closed(30, "p1", "again"), LESSON[1],
        roster=("ann",),
    )["ann"]  # fmt: skip
    assert row.intervals == (
        Interval(10 * MINUTE, 20 * MINUTE, "pc"),
        Interval(25 * MINUTE, 30 * MINUTE, "phone"),
    )
    assert row.present_ms == 15 * MINUTE


def test_after_a_crash_presence_ends_when_somebody_was_last_seen() -> None:
    row = rows(LESSON[0], joined(10, "p", "ann"), opened(10, "p", "c"), closed(30, "p", "c", seen=20))["ann"]
    assert row.intervals == (Interval(10 * MINUTE, 20 * MINUTE, "pc"),)
    assert row.present_ms == 10 * MINUTE


def test_somebody_present_counts_until_now_and_somebody_removed_until_then() -> None:
    found = rows(
        LESSON[0], joined(10, "p1", "ann"), opened(10, "p1", "c1"), joined(10, "p2", "bob"),
        opened(10, "p2", "c2"), at(13, "participant_removed", "host", participant="p2"),
        now=15,
    )  # fmt: skip
    assert found["ann"].intervals == (Interval(10 * MINUTE, None, "pc"),)
    assert found["ann"].present_ms == 5 * MINUTE
    assert found["bob"].intervals == (Interval(10 * MINUTE, 13 * MINUTE, "pc"),)


def test_a_person_on_two_links_is_one_row() -> None:
    found = rows(
        LESSON[0], joined(10, "p1", "ann"), opened(10, "p1", "c1"), joined(11, "p2", "ann"),
        opened(11, "p2", "c2"), closed(12, "p1", "c1"), closed(13, "p2", "c2"),
    )  # fmt: skip
    assert list(found) == ["ann"]
    assert found["ann"].intervals == (Interval(10 * MINUTE, 13 * MINUTE, "pc"),)


def asked(minute: float, id_: str, group: str | None = None) -> Happening:
    return at(minute, "poll_opened", "host", id=id_, group=group)


def split(minute: float, **groups: tuple[str, ...]) -> Happening:
    planned = [{"id": id_, "name_ref": f"n{id_}", "members": members} for id_, members in groups.items()]
    return at(minute, "breakout_opened", "host", groups=planned)


def placed(minute: float, who: str, group: str | None) -> Happening:
    return at(minute, "breakout_placed", "host", participant=who, group=group)


def voted(minute: float, who: str, poll: str) -> Happening:
    return at(minute, "poll_voted", who, poll=poll)


def test_a_poll_of_a_group_is_put_to_who_was_in_that_group() -> None:
    """Five groups with a poll each are one poll for everybody, not five."""
    people = [f"p{n}" for n in range(5)]
    found = rows(
        LESSON[0],
        *(event for who in people for event in (joined(10, who, who), opened(10, who, who))),
        asked(11, "all"),
        split(12, **{f"g{n}": (who,) for n, who in enumerate(people)}),
        *(asked(13, f"q{n}", f"g{n}") for n in range(5)),
        *(voted(14, who, f"q{n}") for n, who in enumerate(people)),
        voted(14, "p0", "all"),
        at(15, "breakout_closed", "host", reason="staff"),
        roster=(*people, "absent"),
    )
    assert [(found[who].answers, found[who].polls) for who in people] == [(2, 2), *[(1, 2)] * 4]
    assert (found["absent"].answers, found["absent"].polls) == (0, 1)
    course = Course(live=((0, 1),), first_utc_ms=0, over=True, rounds=(), polls=6)
    shares_of = {who: shares(Rule(), evidence_of(found[who], course, NOTHING, Rule())) for who in people}
    assert [shares_of[who]["answers"] for who in people] == [1.0, *[0.5] * 4]


def test_who_was_not_there_or_not_yet_in_the_group_was_not_asked() -> None:
    found = rows(
        LESSON[0],
        *(joined(10, who, who) for who in ("away", "back", "late", "gone", "out")),
        *(opened(10, who, who) for who in ("late", "gone", "out")),
        split(12, g=("away", "back", "gone", "out"), h=("late",)),
        placed(13, "gone", "h"),
        at(13, "participant_removed", "host", participant="out"),
        opened(13, "out", "out2"),
        asked(14, "q", "g"),
        asked(14, "never", "g"),
        at(15, "poll_closed", "host", id="never"),
        placed(16, "late", "g"),
        opened(17, "back", "back"),
        at(18, "poll_closed", "host", id="q"),
        opened(19, "away", "away"),
        placed(20, "gone", "g"),
    )
    assert {who: row.polls for who, row in found.items()} == {
        "away": 0, "back": 1, "late": 1, "gone": 0, "out": 0,
    }  # fmt: skip


def test_groups_of_before_ask_nobody_and_two_links_are_asked_once() -> None:
    found = rows(
        LESSON[0],
        joined(10, "p1", "ann"), joined(10, "p2", "ann"), opened(10, "p1", "c1"), opened(10, "p2", "c2"),
        split(11, a=("p1", "p2")),
        asked(12, "q1", "a"),
        at(13, "poll_closed", "host", id="q1"),
        split(14, b=()),
        asked(15, "q2", "b"),
        asked(15, "q3", "a"),
    )  # fmt: skip
    assert found["ann"].polls == 1


def test_who_has_a_row() -> None:
    found = rows(
        joined(1, "p0", "teacher", role="presenter"),
        joined(1, "p1", "boss", role="host"),
        joined(2, "p2", "walk_in"),
        joined(3, "p3", None),
        joined(3, "p4", None, kind="screen", role="screen"),
        roster=("absent", "boss"),
    )
    assert [(key, row.kind, row.expected) for key, row in found.items()] == [
        ("absent", "person", True),
        ("boss", "person", True),
        ("walk_in", "person", False),
        ("p3", "guest", False),
    ]
    assert found["absent"].participant is None
    assert (found["absent"].intervals, found["absent"].present_ms) == ((), 0)
    assert found["p3"].name_ref == "np3"


def test_who_was_a_learner_for_some_of_the_lesson_has_a_row() -> None:
    """A host who was relieved and stays, a learner who takes over: both were there to learn."""
    found = rows(
        joined(1, "p1", "relieved", role="host"),
        opened(1, "p1", "c1"),
        joined(2, "p2", "takes_over"),
        *LESSON,
        joined(20, "p1", "relieved", role="learner"),
        joined(20, "p2", "takes_over", role="host"),
    )
    assert list(found) == ["relieved", "takes_over"]
    assert found["relieved"].present_ms == 30 * MINUTE


def test_a_guest_who_turns_out_to_be_somebody_fills_that_row() -> None:
    found = rows(joined(1, "p1", None), joined(5, "p1", "ann"), roster=("ann",))
    assert list(found) == ["ann"]
    assert found["ann"].participant == "p1"


def test_checkins_per_round_and_overall() -> None:
    everybody = ("both", "once", "late", "never")
    happenings = [joined(1, f"p_{name}", name) for name in everybody]
    answers = {"both": ("on_time", "on_time"), "once": ("on_time", None), "late": ("late", "on_time")}
    for number, round_ in enumerate(("c1", "c2")):
        happenings.append(at(10 + number, "checkin_opened", "host", id=round_))
        happenings += [
            at(10 + number, "checkin_answered", f"p_{name}", id=round_, status=given[number])
            for name, given in answers.items()
            if given[number]
        ]
        happenings.append(at(11 + number, "checkin_closed", None, id=round_))
    found = rows(*happenings, roster=everybody)
    assert {name: found[name].checkin_status for name in everybody} == {
        "both": "on_time", "once": "late", "late": "late", "never": "absent",
    }  # fmt: skip
    assert found["once"].checkins == (("c1", "on_time"), ("c2", "absent"))


def test_an_open_round_judges_nobody() -> None:
    row = rows(joined(1, "p", "ann"), at(2, "checkin_opened", "host", id="c"), roster=("ann",))["ann"]
    assert (row.checkins, row.checkin_status) == ((("c", "pending"),), None)
    assert rows(roster=("ann",))["ann"].checkin_status is None


def corrected(minute: float, round_: str, after: str, *, who: str | None, person: str | None) -> Happening:
    fields = {"id": round_, "participant": who, "person": person, "before": None, "after": after}
    return at(minute, "checkin_corrected", "host", **fields)


def test_a_make_up_has_its_own_status_and_a_withdrawn_round_never_was() -> None:
    found = rows(
        LESSON[0], joined(10, "p1", "ann"), joined(10, "p2", "bob"),
        at(11, "checkin_opened", "host", id="k1"), at(11, "checkin_answered", "p1", id="k1", status="late"),
        at(12, "checkin_closed", id="k1"),
        at(13, "checkin_opened", "host", id="k2"), at(14, "checkin_withdrawn", "host", id="k2"),
        at(15, "checkin_opened", "host", id="k3"),
        at(15, "checkin_answered", "p2", id="k3", status="on_time"),
        LESSON[1],
        corrected(50, "k1", "make_up", who="p2", person="bob"),
        corrected(50, "k1", "on_time", who="p1", person="ann"),
        corrected(50, "k3", "make_up", who=None, person="eve"),
        corrected(50, "k3", "make_up", who=None, person="walk_in"),
        roster=("ann", "bob", "eve"),
    )  # fmt: skip
    assert found["ann"].checkins == (("k1", "on_time"), ("k3", "absent"))
    assert (found["bob"].checkin_status, found["bob"].corrected) == ("make_up", ("k1",))
    assert found["eve"].checkins == (("k1", "absent"), ("k3", "make_up"))
    assert (found["walk_in"].expected, found["walk_in"].kind) == (False, "person")


def test_the_end_of_the_lesson_closes_the_round_that_was_open() -> None:
    row = rows(
        LESSON[0], joined(10, "p1", "ann"), at(11, "checkin_opened", "host", id="k1"), LESSON[1],
    )["ann"]  # fmt: skip
    assert row.checkins == (("k1", "absent"),)


def test_taking_part_is_counted_and_a_changed_vote_once() -> None:
    row = rows(
        joined(1, "p", "ann"),
        at(2, "poll_voted", "p", poll="a", option=0),
        at(2, "poll_voted", "p", poll="a", option=1),
        at(2, "poll_voted", "p", poll="b", option=1),
        at(3, "chat_sent", "p", id="m1"),
        at(3, "chat_sent", "p", id="m2"),
        at(4, "question_asked", "p", id="q"),
        at(4, "question_asked", "somebody_else", id="q2"),
        at(5, "hand_raised", "p"),
    )["ann"]
    assert (row.answers, row.messages, row.questions) == (2, 2, 1)


def test_an_anonymous_question_counts_for_nobody() -> None:
    """Whoever reads the table before and after it would know who asked."""
    told = at(2, "question_asked", "p", id="q1", participant=None)
    secret = at(3, "question_asked", None, id="q2", participant="p")
    assert rows(joined(1, "p", "ann"), told)["ann"].questions == 1
    assert rows(joined(1, "p", "ann"), secret) == rows(joined(1, "p", "ann"))


def test_a_lesson_that_was_interrupted_counts_both_parts() -> None:
    row = rows(
        joined(1, "p", "ann"), opened(1, "p", "c"), at(10, "session_started"), at(20, "session_ended"),
        at(30, "session_started"), at(35, "session_ended"), closed(90, "p", "c"),
    )["ann"]  # fmt: skip
    assert row.present_ms == 15 * MINUTE


kinds = st.sampled_from(["connection_opened", "connection_closed", "participant_removed", "odd", "chat_sent"])
steps = st.lists(st.tuples(st.integers(1, 90), kinds, st.sampled_from(["p1", "p2"]), st.sampled_from("abc")))


@given(steps)
def test_no_story_makes_anybody_present_for_longer_than_the_lesson(
    story: list[tuple[int, str, str, str]],
) -> None:
    happenings = [joined(0, "p1", "ann"), joined(0, "p2", None), at(10, "session_started")]
    happenings += [
        at(minute, type_, who, participant=who, connection=connection)
        for minute, type_, who, connection in sorted(story)
    ]
    for row in rows(*happenings, now=90).values():
        assert 0 <= row.present_ms <= 80 * MINUTE
        ends = [(i.joined_utc_ms, i.left_utc_ms) for i in row.intervals]
        assert ends == sorted(ends, key=lambda end: end[0])
        assert all(left is not None for _, left in ends[:-1])


def test_unknown_and_incomplete_events_are_ignored() -> None:
    found = rows(
        at(1, "connection_closed", None), at(1, "checkin_answered", "ghost", id="c"), at(1, "later", "x"),
        at(1, "session_ended"), joined(2, "p", "ann", future_field={"x": 1}),
    )  # fmt: skip
    assert found["ann"].present_ms == 0

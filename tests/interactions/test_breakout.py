"""Breakout groups: split, and back again."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.breakout import commands as breakout
from interactions.breakout.idea import BREAKOUT, group_of
from interactions.breakout.placing import arrival
from interactions.deadlines.book import agenda
from lectern.kernel.errors import Rejected
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantJoined, ParticipantRemoved
from tests.class_proof import FIRST_UTC_MS, Proof
from tests.interactions.lesson import end, live_lesson, refused, wait, waiting_lesson

TWO = [
    {"name": "One", "task": "Think", "members": ["l1"]},
    {"name": "Two", "task": "", "members": ["l2", "l3"]},
]


def groups(proof: Proof, who: str) -> list[Any]:
    """The groups that somebody sees, in their order."""
    entities = proof.clients[who].entities
    return [entities[f"group/{id_}"] for id_ in entities["breakout"]["groups"]]


def split(proof: Proof, **more: object) -> tuple[str, str]:
    """Split a class of three into two groups, and return their ids."""
    proof.command("h", "breakout_open", groups=TWO, **more)
    first, second = proof.clients["h"].entities["breakout"]["groups"]
    return first, second


def state_of(proof: Proof, who: str) -> Any:
    """The breakout as somebody sees it."""
    return proof.clients[who].entities["breakout"]


def joins_late(proof: Proof, who: str) -> str | None:
    """Let a learner come while the class is split; the group where the rule puts them."""
    proof.join(who, SessionRole.LEARNER)
    placed = arrival(proof.state, who)
    if placed is not None:
        proof.append(placed)
    assert arrival(proof.state, who) is None
    return group_of(proof.state, who)


def test_who_is_in_a_group_reads_whether_it_is_recorded() -> None:
    proof = live_lesson()
    assert state_of(proof, "l1")["recorded"] is False
    split(proof, recorded=True)
    breakout = proof.state.of(BREAKOUT)
    assert all(state_of(proof, who)["recorded"] for who in ("l1", "h"))
    assert breakout.recorded_groups() == set(breakout.groups)
    proof.command("h", "breakout_close")
    assert not proof.state.of(BREAKOUT).recorded_groups()
    split(proof)
    assert not state_of(proof, "l1")["recorded"]
    assert not proof.state.of(BREAKOUT).recorded_groups()


def test_the_class_splits_and_comes_back() -> None:
    proof = live_lesson()
    assert proof.clients["l1"].entities["breakout"]["state"] == "none"
    proof.command("h", "breakout_open", groups=TWO, seconds=600)
    proof.join("l4", SessionRole.LEARNER)
    seen = proof.clients["l4"].entities["breakout"]
    assert seen["state"] == "open"
    assert seen["ends_utc_ms"] == FIRST_UTC_MS + 600_000
    assert [(g["name"], g["task"], g["members"]) for g in groups(proof, "l4")] == [
        ("One", "Think", ["l1"]),
        ("Two", None, ["l2", "l3"]),
    ]
    assert group_of(proof.state, "l2") == group_of(proof.state, "l3") == seen["groups"][1]
    assert group_of(proof.state, "l4") is None
    proof.command("p", "breakout_close")
    assert proof.clients["l1"].entities["breakout"]["state"] == "closed"
    assert group_of(proof.state, "l2") is None
    seq = proof.state.seq
    proof.command("p", "breakout_close")
    assert proof.state.seq == seq


def test_a_second_breakout_waits_for_the_end_of_the_first() -> None:
    proof = live_lesson()
    proof.command("h", "breakout_open", groups=TWO)
    first = proof.clients["p"].entities["breakout"]["groups"]
    refused(proof, "breakout_already_open", "p", "breakout_open", groups=TWO)
    proof.command("h", "breakout_close")
    proof.command("h", "breakout_open", groups=TWO)
    assert not set(first) & set(proof.clients["p"].entities["breakout"]["groups"])
    assert len(groups(proof, "l1")) == 2


def test_time_ends_the_groups_once() -> None:
    proof = live_lesson()
    proof.command("p", "breakout_open", groups=TWO)
    assert breakout.due(proof.state, proof.now) == ((), None)
    proof.command("p", "breakout_close")
    proof.command("p", "breakout_open", groups=TWO, seconds=60)
    assert breakout.due(proof.state, proof.now) == ((), FIRST_UTC_MS + 60_000)  # too short for a warning
    wait(proof, 60)
    events, following = breakout.due(proof.state, proof.now)
    assert following is None
    proof.append(*events)
    assert proof.clients["s"].entities["breakout"]["state"] == "closed"
    assert breakout.due(proof.state, proof.now) == ((), None)


def test_the_end_of_the_lesson_ends_the_groups() -> None:
    proof = live_lesson()
    proof.command("p", "breakout_open", groups=TWO, seconds=60)
    end(proof)
    assert proof.clients["l1"].entities["breakout"]["state"] == "closed"
    assert breakout.due(proof.state, proof.now) == ((), None)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("groups_count_invalid", {"groups": []}),
        ("groups_count_invalid", {"groups": [{"name": "G", "members": []}] * 51}),
        ("member_unknown", {"groups": [{"name": "G", "members": ["ghost"]}]}),
        ("member_twice", {"groups": [{"name": "G", "members": ["l1"]}, {"name": "H", "members": ["l1"]}]}),
        ("member_twice", {"groups": [{"name": "G", "members": ["l1", "l1"]}]}),
        ("duration_invalid", {"groups": TWO, "seconds": 9}),
        ("duration_invalid", {"groups": TWO, "seconds": 86_401}),
        ("text_empty", {"groups": [{"name": " ", "members": ["l1"]}]}),
        ("text_too_long", {"groups": [{"name": "G", "task": "x" * 2_001, "members": ["l1"]}]}),
        ("text_too_long", {"groups": [{"name": "G" * 101, "members": ["l1"]}]}),
        ("rule_unknown", {"groups": TWO, "late": "largest"}),
        ("member_twice", {"groups": TWO, "staying": ["l1"]}),
        ("group_limit_invalid", {"groups": [{"name": "G", "members": ["l1", "l2"], "most": 1}]}),
        ("group_limit_invalid", {"groups": [{"name": "G", "members": [], "most": 0}]}),
    ],
)
def test_groups_that_make_no_sense_are_refused(code: str, data: dict[str, object]) -> None:
    refused(live_lesson(), code, "p", "breakout_open", **data)


def test_somebody_who_was_removed_is_in_no_new_group() -> None:
    proof = live_lesson()
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    refused(proof, "member_unknown", "p", "breakout_open", groups=TWO)


def test_roles_and_phase() -> None:
    refused(live_lesson(), "not_allowed", "l1", "breakout_open", groups=TWO)
    refused(waiting_lesson(), "session_not_live", "p", "breakout_open", groups=TWO)


def test_a_minute_before_the_end_the_groups_are_warned_and_more_time_takes_that_back() -> None:
    proof = live_lesson()
    split(proof, seconds=120)
    assert breakout.due(proof.state, proof.now) == ((), FIRST_UTC_MS + 60_000)
    assert agenda(proof.stored[-1]) == {"breakout": FIRST_UTC_MS + 60_000}
    wait(proof, 60)
    events, following = breakout.due(proof.state, proof.now)
    assert following == FIRST_UTC_MS + 120_000
    proof.append(*events)
    assert state_of(proof, "l1")["last_minute"]
    assert agenda(proof.stored[-1]) == {"breakout": following}
    assert breakout.due(proof.state, proof.now) == ((), following)
    proof.command("h", "breakout_extend", seconds=300)
    assert not state_of(proof, "l1")["last_minute"]
    assert state_of(proof, "l1")["ends_utc_ms"] == FIRST_UTC_MS + 420_000
    assert agenda(proof.stored[-1]) == {"breakout": FIRST_UTC_MS + 360_000}
    wait(proof, 1_000)  # nobody looked for long: no late warning, just the end
    events, _ = breakout.due(proof.state, proof.now)
    assert [event.payload.TYPE for event in events] == ["breakout_closed"]


def test_more_time_needs_groups_and_sense() -> None:
    proof = live_lesson()
    refused(proof, "breakout_closed", "h", "breakout_extend", seconds=60)
    split(proof)
    refused(proof, "duration_invalid", "h", "breakout_extend", seconds=9)
    proof.command("h", "breakout_extend", seconds=86_400)
    refused(proof, "duration_invalid", "h", "breakout_extend", seconds=10)


def test_a_clock_that_jumps_back_ends_nothing_twice() -> None:
    proof = live_lesson()
    split(proof, seconds=120)
    wait(proof, -3_600)
    assert breakout.due(proof.state, proof.now) == ((), FIRST_UTC_MS + 60_000)
    wait(proof, 7_200)
    events, _ = breakout.due(proof.state, proof.now)
    proof.append(*events)
    wait(proof, -7_200)
    assert breakout.due(proof.state, proof.now) == ((), None)


def test_staff_move_people_and_their_chat_follows() -> None:
    proof = live_lesson()
    first, second = split(proof)
    old = proof.command("l3", "chat_send", text="in two", group=second)["id"]
    proof.command("h", "breakout_move", participant="l1", group=second)
    assert [group["members"] for group in groups(proof, "l2")] == [[], ["l2", "l3", "l1"]]
    assert f"message/{old}" in proof.clients["l1"].entities
    refused(proof, "group_not_found", "l1", "chat_send", text="back", group=first)
    mine = proof.command("l1", "chat_send", text="hello", group=second)["id"]
    proof.command("h", "breakout_move", participant="l1", group=None)
    assert group_of(proof.state, "l1") is None
    later = proof.command("l2", "chat_send", text="is she gone?", group=second)["id"]
    held = proof.clients["l1"].entities
    assert f"message/{mine}" in held
    assert f"message/{later}" not in held
    proof.command("l1", "chat_delete", id=mine)
    seq = proof.state.seq
    proof.command("h", "breakout_move", participant="l1", group=None)
    proof.command("h", "breakout_move", participant="l2", group=second)
    assert proof.state.seq == seq
    refused(proof, "group_not_found", "h", "breakout_move", participant="l1", group="nothing")
    refused(proof, "member_unknown", "h", "breakout_move", participant="ghost", group=first)
    refused(proof, "not_allowed", "l1", "breakout_move", participant="l1", group=first)


def test_learners_choose_while_there_is_room() -> None:
    proof = live_lesson()
    planned = [{"name": "A", "most": 1}, {"name": "B", "most": 2, "material": "https://example.org/a"}]
    proof.command("h", "breakout_open", groups=planned, late="choose")
    a, b = state_of(proof, "l1")["groups"]
    assert groups(proof, "l1")[1]["material"] == "https://example.org/a"
    proof.command("l1", "breakout_choose", group=a)
    assert refused(proof, "group_full", "l2", "breakout_choose", group=a).details == {"most": 1}
    proof.command("l2", "breakout_choose", group=b)
    proof.command("l1", "breakout_choose", group=b)
    proof.command("l3", "breakout_choose", group=a)
    assert [group["members"] for group in groups(proof, "p")] == [["l3"], ["l2", "l1"]]
    proof.command("h", "breakout_move", participant="l3", group=b)  # staff may exceed the limit
    assert len(groups(proof, "p")[1]["members"]) == 3
    refused(proof, "not_allowed", "h", "breakout_choose", group=a)
    proof.command("h", "breakout_close")
    split(proof)
    refused(proof, "choice_not_offered", "l1", "breakout_choose", group=b)


def test_who_comes_late_is_placed_by_the_rule() -> None:
    proof = live_lesson()
    assert joins_late(proof, "l4") is None  # no groups yet
    first, second = split(proof, late="smallest", staying=["l4"])
    assert joins_late(proof, "l5") == first
    assert joins_late(proof, "l6") == first  # both have two: the first in order
    assert joins_late(proof, "l7") == second
    assert joins_late(proof, "l4") is None  # left in the main room on purpose
    proof.join("h2", SessionRole.HOST)
    assert arrival(proof.state, "h2") is None
    proof.command("h", "breakout_move", participant="l7", group=None)
    assert joins_late(proof, "l7") is None
    proof.command("h", "breakout_close")
    assert joins_late(proof, "l8") is None
    split(proof)
    assert joins_late(proof, "l8") is None  # this time the rule is to stay


def test_nobody_is_placed_where_all_groups_are_full() -> None:
    proof = live_lesson()
    proof.command("h", "breakout_open", groups=[{"name": "A", "most": 1}], late="smallest")
    assert joins_late(proof, "l4") is not None
    assert joins_late(proof, "l5") is None


def test_a_group_calls_and_a_visit_answers() -> None:
    proof = live_lesson()
    first, second = split(proof)
    proof.command("l2", "breakout_help", on=True)
    wait(proof, 5)
    proof.command("l1", "breakout_help", on=True)
    proof.command("l3", "breakout_help", on=True)  # the same group: it keeps its place in the queue
    assert state_of(proof, "h")["calls"] == {second: FIRST_UTC_MS, first: FIRST_UTC_MS + 5_000}
    proof.command("h", "breakout_visit", group=second)
    assert state_of(proof, "l2")["visits"] == {"h": second}
    assert list(state_of(proof, "l2")["calls"]) == [first]
    assert group_of(proof.state, "h") == second
    proof.command("h", "breakout_visit", group=first)
    assert state_of(proof, "h")["calls"] == {}
    proof.command("h", "breakout_visit", group=None)
    assert group_of(proof.state, "h") is None
    proof.command("l1", "breakout_help", on=True)
    proof.command("p", "breakout_help", on=False, group=first)
    assert state_of(proof, "l1")["calls"] == {}
    refused(proof, "group_missing", "p", "breakout_help", on=False)
    proof.join("l4", SessionRole.LEARNER)
    refused(proof, "group_not_found", "l4", "breakout_help", on=True)
    refused(proof, "group_not_found", "l1", "breakout_help", on=True, group=second)
    refused(proof, "not_allowed", "l1", "breakout_visit", group=second)


def test_staff_reach_all_groups_by_word_and_by_voice() -> None:
    proof = live_lesson()
    split(proof)
    proof.command("p", "breakout_tell", text="Five minutes left")
    assert state_of(proof, "l1")["told"] == {
        "text": "Five minutes left",
        "author": "p",
        "utc_ms": FIRST_UTC_MS,
    }
    proof.command("p", "breakout_voice", on=True)
    proof.command("p", "breakout_voice", on=True)
    assert state_of(proof, "l1")["voices"] == ["p"]
    proof.command("p", "breakout_voice", on=False)
    assert state_of(proof, "l1")["voices"] == []
    proof.command("p", "breakout_voice", on=True)
    proof.command("h", "breakout_close")
    assert state_of(proof, "l1")["voices"] == []
    refused(proof, "breakout_closed", "p", "breakout_voice", on=True)
    refused(proof, "breakout_closed", "p", "breakout_tell", text="hello?")
    refused(proof, "not_allowed", "l1", "breakout_tell", text="hello?")


def test_a_host_who_is_demoted_neither_visits_nor_speaks_to_all_any_more() -> None:
    proof = live_lesson()
    first, second = split(proof)
    proof.command("h", "breakout_visit", group=first)
    proof.command("h", "breakout_voice", on=True)
    proof.join("h", SessionRole.LEARNER)
    assert (state_of(proof, "l1")["visits"], state_of(proof, "l1")["voices"]) == ({}, [])
    assert group_of(proof.state, "h") is None
    refused(proof, "not_allowed", "h", "breakout_move", participant="l1", group=second)


def test_whoever_is_sent_out_leaves_the_group_empty() -> None:
    proof = live_lesson()
    split(proof)
    proof.command("l1", "breakout_reporter", participant="l1")
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    emptied = groups(proof, "l2")[0]
    assert (emptied["members"], emptied["reporter"]) == ([], None)


def test_a_reporter_brings_the_result_and_staff_show_it() -> None:
    proof = live_lesson()
    first, second = split(proof)
    refused(proof, "not_reporter", "l1", "breakout_report", text="Ours")
    proof.command("l2", "breakout_reporter", participant="l2")
    refused(proof, "reporter_taken", "l3", "breakout_reporter", participant="l3")
    refused(proof, "not_allowed", "l1", "breakout_reporter", participant="l2")
    proof.command("l2", "breakout_report", text="First thoughts")
    path = f"outcome/{second}"
    assert [who for who in ("p", "h", "s", "l1", "l2", "l3") if path in proof.clients[who].entities] == [
        "p",
        "h",
        "l2",
        "l3",
    ]
    proof.command("h", "breakout_move", participant="l3", group=first)
    assert path not in proof.clients["l3"].entities
    proof.command("h", "breakout_close")
    wait(proof, 30)
    proof.command("l2", "breakout_report", text="Our result")
    refused(proof, "outcome_not_found", "h", "breakout_show", id=first, on=True)
    proof.command("h", "breakout_show", id=second, on=True)
    seen = proof.clients["l1"].entities[path]
    assert (seen["group"], seen["text"], seen["author"], seen["members"]) == (
        "Two",
        "Our result",
        "l2",
        ["l2"],
    )
    proof.command("h", "breakout_show", id=second, on=False)
    assert path not in proof.clients["l1"].entities
    proof.command("h", "breakout_show", id=second, on=True)
    split(proof)  # the next breakout takes nothing away
    assert proof.clients["s"].entities[path]["shown"]


def test_staff_name_the_reporter_and_write_for_a_group() -> None:
    proof = live_lesson()
    first, _ = split(proof)
    proof.command("h", "breakout_reporter", participant="l2")
    proof.command("h", "breakout_reporter", participant="l3")
    assert groups(proof, "l2")[1]["reporter"] == "l3"
    refused(proof, "not_reporter", "l2", "breakout_report", text="mine")
    proof.command("h", "breakout_report", group=first, text="They said it aloud")
    assert proof.clients["l1"].entities[f"outcome/{first}"]["author"] == "h"
    proof.command("h", "breakout_move", participant="l3", group=first)
    assert groups(proof, "l2")[1]["reporter"] is None
    refused(proof, "group_not_found", "h", "breakout_reporter", participant="h")
    refused(proof, "group_not_found", "h", "breakout_report", group="nothing", text="x")


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_nobody_is_ever_in_two_groups_and_everybody_is_accounted_for(seed: int) -> None:
    """People come, choose, are moved, visit, are demoted and sent out, in any order."""
    rng, proof = Random(seed), live_lesson()
    people = ["l1", "l2", "l3"]
    planned = [{"name": "A", "members": ["l1"], "most": 2}, {"name": "B"}, {"name": "C", "most": 3}]
    proof.command("p", "breakout_open", groups=planned, late=rng.choice(["stay", "smallest", "choose"]))
    ids = state_of(proof, "p")["groups"]
    removed: set[str] = set()
    for step in range(rng.randint(1, 12)):
        who, where = rng.choice(people), rng.choice([*ids, None])
        try:
            match rng.randrange(6):
                case 0:
                    people.append(f"n{step}")
                    joins_late(proof, people[-1])
                case 1:
                    proof.command("p", "breakout_move", participant=who, group=where)
                case 2:
                    proof.command(who, "breakout_choose", group=where or ids[0])
                case 3:
                    proof.command("h", "breakout_visit", group=where)
                case 4:
                    proof.append(NewEvent(payload=ParticipantRemoved(participant=who), actor="p"))
                    removed.add(who)
                case 5:
                    proof.join("h", rng.choice([SessionRole.HOST, SessionRole.LEARNER]))
        except Rejected:
            pass
        breakout_now = proof.state.of(BREAKOUT)
        members = [member for group in breakout_now.groups.values() for member in group.members]
        assert len(members) == len(set(members))
        assert set(members) <= {*people, "h"} - removed
        assert {who for who in people if group_of(proof.state, who)} == set(members) - {"h"}
        assert len(breakout_now.groups[ids[2]].members) <= 3 or any(
            event.type == "breakout_placed" and event.raw["by"] == "staff" for event in proof.stored
        )


def test_tutors_are_staff_or_members_and_name_the_reporter() -> None:
    proof = live_lesson()
    plan = [{"name": "One", "members": ["l1", "l2"], "tutors": ["h", "l1"]}, {"name": "Two", "tutors": ["h"]}]
    refused(proof, "tutor_elsewhere", "p", "breakout_open", groups=[{"name": "One", "tutors": ["l1"]}])
    proof.command("p", "breakout_open", groups=plan)
    assert [group["tutors"] for group in groups(proof, "l3")] == [["h", "l1"], ["h"]]
    _one, two = state_of(proof, "l1")["groups"]
    refused(proof, "tutor_elsewhere", "p", "breakout_tutor", group=two, participant="l3", on=True)
    refused(proof, "member_unknown", "p", "breakout_tutor", group=two, participant="nobody", on=True)
    proof.command("l1", "breakout_reporter", participant="l2")
    proof.command("l1", "breakout_reporter", participant="l1")
    refused(proof, "not_allowed", "l2", "breakout_reporter", participant="l1")
    proof.command("p", "breakout_tutor", group=two, participant="h", on=False)
    seq = proof.state.seq
    proof.command("p", "breakout_tutor", group=two, participant="h", on=False)
    assert proof.state.seq == seq
    proof.command("p", "breakout_move", participant="l1", group=two)
    assert [group["tutors"] for group in groups(proof, "l3")] == [["h"], []]
    joins_again(proof, "h", SessionRole.LEARNER)
    assert [group["tutors"] for group in groups(proof, "l3")] == [[], []]


def joins_again(proof: Proof, who: str, role: SessionRole) -> None:
    """Let somebody come again, in another role."""
    joined = ParticipantJoined(participant=who, kind="person", role=role.value, person=None, name_ref="n")
    proof.append(NewEvent(payload=joined, actor=who, texts={"n": who}))


def test_notes_that_are_kept_after_new_groups_began_go_to_their_own() -> None:
    proof = live_lesson()
    one, two = split(proof)
    proof.command("h", "breakout_report", text="Ours", group=two)
    proof.command("h", "breakout_close")
    proof.command("h", "breakout_open", groups=TWO)
    proof.carry_out((), breakout.notes_due(proof.state))  # every other group has written something
    assert breakout.notes_due(proof.state) == ()
    results = proof.clients["h"].entities
    assert (results[f"outcome/{one}"]["notes"], results[f"outcome/{one}"]["text"]) == (
        f"Notes of {one}",
        None,
    )
    assert (results[f"outcome/{two}"]["notes"], results[f"outcome/{two}"]["text"]) == (None, "Ours")
    assert f"outcome/{one}" not in proof.clients["l3"].entities
    proof.command("h", "breakout_show", id=one, on=True)
    assert proof.clients["l3"].entities[f"outcome/{one}"]["notes"] == f"Notes of {one}"

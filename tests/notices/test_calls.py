"""What lessons call for: each thing once, at its time, to the plan that holds."""

from collections import Counter
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.clock import UtcMs
from notices import calls
from notices.calls import LATE_MS, UNKNOWN, Call, Pending, Say, due
from notices.kinds import Kind
from notices.pace import QUIET_MS
from notices.rules import Rules
from tests.notices.given import DAY, HOUR, T0

RULES = Rules()
MINUTE = 60_000
START = T0 + 3 * DAY


def plan(starts: int = START, now: int = T0, title: str = "A") -> Call:
    return calls.planned(None, title=title, starts_utc_ms=starts, zone="UTC", now=UtcMs(now))


def told(call: Call, now: int, rules: Rules = RULES) -> tuple[list[Say], Call]:
    step = due(call, rules, UtcMs(now))
    return list(step.says), step.call


def kinds(says: list[Say]) -> list[Kind]:
    return [say.kind for say in says]


def walk(call: Call, start: int, end: int, rules: Rules = RULES) -> list[tuple[int, Kind]]:
    """Follow a call as the loop does, from one look to the next."""
    found, now = [], start
    while now <= end:
        step = due(call, rules, UtcMs(now))
        found += [(now, say.kind) for say in step.says]
        call = step.call
        if step.next_utc_ms is None:
            break
        assert step.next_utc_ms > now
        now = step.next_utc_ms
    return found


def test_a_day_and_a_quarter_of_an_hour_before() -> None:
    assert walk(plan(), T0, START + DAY) == [
        (START - DAY, Kind.COMING),
        (START - 15 * MINUTE, Kind.STARTING),
    ]


def test_at_the_end_and_a_day_later() -> None:
    over = calls.ended(calls.started(plan()), UtcMs(START + HOUR))
    assert walk(over, START + HOUR, START + 9 * DAY) == [
        (START + HOUR, Kind.MISSED),
        (START + HOUR + DAY, Kind.MISSED),
    ]


def test_a_published_replay_is_told_once_and_not_if_it_is_held_again_at_once() -> None:
    over = told(calls.ended(calls.started(plan()), UtcMs(START + HOUR)), START + HOUR)[1]
    shown = calls.shown(over, replay_id="r1", version=2)
    assert calls.shown(shown, replay_id="r1", version=2) == shown
    says, after = told(shown, START + HOUR)
    assert says == [Say(Kind.REPLAY_SHOWN, "replay:r1:2", "r1:2")]
    assert told(after, START + HOUR)[0] == []
    assert calls.withheld(shown) == over
    assert calls.withheld(None) == UNKNOWN
    # Of a lesson from before there were calls, too.
    assert kinds(told(calls.shown(None, replay_id="r1", version=1), T0)[0]) == [Kind.REPLAY_SHOWN]


def test_what_was_not_told_yet_of_a_deleted_replay_waits_for_it() -> None:
    over = told(calls.ended(calls.started(plan()), UtcMs(START + HOUR)), START + HOUR)[1]
    shown = calls.shown(over, replay_id="r1", version=2)
    in_bin = calls.deleted(shown)
    assert told(in_bin, START + HOUR)[0] == []
    assert calls.restored(in_bin) == shown
    # What was told before is not told anew, and taking back twice tells once.
    told_before = told(shown, START + HOUR)[1]
    assert calls.restored(calls.deleted(told_before)) == told_before
    assert calls.restored(calls.restored(in_bin)) == shown
    assert calls.restored(calls.deleted(None)) == UNKNOWN
    answered = calls.answered(over, "q1")
    assert calls.deleted(answered) == answered, "other news of the lesson is told as ever"


def test_a_lesson_at_short_notice_is_not_reminded_of_at_once() -> None:
    assert walk(plan(T0 + 2 * HOUR), T0, T0 + DAY) == [(T0 + 2 * HOUR - 15 * MINUTE, Kind.STARTING)]
    assert walk(plan(T0 + 5 * MINUTE), T0, T0 + DAY) == []


def test_after_an_outage_only_the_last_reminder_is_sent() -> None:
    says, after = told(plan(), START - 5 * MINUTE)
    assert kinds(says) == [Kind.STARTING]
    assert told(after, START - 5 * MINUTE)[0] == []
    assert told(plan(), START + MINUTE)[0] == []  # it has begun: too late to say that it will
    over = calls.ended(plan(), UtcMs(START))
    assert kinds(told(over, START + DAY + HOUR)[0]) == [Kind.MISSED]
    assert told(over, START + DAY + LATE_MS)[0] == []


def test_a_moved_lesson_is_announced_and_reminded_of_anew() -> None:
    _, call = told(plan(), START - DAY)
    moved = calls.planned(call, title="A", starts_utc_ms=START + 5 * DAY, zone="UTC", now=UtcMs(START - HOUR))
    assert moved.sequence == 1
    says, after = told(moved, START - HOUR)
    assert says == [Say(Kind.MOVED, "1")]
    assert [kind for _, kind in walk(after, START - HOUR, START + 6 * DAY)] == [Kind.COMING, Kind.STARTING]


def test_another_title_is_announced_and_nothing_is_reminded_of_twice() -> None:
    _, call = told(plan(), START - DAY)
    renamed = calls.planned(call, title="B", starts_utc_ms=START, zone="UTC", now=UtcMs(START - HOUR))
    says, after = told(renamed, START - HOUR)
    assert kinds(says) == [Kind.MOVED]
    assert [kind for _, kind in walk(after, START - HOUR, START)] == [Kind.STARTING]


def test_a_plan_that_nobody_heard_of_changes_without_a_word() -> None:
    moved = calls.planned(plan(), title="B", starts_utc_ms=START + DAY, zone="UTC", now=UtcMs(T0))
    assert (moved.pending, moved.sequence) == ((), 1)
    assert calls.cancelled(moved).pending == ()


def test_the_same_plan_again_is_no_change() -> None:
    call = plan()
    assert calls.planned(call, title="A", starts_utc_ms=START, zone="UTC", now=UtcMs(T0 + 1)) is call


def test_nothing_but_the_cancellation_is_told_of_a_cancelled_lesson() -> None:
    _, known = told(calls.expected(plan()), T0)
    call = calls.cancelled(calls.answered(calls.expected(known), "q"))
    says, after = told(call, T0)
    assert says == [Say(Kind.CANCELLED, "1")]
    assert due(after, RULES, UtcMs(START - MINUTE)).says == ()
    assert calls.expected(after).pending == ()


def test_people_are_invited_once_whatever_the_plan() -> None:
    says, call = told(calls.expected(calls.expected(plan())), T0)
    assert says == [Say(Kind.INVITED, "invited")]
    moved = calls.planned(call, title="B", starts_utc_ms=START, zone="UTC", now=UtcMs(T0))
    assert Say(Kind.INVITED, "invited") in told(calls.expected(moved), T0)[0]


def test_an_answer_is_told_once_for_each_question() -> None:
    call = calls.answered(calls.answered(calls.answered(UNKNOWN, "q1"), "q2"), "q1")
    says, _ = told(call, T0)
    assert [say.key for say in says] == ["question:q1", "question:q2"]


def test_a_host_is_told_whenever_another_one_is_named() -> None:
    says, call = told(calls.hosted(plan(), "ann"), T0)
    assert says == [Say(Kind.HOSTING, "hosting:0", "ann")]
    assert calls.hosted(call, "ann") is call
    assert told(calls.hosted(call, "bob"), T0 + MINUTE)[0] == []  # somebody may still be choosing
    says, other = told(calls.hosted(call, "bob"), T0 + HOUR)
    assert says == [Say(Kind.RELIEVED, "relieved:1", "ann"), Say(Kind.HOSTING, "hosting:1", "bob")]
    assert told(calls.hosted(call, None), T0 + HOUR)[0] == [Say(Kind.RELIEVED, "relieved:1", "ann")]
    again, _ = told(calls.hosted(other, "ann"), T0 + 2 * HOUR)  # what was said before does not swallow it
    assert again == [Say(Kind.RELIEVED, "relieved:2", "bob"), Say(Kind.HOSTING, "hosting:2", "ann")]


def test_who_is_named_again_before_they_were_relieved_hears_nothing() -> None:
    _, call = told(calls.hosted(plan(), "ann"), T0)
    assert calls.hosted(calls.hosted(call, "bob"), "ann").pending == ()
    back = calls.hosted(calls.hosted(calls.hosted(call, "bob"), None), "ann")
    assert back.pending == ()


def test_a_relieved_host_hears_of_it_even_when_the_lesson_is_cancelled_at_once() -> None:
    _, call = told(calls.hosted(plan(), "ann"), T0)
    off = calls.cancelled(calls.hosted(call, "bob"))
    assert off.pending == (Pending(Kind.RELIEVED, "ann"), Pending(Kind.CANCELLED))


def test_who_was_replaced_before_they_were_told_hears_nothing() -> None:
    call = calls.hosted(calls.hosted(calls.expected(plan()), "ann"), "bob")
    assert call.pending == (Pending(Kind.INVITED), Pending(Kind.HOSTING, "bob"))
    assert calls.hosted(call, None).pending == (Pending(Kind.INVITED),)


def test_nobody_is_told_to_host_what_is_over_or_cancelled() -> None:
    for over in (calls.ended(calls.started(plan()), UtcMs(START)), calls.cancelled(plan())):
        assert calls.hosted(over, "ann").pending == ()
    assert calls.hosted(calls.started(plan()), "ann").pending != ()


@given(named=st.lists(st.sampled_from(["ann", "bob", None, "look"]), max_size=12))
def test_however_hosts_change_the_last_one_knows(named: list[str | None]) -> None:
    call, hosts = plan(), set[str]()  # who thinks that they host
    sequences: dict[str, int] = {}
    now = T0
    for name in [*named, "look"]:
        if name != "look":
            call = calls.hosted(call, name)
            continue
        now += 3 * HOUR
        says, call = told(call, now)
        for say in says:
            assert sequences.get(say.ref, -1) < call.sequence  # a calendar takes nothing older than it has
            sequences[say.ref] = call.sequence
            (hosts.add if say.kind is Kind.HOSTING else hosts.remove)(say.ref)
        assert hosts == ({call.host} if call.host else set())


def test_other_rules() -> None:
    rules = Rules(before_minutes=(2880,), after_minutes=())
    assert walk(plan(), T0, START, rules) == [(START - 2 * DAY, Kind.COMING)]
    assert due(plan(), Rules(before_minutes=(), after_minutes=()), UtcMs(T0)).next_utc_ms == START
    assert Rules(before_minutes=(5, 60, 5), after_minutes=(9, 1)).ordered() == Rules(
        before_minutes=(60, 5), after_minutes=(1, 9)
    )


@pytest.mark.parametrize("since", [0, 9 * MINUTE])
def test_reminders_by_hand_have_a_pause(since: int) -> None:
    call = msgspec.structs.replace(plan(), reminded_utc_ms=T0)
    assert calls.by_hand(call, UtcMs(T0 + since)) == 10 * MINUTE - since
    assert calls.by_hand(call, UtcMs(T0 + 10 * MINUTE)) == 0
    assert calls.by_hand(call, UtcMs(T0 - HOUR)) == 0  # the clock was set back


def test_a_call_survives_its_row() -> None:
    call = calls.answered(calls.ended(calls.expected(plan()), UtcMs(START)), "q")
    assert msgspec.convert(msgspec.to_builtins(call), Call) == call
    assert call.pending == (Pending(Kind.INVITED), Pending(Kind.QUESTION_ANSWERED, "q"))


@given(looks=st.lists(st.integers(-5 * DAY, 6 * DAY), min_size=1, max_size=30), end=st.booleans())
def test_however_the_clock_jumps_nothing_is_told_twice(looks: list[int], end: bool) -> None:
    call = calls.expected(plan())
    if end:
        call = calls.ended(calls.started(call), UtcMs(START))
    said: list[Say] = []
    for look in looks:
        says, call = told(call, T0 + look)
        said += says
    keys = Counter(say.key for say in said)
    assert max(keys.values(), default=0) <= 1
    assert len(said) <= 3


def shift(call: Call, starts: int, now: int) -> Call:
    return calls.planned(call, title="A", starts_utc_ms=starts, zone="UTC", now=UtcMs(now))


def test_a_lesson_moved_a_hundred_times_is_told_of_a_few_times() -> None:
    _, call = told(calls.expected(plan(START + 20 * DAY)), T0)
    now, tellings = T0 + HOUR, 0
    for turn in range(100):  # every minute
        call = shift(call, START + (20 + turn % 2) * DAY + turn, now)
        for _ in range(30):  # the loop looks every two seconds
            says, call = told(call, now)
            tellings += len(says)
            now += 2_000
    assert tellings <= 5
    assert len(walk(call, now, now + 3 * HOUR)) == 1  # and then they know where it stands


def test_the_last_plan_is_told_and_only_that() -> None:
    _, call = told(calls.expected(plan(START + 20 * DAY)), T0)
    says, call = told(shift(call, START + 21 * DAY, T0 + HOUR), T0 + HOUR)
    assert kinds(says) == [Kind.MOVED]
    call = shift(call, START + 22 * DAY, T0 + HOUR + 1)
    says, call = told(shift(call, START + 23 * DAY, T0 + HOUR + 2), T0 + HOUR + 2)
    assert says == []
    step = due(call, RULES, UtcMs(T0 + HOUR + 2))
    assert step.next_utc_ms == T0 + HOUR + 2 * MINUTE
    says, call = told(call, step.next_utc_ms)
    assert says == [Say(Kind.MOVED, "3")]
    assert call.announced == call.plan


def test_who_moves_a_lesson_back_in_time_has_said_nothing() -> None:
    _, call = told(calls.expected(plan(START + 20 * DAY)), T0)
    back = shift(shift(call, START + 21 * DAY, T0 + HOUR), START + 20 * DAY, T0 + HOUR)
    says, call = told(back, T0 + HOUR)
    assert (says, call.pending) == ([], ())
    # But not where somebody was told of the plan in between.
    _, call = told(shift(call, START + 21 * DAY, T0 + 2 * HOUR), T0 + 2 * HOUR)
    held = shift(call, START + 22 * DAY, T0 + 2 * HOUR + 1)
    says, held = told(calls.expected(held), T0 + 2 * HOUR + 1)
    assert kinds(says) == [Kind.INVITED]
    says, _ = told(shift(held, START + 21 * DAY, T0 + 2 * HOUR + 2), T0 + 3 * HOUR)
    assert kinds(says) == [Kind.MOVED]


def test_short_before_the_start_a_change_does_not_wait_long() -> None:
    _, call = told(calls.expected(plan(T0 + HOUR)), T0)
    now, told_at = T0, list[int]()
    for turn in range(1, 5):
        call = shift(call, T0 + HOUR + turn * 5 * MINUTE, now)
        while True:
            says, call = told(call, now)
            if says:
                break
            now = min(due(call, RULES, UtcMs(now)).next_utc_ms or now, now + MINUTE)
        told_at.append((now - T0) // MINUTE)
        now += 1_000
    assert told_at == [0, 2, 12, 27]


def test_what_was_to_be_told_of_a_lesson_that_is_over_is_not() -> None:
    _, call = told(calls.hosted(calls.expected(plan()), "ann"), T0)
    _, call = told(shift(calls.hosted(call, "bob"), START + DAY, T0 + 1), T0 + 1)
    held = shift(call, START + 2 * DAY, T0 + 2)
    assert {p.kind for p in held.pending} == {Kind.MOVED, Kind.HOSTING, Kind.RELIEVED}
    assert calls.ended(calls.started(held), UtcMs(T0 + 3)).pending == ()


def test_a_lesson_that_moves_on_before_each_reminder_does_not_remind_each_time() -> None:
    now = T0
    call = told(calls.expected(plan(T0 + 16 * MINUTE)), T0)[1]
    reminders = 0
    for _ in range(120):  # each minute it moves a minute on; the reminder is due at once, again and again
        now += MINUTE
        says, call = told(call, now)
        reminders += kinds(says).count(Kind.STARTING)
        call = shift(call, now + 16 * MINUTE, now)
    assert reminders <= 8


@given(
    moves=st.lists(st.tuples(st.integers(0, 20 * MINUTE), st.integers(0, 3)), min_size=1, max_size=120),
    start=st.sampled_from([HOUR, DAY, 20 * DAY]),
)
def test_however_a_plan_moves_people_know_it_in_the_end_and_are_not_flooded(
    moves: list[tuple[int, int]], start: int
) -> None:
    _, call = told(calls.expected(plan(T0 + start)), T0)
    now, told_at = T0, list[int]()
    for wait, to in moves:
        end = now + wait
        while True:
            step = due(call, RULES, UtcMs(now))
            told_at += [now for say in step.says if say.kind is Kind.MOVED]
            call = step.call
            if step.next_utc_ms is None or step.next_utc_ms > end:
                break
            now = step.next_utc_ms
        now = max(now, end)
        call = shift(call, T0 + start + to * HOUR, now)
    later = now + 3 * HOUR
    told_at += [at for at, kind in walk(call, now, later) if kind is Kind.MOVED]
    in_a_row = 0
    for first, second in pairwise(told_at):
        in_a_row = 0 if second - first >= QUIET_MS else in_a_row + 1
        assert second - first >= (10 if in_a_row >= 10 else 2) * MINUTE
    while (step := due(call, RULES, UtcMs(now))).next_utc_ms is not None and step.next_utc_ms <= later:
        call, now = step.call, step.next_utc_ms
    assert Kind.MOVED not in {p.kind for p in step.call.pending}

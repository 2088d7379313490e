"""States, the gate's pace and pauses, and the words of every kind in every language."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict
from notices.gate import BURST_MS, LONGEST_PAUSE_MS, Gate, retry_delay_ms
from notices.kinds import KINDS, Channel, Kind, LessonFacts, facts_of
from notices.notice import notice_id, shortened
from notices.states import TRANSITIONS, State, Turn, after
from notices.words import Language, kind_name, letter, moment, one_line
from tests.notices.given import HOUR, LESSON, T0, given_for


@pytest.mark.parametrize(("state", "turn"), list(itertools.product(State, Turn)))
def test_states(state: State, turn: Turn) -> None:
    if turn in TRANSITIONS[state]:
        assert after(state, turn) is TRANSITIONS[state][turn]
    else:
        with pytest.raises(Conflict):
            after(state, turn)


def test_every_state_but_the_first_is_reached_and_sent_is_the_end() -> None:
    reached = {target for edges in TRANSITIONS.values() for target in edges.values()}
    assert reached == set(State)
    assert TRANSITIONS[State.SENT] == {}


@given(
    steps=st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 50)), min_size=1, max_size=60),
    per_minute=st.integers(1, 3_000),
)
def test_no_minute_sees_more_than_the_pace_and_one_burst(
    steps: list[tuple[int, int]], per_minute: int
) -> None:
    gate, now, left = Gate(), T0, []
    for wait, most in steps:
        now += wait
        count = min(most, gate.lets_out(UtcMs(now), per_minute))
        gate = gate.passed(count, UtcMs(now), per_minute) if count else gate
        left.append((now, count))
    burst = max(1, per_minute * BURST_MS // 60_000)
    for start, _ in left:
        within = sum(count for at, count in left if start <= at < start + 60_000)
        assert within <= per_minute + burst + 1


def test_a_clock_set_back_does_not_hold_mail_for_ever() -> None:
    gate = Gate().passed(100, UtcMs(T0), 60).broke("mail_server_away", "", UtcMs(T0))
    assert gate.opens_in_ms(UtcMs(T0)) > 0
    assert gate.opens_in_ms(UtcMs(T0 - HOUR)) == 0
    assert gate.worked().lets_out(UtcMs(T0 - HOUR + BURST_MS), 60) >= 0
    assert gate.worked().passed(0, UtcMs(T0 - HOUR), 60).paced_utc_ms <= T0 - HOUR + BURST_MS


def test_pauses_grow_to_five_minutes_and_the_fault_keeps_its_beginning() -> None:
    gate, now = Gate(), T0
    pauses = []
    while now < T0 + HOUR:
        gate = gate.broke("mail_server_away", "no route", UtcMs(now))
        pauses.append(gate.closed_until_utc_ms - now)
        now = gate.closed_until_utc_ms
    assert pauses[:3] == [5_000, 10_000, 20_000]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_MS
    assert len(pauses) < 20  # tries in an hour
    assert gate.since_utc_ms == T0
    assert gate.worked() == Gate(gate.paced_utc_ms)


def test_waits_of_one_message() -> None:
    assert [retry_delay_ms(n) // 60_000 for n in range(9)] == [1, 1, 2, 4, 8, 16, 32, 60, 60]


def test_an_id_follows_from_cause_recipient_and_channel() -> None:
    ids = {
        notice_id(org, kind, key, who, channel)
        for org in ("o", "p")
        for kind in (Kind.COMING, Kind.MOVED)
        for key in ("a", "b")
        for who in ("x", "y")
        for channel in Channel
    }
    assert len(ids) == 32
    assert notice_id("o", Kind.MOVED, "a", "x", Channel.APP) in ids


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words(kind: Kind, language: Language) -> None:
    facts = facts_of(kind, given_for(kind))
    said = letter(kind, facts, language)
    assert "Product launch" in said.subject
    assert said.path.startswith("/")
    assert "{" not in said.subject + "".join(said.paragraphs)
    assert kind_name(kind, language)
    if kind is Kind.ATTENDANCE_CLOSED:
        assert any("ab" * 32 in paragraph for paragraph in said.paragraphs)
    elif kind not in (Kind.MISSED, Kind.REVIEW_ASKED, Kind.REVIEWED):  # the others say when the lesson is
        assert any(moment(T0 + 24 * HOUR, "Asia/Shanghai", language) in p for p in said.paragraphs)


def test_what_is_left_is_named() -> None:
    facts = LessonFacts(**(LESSON | {"undone": ("checkin", "unheard_of")}))
    assert len(letter(Kind.MISSED, facts, Language.ZH).paragraphs) == 2
    both = msgspec.structs.replace(facts, undone=("absent", "feedback"))
    assert len(letter(Kind.MISSED, both, Language.EN).paragraphs) == 3


def test_a_moment_is_shown_in_the_lessons_zone() -> None:
    new_year = 1_767_225_600_000  # 2026-01-01T00:00Z
    assert moment(new_year, "Asia/Shanghai", Language.ZH) == "2026-01-01 周四 08:00 (Asia/Shanghai)"
    assert moment(new_year, "America/New_York", Language.EN) == "2025-12-31 Wed 19:00 (America/New_York)"


@given(st.text(max_size=400))
def test_titles_stay_on_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 120
    assert line.isprintable()
    assert len(shortened(text).splitlines()) <= 1


@pytest.mark.parametrize("kind", Kind)
def test_only_what_is_said_to_be_private_is(kind: Kind) -> None:
    assert KINDS[kind].private == (kind is Kind.QUESTION_ANSWERED)

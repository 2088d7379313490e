"""Amendments: when what is closed may be corrected, and what a version says of the one before it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as altered

from analytics.attendance.books import TRANSITIONS, Act, Book, Phase
from analytics.attendance.report import AttendanceLine
from analytics.attendance.verdict import Decision, Verdict, judge
from analytics.closing.chain import Entry, SealedRecord, seal
from analytics.closing.differences import Change, differences, first_untrue, told_wrong
from analytics.closing.freezing import row_of, subjects_of
from analytics.closing.inspection import inspected
from analytics.closing.verification import verified
from lectern.kernel.errors import Conflict
from tests.analytics.closing.lessons import HEADER, LINES, RULE, START, whole
from tests.analytics.closing.records import key, salts

FORMER = whole(edition=1, previous=None)


@given(st.lists(st.sampled_from(Act), max_size=30))
def test_nothing_is_corrected_while_it_is_closed(acts: list[Act]) -> None:
    """Whatever staff tries: what was closed is corrected within an amendment, and every version is closed."""
    phase, editions, corrected = Phase.OPEN, 0, False
    for act in acts:
        try:
            following = Book(phase, editions).after(act)
        except Conflict:
            assert act not in TRANSITIONS[phase]
            continue
        corrected |= act is Act.CORRECT and editions > 0
        if act is Act.CORRECT:
            assert phase is not Phase.CLOSED
        if act is Act.CLOSE:
            editions, corrected = editions + 1, False
        assert (following is Phase.OPEN) == (editions == 0)
        phase = following
    assert not corrected or phase in (Phase.AMENDING, Phase.CLOSED)


@pytest.mark.parametrize(
    ("phase", "act", "code"),
    [
        (Phase.CLOSED, Act.CORRECT, "attendance_closed"),
        (Phase.OPEN, Act.AMEND, "attendance_not_closed"),
        (Phase.AMENDING, Act.AMEND, "amendment_open"),
        (Phase.CLOSED, Act.DROP, "amendment_missing"),
        (Phase.OPEN, Act.DROP, "amendment_missing"),
    ],
)
def test_a_refusal_says_what_to_do(phase: Phase, act: Act, code: str) -> None:
    with pytest.raises(Conflict, match=code):
        Book(phase, 1).after(act)


def decided(line: AttendanceLine, verdict: Verdict, by: str = "p_host") -> AttendanceLine:
    decision = Decision(f"new_{line.subject}", verdict, by, START)
    history = (*line.history, (decision, "a note came"))
    return altered(line, judgement=judge(RULE, line.evidence, decision), history=history)


def sheet(lines: tuple[AttendanceLine, ...]) -> list[tuple[str, Any, Any]]:
    entries = [(line.subject, row_of(line)) for line in lines]
    return [(subject, entry.public, entry.private) for subject, entry in entries]


@given(
    st.lists(st.sampled_from([None, *(v for v in Verdict if v is not Verdict.OPEN)]), min_size=3, max_size=3)
)
def test_exactly_those_are_told_whose_verdict_was_set(verdicts: list[Verdict | None]) -> None:
    latter = tuple(
        line if verdict is None else decided(line, verdict)
        for line, verdict in zip(LINES, verdicts, strict=True)
    )
    found = differences(sheet(LINES), sheet(latter))
    assert [one.subject for one in found] == [
        line.subject for line, verdict in zip(LINES, verdicts, strict=True) if verdict is not None
    ]
    for one in found:
        assert one.by == ("p_host",)
        assert "decision" in one.what
        assert ("verdict" in one.what) or one.was == one.now
    assert differences(sheet(latter), sheet(latter)) == ()


def amended(lines: tuple[AttendanceLine, ...], changes: tuple[Change, ...] | None = None) -> SealedRecord:
    """The version that follows on `FORMER`; `changes` are what it says, if not the truth."""
    told = differences(sheet(LINES), sheet(lines)) if changes is None else changes
    amendment = {
        "begun_by": "p_host", "begun_utc_ms": START, "rule_changed": False, "supersedes": 1,
        "changes": [
            {
                "by": list(c.by), "from": c.was, "n": c.n, "subject": c.subject, "to": c.now,
                "what": list(c.what),
            }
            for c in told
        ],
    }  # fmt: skip
    public = HEADER | {"edition": 2, "previous": FORMER.head, "amendment": amendment}
    header = Entry(public, {"closed_by": "沈慧", "name.p_host": "孙悦", "reason": "a note came"})
    entries = [row_of(line) for line in lines]
    return seal(header, entries, salts(3 + sum(len(e.private) for e in entries)), key())


LATTER = (decided(LINES[0], Verdict.EXCUSED), *LINES[1:])


def files(folder: Path, latter: SealedRecord) -> tuple[Path, Path]:
    first, second = folder / "1.jsonl", folder / "2.jsonl"
    first.write_bytes(FORMER.encoded())
    second.write_bytes(latter.encoded())
    return first, second


def test_verify_tells_what_a_version_changed_and_why(tmp_path: Path) -> None:
    first, second = files(tmp_path, amended(LATTER))
    outcome = verified(second, [key().fingerprint], None, first)
    assert outcome.exit_code == 0, outcome.lines
    text = "\n".join(outcome.lines)
    assert "It supersedes version 1: 1 people's rows were changed." in text
    assert "Why: a note came" in text
    assert "Line 2: present → excused (verdict, decision), by 孙悦" in text
    assert "✓ It tells everything that was changed since." in text


def test_a_change_that_is_not_told_is_found_with_the_version_before(tmp_path: Path) -> None:
    """Signed by the house, chained well: only both versions together show what was left unsaid."""
    silent = amended(LATTER, changes=())
    first, second = files(tmp_path, silent)
    assert verified(second, [], None).exit_code == 0
    outcome = verified(second, [], None, first)
    assert outcome.exit_code == 1
    assert "✗ It does NOT tell what was changed of p1." in outcome.lines


@pytest.mark.parametrize(
    "change",
    [
        Change("p1", 1, "present", "absent", ("verdict",), ()),  # another verdict than the row's
        Change("p2", 1, "present", "excused", ("verdict",), ()),  # another person's row
        Change("p1", 9, "present", "excused", ("verdict",), ()),  # no such row
        Change("p1", None, "present", None, ("removed",), ()),  # the row is there
    ],
)
def test_a_version_cannot_tell_what_it_does_not_hold(tmp_path: Path, change: Change) -> None:
    path = tmp_path / "2.jsonl"
    path.write_bytes(amended(LATTER, changes=(change,)).encoded())
    outcome = verified(path, [], None)
    assert outcome.exit_code == 1
    assert any("is not what the record says that was changed" in line for line in outcome.lines)


def test_a_version_of_another_record_is_no_former_version(tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.jsonl"
    stranger.write_bytes(whole(edition=1, previous=None, expected=3).encoded())
    _, second = files(tmp_path, amended(LATTER))
    outcome = verified(second, [], None, stranger)
    assert outcome.exit_code == 1
    assert any("does not follow on" in line for line in outcome.lines)


WORDS = st.sampled_from(["changes", "supersedes", "n", "by", "what", "to"])
NONSENSE = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner),
)


@given(NONSENSE)
def test_any_nonsense_is_a_finding_and_no_exception(amendment: Any) -> None:
    header = {"edition": 2, "previous": "x", "amendment": amendment}
    rows = [row_of(line).public for line in LINES]
    first_untrue(header, rows)
    told_wrong(header, sheet(LINES), sheet(LATTER))


def test_a_changed_word_of_a_correction_breaks_the_record() -> None:
    record = amended(LATTER).encoded().replace(b"a note came", b"no note came", 1)
    assert not inspected(record).holds


def test_who_is_forgotten_stays_forgotten_in_later_versions() -> None:
    entry = row_of(LINES[1], frozenset({"p2"}))
    assert entry.private == {}
    assert entry.public == row_of(LINES[1]).public


def test_a_name_in_the_header_belongs_to_whom_it_names() -> None:
    header = Entry({}, {"closed_by": "A", "name.p_host": "B"})
    assert subjects_of(header, "boss", []) == {(0, "closed_by"): "boss", (0, "name.p_host"): "p_host"}

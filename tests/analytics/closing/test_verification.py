"""What `verify` says of a file: words, exit codes, and whose signature it is."""

import tempfile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fpdf import FPDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.closing.chain import Entry, joined, seal
from analytics.closing.document import document
from analytics.closing.freezing import row_of
from analytics.closing.inspection import inspected
from analytics.closing.pdf_seal import RECORD_NAME, opened_pdf, signed_pdf
from analytics.closing.verification import BROKEN, HOLDS, UNREADABLE, verified
from tests.analytics.closing.lessons import HEADER, LINES, START, falsely_judged, whole
from tests.analytics.closing.records import key, salts

RECORD = whole()
PARTS = ["verdict", "id", "by", "utc_ms", "title", "lesson_ms", "over", "checkins", "present_percent"]
GOLDEN = Path(__file__).parents[2] / "vectors" / "attendance_record.jsonl"
GOLDEN_HEAD = "f7e73a2ba9cccf1dfc877d08443b1a892333dc0887db04f2a2f03ce752957949"


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """The record as a document, signed by a newer key."""
    return document(RECORD.encoded(), "zh-CN", key(2), START)


def put(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def test_a_good_record_holds_in_words(tmp_path: Path) -> None:
    outcome = verified(put(tmp_path, RECORD.encoded()), [key().fingerprint], RECORD.head)
    assert outcome.exit_code == HOLDS
    assert outcome.lines[0] == "安全培训 Safety: 3 people, version 2"
    assert sum(line.startswith("✓") for line in outcome.lines) == 6
    assert not any(line.startswith(("✗", "?")) for line in outcome.lines)


def test_the_golden_record_holds_for_ever() -> None:
    """A record of the first release. If this fails, older records stopped verifying: do not write it anew."""
    golden = inspected(GOLDEN.read_bytes())
    assert golden.holds
    assert verified(GOLDEN, [golden.fingerprint], GOLDEN_HEAD).exit_code == HOLDS


def test_without_anything_to_compare_it_says_what_to_compare(tmp_path: Path) -> None:
    outcome = verified(put(tmp_path, RECORD.encoded()), [], None)
    assert outcome.exit_code == HOLDS
    asked = [line for line in outcome.lines if line.startswith("?")]
    assert len(asked) == 2
    assert RECORD.head in asked[1]


def test_it_says_what_the_record_says(tmp_path: Path) -> None:
    outcome = verified(put(tmp_path, RECORD.encoded()), [], None)
    assert outcome.lines[1] == "The record says: 1 present, 1 excused, 1 partly."


def test_pages_that_a_stranger_signed_do_not_pass_for_the_record_in_them(tmp_path: Path) -> None:
    """Whoever has a genuine record can draw pages around it, and sign them with a key of the same name."""
    pages = FPDF()
    pages.add_page()
    pages.embed_file(bytes=RECORD.encoded(), basename=RECORD_NAME, mime_type="application/jsonl")
    forged = put(tmp_path, signed_pdf(bytes(pages.output()), key(2), "Demo Company"))
    outcome = verified(forged, [], RECORD.head)
    assert outcome.exit_code == BROKEN
    assert any(line.startswith("✗ Another key") for line in outcome.lines)
    assert verified(forged, [key().fingerprint], RECORD.head).exit_code == BROKEN
    both = verified(forged, [key().fingerprint, key(2).fingerprint], RECORD.head)
    assert both.exit_code == HOLDS  # whoever trusts both keys is told to compare the pages
    assert any(line.startswith("? The pages of the PDF were not read") for line in both.lines)


def test_a_stranger_s_record_is_not_ours(tmp_path: Path) -> None:
    forged = whole(by=key(2))
    assert verified(put(tmp_path, forged.encoded()), [key().fingerprint], None).exit_code == BROKEN


def test_another_head_is_another_record(tmp_path: Path) -> None:
    """An administrator with database and key makes a perfect record; the mail gives it away."""
    rewritten = whole(expected=3)
    outcome = verified(put(tmp_path, rewritten.encoded()), [key().fingerprint], RECORD.head)
    assert outcome.exit_code == BROKEN
    assert "✗ The head is NOT the one you were sent." in outcome.lines


def test_the_first_broken_line_is_named(tmp_path: Path) -> None:
    lines = RECORD.encoded().split(b"\n")
    lines[2] = lines[2].replace(b'"verdict":"excused"', b'"verdict":"present"')
    outcome = verified(put(tmp_path, b"\n".join(lines)), [], None)
    assert outcome.exit_code == BROKEN
    assert any("The chain breaks at line 3" in line for line in outcome.lines)


def test_a_verdict_that_does_not_follow_is_found_in_a_signed_record(tmp_path: Path) -> None:
    outcome = verified(put(tmp_path, falsely_judged().encoded()), [key().fingerprint], None)
    assert outcome.exit_code == BROKEN
    assert any("verdict in line 3" in line for line in outcome.lines)


def test_a_formula_of_another_release_is_not_judged(tmp_path: Path) -> None:
    outcome = verified(put(tmp_path, whole(formula=99).encoded()), [key().fingerprint], None)
    assert outcome.exit_code == HOLDS
    assert any("not computed again" in line for line in outcome.lines)


def test_erased_names_are_counted_and_do_no_harm(tmp_path: Path) -> None:
    outcome = verified(put(tmp_path, joined(RECORD.lines, ())), [key().fingerprint], RECORD.head)
    assert outcome.exit_code == HOLDS
    assert any("8 names or texts are not in this file" in line for line in outcome.lines)


@settings(max_examples=60, deadline=None)
@given(
    field=st.sampled_from([*HEADER, *row_of(LINES[0]).public]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
        lambda parts: (
            st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from(PARTS), parts, max_size=3)
        ),
        max_leaves=6,
    ),
)
def test_a_stranger_may_sign_any_nonsense(field: str, value: Any) -> None:
    """Whoever has a key can seal what they like: it is answered in words, never with an exception."""
    rows = [row_of(one) for one in LINES]
    header = Entry(HEADER | ({field: value} if field in HEADER else {}), {})
    if field not in HEADER:
        rows[1] = Entry({**rows[1].public, field: value}, {})
    count = sum(len(entry.private) for entry in (header, *rows))
    with tempfile.TemporaryDirectory() as folder:
        outcome = verified(put(Path(folder), seal(header, rows, salts(count), key(2)).encoded()), [], None)
    assert outcome.exit_code in (HOLDS, BROKEN)
    assert all(line.isprintable() for line in outcome.lines)


def test_a_title_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    session = {"title": "\x1b[2J\u202eevil", "id": "s", "zone": "UTC"}
    outcome = verified(put(tmp_path, whole(session=session).encoded()), [], None)
    assert all(line.isprintable() for line in outcome.lines)


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7 nothing", b"\x00" * 100])
def test_something_else_is_unreadable(tmp_path: Path, content: bytes) -> None:
    assert verified(put(tmp_path, content), [], None).exit_code == UNREADABLE


def test_no_file_is_unreadable(tmp_path: Path) -> None:
    assert verified(tmp_path / "nowhere", [], None).exit_code == UNREADABLE


def test_a_pdf_names_both_keys(tmp_path: Path, pdf: bytes) -> None:
    both = [key(1).fingerprint, key(2).fingerprint]
    assert verified(put(tmp_path, pdf), both, RECORD.head).exit_code == HOLDS
    assert verified(put(tmp_path, pdf), both[:1], None).exit_code == BROKEN
    assert verified(put(tmp_path, pdf), both[1:], None).exit_code == BROKEN


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), change=st.integers(1, 255))
def test_any_changed_byte_of_a_pdf_is_found(pdf: bytes, data: st.DataObject, change: int) -> None:
    at = data.draw(st.integers(0, len(pdf) - 1))
    broken = bytearray(pdf)
    broken[at] ^= change
    sealed = opened_pdf(bytes(broken))
    good = opened_pdf(pdf)
    assert good is not None
    assert good.intact
    # Within the signature itself a byte may say the same in another way; nothing else can change.
    said = sealed is not None and sealed.intact
    assert not said or (
        sealed is not None and (sealed.record, sealed.certificate) == (good.record, good.certificate)
    )


def test_what_is_added_to_a_pdf_is_found(pdf: bytes) -> None:
    sealed = opened_pdf(pdf + b"\n% more\n")
    assert sealed is None or not sealed.intact


def test_the_document_says_what_the_record_says(pdf: bytes) -> None:
    opened = pypdfium2.PdfDocument(pdf)
    try:
        text = "".join(page.get_textpage().get_text_range() for page in opened)
    finally:
        opened.close()
    for words in (
        "王芳",
        "李伟 gnaW",
        "考勤档案",
        "第 2 版",
        "请假",
        "was ill",
        RECORD.head,
        "沈慧",
        "第 1 页",
    ):
        assert words in text

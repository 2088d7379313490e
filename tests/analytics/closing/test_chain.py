"""The chain: whatever is changed in a record is found, and erasing a name changes nothing."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.closing.canonical import NotCanonical, canonical, parsed, sha256
from analytics.closing.chain import Entry, joined, seal
from analytics.closing.inspection import inspected
from tests.analytics.closing.records import key, record, salts

WHOLE = record().encoded()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text("abcXYZ_0", max_size=4), parts),
    max_leaves=12,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text("abcXYZ_0", max_size=4), VALUES, max_size=4))
def test_the_one_form_reads_back_as_it_was(value: dict[str, object]) -> None:
    written = canonical(value)  # type: ignore[arg-type] # hypothesis makes nothing but JSON here
    assert parsed(written) == value == json.loads(written)


def test_the_one_form_is_that_of_rfc_8785() -> None:
    # The escapes of RFC 8785 §3.2.2.2, and keys in order.
    written = canonical({"b": '€$\u000f\nA\'B"\\\\"/\x7f', "a": [1, True, None]})
    assert written == '{"a":[1,true,null],"b":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"}'.encode()


@pytest.mark.parametrize("value", [{"a": 0.5}, {"é": 1}, {"a": 2**53}, {"a": "\ud800"}])
def test_what_could_be_written_in_two_ways_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)  # type: ignore[arg-type] # that is the point


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"a": 1}', b'{"b":1,"a":1}', b'{"a":1,"a":1}', b'{"a":1.0}', b"[" * 99_999,
             b'{"a":"\xff"}']
)  # fmt: skip
def test_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        parsed(data)


def test_a_record_holds_and_says_what_it_holds() -> None:
    report = inspected(WHOLE)
    assert report.holds
    assert [finding.code for finding in report.findings] == ["chain", "signature", "disclosure"]
    assert (report.fingerprint, report.withheld, len(report.rows)) == (key().fingerprint, 0, 3)
    assert report.text(2, "identity") == {"name": "王1", "external_id": "E1"}
    assert report.text(0, "closed_by") == "李雷"


def test_the_head_can_be_computed_by_hand() -> None:
    lines = WHOLE.split(b"\n")
    assert inspected(WHOLE).head == sha256(lines[3]) == record().head


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(at: int, change: int) -> None:
    broken = bytearray(WHOLE)
    broken[at] ^= change
    report = inspected(bytes(broken))
    assert not report.holds
    line = WHOLE.count(b"\n", 0, at) + 1
    named = next((finding.line for finding in report.findings if not finding.holds), None)
    if report.is_record and report.header.get("rows") == 3:
        # The line that names another hash stands right below the one that has it.
        assert named is not None
        assert line - 1 <= named <= line + 1


@given(st.data())
def test_lines_taken_out_doubled_or_swapped_are_found(data: st.DataObject) -> None:
    lines = list(record().lines)
    at, other = data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4))
    act = data.draw(st.sampled_from(["out", "twice", "swap"]))
    changed = list(lines)
    if act == "out":
        del changed[at]
    elif act == "twice":
        changed.insert(other, lines[at])
    else:
        changed[at], changed[other] = changed[other], changed[at]
    report = inspected(joined(changed, ()))
    assert report.holds == (changed == lines)


@given(st.integers(0, len(WHOLE)))
def test_a_record_cut_off_is_found(length: int) -> None:
    whole_lines = {
        length
        for length in range(len(WHOLE) + 1)
        if WHOLE[:length].count(b"\n") >= 5 and WHOLE[length - 1] == 10
    }
    # What is cut off behind a whole line after the trailer is disclosures: as good as erased, and counted.
    assert inspected(WHOLE[:length]).holds == (length in whole_lines)


@given(st.sets(st.integers(0, 3)))
def test_the_chain_holds_without_the_names(erased: set[int]) -> None:
    sealed = record()
    left = [disclosure for disclosure in sealed.disclosures if disclosure.line not in erased]
    report = inspected(joined(sealed.lines, left))
    assert report.holds
    assert report.withheld == len(erased)
    assert all(report.text(line, "identity") is None for line in erased)


def test_a_name_cannot_be_put_into_another_row() -> None:
    sealed = record()
    moved = sealed.disclosures[1].encoded().replace(b'"line":1', b'"line":2')
    assert not inspected(joined(sealed.lines, ()) + moved + b"\n").holds


def test_the_record_does_not_give_names_away() -> None:
    # Without the trailer: in a signature, chance may spell anything.
    text = b"\n".join(record().lines[:-1]).decode()
    assert "王" not in text
    assert "E1" not in text


def test_another_key_cannot_sign_in_the_place_of_the_first() -> None:
    mine, forged = record(), record(by=key(2))
    assert inspected(forged.encoded()).fingerprint != key().fingerprint
    report = inspected(joined((*mine.lines[:-1], forged.lines[-1]), mine.disclosures))
    assert [f.code for f in report.findings if not f.holds] == ["chain"]


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"\xff" * 99, b'{"format":"other/1"}\n', WHOLE.replace(b"\n", b"\r\n")]
)
def test_something_else_is_no_record_that_holds(data: bytes) -> None:
    assert not inspected(data).holds


def test_fields_of_the_chain_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="prev"):
        seal(Entry({}, {}), [Entry({"prev": "x"}, {})], salts(0), key())

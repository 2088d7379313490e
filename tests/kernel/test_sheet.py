"""Tables from spreadsheets: whatever a person exports is read, or refused with a reason."""

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.errors import Rejected
from lectern.kernel.sheet import MAX_ROWS, decode_text, read_sheet

COLUMNS = {"number": ["工号", "Employee ID"], "name": ["姓名"]}
TEXT = "工号,姓名\n007,王芳\n008,Anna “Ä”\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_every_encoding_of_a_spreadsheet_gives_the_same_rows(encoding: str) -> None:
    rows = read_sheet(TEXT.encode(encoding), COLUMNS, ["number", "name"])
    assert [(row.line, dict(row.cells)) for row in rows] == [
        (2, {"number": "007", "name": "王芳"}),
        (3, {"number": "008", "name": "Anna “Ä”"}),
    ]


def test_gbk_beyond_gb2312_is_read() -> None:
    assert decode_text("姓名\n㐀\n".encode("gb18030")) == "姓名\n㐀\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(separator: str) -> None:
    data = separator.join(["Employee ID", "name"]) + "\r\n" + separator.join(["1", "A"]) + "\r\n"
    assert read_sheet(data.encode(), COLUMNS, ["number", "name"])[0].cells == {"number": "1", "name": "A"}


def test_quotes_hold_separators_newlines_and_quotes() -> None:
    data = b'number,name\n1,"Doe, ""J""\nJr."\n'
    assert read_sheet(data, COLUMNS, ["number"])[0].cells["name"] == 'Doe, "J"\nJr.'


def test_unknown_columns_blank_lines_and_short_lines() -> None:
    data = b"x,number,name\n,,\n9, 1 \n"
    rows = read_sheet(data, COLUMNS, ["number"])
    assert [(row.line, dict(row.cells)) for row in rows] == [(3, {"number": "1"})]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n", "file_empty"),
        (b"number\n1\n", "column_missing"),
        (b'number,name\n1,"A\n', "file_invalid"),
        (b"PK\x03\x04number,name\x00", "file_is_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_is_workbook"),
        (b"number,name\n" + b"1,A\n" * 60 + b"\x00", "file_invalid"),
        (b"number,name\n\xff\xff\xff\n", "encoding_unknown"),
        (b"\xff\xfe\x00", "encoding_unknown"),
        (b"number,name\n" + b"1,A\n" * MAX_ROWS, "file_too_long"),
    ],
)
def test_files_that_cannot_be_read_say_why(data: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_sheet(data, COLUMNS, ["number", "name"])
    assert refused.value.code == code


def test_a_missing_column_names_the_accepted_headers() -> None:
    with pytest.raises(Rejected) as refused:
        read_sheet(b"name\nA\n", COLUMNS, ["number"])
    assert refused.value.details["columns"] == {"number": ["number", "工号", "Employee ID"]}


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_a_refusal(data: bytes) -> None:
    with contextlib.suppress(Rejected):
        read_sheet(data, COLUMNS, ["number"])


@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_no_text_raises_anything_but_a_refusal(text: str, encoding: str) -> None:
    try:
        rows = read_sheet(("number,name\n" + text).encode(encoding, "replace"), COLUMNS, ["number"])
    except Rejected:
        return
    assert all(row.line >= 2 for row in rows)


CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20).map(str.strip)


@given(st.lists(st.tuples(CELL.filter(bool), CELL), max_size=10))
def test_what_a_csv_writer_writes_is_read_back(people: list[tuple[str, str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([("number", "name"), *people])
    rows = read_sheet(file.getvalue().encode(), COLUMNS, ["number"])
    assert [(row.cells["number"], row.cells.get("name", "")) for row in rows] == people

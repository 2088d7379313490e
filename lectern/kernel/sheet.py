"""Reading a table that somebody exported from a spreadsheet: encodings, separators, headers. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lectern.kernel.errors import Rejected

MAX_ROWS = 50_000
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods are ZIP archives, .xls is OLE


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `line` as a person counts it (the header is 1), `cells` by canonical column name."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong with one line, for the person who made the file."""

    line: int
    code: str
    message: str


def decode_text(data: bytes) -> str:
    """Decode a file in any encoding that spreadsheets write here: UTF-8, UTF-16, or GBK (GB 18030).

    Raises:
        Rejected: none of them fits (`encoding_unknown`).
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            candidates = [encoding]
            break
    else:
        candidates = ["utf-8", "gb18030"]
        head = data[:200]
        if b"\x00" in head:  # UTF-16 without a mark: the high bytes of separators and digits are zero
            candidates = ["utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"]
    for encoding in candidates:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Rejected(
        "encoding_unknown", "The file's text encoding is not known. Save it as CSV UTF-8 and try again."
    )


def read_sheet(data: bytes, columns: Mapping[str, Sequence[str]], required: Sequence[str]) -> list[Row]:
    """Read a CSV file (comma, semicolon or tab) with a header line.

    `columns` maps canonical names to the headers that mean them, compared without case. Unknown columns are
    ignored; blank lines are skipped.

    Raises:
        Rejected: unknown encoding, empty file, a required column missing, too many rows, broken quoting.
    """
    if data.startswith(_WORKBOOKS):
        raise Rejected("file_is_workbook", "This is an Excel workbook. Save the sheet as CSV and try again.")
    text = decode_text(data)
    if "\x00" in text:
        raise Rejected("file_invalid", "This is not a CSV file. Export the table as CSV and try again.")
    first_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first_line.count)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Rejected("file_invalid", "The file's quoting is broken.", reason=str(error)) from None
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise Rejected("file_empty", "The file is empty.")
    if len(lines) > MAX_ROWS:
        raise Rejected("file_too_long", f"The file has more than {MAX_ROWS} lines.", limit=MAX_ROWS)
    meaning = {alias.casefold(): name for name, aliases in columns.items() for alias in (name, *aliases)}
    header = [meaning.get(cell.strip().casefold()) for cell in lines[0]]
    missing = [name for name in required if name not in header]
    if missing:
        accepted = {name: [name, *columns[name]] for name in missing}
        raise Rejected("column_missing", "A column is missing: " + ", ".join(missing), columns=accepted)
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in line):
            cells = {name: cell.strip() for name, cell in zip(header, line, strict=False) if name}
            rows.append(Row(number, cells))
    return rows

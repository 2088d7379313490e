"""Tables on their way out of the house: CSV and Excel files that spreadsheets open without harm. Pure."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

import xlsxwriter

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
Cell: TypeAlias = str | int | float | None
_BOM = "\ufeff"
_LONGEST_CELL = 32_000
"""Excel takes 32,767 characters in a cell."""
_WIDEST = 60
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its name and headings."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def safe_cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: an apostrophe goes before what could be.

    Full-width signs count too: some spreadsheets read them as the narrow ones. So do signs after blanks.
    """
    return f"'{text}" if text.lstrip(" \u3000").startswith(_STARTS_FORMULA) else text


def csv_file(table: Table) -> bytes:
    """Return a table in UTF-8 with a byte order mark; nothing in it is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(safe_cell, table.headings))
    for row in table.rows:
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return (_BOM + out.getvalue()).encode()


def xlsx_file(tables: Iterable[Table]) -> bytes:
    """Return tables as the sheets of a workbook. Text is written as text, whatever it begins with."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for table in tables:
            sheet = book.add_worksheet(table.name[:31])
            sheet.freeze_panes(1, 0)
            for column, heading in enumerate(table.headings):
                sheet.write_string(0, column, heading, bold)
                cells = [len(str(row[column])) for row in table.rows if row[column] is not None]
                sheet.set_column(column, column, min(_WIDEST, max([len(heading) * 1.6, *cells]) + 2))
            for at, row in enumerate(table.rows, start=1):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(at, column, cell[:_LONGEST_CELL])
                    elif cell is not None:
                        sheet.write_number(at, column, cell)
    return out.getvalue()


def disposition(*parts: str, ending: str) -> str:
    """Return the `Content-Disposition` of a file, safe as a name on any system."""
    whole = unicodedata.normalize("NFC", "-".join(parts))
    kept = "".join(c if c.isalnum() or c in "-_" else " " for c in whole)
    name = "-".join(kept.split())[:_LONGEST_NAME]
    plain = "-".join(filter(None, name.encode("ascii", "ignore").decode().split("-")))
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(name, safe='')}.{ending}"

"""A closed record as a PDF file that people file away: drawn, with the record attached, and signed. For the
child process of `press`: a document of two thousand people takes seconds.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from analytics.closing.inspection import inspected
from analytics.closing.lettering import Lettering
from analytics.closing.pdf_seal import RECORD_NAME, signed_pdf
from analytics.closing.people import Entry, Reading
from analytics.closing.signing import SigningKey, moment, spaced
from analytics.closing.words import rule_lines
from analytics.sheet_words import Lang

_FONT = "noto"
_MARGIN, _BOTTOM = 12.0, 16.0
_INK, _MUTED, _LINE, _HEAD = (20, 24, 31), (90, 100, 114), (214, 219, 226), (240, 242, 245)
_BODY_PT, _SMALL_PT, _LEADING = 8.5, 7.0, 4.3
_LABEL_MM = 46.0
_LONGEST = 240
_TOLD_EVERY = 25
_MOST_CHANGES = 40
"""Named on the first page; the attached record has all."""
_OPENING = "（“‘《「"
_CLOSING = "，。；：！？、）”’》」,.;:!?)%"


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    width_mm: float
    right: bool = False


_COLUMNS = (
    _Column("number", 12, right=True),
    _Column("name", 31),
    _Column("external_id", 22),
    _Column("department", 30),
    _Column("verdict", 20),
    _Column("confidence", 17, right=True),
    _Column("minutes", 17, right=True),
    _Column("replay", 19, right=True),
    _Column("checkins", 32),
    _Column("reasons", 73),
)
_GAP_MM = 3.0
"""Between numbers, which end at the right, and the next column."""


def document(
    record: bytes,
    lang: Lang,
    key: SigningKey,
    made_utc_ms: int,
    tell: Callable[[int, int], None] | None = None,
) -> bytes:
    """Return the signed PDF of `record`, with the record inside; `tell` hears rows done, and of how many."""
    reading = Reading(inspected(record), lang)
    letters = Lettering()
    page = _Text(reading, letters)
    with tempfile.TemporaryDirectory() as folder:
        font = Path(folder) / "letters.otf"
        font.write_bytes(letters.font())
        pdf = _Paper(page, font)
        pdf.set_creation_date(moment(made_utc_ms))
        _first_page(pdf, page)
        _table(pdf, page, tell)
        pdf.embed_file(
            bytes=record,
            basename=RECORD_NAME,
            mime_type="application/jsonl",
            associated_file_relationship="SOURCE",
            modification_date=moment(made_utc_ms),
        )
        drawn = bytes(pdf.output())
    return signed_pdf(drawn, key, page.title)


class _Text:
    """Every text of the document, as it can be drawn; made before the font is."""

    def __init__(self, reading: Reading, letters: Lettering) -> None:
        draw = letters.drawable
        self.lang = reading.lang
        self.title = draw(reading.word("title"))
        self.lesson = draw(str(reading.header["session"]["title"]))
        self.edition = draw(reading.word("edition", n=reading.header["edition"]))
        self.facts = [(draw(name), draw(text)) for name, text in reading.facts()]
        self.counts = draw(
            "  ·  ".join(reading.word("count", word=name, n=count) for name, count in reading.tallies())
        )
        changes = reading.changes()
        self.changes_label = draw(reading.word("changed"))
        self.changes = [draw(_change(each)) for each in changes[:_MOST_CHANGES]]
        if len(changes) > _MOST_CHANGES:
            self.changes.append(draw(reading.word("more_changed", n=len(changes) - _MOST_CHANGES)))
        self.counts_label = draw(reading.word("counts"))
        self.rule_label = draw(reading.word("rule"))
        self.rule = [draw(line) for line in rule_lines(reading.header["rule"], reading.lang)]
        previous = reading.header["previous"]
        self.proof = [
            (draw(reading.word("head")), reading.record.head),
            *([(draw(reading.word("previous")), str(previous))] if previous else []),
            (draw(reading.word("fingerprint")), spaced(reading.record.fingerprint)),
        ]
        self.check = draw(reading.word("check"))
        self.head = reading.record.head
        self.headings = [draw(reading.word(column.name)) for column in _COLUMNS]
        self.rows = [
            [[draw(part) for part in cell.split("\n")] for cell in _cells(reading, entry)]
            for entry in reading.entries
        ]
        self._page = draw(reading.word("page", n="0123456789"))
        self._reading = reading

    def page(self, number: int) -> str:
        """Return the words of a page's foot."""
        return self._reading.word("page", n=number)


def _change(change: tuple[str, str, str, str, str]) -> str:
    name, before, now, what, by = change
    verdicts = now if before == now else f"{before} → {now}"
    return f"{name}: {verdicts} ({what}" + (f"; {by})" if by else ")")


def _cells(reading: Reading, entry: Entry) -> list[str]:
    guest = f" ({reading.word('guest')})" if entry.guest else ""
    more = [entry.reasons]
    for name, words in (("decision", entry.decision), ("objections", entry.objections)):
        if words:  # in full in the attached record: a row has to fit on a page
            more.append(f"{reading.word(name)}: {words[:_LONGEST]}{'…' if len(words) > _LONGEST else ''}")
    return [
        str(entry.line - 1),
        entry.name + guest,
        entry.external_id,
        entry.department,
        entry.verdict,
        entry.confidence,
        entry.minutes,
        entry.replay_minutes,
        " / ".join(entry.checkins),
        "\n".join(more),
    ]


class _Paper(FPDF):
    """A4, across, with the table's headings on every page, and what identifies it at the foot."""

    def __init__(self, text: _Text, font: Path) -> None:
        super().__init__(orientation="L", unit="mm", format="A4")
        self._text = text
        self.in_table = False
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, _BOTTOM)
        self.add_font(_FONT, fname=str(font))
        self.set_font(_FONT, size=_BODY_PT)
        self.set_title(f"{text.title}: {text.lesson}")
        self.set_lang(text.lang)
        self.set_producer("Lectern")
        self.set_creator("Lectern")

    def header(self) -> None:
        """Repeat the headings."""
        if self.in_table:
            headings(self, self._text)

    def footer(self) -> None:
        """Say which record this is, and which page of it."""
        self.set_y(-11)
        self.set_font(_FONT, size=_SMALL_PT)
        self.set_text_color(*_MUTED)
        half = self.epw * 0.75
        self.cell(half, 5, f"{self._text.lesson[:60]}  ·  {self._text.edition}  ·  {self._text.head[:16]}…")
        self.cell(self.epw - half, 5, self._text.page(self.page_no()), align="R")


def _first_page(pdf: _Paper, text: _Text) -> None:
    pdf.add_page()
    _say(pdf, f"{text.title}  ·  {text.edition}", 10, 6, _MUTED)
    _say(pdf, text.lesson, 18, 9, _INK)
    pdf.ln(2)
    for name, words in (*text.facts[1:], (text.counts_label, text.counts)):
        _pair(pdf, name, words)
    for at, line in enumerate(text.changes):
        _pair(pdf, text.changes_label if at == 0 else "", line)
    for at, line in enumerate(text.rule):
        _pair(pdf, text.rule_label if at == 0 else "", line)
    for name, words in text.proof:
        _pair(pdf, name, words)
    pdf.ln(1)
    _say(pdf, text.check, _SMALL_PT, 4, _MUTED)
    pdf.ln(3)


def _say(pdf: _Paper, words: str, size: float, height: float, colour: tuple[int, int, int]) -> None:
    pdf.set_font(_FONT, size=size)
    pdf.set_text_color(*colour)
    pdf.multi_cell(0, height, words, align="L", wrapmode=WrapMode.CHAR if _is_cjk(words) else WrapMode.WORD,
                   new_x=XPos.LMARGIN, new_y=YPos.NEXT)  # fmt: skip


def _pair(pdf: _Paper, name: str, words: str) -> None:
    pdf.set_font(_FONT, size=_BODY_PT)
    pdf.set_text_color(*_MUTED)
    pdf.cell(_LABEL_MM, 5, name)
    pdf.set_text_color(*_INK)
    pdf.multi_cell(0, 5, words, align="L", wrapmode=WrapMode.CHAR if _is_cjk(words) else WrapMode.WORD,
                   new_x=XPos.LMARGIN, new_y=YPos.NEXT)  # fmt: skip


def headings(pdf: _Paper, text: _Text) -> None:
    """Draw the table's headings."""
    pdf.set_font(_FONT, size=_SMALL_PT)
    pdf.set_text_color(*_MUTED)
    pdf.set_fill_color(*_HEAD)
    for column, words in zip(_COLUMNS, text.headings, strict=True):
        gap = _GAP_MM if column.right else 0
        pdf.cell(column.width_mm - gap, 6, words, align="R" if column.right else "L", fill=True)
        if gap:
            pdf.cell(gap, 6, "", fill=True)
    pdf.ln(6)
    pdf.set_font(_FONT, size=_BODY_PT - 0.5)
    pdf.set_text_color(*_INK)


def _table(pdf: _Paper, text: _Text, tell: Callable[[int, int], None] | None) -> None:
    pdf.set_draw_color(*_LINE)
    headings(pdf, text)
    pdf.in_table = True
    for at, row in enumerate(text.rows):
        if tell is not None and at % _TOLD_EVERY == 0:
            tell(at, len(text.rows))
        lines = [
            [line for part in parts for line in _wrapped(pdf, part, column)]
            for column, parts in zip(_COLUMNS, row, strict=True)
        ]
        height = max(map(len, lines)) * _LEADING + 1.2
        if pdf.will_page_break(height):
            pdf.add_page()
        _row(pdf, lines, height)
    pdf.in_table = False


def _row(pdf: _Paper, cells: Sequence[Sequence[str]], height: float) -> None:
    left, top = pdf.get_x(), pdf.get_y()
    x = left
    for column, lines in zip(_COLUMNS, cells, strict=True):
        for at, line in enumerate(lines):
            pdf.set_xy(x, top + 0.6 + at * _LEADING)
            gap = _GAP_MM if column.right else 0
            pdf.cell(column.width_mm - gap, _LEADING, line, align="R" if column.right else "L")
        x += column.width_mm
    pdf.set_xy(left, top + height)
    pdf.line(left, top + height, left + pdf.epw, top + height)


def _wrapped(pdf: _Paper, words: str, column: _Column) -> list[str]:
    """Break a cell's text, between words where there are blanks, else anywhere."""
    room = column.width_mm - 2 * pdf.c_margin - (_GAP_MM if column.right else 0)
    if pdf.get_string_width(words) <= room:
        return [words]
    lines, line = [], ""
    for piece in _pieces(words):
        if line and pdf.get_string_width(line + piece.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while pdf.get_string_width(line.rstrip()) > room:
            fits = next(
                n for n in range(len(line), 0, -1) if n == 1 or pdf.get_string_width(line[:n]) <= room
            )
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.rstrip()]


def _pieces(words: str) -> list[str]:
    """Cut after every blank and every Chinese letter, but not before what ends a sentence or its part."""
    pieces, piece = [], ""
    for letter, following in zip(words, words[1:] + " ", strict=True):
        piece += letter
        if (letter == " " or _is_cjk(letter) or _is_cjk(following)) and following not in _CLOSING:
            pieces.append(piece)
            piece = ""
    return [*pieces, piece] if piece else pieces


def _is_cjk(words: str) -> bool:
    return any("\u2e80" <= letter <= "\uffef" and letter not in _OPENING for letter in words)

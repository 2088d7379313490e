"""The report of a lesson as a PDF file: charts drawn as lines and areas, letters embedded, signed. For the
child process of `analytics.closing.press`.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from analytics.closing.lettering import Lettering
from analytics.closing.pdf_seal import signed_pdf
from analytics.closing.signing import SigningKey, moment
from analytics.paper.content import Advice, Bar, Curve, Paper

FIELD = "LessonReport"
_FONT = "noto"
_MARGIN, _BOTTOM = 15.0, 16.0
_INK, _MUTED, _LINE, _GRID = (20, 24, 31), (90, 100, 114), (214, 219, 226), (236, 239, 243)
_ACCENT, _SOFT, _OK, _WARN = (31, 95, 214), (224, 233, 250), (26, 127, 75), (154, 98, 0)
_TITLE_PT, _HEAD_PT, _BODY_PT, _SMALL_PT = 18.0, 12.0, 9.5, 8.0
_LABEL_MM, _BAR_MM, _BAR_ROW_MM, _BAR_THICK_MM = 62.0, 66.0, 7.0, 3.2
_CURVE_MM, _AXIS_MM = 42.0, 10.0
_COLUMNS = 3
_FIGURE_MM = 11.5
_STEPS = (1, 2, 5)


def drawn(
    content: bytes,
    key: SigningKey,
    made_utc_ms: int,
    tell: Callable[[int, int], None] | None = None,
) -> bytes:
    """Return the signed PDF of a `Paper` (JSON); `tell` hears parts done, and of how many.

    Raises:
        msgspec.ValidationError, msgspec.DecodeError: it is none.
    """
    letters = Lettering()
    paper = _drawable(msgspec.json.decode(content, type=Paper), letters)
    letters.drawable(paper.page.format(n="0123456789"))
    with tempfile.TemporaryDirectory() as folder:
        font = Path(folder) / "letters.otf"
        font.write_bytes(letters.font())
        pdf = _Sheet(paper, font)
        pdf.set_creation_date(moment(made_utc_ms))
        pdf.add_page()
        parts: list[Callable[[], None]] = [
            partial(_head, pdf),
            partial(_advice, pdf),
            partial(_bars, pdf, paper.rates_title, paper.rates_about, paper.rates),
            *(partial(_figures, pdf, title, figures) for title, figures in paper.figures),
            *(partial(_curve, pdf, curve) for curve in paper.curves),
            partial(_departments, pdf),
        ]
        for done, part in enumerate(parts):
            if tell is not None:
                tell(done, len(parts))
            part()
        return signed_pdf(bytes(pdf.output()), key, paper.kind, field=FIELD)


def _drawable(paper: Paper, letters: Lettering) -> Paper:
    """Return it with nothing in it that the font cannot draw, or that turns the direction of writing."""

    def of(value: object) -> object:
        if isinstance(value, str):
            return letters.drawable(value)
        if isinstance(value, list | tuple):
            return [of(each) for each in value]
        if isinstance(value, dict):
            return {key: each if key in _KEPT else of(each) for key, each in value.items()}
        return value

    return msgspec.convert(of(msgspec.to_builtins(paper)), Paper)


_KEPT = frozenset({"lang", "page"})


class _Sheet(FPDF):
    """A4, upright, with the lesson and the number of the page at the foot."""

    def __init__(self, paper: Paper, font: Path) -> None:
        super().__init__(orientation="P", unit="mm", format="A4")
        self.paper = paper
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, _BOTTOM)
        self.add_font(_FONT, fname=str(font))
        self.set_font(_FONT, size=_BODY_PT)
        self.set_title(f"{paper.kind}: {paper.title}")
        self.set_lang(paper.lang)
        self.set_producer("Lectern")
        self.set_creator("Lectern")

    def footer(self) -> None:
        """Say whose report this is, and which page of it."""
        self.set_y(-11)
        self.ink(_SMALL_PT, _MUTED)
        half = self.epw * 0.75
        self.cell(half, 5, self.fitted(f"{self.paper.title}  ·  {self.paper.about}", half))
        self.cell(self.epw - half, 5, self.paper.page.format(n=self.page_no()), align="R")

    def ink(self, size: float, colour: tuple[int, int, int]) -> None:
        """Write from now on in this size and colour."""
        self.set_font(_FONT, size=size)
        self.set_text_color(*colour)

    def say(self, words: str, size: float, colour: tuple[int, int, int], width: float = 0) -> None:
        """Write on as many lines as it takes, from the left margin or from where we are."""
        self.ink(size, colour)
        chinese = any("\u2e80" <= letter <= "\uffef" for letter in words)
        self.multi_cell(width, size * 0.52, words, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT,
                        wrapmode=WrapMode.CHAR if chinese else WrapMode.WORD)  # fmt: skip

    def fitted(self, words: str, room: float) -> str:
        """Return words, cut off where there is no room."""
        if self.get_string_width(words) <= room - 2 * self.c_margin:
            return words
        while words and self.get_string_width(words + "…") > room - 2 * self.c_margin:
            words = words[:-1]
        return words + "…"

    def together(self, height: float) -> None:
        """Begin a new page where this does not fit on the rest of this one."""
        if self.will_page_break(height):
            self.add_page()

    @contextmanager
    def thin(self, width: float, colour: tuple[int, int, int]) -> Iterator[None]:
        """Draw lines of a width and colour."""
        self.set_draw_color(*colour)
        self.set_line_width(width)
        yield
        self.set_line_width(0.2)


def _head(pdf: _Sheet) -> None:
    paper = pdf.paper
    pdf.say(paper.kind, _BODY_PT, _MUTED)
    pdf.ln(1)
    pdf.say(paper.title, _TITLE_PT, _INK)
    pdf.ln(1)
    pdf.say(paper.about, _BODY_PT, _INK)
    pdf.say(paper.made, _SMALL_PT, _MUTED)


def _section(pdf: _Sheet, title: str, height: float, about: str = "") -> None:
    """Begin a part; `height` is what its beginning takes together with its title."""
    pdf.together(height + 14 + (4.5 if about else 0))
    pdf.ln(5)
    pdf.say(title, _HEAD_PT, _INK)
    if about:
        pdf.say(about, _SMALL_PT, _MUTED)
    pdf.ln(1.5)


def _advice(pdf: _Sheet) -> None:
    _section(pdf, pdf.paper.advice_title, 30)
    if not pdf.paper.advice:
        pdf.say(pdf.paper.nothing_low, _BODY_PT, _INK)
    for each in pdf.paper.advice:
        _one_advice(pdf, each)


def _one_advice(pdf: _Sheet, advice: Advice) -> None:
    pdf.together(26)
    left, top = pdf.l_margin, pdf.get_y()
    pdf.set_left_margin(left + 4)
    pdf.set_x(left + 4)
    pdf.say(f"{advice.name}  ·  {advice.level}", _BODY_PT, _WARN)
    pdf.say(advice.figure, _BODY_PT, _INK)
    pdf.say(advice.meaning, _BODY_PT, _MUTED)
    pdf.say(advice.action, _BODY_PT, _INK)
    pdf.set_left_margin(left)
    pdf.set_x(left)
    with pdf.thin(0.8, _WARN):
        pdf.line(left + 1, top + 0.5, left + 1, pdf.get_y() - 0.5)
    pdf.ln(2.5)


def _bars(pdf: _Sheet, title: str, about: str, bars: Sequence[Bar]) -> None:
    if not bars:
        return
    _section(pdf, title, _BAR_ROW_MM * 3, about)
    for bar in bars:
        pdf.together(_BAR_ROW_MM)
        _bar(pdf, bar)


def _bar(pdf: _Sheet, bar: Bar) -> None:
    left, top = pdf.l_margin, pdf.get_y()
    middle, x = top + _BAR_ROW_MM / 2, left + _LABEL_MM
    pdf.ink(_BODY_PT, _INK)
    pdf.set_xy(left, top)
    pdf.cell(_LABEL_MM, _BAR_ROW_MM, pdf.fitted(bar.label, _LABEL_MM))
    pdf.set_fill_color(*_GRID)
    pdf.rect(x, middle - _BAR_THICK_MM / 2, _BAR_MM, _BAR_THICK_MM, style="F")
    if bar.rate is not None:
        low = bar.limit is not None and bar.rate < bar.limit
        pdf.set_fill_color(*(_WARN if low else _ACCENT))
        pdf.rect(x, middle - _BAR_THICK_MM / 2, _BAR_MM * bar.rate, _BAR_THICK_MM, style="F")
        with pdf.thin(0.3, _INK):
            pdf.line(x + _BAR_MM * bar.low, middle, x + _BAR_MM * bar.high, middle)
    if bar.limit is not None:
        with pdf.thin(0.5, _INK):
            at = x + _BAR_MM * bar.limit
            pdf.line(at, middle - _BAR_THICK_MM / 2 - 1, at, middle + _BAR_THICK_MM / 2 + 1)
    pdf.set_xy(x + _BAR_MM + 2, top)
    room = pdf.epw - _LABEL_MM - _BAR_MM - 2
    pdf.cell(room, _BAR_ROW_MM, pdf.fitted(bar.text, room))
    pdf.set_xy(left, top + _BAR_ROW_MM)


def _figures(pdf: _Sheet, title: str, figures: Sequence[tuple[str, str]]) -> None:
    rows = -(-len(figures) // _COLUMNS)
    _section(pdf, title, _FIGURE_MM * min(rows, 2))
    width = pdf.epw / _COLUMNS
    for start in range(0, len(figures), _COLUMNS):
        pdf.together(_FIGURE_MM)
        top = pdf.get_y()
        for at, (label, value) in enumerate(figures[start : start + _COLUMNS]):
            pdf.set_xy(pdf.l_margin + at * width, top)
            pdf.ink(_SMALL_PT, _MUTED)
            pdf.cell(width, 4.5, pdf.fitted(label, width))
            pdf.set_xy(pdf.l_margin + at * width, top + 4.5)
            pdf.ink(_HEAD_PT, _INK)
            pdf.cell(width, 5.5, pdf.fitted(value, width))
        pdf.set_xy(pdf.l_margin, top + _FIGURE_MM)


def _curve(pdf: _Sheet, curve: Curve) -> None:
    _section(pdf, curve.title, _CURVE_MM + 14)
    left, top, width = pdf.l_margin + _AXIS_MM, pdf.get_y(), pdf.epw - _AXIS_MM
    most = max((max(line.points, default=0) for line in curve.lines), default=0)
    step = step_of(most)
    highest = max(step, -(-most // step) * step)
    bottom = top + _CURVE_MM

    def y(value: float) -> float:
        return bottom - _CURVE_MM * value / highest

    pdf.ink(_SMALL_PT, _MUTED)
    for value in range(0, highest + 1, step):
        with pdf.thin(0.2, _LINE if value == 0 else _GRID):
            pdf.line(left, y(value), left + width, y(value))
        pdf.set_xy(pdf.l_margin, y(value) - 2)
        pdf.cell(_AXIS_MM - 1, 4, str(value), align="R")
    for at, line in enumerate(curve.lines):
        points = [
            (left + width * (i + 0.5) / len(line.points), y(value)) for i, value in enumerate(line.points)
        ]
        if at == 0 and points:
            pdf.set_fill_color(*_SOFT)
            pdf.polygon([(points[0][0], bottom), *points, (points[-1][0], bottom)], style="F")
        with pdf.thin(0.5, _COLOURS[at % len(_COLOURS)]):
            pdf.polyline(points)
    pdf.ink(_SMALL_PT, _MUTED)
    pdf.set_xy(left, bottom + 0.5)
    pdf.cell(width / 2, 4, "0:00")
    pdf.cell(width / 2, 4, curve.ends, align="R")
    pdf.set_xy(left, bottom + 5)
    for at, line in enumerate(curve.lines):
        x = pdf.get_x()
        with pdf.thin(0.8, _COLOURS[at % len(_COLOURS)]):
            pdf.line(x + 1, bottom + 7, x + 6, bottom + 7)
        pdf.set_x(x + 7)
        pdf.cell(pdf.get_string_width(line.name) + 8, 4, line.name)
    pdf.set_xy(pdf.l_margin, bottom + 10)


_COLOURS = (_ACCENT, _OK)


def step_of(most: int) -> int:
    """Return how far apart the lines of a scale up to `most` are: 1, 2 or 5 of a power of ten, for five."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * 5 >= most:
                return step * power
        power *= 10


def _departments(pdf: _Sheet) -> None:
    _bars(pdf, pdf.paper.departments_title, "", pdf.paper.departments)
    if pdf.paper.departments_more:
        pdf.say(pdf.paper.departments_more, _SMALL_PT, _MUTED)

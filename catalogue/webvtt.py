"""Captions as WebVTT (W3C, https://www.w3.org/TR/webvtt1/): read strictly, written clean. Pure.

An editor is told every line that is wrong; a browser's parser would leave it out without a word. What is kept
is the words with the few marks that mean something to a reader (bold, italic, underlined, who speaks, ruby).
Style sheets, regions and positions are left out: they are how a file makes somebody else's page look, and the
player has a place for captions of its own.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalogue.parts import ShownPart
from lectern.kernel.errors import Rejected

LONGEST_BYTES = 1_000_000
MOST_CUES = 20_000
LONGEST_TEXT = 1_000
MOST_PROBLEMS = 20
_END_SLACK_MS = 1_000
"""A file that was made for a medium may end with the sound of its last packet."""
_TIME = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMES = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+(.*))?")
_MARK = re.compile(r"<(?=[a-z0-9/])(/?)([a-z]*)([^<>]*)>", re.IGNORECASE)
_KEPT = frozenset({"b", "i", "u", "ruby", "rt", "v"})


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that are shown from `start_ms` to `end_ms`; `text` is WebVTT's, clean."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line of the file, counted from 1."""

    line: int
    code: str
    message: str


_MESSAGES = {
    "header_missing": "The first line has to be WEBVTT.",
    "time_unreadable": "Write times as 00:01:02.500 --> 00:01:05.000.",
    "time_backwards": "The end is not after the start.",
    "time_outside": "This is after the end of the video.",
    "out_of_order": "This starts before the caption above it.",
    "text_missing": "There is no text under these times.",
    "text_too_long": "This caption is too long.",
    "blank_line_missing": "Leave an empty line before the next times.",
    "too_many_cues": "There are too many captions in this file.",
}


def read_captions(data: bytes, duration_ms: int) -> list[Cue]:
    """Return the cues of a file for a medium of `duration_ms`.

    Raises:
        Rejected: too large (`captions_too_large`), not UTF-8 (`captions_not_utf8`), or lines are wrong
            (`captions_invalid`, with the first of them).
    """
    if len(data) > LONGEST_BYTES:
        raise Rejected("captions_too_large", "A file of captions has at most 1 MB.", limit=LONGEST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Rejected("captions_not_utf8", "Save the file as UTF-8.", line=line) from None
    reading = _Reading(duration_ms)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd").split("\n")
    reading.read(lines)
    if reading.problems:
        problems = [
            {"line": one.line, "code": one.code, "message": one.message}
            for one in reading.problems[:MOST_PROBLEMS]
        ]
        raise Rejected(
            "captions_invalid",
            "Some lines of the file are wrong.",
            lines=problems,
            count=len(reading.problems),
        )
    if not reading.cues:
        raise Rejected("captions_empty", "There is no caption in this file.")
    return reading.cues


def written(cues: Iterable[Cue]) -> str:
    """Return cues as a file, as simple as the format allows."""
    blocks = (f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{cue.text}\n" for cue in cues)
    return "\n".join(["WEBVTT\n", *blocks])


def reread(text: str) -> Iterator[Cue]:
    """Take apart what `written` made."""
    for block in text.split("\n\n")[1:]:
        times, _, words = block.partition("\n")
        found = _TIMES.fullmatch(times)
        if found:
            yield Cue(_ms(found.groups()[:4]), _ms(found.groups()[4:8]), words.rstrip("\n"))


def mapped(cues: Iterable[Cue], parts: Iterable[ShownPart]) -> list[Cue]:
    """Return the cues of a recording as they are in a medium that shows `parts` of it.

    A cue that a cut goes through is shown on both sides of it, as far as it goes.
    """
    kept = list(cues)
    found: list[Cue] = []
    for part in parts:
        start, later = part.replay_ms, part.at_ms - part.replay_ms
        for cue in kept:
            first, last = max(cue.start_ms, start), min(cue.end_ms, start + part.duration_ms)
            if first < last:
                found.append(Cue(first + later, last + later, cue.text))
    return found


def clean(text: str) -> str:
    """Return a cue's text with the marks that are kept, all of them closed, and nothing else but words."""
    out: list[str] = []
    open_marks: list[str] = []
    position = 0
    for mark in _MARK.finditer(text):
        out.append(_words(text[position : mark.start()]))
        position = mark.end()
        closing, name, rest = mark[1], mark[2].lower(), mark[3]
        if name not in _KEPT or (rest and not rest.startswith((".", " ", "\t"))):
            continue
        if not closing:
            speaker = _words(" ".join(rest.partition(" ")[2].split())) if name == "v" else ""
            out.append(f"<{name} {speaker}>" if speaker else f"<{name}>" if name != "v" else "")
            open_marks += [name] if name != "v" or speaker else []
        elif name in open_marks:
            while (last := open_marks.pop()) != name:
                out.append(f"</{last}>")
            out.append(f"</{name}>")
    out.append(_words(text[position:]))
    return "".join(out) + "".join(f"</{name}>" for name in reversed(open_marks))


def _words(text: str) -> str:
    """Return words as the format writes them, whatever they were written like."""
    plain = html.unescape(text)
    kept = "".join(c for c in plain if c == "\n" or c.isprintable() or c in "\u200e\u200f\u00a0\u3000\t")
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Reading:
    """Goes through a file line by line; all that is wrong is noted."""

    def __init__(self, duration_ms: int) -> None:
        self.cues: list[Cue] = []
        self.problems: list[Problem] = []
        self._duration_ms = duration_ms

    def read(self, lines: Sequence[str]) -> None:
        if not re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]):
            self._note(1, "header_missing")
            return
        block: list[tuple[int, str]] = []
        for number, line in enumerate([*lines[1:], ""], start=2):
            if line.strip():
                block.append((number, line))
                continue
            if block and block[0][0] > 2:  # what follows the first line at once belongs to it
                self._take(block)
            block = []

    def _take(self, block: list[tuple[int, str]]) -> None:
        number, first = block[0]
        if re.match(r"(NOTE|STYLE|REGION)([ \t]|$)", first) and "-->" not in first:
            return
        if "-->" not in first:  # the cue's name
            block = block[1:]
            if not block or "-->" not in block[0][1]:
                self._note(number if not block else block[0][0], "time_unreadable")
                return
            number, first = block[0]
        times = _TIMES.fullmatch(first.strip())
        if times is None:
            self._note(number, "time_unreadable")
            return
        self._cue(number, _ms(times.groups()[:4]), _ms(times.groups()[4:8]), block[1:])

    def _cue(self, number: int, start: int, end: int, lines: list[tuple[int, str]]) -> None:
        text = clean("\n".join(line for _, line in lines))
        arrow = next((at for at, line in lines if "-->" in line), None)
        before = self.cues[-1].start_ms if self.cues else 0
        checks = (
            (end <= start, number, "time_backwards"),
            (end > self._duration_ms + _END_SLACK_MS, number, "time_outside"),
            (start < before, number, "out_of_order"),
            (arrow is not None, arrow or number, "blank_line_missing"),
            (not html.unescape(re.sub(r"<[^>]*>", "", text)).strip(), number, "text_missing"),
            (len(text) > LONGEST_TEXT, number, "text_too_long"),
            (len(self.cues) >= MOST_CUES, number, "too_many_cues"),
        )
        wrong = next(((at, code) for failed, at, code in checks if failed), None)
        if wrong is None:
            self.cues.append(Cue(start, min(end, self._duration_ms), text))
        else:
            self._note(*wrong)

    def _note(self, line: int, code: str) -> None:
        self.problems.append(Problem(line, code, _MESSAGES[code]))


def _ms(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + thousandths


def _clock(ms: int) -> str:
    seconds, thousandths = divmod(ms, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}"

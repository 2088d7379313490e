"""Text as it is searched: without case, accents and widths, in terms that any database can look up. Pure.

Chinese and Japanese have no word breaks: a run of their characters becomes its pairs (so that words of two
characters are found exactly) and its last character alone (so that one character is found by its beginning).
Everything else becomes words, found by their beginnings. Terms are written in ASCII letters and digits, which
the parsers of SQLite's FTS5 and of PostgreSQL take as they are.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_WIDE = "\u3005\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_RUN = re.compile(rf"[{_WIDE}]+|[^\W_{_WIDE}]+")
_IS_WIDE = re.compile(rf"[{_WIDE}]")
_LONGEST_WORD = 40
_LONGEST_OTHER = 12
MOST_WORDS = 10


class Term(NamedTuple):
    """What is looked up; `is_begun`: terms that begin with it count too."""

    text: str
    is_begun: bool


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; character `i` of it stands for character `at[i]` of the text as it was."""

    text: str
    at: Sequence[int]


def folded(text: str) -> str:
    """Return `text` without case, accents and widths."""
    return "".join(map(_folded_character, text))


def fold(text: str) -> Folded:
    """Return `text` folded, with where each character came from."""
    out: list[str] = []
    at: list[int] = []
    for index, character in enumerate(text):
        for part in _folded_character(character):
            out.append(part)
            at.append(index)
    return Folded("".join(out), at)


def words_of(query: str) -> tuple[str, ...]:
    """Return what somebody looks for, in folded runs, each once; at most ten."""
    return tuple(dict.fromkeys(_RUN.findall(folded(query))))[:MOST_WORDS]


def terms_of(texts: Iterable[str]) -> set[str]:
    """Return the terms under which texts are found."""
    terms: set[str] = set()
    for text in texts:
        for run in _RUN.findall(folded(text)):
            if _IS_WIDE.match(run):
                terms.update(_coded(run[i : i + 2]) for i in range(len(run)))
            else:
                terms.add(_word(run))
    return terms


def looked_up(words: Iterable[str]) -> tuple[Term, ...]:
    """Return the terms that whatever contains all of `words` has; others may have them too (`spans`)."""
    terms: list[Term] = []
    for word in words:
        if not _IS_WIDE.match(word):
            terms.append(Term(_word(word), True))
        elif len(word) == 1:
            terms.append(Term(_coded(word), True))
        else:
            terms += [Term(_coded(word[i : i + 2]), False) for i in range(len(word) - 1)]
    return tuple(dict.fromkeys(terms))


def spans(words: Iterable[str], text: str) -> dict[str, list[tuple[int, int]]]:
    """Return where in `text` which of `words` stand, as [from, to) of the text as it is."""
    whole = fold(text)
    found: dict[str, list[tuple[int, int]]] = {}
    for word in words:
        begins = "" if _IS_WIDE.match(word) else r"(?<![^\W_" + _WIDE + "])"
        for hit in re.finditer(begins + re.escape(word), whole.text):
            found.setdefault(word, []).append((whole.at[hit.start()], whole.at[hit.end() - 1] + 1))
    return found


@lru_cache(maxsize=16_384)
def _folded_character(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character)
    kept = "".join(part for part in parts if unicodedata.category(part) != "Mn")
    return unicodedata.normalize("NFKC", kept.casefold())


def _word(word: str) -> str:
    return "w" + word[:_LONGEST_WORD] if word.isascii() else _coded(word[:_LONGEST_OTHER])


def _coded(characters: str) -> str:
    return "x" + "".join(f"{ord(character):05x}" for character in characters)

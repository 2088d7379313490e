"""Conditional requests on an ICE session (RFC 9110 section 13.1.1, RFC 9725 section 4.3.1). Pure."""

import re
from enum import Enum, auto
from typing import Final

_TAG: Final = re.compile(r'(W/)?"([^"]*)"|([^",\s]+)')
"""No white space around: a pattern that tries every length of it takes seconds over a header full of it."""


class Condition(Enum):
    """What an If-Match header says of the ICE session that there is."""

    MISSING = auto()
    FAILED = auto()
    HOLDS = auto()


def if_match(header: str | None, etag: str) -> Condition:
    """Compare a header with the current `etag` (in its quotes), strongly: a weak tag never matches.

    `*` matches whatever there is; the RFC's examples put it in quotes, and some clients leave the quotes of a
    tag away, so both are taken.
    """
    if header is None or not header.strip():
        return Condition.MISSING
    current = etag.strip('"')
    for found in _TAG.finditer(header):
        weak, quoted, bare = found.groups()
        tag = quoted if quoted is not None else bare
        if not weak and tag in ("*", current):
            return Condition.HOLDS
    return Condition.FAILED

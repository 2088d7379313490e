"""On which terms a medium is watched: what its editor decides, what follows for one viewer. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from catalogue.media import MediumKind, Microcourse, Replay
from catalogue.watch_due import Deadline
from lectern.kernel.errors import Rejected

_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_LAST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Rules:
    """`watermark` None leaves it to the organisation's setting; `deadline` is of what is required."""

    required: bool = False
    no_skipping: bool = False
    watermark: bool | None = None
    deadline: Deadline | None = None

    def is_marked(self, by_default: bool) -> bool:
        """Tell whether the viewer's name moves over it; `by_default` is the organisation's setting."""
        return by_default if self.watermark is None else self.watermark

    def is_watched_here_alone(self, by_default: bool) -> bool:
        """Tell whether viewers get no file of it: that has no name over it, skips, and is counted nowhere."""
        return self.no_skipping or self.is_marked(by_default)


@dataclass(frozen=True, slots=True)
class CaptionLine:
    """Captions that a medium has, of its own or of the replay that it was cut from."""

    language: str
    of: Literal["own", "replay"]


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """Captions as they were uploaded, for one version of a medium."""

    version: int
    content: str


def language_tag(text: str) -> str:
    """Return a language as BCP 47 writes it: `zh-CN`, `zh-Hans-CN`, `en`.

    Raises:
        Rejected: it is none (`language_unknown`).
    """
    found = _LANGUAGE.fullmatch(text)
    if found is None:
        raise Rejected("language_unknown", "Name the language like zh-CN or en.")
    language, script, region = found.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)


def kind_of(medium: Replay | Microcourse) -> MediumKind:
    """Return of what kind a medium is."""
    return "replay" if isinstance(medium, Replay) else "microcourse"


def name_tag(name: str, number: str | None) -> str:
    """Return what a watermark says of a viewer: enough to find them, not enough to use it elsewhere."""
    return f"{name} {number[-_LAST_DIGITS:]}" if number else name

"""What a worker elsewhere may hand in: which files, which must be there, and what they tell of the job."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from lectern.manifest import signals
from lectern.manifest.medium import REQUIRED, RESULT, MediumResult, is_published

MOST_TOLD_BYTES: Final = signals.MOST_BYTES
"""Of `result.json`, which is read here."""


@dataclass(frozen=True, slots=True)
class Form:
    """`told` makes a job's result of `result.json`; it raises ValueError for one that cannot be."""

    required: frozenset[str]
    is_file: Callable[[str], bool]
    told: Callable[[bytes], dict[str, Any]]


def _medium(content: bytes) -> dict[str, Any]:
    result = msgspec.json.decode(content, type=MediumResult)
    return {"duration_ms": result.duration_ms, "ladder": bool(result.ladder), "lead_ms": result.lead_ms}


def _heard(content: bytes) -> dict[str, Any]:
    heard = signals.checked(content)
    return {
        "utterances": len(heard.utterances),
        "scenes": len(heard.scenes),
        "lacks": list(heard.lacks),
    }


MEDIUM: Final = Form(REQUIRED, is_published, _medium)
HEARD: Final = Form(frozenset({RESULT}), RESULT.__eq__, _heard)

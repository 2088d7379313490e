"""What attendance reads of the timeline. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Happening:
    """A timeline event, as far as reports need it."""

    type: str
    utc_ms: int
    actor: str | None
    payload: Mapping[str, Any]

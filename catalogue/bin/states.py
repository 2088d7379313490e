"""The life of something deleted as a table, and how people are told. Pure.

    in the bin ──taken out──▶ out (in the catalogue again) ──put in──▶ in the bin
        └──due──▶ being erased ──erased──▶ gone

Only what is in the bin comes back. What is being erased lacks files already, so that whoever is killed in
the middle goes on with it; what is gone is remembered by name and length, for the records of who watched it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from catalogue.media import MediumKind
from lectern.kernel.errors import Conflict, Deleted, ProtocolViolation

DAY_MS: Final = 86_400_000
_MOST_DIGITS: Final = 15


class BinState(StrEnum):
    """Where something deleted stands."""

    IN = "in"
    ERASING = "erasing"
    GONE = "gone"
    OUT = "out"


class BinEvent(StrEnum):
    """What can happen to it."""

    PUT_IN = "put_in"
    TAKEN_OUT = "taken_out"
    DUE = "due"
    ERASED = "erased"


_S, _E = BinState, BinEvent

BIN_TABLE: Mapping[BinState, Mapping[BinEvent, BinState]] = {
    _S.IN: {_E.TAKEN_OUT: _S.OUT, _E.DUE: _S.ERASING},
    _S.ERASING: {_E.ERASED: _S.GONE, _E.DUE: _S.ERASING},
    _S.GONE: {},
    _S.OUT: {_E.PUT_IN: _S.IN},
}

DELETED: Final = frozenset({_S.IN, _S.ERASING, _S.GONE})
"""What the catalogue does not have (any more)."""


def after(state: BinState, event: BinEvent) -> BinState:
    """Return the state that follows.

    Raises:
        Conflict: it is not in the bin any more: taken out, or being erased (`bin_left`).
    """
    target = BIN_TABLE[state].get(event)
    if target is None:
        raise Conflict("bin_left", "This is not in the bin any more. Look again.", state=state)
    return target


@dataclass(frozen=True, slots=True)
class Binned:
    """A replay or microcourse that was deleted; `content` is its row of the catalogue.

    It is erased at `due_utc_ms`. `with_replay`: it was deleted together with that one.
    """

    medium: MediumKind
    id: str
    org_id: str
    session_id: str
    title: str
    state: BinState
    changed_utc_ms: int
    due_utc_ms: int
    put_by: str
    with_replay: str | None
    was_told: bool
    content: Mapping[str, Any]
    erased_utc_ms: int | None = None


class Place(NamedTuple):
    """Where a page of the bin ends: the latest deletion comes first, a replay before what went with it."""

    changed_utc_ms: int
    medium: MediumKind
    id: str

    def __str__(self) -> str:
        """Return it as a cursor; `read_place` reads it."""
        return f"{self.changed_utc_ms}.{self.medium}.{self.id}"


def read_place(cursor: str) -> Place:
    """Return what `str` of a place wrote.

    Raises:
        ProtocolViolation: it did not (`cursor_invalid`).
    """
    at, _, rest = cursor.partition(".")
    medium, _, id_ = rest.partition(".")
    if cursor.isascii() and at.isdigit() and len(at) <= _MOST_DIGITS and id_.isalnum():
        match medium:
            case "microcourse" | "replay":
                return Place(int(at), medium, id_)
    raise ProtocolViolation("cursor_invalid", "This cursor is not one of ours.")


def deleted(medium: MediumKind) -> Deleted:
    """Return what those are told who might watch it if it were there."""
    if medium == "replay":
        return Deleted("replay_deleted", "This replay was deleted. Ask whoever gave the lesson.")
    return Deleted("microcourse_deleted", "This microcourse was deleted. Look for another in the library.")

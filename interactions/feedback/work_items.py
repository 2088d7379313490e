"""What becomes of a text: somebody takes it on, and says when it is done (EVA-03). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from interactions.wording import wording_or_none
from lectern.kernel.errors import Conflict, Rejected

NOTE_CHARS = 2_000


class Kind(StrEnum):
    """How soon, or whether somebody is to be called."""

    SHORT_TERM = "short_term"
    LONG_TERM = "long_term"
    CALL_BACK = "call_back"


class State(StrEnum):
    """How far it is."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DROPPED = "dropped"


class Step(StrEnum):
    """What is done to it."""

    START = "start"
    FINISH = "finish"
    DROP = "drop"
    REOPEN = "reopen"


STEPS: Mapping[State, Mapping[Step, State]] = MappingProxyType(
    {
        State.NEW: {Step.START: State.IN_PROGRESS, Step.FINISH: State.DONE, Step.DROP: State.DROPPED},
        State.IN_PROGRESS: {Step.FINISH: State.DONE, Step.DROP: State.DROPPED},
        State.DONE: {Step.REOPEN: State.IN_PROGRESS},
        State.DROPPED: {Step.REOPEN: State.NEW},
    }
)
OVER = frozenset({State.DONE, State.DROPPED})


@dataclass(frozen=True, slots=True)
class Item:
    """A text with what was made of it. `due_on` is an ISO date; `version` grows with every change."""

    id: str
    org_id: str
    session_id: str
    body: str
    contact: str | None
    kind: Kind | None
    state: State
    owner_person_id: str | None
    due_on: str | None
    note: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """How an item is to be from now on, as somebody saw `version` of it."""

    version: int
    kind: Kind | None
    owner_person_id: str | None
    due_on: str | None
    note: str | None
    step: Step | None = None


def changed(item: Item, change: Change) -> Item:
    """Return the item after a change. When it is over, the contact details have served and are deleted.

    Raises:
        Conflict: somebody else changed it meanwhile (`item_changed`), or it is not in a state for this step
            (`item_step_invalid`).
        Rejected: the date is none (`date_invalid`), or the note is too long (`text_too_long`).
    """
    if change.version != item.version:
        raise Conflict("item_changed", "Somebody else has changed this meanwhile. Look again.")
    state = item.state
    if change.step is not None:
        following = STEPS[state].get(change.step)
        if following is None:
            raise Conflict("item_step_invalid", "This cannot be done any more. Look again.", state=state)
        state = following
    return replace(
        item,
        kind=change.kind,
        state=state,
        owner_person_id=change.owner_person_id,
        due_on=_date(change.due_on),
        note=wording_or_none(change.note, NOTE_CHARS, "note"),
        contact=None if state in OVER else item.contact,
        version=item.version + 1,
    )


def for_link_holder(item: Item) -> Item:
    """Return what somebody who came by a link sees: what was said, not whom to call or what is done about it.

    Nobody knows who holds a link; whoever is to work on the text signs in.
    """
    return replace(item, contact=None, owner_person_id=None, due_on=None, note=None)


def differences(before: Item, after: Item) -> dict[str, str | None]:
    """Return what the audit log says of a change: which fields are how now; of a note only that it is new."""
    told = {
        name: getattr(after, name)
        for name in ("kind", "state", "owner_person_id", "due_on")
        if getattr(before, name) != getattr(after, name)
    }
    if before.note != after.note:
        told["note"] = "changed"
    if before.contact is not None and after.contact is None:
        told["contact"] = "deleted"
    return told


def _date(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Rejected("date_invalid", "Give a date like 2026-12-31.") from None

"""The register of one round: everybody who was expected or came, and how they stand. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from interactions.checkin.events import Standing
from interactions.checkin.idea import CHECKIN, NEVER_CAME, Checkins, Request, Round, State
from lectern.timeline.idea import ClassState


@dataclass(frozen=True, slots=True)
class Line:
    """One person or guest. `status` is `pending` while the round is open and nothing came of them.

    `participant` is None for somebody who never joined, `person` for a guest.
    """

    participant: str | None
    person: str | None
    name: str | None
    expected: bool
    status: Standing | Literal["pending"]
    utc_ms: int | None
    request: Request | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Sum:
    """A round in numbers: who was expected and came, and how many came besides."""

    expected: int
    came: int
    late: int
    made_up: int
    others: int
    requests: int


def register(state: ClassState, round_: Round, roster: Collection[str]) -> list[Line]:
    """Return the lines of the roster, in its order, and then those of others whom the round lists.

    Its sum (`summed`) is what the class is told while it goes on (`Checkins.count`), for the same roster.
    """
    checkins = state.of(CHECKIN)
    lines = [_line(state, checkins, round_, None, person, expected=True) for person in roster]
    wanted = set(roster)
    for who in sorted(round_.listed, key=lambda who: (who not in round_.marks, who not in round_.requests)):
        never_came = who.removeprefix(NEVER_CAME) if who.startswith(NEVER_CAME) else None
        person = never_came or checkins.person_of.get(who)
        if person is None or person not in wanted:
            participant = None if never_came is not None else who
            lines.append(_line(state, checkins, round_, participant, person, expected=False))
    return lines


def _line(
    state: ClassState,
    checkins: Checkins,
    round_: Round,
    participant: str | None,
    person: str | None,
    *,
    expected: bool,
) -> Line:
    participant = participant or checkins.participant_of.get(person or "")
    who = checkins.key_of(participant, person)
    mark = round_.marks.get(who)
    nothing: Literal["absent", "pending"] = "pending" if round_.state is State.OPEN else "absent"
    reason_ref, name_ref = round_.reasons.get(who), checkins.names.get(participant or "")
    return Line(
        participant=participant,
        person=person,
        name=None if name_ref is None else state.texts.get(name_ref),
        expected=expected,
        status=nothing if mark is None else mark.standing,
        utc_ms=None if mark is None else mark.utc_ms,
        request=round_.requests.get(who),
        reason=None if reason_ref is None else state.texts.get(reason_ref),
    )


def summed(lines: Collection[Line]) -> Sum:
    """Count lines: of a roster its people, else everybody."""
    of_roster = [line for line in lines if line.expected] or list(lines)
    came = {"on_time", "late"}
    return Sum(
        expected=len(of_roster),
        came=sum(line.status in came for line in of_roster),
        late=sum(line.status == "late" for line in of_roster),
        made_up=sum(line.status == "make_up" for line in of_roster),
        others=sum(line.status in came for line in lines) - sum(line.status in came for line in of_roster),
        requests=sum(line.request == "pending" for line in lines),
    )

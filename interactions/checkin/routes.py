"""Check-in over HTTP: who is missing, corrections, and make-ups of people who are not in the class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from interactions.checkin.commands import (
    CorrectCheckin,
    OneRound,
    OneStanding,
    RequestMakeUp,
    correct_checkin,
    refuse_make_up,
    request_make_up,
    withdraw_checkin,
)
from interactions.checkin.idea import CHECKIN, Round, State
from interactions.checkin.neighbours import Card, People, Seats, SessionFacts, Sessions
from interactions.checkin.register import Line, register, summed
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal, insist_on_running
from lectern.kernel.errors import Forbidden, NotFound
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.timeline.engine import Change, TimelineEngine
from lectern.timeline.idea import Actor, Call, ClassState, Decision

_HOUR_MS = 3_600_000
_Status = Literal["on_time", "late", "make_up", "absent"]


class PersonModel(BaseModel):
    """A person of the organisation."""

    id: str
    external_id: str
    name: str
    department: str | None


class LineModel(BaseModel):
    """How somebody stands in a round; a guest has no `person`, somebody who never joined no `participant`."""

    participant: str | None
    person: PersonModel | None
    name: str | None
    expected: bool
    status: Literal["on_time", "late", "make_up", "absent", "pending"]
    utc_ms: int | None
    request: Literal["pending", "refused"] | None
    reason: str | None


class RoundModel(BaseModel):
    """A round in numbers, as far as the reader may see people."""

    id: str
    state: Literal["open", "closed", "withdrawn"]
    message: str | None
    forced: bool
    opened_utc_ms: int
    late_after_utc_ms: int
    closes_utc_ms: int
    expected: int
    came: int
    late: int
    made_up: int
    others: int
    requests: int


class RoundsModel(BaseModel):
    """The rounds of a session, in order."""

    items: list[RoundModel]


class RegisterModel(BaseModel):
    """One round, with everybody in it."""

    round: RoundModel
    lines: list[LineModel]


class OwnRound(BaseModel):
    """A round as one learner sees it; `may_request`: they can ask to be counted, until `until_utc_ms`."""

    id: str
    message: str | None
    opened_utc_ms: int
    status: Literal["on_time", "late", "make_up", "absent", "pending"]
    request: Literal["pending", "refused"] | None
    may_request: bool
    until_utc_ms: int | None


class OwnRounds(BaseModel):
    """The rounds of a session, for the learner who asks."""

    items: list[OwnRound]


class Whom(BaseModel):
    """Somebody: a participant, or a person by id or by number from HR."""

    participant: str | None = Field(None, max_length=64)
    person: str | None = Field(None, max_length=64)
    external_id: str | None = Field(None, max_length=120)


class Correction(Whom):
    """How somebody stands after all, and why."""

    status: _Status
    reason: str = Field(max_length=4_000)


class MakeUp(BaseModel):
    """Why one was not counted."""

    reason: str = Field(max_length=4_000)


class MadeUp(BaseModel):
    """What came of it."""

    status: _Status | None
    request: Literal["pending", "refused"] | None


@dataclass(frozen=True, slots=True)
class CheckinRoutes:
    """The handlers. `make_up_hours` after the lesson nobody can ask for a make-up any more."""

    engine: TimelineEngine
    sessions: Sessions
    people: People
    seats: Seats
    make_up_hours: int

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        session = "/api/v1/sessions/{id}"
        one = f"{session}/checkins/{{round}}"
        return [
            Route("GET", f"{session}/checkins", self.rounds, "Check-in rounds", RoundsModel),
            Route("GET", f"{session}/my-checkins", self.own, "One's own check-ins", OwnRounds),
            Route("GET", one, self.register, "Who checked in and who is missing", RegisterModel),
            Route("POST", f"{one}/withdraw", self.withdraw, "Take a check-in round back"),
            Route("POST", f"{one}/make-up", self.make_up, "Ask for a make-up", MadeUp, MakeUp),
            Route("POST", f"{one}/corrections", self.correct, "Set how somebody stands", body=Correction),
            Route("POST", f"{one}/refusals", self.refuse, "Refuse a make-up", body=Whom),
        ]

    async def rounds(self, request: Request) -> RoundsModel:
        """All rounds in numbers."""
        facts = await self._readable(request)
        state = (await self.engine.current(request.path["id"])).state
        items = []
        for round_ in state.of(CHECKIN).rounds.values():
            lines, _ = await self._lines(request, facts, state, round_)
            items.append(_round(state, round_, lines))
        return RoundsModel(items=items)

    async def register(self, request: Request) -> RegisterModel:
        """One round with its people: the missing first, then by name."""
        facts = await self._readable(request)
        state = (await self.engine.current(request.path["id"])).state
        round_ = _find(state, request.path["round"])
        lines, cards = await self._lines(request, facts, state, round_)
        models = [_model(line, cards.get(line.person or "")) for line in lines]
        models.sort(
            key=lambda m: (m.request != "pending", m.status not in {"absent", "pending"}, m.name or "")
        )
        return RegisterModel(round=_round(state, round_, lines), lines=models)

    async def own(self, request: Request) -> OwnRounds:
        """The rounds that count, as the asking learner stands in them."""
        participant, person = await self._oneself(request)
        state = (await self.engine.current(request.path["id"])).state
        checkins = state.of(CHECKIN)
        now = self.engine.clock()
        until = None
        if checkins.ended_utc_ms is not None:
            until = checkins.ended_utc_ms + self.make_up_hours * _HOUR_MS
        items = []
        for round_ in checkins.rounds.values():
            if round_.state is State.WITHDRAWN:
                continue
            who = checkins.key_of(participant, person)
            mark, asked = round_.marks.get(who), round_.requests.get(who)
            missed = (mark is None or mark.standing == "absent") and round_.state is State.CLOSED
            standing = "pending" if round_.is_open else "absent"
            items.append(
                OwnRound(
                    id=round_.id,
                    message=_words(state, round_.message_ref),
                    opened_utc_ms=round_.opened_utc_ms,
                    status=standing if mark is None else mark.standing,
                    request=asked,
                    may_request=missed and asked is None and (until is None or now <= until),
                    until_utc_ms=until,
                )
            )
        return OwnRounds(items=items)

    async def make_up(self, request: Request) -> MadeUp:
        """Ask to be counted, for oneself."""
        participant, person = await self._oneself(request)
        async with self.engine.change(request.path["id"]) as change:
            decision = request_make_up(
                change.state,
                self._call(request.who, change),
                RequestMakeUp(id=request.path["round"], reason=request.body.reason),
                participant=participant,
                person=person,
                window_ms=self.make_up_hours * _HOUR_MS,
            )
            change.append(*decision.events)
        return MadeUp(**decision.result)

    async def correct(self, request: Request) -> None:
        """Set how somebody stands: a make-up, or a correction."""
        facts = await self._writable(request)
        participant, person = await self._whom(request, facts)
        data = CorrectCheckin(
            id=request.path["round"],
            participant=participant,
            person=person,
            status=request.body.status,
            reason=request.body.reason,
        )
        async with self.engine.change(request.path["id"]) as change:
            call = self._call(request.who, change)
            await self._carry_out(
                change, correct_checkin(change.state, call, data, by=request.who.subject_id)
            )

    async def refuse(self, request: Request) -> None:
        """Refuse a request."""
        facts = await self._writable(request)
        participant, person = await self._whom(request, facts)
        data = OneStanding(id=request.path["round"], participant=participant, person=person)
        async with self.engine.change(request.path["id"]) as change:
            call = self._call(request.who, change)
            await self._carry_out(change, refuse_make_up(change.state, call, data))

    async def withdraw(self, request: Request) -> None:
        """Take a round back."""
        await self._writable(request)
        async with self.engine.change(request.path["id"]) as change:
            data = OneRound(id=request.path["round"])
            call = self._call(request.who, change)
            await self._carry_out(change, withdraw_checkin(change.state, call, data))

    async def _carry_out(self, change: Change, decision: Decision) -> None:
        followed = await self.engine.obey(change.tx, change.head, decision.orders)
        change.append(*decision.events, *followed)

    def _call(self, who: Principal, change: Change) -> Call:
        """Give the decision its caller: the participant, where the principal is one in this class."""
        grant = who.grant
        known = change.state.of(CHECKIN).participant_of.get(who.person_id or "")
        participant = known or (grant.participant_id if grant is not None else None) or ""
        role = grant.role if grant is not None else SessionRole.HOST
        return Call(Actor(participant, role, who.person_id), change.now, new_id)

    async def _lines(
        self, request: Request, facts: SessionFacts, state: ClassState, round_: Round
    ) -> tuple[list[Line], Mapping[str, Card]]:
        roster = await self.people.expected(request.path["id"])
        lines = register(state, round_, roster)
        cards = await self.people.cards(facts.org_id, [line.person for line in lines if line.person])
        who: Principal = request.who

        def seen(line: Line) -> bool:
            card = cards.get(line.person or "")
            return who.grant is not None or who.sees_department(card.department_id if card else None)

        return [line for line in lines if seen(line)], cards

    async def _oneself(self, request: Request) -> tuple[str | None, str | None]:
        """Return participant and person of whoever asks, who must have been here or be expected."""
        who: Principal = request.who
        session_id = request.path["id"]
        facts = await self.sessions.session(session_id)
        if who.org_id != facts.org_id or (who.grant is not None and who.grant.session_id != session_id):
            raise NotFound("session_not_found", "There is no such session.")
        if who.grant is not None:
            participant = who.grant.participant_id or await self.seats.participant_of(who.grant)
            if participant is not None or who.grant.person_id is not None:
                return participant, who.grant.person_id
        elif who.person_id is not None:
            state = (await self.engine.current(session_id)).state
            participant = state.of(CHECKIN).participant_of.get(who.person_id)
            if participant is not None or who.person_id in await self.people.expected(session_id):
                return participant, who.person_id
        raise Forbidden("not_expected", "You were not expected in this session and did not come.")

    async def _whom(self, request: Request, facts: SessionFacts) -> tuple[str | None, str | None]:
        whom: Whom = request.body
        person = whom.person
        if whom.external_id:
            person = await self.sessions.person_by_external_id(facts.org_id, whom.external_id)
            if person is None:
                raise NotFound("person_unknown", "Nobody has this employee number.")
        elif person is not None and person not in await self.people.cards(facts.org_id, [person]):
            raise NotFound("person_unknown", "Nobody has this employee number.")
        return whom.participant, person

    async def _readable(self, request: Request) -> SessionFacts:
        who: Principal = request.who
        facts = await self._facts(request)
        if who.grant is None:
            who.require(Permission.ATTENDANCE_READ)
        return facts

    async def _writable(self, request: Request) -> SessionFacts:
        who: Principal = request.who
        facts = await self._facts(request)
        led_by = (facts.presenter_person_id, facts.host_person_id)
        insist_on_running(who, led_by, by_link_to=request.path["id"])
        return facts

    async def _facts(self, request: Request) -> SessionFacts:
        """The session, for staff with a token of it, and for people of its organisation."""
        who: Principal = request.who
        session_id = request.path["id"]
        facts = await self.sessions.session(session_id)
        if who.org_id != facts.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        if who.grant is not None and not who.is_staff_by_link(session_id):
            raise Forbidden("not_allowed", "You are not allowed to do this. Ask an administrator.")
        return facts


def _find(state: ClassState, round_id: str) -> Round:
    round_ = state.of(CHECKIN).rounds.get(round_id)
    if round_ is None:
        raise NotFound("checkin_not_found", "There is no such check-in.")
    return round_


def _words(state: ClassState, ref: str | None) -> str | None:
    return None if ref is None else state.texts.get(ref)


def _round(state: ClassState, round_: Round, lines: list[Line]) -> RoundModel:
    counted = summed(lines)
    return RoundModel(
        id=round_.id,
        state=round_.state.value,
        message=_words(state, round_.message_ref),
        forced=round_.forced,
        opened_utc_ms=round_.opened_utc_ms,
        late_after_utc_ms=round_.late_after_utc_ms,
        closes_utc_ms=round_.closes_utc_ms,
        expected=counted.expected,
        came=counted.came,
        late=counted.late,
        made_up=counted.made_up,
        others=counted.others,
        requests=counted.requests,
    )


def _model(line: Line, card: Card | None) -> LineModel:
    person = None
    if card is not None:
        person = PersonModel(
            id=card.id, external_id=card.external_id, name=card.name, department=card.department
        )
    return LineModel(
        participant=line.participant,
        person=person,
        name=card.name if card is not None else line.name,
        expected=line.expected,
        status=line.status,
        utc_ms=line.utc_ms,
        request=line.request,
        reason=line.reason,
    )

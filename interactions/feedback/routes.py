"""Feedback over HTTP: handing it in, its results, and the work items that its texts become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field

from interactions.feedback import store
from interactions.feedback.commands import SetFeedback, Terms, hand_in, set_feedback
from interactions.feedback.form import FORMS, Figure, Recommendation, checked, figures, recommendation
from interactions.feedback.idea import FEEDBACK, Feedback
from interactions.feedback.neighbours import Facts, SessionFacts, Sheets
from interactions.feedback.sheets import Lang, grades_table, summary_table, texts_table
from interactions.feedback.work_items import (
    Change,
    Item,
    Kind,
    State,
    Step,
    changed,
    differences,
    for_link_holder,
)
from lectern.db.trail import Trail
from lectern.edge.downloads import Ending, download, language_of, made
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal, insist_on_running, runs
from lectern.kernel.errors import Forbidden, NotFound, ProtocolViolation
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import Actor, Call


class OwnFeedback(BaseModel):
    """Whether the asking person can hand in feedback, until when, and in which language it is asked."""

    state: Literal["open", "given", "off", "too_early", "over", "not_here"]
    until_utc_ms: int | None
    lang: Literal["zh-CN", "en"] | None
    fewest: int


class FormBody(BaseModel):
    """A form; whatever is left out was not answered. `contact` gives up being anonymous for the text."""

    teacher: int | None = Field(None, ge=1, le=5)
    course: int | None = Field(None, ge=1, le=5)
    organisation: int | None = Field(None, ge=1, le=5)
    recommend: int | None = Field(None, ge=0, le=10)
    text: str | None = Field(None, max_length=8_000)
    contact: str | None = Field(None, max_length=800)


class RulesBody(BaseModel):
    """Whether learners are asked after the lesson, and in which language; null: each in their own."""

    on: bool
    lang: Literal["zh-CN", "en"] | None = None


class FigureModel(BaseModel):
    """One question. `counts` begin with the lowest grade; null, like the mean, where too few graded it."""

    question: Literal["teacher", "course", "organisation", "recommend"]
    answered: int
    counts: list[int] | None
    mean: float | None


class RecommendationModel(BaseModel):
    """The net promoter score, from -100 to 100, and its parts."""

    answered: int
    promoters: int
    passives: int
    detractors: int
    score: float


class WorkItemModel(BaseModel):
    """A text with what was made of it."""

    id: str
    session_id: str
    session_title: str
    text: str
    contact: str | None
    kind: Kind | None
    state: State
    owner_person_id: str | None
    owner_name: str | None
    due_on: str | None
    note: str | None
    version: int


class ItemPage(BaseModel):
    """A page of work items, what is due first at the top."""

    items: list[WorkItemModel]
    next: str | None


class ResultsModel(BaseModel):
    """What came of a session's feedback. Figures are of the `shown` forms; the others wait for company."""

    on: bool
    lang: Literal["zh-CN", "en"] | None
    until_utc_ms: int | None
    fewest: int
    given: int
    attendees: int
    shown: int
    figures: list[FigureModel]
    recommendation: RecommendationModel | None
    items: list[WorkItemModel]


class ItemsQuery(BaseModel):
    """Which work items: of one session, of one kind (`none`: not sorted yet), in one state, one's own."""

    session: str = Field("", max_length=64)
    kind: Literal["", "none", "short_term", "long_term", "call_back"] = ""
    state: Literal["", "new", "in_progress", "done", "dropped"] = ""
    mine: bool = False
    cursor: str = Field("", max_length=120)
    limit: int = Field(50, ge=1, le=200)


class OpenItemsModel(BaseModel):
    """How many work items are still to be done, of those one may see; and how many of them are one's own."""

    open: int
    mine: int


class ItemBody(BaseModel):
    """How an item is to be, as somebody saw `version` of it. The owner: an id, or a number from HR."""

    version: int
    kind: Kind | None = None
    owner_person_id: str | None = Field(None, max_length=64)
    owner_external_id: str | None = Field(None, max_length=120)
    due_on: str | None = Field(None, max_length=10)
    note: str | None = Field(None, max_length=8_000)
    step: Step | None = None


class FileQuery(BaseModel):
    """The language of a file; without, the browser's."""

    lang: Lang | None = None


@dataclass(frozen=True, slots=True)
class FeedbackRoutes:
    """The handlers."""

    engine: TimelineEngine
    facts: Facts
    trail: Trail
    sheets: Sheets
    terms: Terms

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        session = "/api/v1/sessions/{id}"
        item = "/api/v1/feedback-items"
        return [
            Route("GET", f"{session}/my-feedback", self.own, "One's own feedback", OwnFeedback),
            Route("POST", f"{session}/my-feedback", self.give, "Hand in feedback", body=FormBody),
            Route("GET", f"{session}/feedback", self.results, "What the feedback says", ResultsModel),
            Route("PUT", f"{session}/feedback", self.set_rules, "Ask for feedback or not", body=RulesBody),
            Route("GET", f"{session}/feedback.csv", self.csv, "Grades, as a table", query=FileQuery),
            Route("GET", f"{session}/feedback.xlsx", self.xlsx, "Grades and texts (Excel)", query=FileQuery),
            Route("GET", f"{item}/open", self.open_items, "Work items to be done", OpenItemsModel),
            Route("GET", item, self.items, "Work items", ItemPage, query=ItemsQuery),
            Route("POST", f"{item}/{{item}}", self.change, "Change a work item", WorkItemModel, ItemBody),
        ]

    async def own(self, request: Request) -> OwnFeedback:
        """Whether, until when, in which language."""
        who: Principal = request.who
        await self._session_of_anybody(request)
        feedback = (await self.engine.current(request.path["id"])).state.of(FEEDBACK)
        until = self.terms.until(feedback)
        participant = await self._attendee(request)
        state: Literal["open", "given", "off", "too_early", "over", "not_here"] = "open"
        if not feedback.on:
            state = "off"
        elif participant is None or (who.grant is not None and who.grant.role.is_staff):
            state = "not_here"
        elif participant in feedback.given:
            state = "given"
        elif until is None:
            state = "too_early"
        elif self.engine.clock() > until:
            state = "over"
        return OwnFeedback(state=state, until_utc_ms=until, lang=_lang_of(feedback), fewest=self.terms.fewest)

    async def give(self, request: Request) -> None:
        """Take a form."""
        await self._session_of_anybody(request)
        form: FormBody = request.body
        grades = form.model_dump(include={"teacher", "course", "organisation", "recommend"})
        answer = checked(grades, form.text, form.contact)
        participant = await self._attendee(request)
        if participant is None:
            raise Forbidden("feedback_not_here", "Only who took part in the lesson is asked for feedback.")
        async with self.engine.change(request.path["id"]) as change:
            decision = hand_in(change.state, change.now, participant, answer, self.terms)
            change.append(*decision.events)
            change.append(*await self.engine.obey(change.tx, change.head, decision.orders))

    async def set_rules(self, request: Request) -> None:
        """Set the rules."""
        await self._led_session(request)
        who: Principal = request.who
        body: RulesBody = request.body
        async with self.engine.change(request.path["id"]) as change:
            actor = Actor("", SessionRole.HOST, who.person_id)
            call = Call(actor, change.now, new_id)
            decision = set_feedback(change.state, call, SetFeedback(on=body.on, lang=body.lang))
            change.append(*decision.events)

    async def results(self, request: Request) -> ResultsModel:
        """Figures and texts."""
        facts = await self._led_session(request)
        found = await self._found(request, facts)
        feedback = (await self.engine.current(facts.id)).state.of(FEEDBACK)
        return ResultsModel(
            on=feedback.on,
            lang=_lang_of(feedback),
            until_utc_ms=self.terms.until(feedback),
            fewest=self.terms.fewest,
            given=found.given,
            attendees=found.attendees,
            shown=found.forms,
            figures=[_figure(figure) for figure in found.figures],
            recommendation=_recommendation(found.recommendation),
            items=await self._models(found.items),
        )

    async def csv(self, request: Request) -> web.Response:
        """The grades."""
        facts = await self._led_session(request)
        found = await self._found(request, facts)
        await self._note_export(request, facts, found)
        lang = language_of(request, request.query.lang)
        content = await made(lambda: self.sheets.csv(grades_table(found.figures, lang)))
        return self._file(content, facts, "csv")

    async def xlsx(self, request: Request) -> web.Response:
        """A workbook."""
        facts = await self._led_session(request)
        found = await self._found(request, facts)
        await self._note_export(request, facts, found)
        lang = language_of(request, request.query.lang)
        names = await self.facts.names(facts.org_id, {item.owner_person_id or "" for item in found.items})
        tables = [
            summary_table(found.given, found.attendees, found.recommendation, lang),
            grades_table(found.figures, lang),
            texts_table(found.items, names, lang),
        ]
        content = await made(lambda: self.sheets.xlsx(tables))
        return self._file(content, facts, "xlsx")

    async def items(self, request: Request) -> ItemPage:
        """Work items of every session that the asker may see into."""
        who: Principal = request.who
        query: ItemsQuery = request.query
        sessions = await self._visible(who)
        async with self.engine.database.read() as tx:
            found = await store.items(
                tx,
                who.org_id,
                sessions=sessions,
                owner=who.person_id,
                mine=query.mine,
                session=query.session or None,
                kind=query.kind or None,
                state=query.state or None,
                after=_place(query.cursor),
                limit=query.limit + 1,
            )
        page = found[: query.limit]
        more = len(found) > query.limit
        return ItemPage(
            items=await self._models(page), next="|".join(store.place_of(page[-1])) if more else None
        )

    async def open_items(self, request: Request) -> OpenItemsModel:
        """How many of them are still to be done."""
        who: Principal = request.who
        sessions = await self._visible(who)
        async with self.engine.database.read() as tx:
            found, mine = await store.open_items(tx, who.org_id, sessions=sessions, owner=who.person_id)
        return OpenItemsModel(open=found, mine=mine)

    async def change(self, request: Request) -> WorkItemModel:
        """Sort, assign, date, annotate an item, or move it on."""
        who: Principal = request.who
        body: ItemBody = request.body
        owner = await self._owner(who, body)
        async with self.engine.database.write() as tx:
            before = await store.item(tx, who.org_id, request.path["item"])
            if before is None or not await self._may_change(who, before):
                raise NotFound("item_not_found", "There is no such work item.")
            after = changed(
                before,
                Change(body.version, body.kind, owner, body.due_on, body.note, body.step),
            )
            await store.put(tx, after)
            details = {"session": after.session_id, **differences(before, after)}
            await self.trail.write(tx, who, "feedback_item_changed", after.id, details)
        return (await self._models([after]))[0]

    async def _found(self, request: Request, facts: SessionFacts) -> "_Found":
        feedback = (await self.engine.current(facts.id)).state.of(FEEDBACK)
        attendees = await self.facts.attendees(facts.id)
        async with self.engine.database.read() as tx:
            counts = await store.shown(tx, facts.id)
            items = await store.items(tx, facts.org_id, sessions=[facts.id])
        if request.who.grant is not None:
            items = [for_link_holder(item) for item in items]
        graded = figures(counts, self.terms.fewest)
        forms = counts.get((FORMS, 0), 0)
        return _Found(len(feedback.given), len(attendees), forms, graded, recommendation(graded[-1]), items)

    async def _models(self, found: Sequence[Item]) -> list[WorkItemModel]:
        owners = {item.owner_person_id for item in found if item.owner_person_id}
        names = await self.facts.names(found[0].org_id, owners) if owners else {}
        titles = await self.facts.titles({item.session_id for item in found})
        return [_model(item, names, titles) for item in found]

    async def _attendee(self, request: Request) -> str | None:
        """Return who asks, if they were a learner in the lesson while it was live."""
        who: Principal = request.who
        session_id = request.path["id"]
        participant = None
        if who.grant is not None:
            participant = who.grant.participant_id or await self.facts.participant_of(who.grant)
        elif who.person_id is not None:
            participant = await self.facts.participant_of_person(session_id, who.person_id)
        return participant if participant in await self.facts.attendees(session_id) else None

    async def _session_of_anybody(self, request: Request) -> SessionFacts:
        """The session, for whoever has a token of it or belongs to its organisation."""
        who: Principal = request.who
        facts = await self.facts.session(request.path["id"])
        if who.org_id != facts.org_id or (who.grant is not None and who.grant.session_id != facts.id):
            raise NotFound("session_not_found", "There is no such session.")
        return facts

    async def _led_session(self, request: Request) -> SessionFacts:
        """The session, for its presenter, its host, administrators, and keys that may read results."""
        who: Principal = request.who
        facts = await self._session_of_anybody(request)
        needs = Permission.VIEWS_READ if request.http.method == "GET" else Permission.SESSIONS_WRITE
        led_by = (facts.presenter_person_id, facts.host_person_id)
        insist_on_running(who, led_by, by_link_to=facts.id, needs=needs)
        return facts

    async def _visible(self, who: Principal) -> list[str] | None:
        """Return the sessions whose items `who` may see; None: all of the organisation."""
        if who.grant is not None:
            raise Forbidden("not_allowed", "You are not allowed to do this. Ask an administrator.")
        if who.allows(Permission.ADMIN):
            return None
        if who.person_id is None:
            who.require(Permission.VIEWS_READ)
            return None
        return list(await self.facts.run_by(who.org_id, who.person_id))

    async def _may_change(self, who: Principal, item: Item) -> bool:
        if who.grant is not None:
            return False
        if who.person_id is None:
            return who.allows(Permission.ADMIN) or who.allows(Permission.SESSIONS_WRITE)
        facts = await self.facts.session(item.session_id)
        return runs(who, (facts.presenter_person_id, facts.host_person_id, item.owner_person_id))

    async def _owner(self, who: Principal, body: ItemBody) -> str | None:
        if body.owner_external_id:
            owner = await self.facts.person_by_external_id(who.org_id, body.owner_external_id.strip())
        elif body.owner_person_id:
            known = await self.facts.names(who.org_id, [body.owner_person_id])
            owner = body.owner_person_id if body.owner_person_id in known else None
        else:
            return None
        if owner is None:
            raise NotFound("person_unknown", "Nobody has this employee number.")
        return owner

    async def _note_export(self, request: Request, facts: SessionFacts, found: "_Found") -> None:
        rows = {"forms": found.forms, "texts": len(found.items)}
        async with self.engine.database.write() as tx:
            await self.trail.write(tx, request.who, "feedback_exported", facts.id, rows)

    def _file(self, content: bytes, facts: SessionFacts, ending: Ending) -> web.Response:
        return download(content, ending, self.sheets.disposition("feedback", facts.title, ending=ending))


@dataclass(frozen=True, slots=True)
class _Found:
    given: int
    attendees: int
    forms: int
    figures: list[Figure]
    recommendation: Recommendation | None
    items: list[Item]


def _lang_of(feedback: Feedback) -> Literal["zh-CN", "en"] | None:
    match feedback.lang:
        case "zh-CN" | "en" as known:
            return known
        case _:
            return None


def _place(cursor: str) -> tuple[str, str] | None:
    if not cursor:
        return None
    due, found, id_ = cursor.partition("|")
    if not found:
        raise ProtocolViolation("cursor_invalid", "This cursor is not one of ours.")
    return due, id_


def _figure(figure: Figure) -> FigureModel:
    return FigureModel.model_validate(
        {
            "question": figure.question,
            "answered": figure.answered,
            "counts": None if figure.counts is None else list(figure.counts),
            "mean": None if figure.mean is None else round(figure.mean, 2),
        }
    )


def _recommendation(nps: Recommendation | None) -> RecommendationModel | None:
    if nps is None:
        return None
    return RecommendationModel(
        answered=nps.answered,
        promoters=nps.promoters,
        passives=nps.passives,
        detractors=nps.detractors,
        score=round(nps.score, 1),
    )


def _model(item: Item, names: Mapping[str, str], titles: Mapping[str, str]) -> WorkItemModel:
    return WorkItemModel(
        id=item.id,
        session_id=item.session_id,
        session_title=titles.get(item.session_id, ""),
        text=item.body,
        contact=item.contact,
        kind=item.kind,
        state=item.state,
        owner_person_id=item.owner_person_id,
        owner_name=names.get(item.owner_person_id or ""),
        due_on=item.due_on,
        note=item.note,
        version=item.version,
    )

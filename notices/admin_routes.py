"""Notices for administrators: what was sent to whom, what waits and why; when to remind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal, insist_on_running
from lectern.kernel.address import is_address
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, NotFound, Overloaded, Rejected
from lectern.kernel.rate import RateLimit
from notices.call_book import rules_of, set_rules
from notices.caller import Caller
from notices.kinds import KINDS, Channel, Kind, facts_of
from notices.my_routes import cursor_of, next_of
from notices.neighbours import Lessons, People, Recipient
from notices.notice import Notice
from notices.outbox import Outbox
from notices.rules import LONGEST_MINUTES, MOST_REMINDERS, Rules
from notices.states import State
from notices.words import Language, letter

_Minutes = list[int]


class SentModel(BaseModel):
    """A message on its way. `to` is null where nobody may be shown to whom it went."""

    id: str
    kind: str
    channel: str
    subject: str
    to: str | None
    address: str | None
    session_id: str | None
    state: str
    attempts: int
    problem: str | None
    detail: str | None
    created_utc_ms: int
    not_before_utc_ms: int
    done_utc_ms: int | None
    read: bool


class SentPage(BaseModel):
    """A page of messages, the newest first."""

    items: list[SentModel]
    next: str | None


class SentQuery(BaseModel):
    """Which messages; `q` is a part of a name, a number or a mail address."""

    language: Literal["zh-CN", "en"] = "zh-CN"
    state: State | None = None
    kind: Kind | None = None
    channel: Channel | None = None
    session: str | None = Field(None, max_length=64)
    q: str = Field("", max_length=100)
    cursor: str = Field("", max_length=80)
    limit: int = Field(50, ge=1, le=200)


class MailState(BaseModel):
    """How the way to the mail server is, and how many mails stand where."""

    set_up: bool
    host: str
    sender: str
    per_minute: int
    problem: str | None
    detail: str | None
    since_utc_ms: int | None
    next_try_utc_ms: int | None
    counts: dict[str, int]


class Retried(BaseModel):
    """How many messages will be tried again."""

    retried: int


class TestMail(BaseModel):
    """Where to send a test mail."""

    __test__ = False
    address: str = Field(max_length=254)
    language: Literal["zh-CN", "en"] = "zh-CN"


class TestResult(BaseModel):
    """What came of it: `problem` is null where the mail server took the mail."""

    __test__ = False
    problem: str | None
    detail: str | None


class RulesModel(BaseModel):
    """When to remind: minutes before the start and after the end; whether to invite by itself."""

    before_minutes: _Minutes = Field(max_length=MOST_REMINDERS)
    after_minutes: _Minutes = Field(max_length=MOST_REMINDERS)
    invite: bool = True


class Reminded(BaseModel):
    """How many people were reminded."""

    reminded: int


@dataclass(frozen=True, slots=True)
class MailFacts:
    """How mail is set up, for the page; nothing of it is secret."""

    set_up: bool
    host: str
    sender: str
    per_minute: int


TryMail = Callable[[str, str, Language], Awaitable[tuple[str, str] | None]]
"""Sends a test mail (organisation, address, language) at once; returns problem and detail, or None."""


@dataclass(frozen=True, slots=True)
class NoticeAdministration:
    """The handlers."""

    database: Database
    outbox: Outbox
    caller: Caller
    people: People
    lessons: Lessons
    mail: MailFacts
    try_mail: TryMail
    trail: Trail
    mono_s: Callable[[], float]
    clock: Clock = utc_ms
    _tests: RateLimit = field(default_factory=lambda: RateLimit(per_s=1 / 10, burst=5))

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        api = "/api/v1/notices"
        remind = "/api/v1/sessions/{id}/reminders"
        return [
            Route("GET", api, self.page, "What was sent to whom", SentPage, query=SentQuery),
            Route("GET", f"{api}/mail", self.mail_state, "How mail is doing", MailState),
            Route("POST", f"{api}/test-mail", self.test_mail, "Send a test mail", TestResult, TestMail),
            Route("POST", f"{api}/retry-failed", self.retry_failed, "Send again what failed", Retried),
            Route("POST", f"{api}/{{id}}/retry", self.retry, "Send one message again"),
            Route("GET", f"{api}/rules", self.rules, "When to remind", RulesModel),
            Route("PUT", f"{api}/rules", self.set_rules, "Set when to remind", body=RulesModel),
            Route("POST", remind, self.remind, "Remind those who are missing", Reminded),
        ]

    async def page(self, request: Request) -> SentPage:
        """Messages of the organisation."""
        who, query = _admin(request), request.query
        person_ids = await self.people.found(who.org_id, query.q) if query.q else None
        async with self.database.read() as tx:
            found = await self.outbox.store.page(
                tx,
                who.org_id,
                state=query.state,
                kind=query.kind,
                channel=query.channel,
                person_ids=person_ids,
                address=query.q,
                session_id=query.session,
                before=cursor_of(query.cursor),
                limit=query.limit,
            )
        shown = [n.person_id for n in found if n.person_id and not KINDS[n.kind].private]
        recipients = await self.people.recipients(who.org_id, shown)
        items = [_model(notice, recipients, Language(query.language)) for notice in found]
        return SentPage(items=items, next=next_of(found, query.limit))

    async def mail_state(self, request: Request) -> MailState:
        """How the way to the mail server is."""
        who = _admin(request)
        async with self.database.read() as tx:
            gate = await self.outbox.store.gate(tx)
            counts = await self.outbox.store.counts(tx, who.org_id)
        return MailState(
            set_up=self.mail.set_up,
            host=self.mail.host,
            sender=self.mail.sender,
            per_minute=self.mail.per_minute,
            problem=gate.problem,
            detail=gate.detail,
            since_utc_ms=gate.since_utc_ms,
            next_try_utc_ms=gate.closed_until_utc_ms if gate.failures else None,
            counts={state.value: counts.get(state, 0) for state in State},
        )

    async def test_mail(self, request: Request) -> TestResult:
        """Hand a test mail in, now, and say what the mail server said.

        Raises:
            Conflict: no mail server is set up (`mail_not_set_up`).
            Rejected: that is no mail address (`address_invalid`). Overloaded: too many tests.
        """
        who = _admin(request)
        if not self.mail.set_up:
            raise Conflict("mail_not_set_up", "No mail server is set up. Set LECTERN_SMTP_HOST and restart.")
        if not is_address(request.body.address):
            raise Rejected("address_invalid", "This is not one plain mail address.")
        if (wait := self._tests.wait_s(who.subject_id, self.mono_s())) > 0:
            raise Overloaded(
                "too_many_tries", "Too many tries. Please wait.", retry_after_s=round(wait + 0.5)
            )
        async with self.database.write() as tx:  # written down before it leaves
            await self.trail.write(tx, who, "test_mail_sent", who.org_id, {})
        failed = await self.try_mail(who.org_id, request.body.address, Language(request.body.language))
        return TestResult(problem=failed and failed[0], detail=failed and failed[1])

    async def retry(self, request: Request) -> None:
        """Send one message again, or sooner."""
        who, now = _admin(request), self.clock()
        async with self.database.write() as tx:
            await self.outbox.store.retry(tx, who.org_id, request.path["id"], now, self.outbox.expiry(now))
            await self.trail.write(tx, who, "notice_retried", request.path["id"], {})

    async def retry_failed(self, request: Request) -> Retried:
        """Send everything again that failed."""
        who, now = _admin(request), self.clock()
        async with self.database.write() as tx:
            count = await self.outbox.store.retry_all_failed(tx, who.org_id, now, self.outbox.expiry(now))
            await self.trail.write(tx, who, "notices_retried", who.org_id, {"count": count})
        return Retried(retried=count)

    async def rules(self, request: Request) -> RulesModel:
        """When this organisation reminds."""
        who = _admin(request)
        async with self.database.read() as tx:
            rules = await rules_of(tx, who.org_id, self.caller.rules)
        return RulesModel(
            before_minutes=list(rules.before_minutes),
            after_minutes=list(rules.after_minutes),
            invite=rules.invite,
        )

    async def set_rules(self, request: Request) -> None:
        """Set when this organisation reminds.

        Raises:
            Rejected: a time that makes no sense (`minutes_invalid`).
        """
        who, body = _admin(request), request.body
        if not all(
            0 <= minutes <= LONGEST_MINUTES for minutes in (*body.before_minutes, *body.after_minutes)
        ):
            raise Rejected("minutes_invalid", f"Minutes are whole numbers from 0 to {LONGEST_MINUTES}.")
        rules = Rules(
            before_minutes=tuple(body.before_minutes),
            after_minutes=tuple(body.after_minutes),
            invite=body.invite,
        )
        async with self.database.write() as tx:
            await set_rules(tx, who.org_id, rules)
            await self.trail.write(tx, who, "reminders_set", who.org_id, body.model_dump())

    async def remind(self, request: Request) -> Reminded:
        """Remind whoever has not done what the lesson now asks for, on the word of those who run it.

        Raises:
            Forbidden: somebody else's session. Overloaded: people were reminded a moment ago.
        """
        who: Principal = request.who
        lesson = await self.lessons.planned(request.path["id"])
        if lesson is None or lesson.org_id != who.org_id or who.grant is not None:
            raise NotFound("session_not_found", "There is no such session.")
        insist_on_running(who, (lesson.presenter_person_id, lesson.host_person_id))

        async def note(tx: AsyncConnection, count: int) -> None:
            await self.trail.write(tx, who, "people_reminded", request.path["id"], {"count": count})

        return Reminded(reminded=await self.caller.remind(who.org_id, request.path["id"], note))


def _admin(request: Request) -> Principal:
    who: Principal = request.who
    who.require(Permission.ADMIN)
    return who


def _model(notice: Notice, recipients: Mapping[str, Recipient], language: Language) -> SentModel:
    said = letter(notice.kind, facts_of(notice.kind, notice.facts), language)
    is_private = KINDS[notice.kind].private
    recipient = None if is_private else recipients.get(notice.person_id or "")
    return SentModel(
        id=notice.id,
        kind=notice.kind,
        channel=notice.channel,
        subject=said.subject,
        to=recipient.name if recipient else None,
        address=notice.address or (recipient.email if recipient and notice.channel is Channel.MAIL else None),
        session_id=notice.session_id,
        state=notice.state,
        attempts=notice.attempts,
        problem=notice.problem,
        # What a mail server says of a recipient names them.
        detail=None if is_private else notice.detail,
        created_utc_ms=notice.created_utc_ms,
        not_before_utc_ms=notice.not_before_utc_ms,
        done_utc_ms=notice.done_utc_ms,
        read=notice.read_utc_ms is not None and not is_private,
    )

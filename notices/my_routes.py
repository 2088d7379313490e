"""Notices of the person who is signed in: what they were told, what they want, their calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from aiohttp import web
from pydantic import BaseModel, Field

from lectern.db.engine import Database
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Forbidden, NotFound, ProtocolViolation
from notices import feeds
from notices.calendar import Entry, published
from notices.call_book import sequences
from notices.calls import UNKNOWN
from notices.choices import NONE, Choices, choices_of, choose, mute
from notices.kinds import KINDS, Kind, facts_of
from notices.mute_link import MuteLinks
from notices.neighbours import Lessons, People, PlannedLesson
from notices.notice import DELETED, Notice
from notices.store import NoticeStore
from notices.words import Language, kind_name, letter

_FEED_DAYS: Final = 60
_DAY_MS: Final = 86_400_000
_Tongue = Literal["zh-CN", "en"]


class NoticeModel(BaseModel):
    """A notice in the reader's language; `path` leads to what it is about.

    `done`: what it asks for is done, or holds no longer; it does not count as unread. `gone`: because what it
    is about was deleted, so that `path` leads nowhere.
    """

    id: str
    kind: str
    subject: str
    paragraphs: list[str]
    action: str
    path: str
    session_id: str | None
    created_utc_ms: int
    read: bool
    done: bool
    gone: bool


class NoticePage(BaseModel):
    """A page of notices, the newest first; `next` is the cursor of the following one."""

    items: list[NoticeModel]
    unread: int
    next: str | None


class NoticeQuery(BaseModel):
    """Which notices, in which language."""

    language: _Tongue = "zh-CN"
    cursor: str = Field("", max_length=80)
    limit: int = Field(20, ge=1, le=100)


class Unread(BaseModel):
    """How many notices were not read yet."""

    unread: int


class ReadThese(BaseModel):
    """Which notices were read; null: all of them.

    With `answers_of`, instead: those of questions of that session which were answered, for whoever reads the
    answers where they stand.
    """

    ids: list[str] | None = Field(None, max_length=100)
    answers_of: str | None = Field(None, max_length=64)


class KindChoice(BaseModel):
    """A kind of notice that may come by mail."""

    kind: str
    name: str
    mail: bool
    fixed: bool


class ChoicesModel(BaseModel):
    """What somebody wants by mail. `email` is where it goes; null: no address is known."""

    email: str | None
    mail_works: bool
    language: _Tongue | None
    kinds: list[KindChoice]


class NewChoices(BaseModel):
    """The language of mail, and the kinds to turn off."""

    language: _Tongue | None = None
    muted: list[str] = Field(default=[], max_length=50)


class FeedModel(BaseModel):
    """A calendar subscription; `url` is shown only when it is made."""

    created_utc_ms: int | None
    url: str | None = None


class MuteModel(BaseModel):
    """What a link in a mail turns off."""

    kind: str
    name: str
    muted: bool


class LanguageQuery(BaseModel):
    """In which language to answer."""

    language: _Tongue = "zh-CN"


@dataclass(frozen=True, slots=True)
class MyNotices:
    """The handlers."""

    database: Database
    store: NoticeStore
    people: People
    lessons: Lessons
    links: MuteLinks
    public_url: str
    mail_works: bool
    clock: Clock = utc_ms

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        my, calendar = "/api/v1/my/notices", "/api/v1/my/calendar-feed"
        choices, unsubscribe = "/api/v1/my/notice-choices", "/api/v1/unsubscribe/{token}"
        return [
            Route("GET", my, self.list_notices, "One's own notices", NoticePage, query=NoticeQuery),
            Route("GET", f"{my}/unread", self.unread, "How many notices are unread", Unread),
            Route("POST", f"{my}/read", self.read, "Mark notices as read", Unread, ReadThese),
            Route("GET", choices, self.choices, "What one gets by mail", ChoicesModel, query=LanguageQuery),
            Route("PUT", choices, self.choose, "Choose what one gets by mail", body=NewChoices),
            Route("GET", calendar, self.feed, "One's calendar subscription", FeedModel),
            Route("POST", calendar, self.renew_feed, "Make a calendar subscription", FeedModel),
            Route("DELETE", calendar, self.revoke_feed, "End one's calendar subscription"),
            Route(
                "GET",
                "/api/v1/calendars/{file}",
                self.subscribed,
                "Somebody's lessons, by their secret address",
                public=True,
                credentials=False,
            ),
            Route("GET", "/api/v1/sessions/{id}/lesson.ics", self.download, "A lesson as a calendar file"),
            Route(
                "GET",
                unsubscribe,
                self.muting,
                "What a link in a mail turns off",
                MuteModel,
                query=LanguageQuery,
                public=True,
                credentials=False,
            ),
            Route(
                "POST",
                unsubscribe,
                self.unsubscribe,
                "Turn a kind of mail off (RFC 8058)",
                public=True,
                credentials=False,
            ),
        ]

    async def list_notices(self, request: Request) -> NoticePage:
        """What somebody was told."""
        who, query = _person(request), request.query
        async with self.database.read() as tx:
            found = await self.store.inbox(tx, who[1], before=cursor_of(query.cursor), limit=query.limit)
            unread = await self.store.unread(tx, who[1])
        items = [_model(notice, Language(query.language)) for notice in found]
        return NoticePage(items=items, unread=unread, next=next_of(found, query.limit))

    async def unread(self, request: Request) -> Unread:
        """Count."""
        who = _person(request)
        async with self.database.read() as tx:
            return Unread(unread=await self.store.unread(tx, who[1]))

    async def read(self, request: Request) -> Unread:
        """Note what was read; what is not theirs changes nothing."""
        who, body = _person(request), request.body
        async with self.database.write() as tx:
            if body.answers_of is not None:
                answered = Kind.QUESTION_ANSWERED
                await self.store.mark_seen(tx, who[1], body.answers_of, answered, self.clock())
            else:
                await self.store.mark_read(tx, who[1], body.ids, self.clock())
            return Unread(unread=await self.store.unread(tx, who[1]))

    async def choices(self, request: Request) -> ChoicesModel:
        """What somebody wants by mail."""
        org_id, person_id = _person(request)
        language = Language(request.query.language)
        recipients = await self.people.recipients(org_id, [person_id])
        async with self.database.read() as tx:
            chosen = (await choices_of(tx, [person_id])).get(person_id, NONE)
        kinds = [
            KindChoice(
                kind=kind,
                name=kind_name(kind, language),
                mail=kind not in chosen.muted,
                fixed=not about.may_be_muted,
            )
            for kind, about in KINDS.items()
            if kind is not Kind.ATTENDANCE_CLOSED
        ]
        return ChoicesModel(
            email=recipients[person_id].email if person_id in recipients else None,
            mail_works=self.mail_works,
            language=None if chosen.language is None else chosen.language.value,
            kinds=kinds,
        )

    async def choose(self, request: Request) -> None:
        """Keep what somebody wants.

        Raises:
            ProtocolViolation: a kind that does not exist, or that cannot be turned off (`kind_unknown`).
        """
        org_id, person_id = _person(request)
        muted = request.body.muted
        if not {*muted} <= {kind.value for kind, about in KINDS.items() if about.may_be_muted}:
            raise ProtocolViolation("kind_unknown", "There is no such kind of mail to turn off.")
        language = None if request.body.language is None else Language(request.body.language)
        async with self.database.write() as tx:
            await choose(tx, org_id, person_id, Choices(language, frozenset(map(Kind, muted))))

    async def feed(self, request: Request) -> FeedModel:
        """Whether there is a subscription."""
        async with self.database.read() as tx:
            found = await feeds.of_person(tx, _person(request)[1])
        return FeedModel(created_utc_ms=None if found is None else found.created_utc_ms)

    async def renew_feed(self, request: Request) -> FeedModel:
        """Make a subscription; the address before it ends."""
        org_id, person_id = _person(request)
        now = self.clock()
        async with self.database.write() as tx:
            token = await feeds.renew(tx, org_id, person_id, now)
        return FeedModel(created_utc_ms=now, url=f"{self.public_url}/api/v1/calendars/{token}.ics")

    async def revoke_feed(self, request: Request) -> None:
        """End it."""
        async with self.database.write() as tx:
            await feeds.revoke(tx, _person(request)[1])

    async def subscribed(self, request: Request) -> web.Response:
        """The lessons of the person whose secret address this is.

        Raises:
            NotFound: no such address, not any more, or its person has left (`calendar_not_found`).
        """
        token = request.path["file"].removesuffix(".ics")
        async with self.database.read() as tx:
            found = await feeds.of_token(tx, token)
        recipients = {} if found is None else await self.people.recipients(found.org_id, [found.person_id])
        if found is None or found.person_id not in recipients or not recipients[found.person_id].active:
            raise NotFound("calendar_not_found", "This calendar address does not exist any more.")
        since = self.clock() - _FEED_DAYS * _DAY_MS
        lessons = await self.lessons.of_person(found.org_id, found.person_id, since)
        return _ics(published(await self._entries(lessons), name="Lectern"))

    async def download(self, request: Request) -> web.Response:
        """One lesson for whoever may know of it.

        Raises:
            NotFound: there is none, or not for this person.
        """
        who: Principal = request.who
        lesson = await self.lessons.planned(request.path["id"])
        if lesson is None or lesson.org_id != who.org_id or not await self._may_see(who, lesson):
            raise NotFound("session_not_found", "There is no such session.")
        return _ics(published(await self._entries([lesson])), "lesson.ics")

    async def _may_see(self, who: Principal, lesson: PlannedLesson) -> bool:
        if who.grant is not None:
            return who.grant.session_id == lesson.facts.session_id
        if who.sees_everybody or who.person_id in (lesson.presenter_person_id, lesson.host_person_id):
            return True
        return who.person_id in await self.lessons.expected(lesson.facts.session_id)

    async def _entries(self, lessons: Sequence[PlannedLesson]) -> list[Entry]:
        async with self.database.read() as tx:
            calls = await sequences(tx, [lesson.facts.session_id for lesson in lessons])
        entries = []
        for lesson in lessons:
            id_ = lesson.facts.session_id
            call = calls.get(id_, UNKNOWN)
            facts = msgspec.structs.replace(lesson.facts, sequence=call.sequence)
            url = f"{self.public_url}/room/{id_}"
            entries.append(Entry(facts, url, self.clock(), cancelled=lesson.state == "cancelled"))
        return entries

    async def muting(self, request: Request) -> MuteModel:
        """Say what a link turns off; looking changes nothing, since programs follow links by themselves."""
        _, person_id, kind = self._linked(request)
        if "text/html" in request.http.headers.get("Accept", ""):  # a person in a browser
            page = f"/unsubscribe/{request.path['token']}"
            raise web.HTTPFound(page)
        async with self.database.read() as tx:
            chosen = (await choices_of(tx, [person_id])).get(person_id, NONE)
        name = kind_name(kind, Language(request.query.language))
        return MuteModel(kind=kind, name=name, muted=kind in chosen.muted)

    async def unsubscribe(self, request: Request) -> None:
        """Turn it off."""
        org_id, person_id, kind = self._linked(request)
        async with self.database.write() as tx:
            await mute(tx, org_id, person_id, kind, muted=True)

    def _linked(self, request: Request) -> tuple[str, str, Kind]:
        linked = self.links.read(request.path["token"])
        if linked is None:
            raise NotFound("link_unknown", "This link is not one of ours, or it was cut short.")
        return linked


def _person(request: Request) -> tuple[str, str]:
    """Return organisation and person of whoever asks.

    Raises:
        Forbidden: it is a key, or somebody with a link to one session.
    """
    who: Principal = request.who
    if who.person_id is None or who.grant is not None:
        raise Forbidden("not_a_person", "Notices belong to people. Please sign in.")
    return who.org_id, who.person_id


def _model(notice: Notice, language: Language) -> NoticeModel:
    said = letter(notice.kind, facts_of(notice.kind, notice.facts), language)
    return NoticeModel(
        id=notice.id,
        kind=notice.kind,
        subject=said.subject,
        paragraphs=list(said.paragraphs),
        action=said.action,
        path=said.path,
        session_id=notice.session_id,
        created_utc_ms=notice.created_utc_ms,
        read=notice.read_utc_ms is not None,
        done=notice.settled_utc_ms is not None,
        gone=notice.problem == DELETED,
    )


def _ics(data: bytes, filename: str | None = None) -> web.Response:
    headers = {"Cache-Control": "private, no-cache"}
    if filename:
        headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return web.Response(body=data, content_type="text/calendar", charset="utf-8", headers=headers)


def cursor_of(text: str) -> tuple[int, str] | None:
    """Return where a page begins.

    Raises:
        ProtocolViolation: the cursor is not one of ours (`cursor_invalid`).
    """
    if not text:
        return None
    at, dot, id_ = text.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) <= 15 and dot and len(id_) <= 64):
        raise ProtocolViolation("cursor_invalid", "This cursor is not one of ours.")
    return UtcMs(int(at)), id_


def next_of(found: Sequence[Notice], limit: int) -> str | None:
    """Return the cursor of the page after this one."""
    return f"{found[-1].created_utc_ms}.{found[-1].id}" if len(found) == limit else None

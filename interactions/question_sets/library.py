"""The library: who may do what with which set."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.answers.draft import Draft, checked
from interactions.answers.form import plain
from interactions.question_sets import store
from interactions.question_sets.reading import MOST_QUESTIONS, Reading, read_questions
from interactions.question_sets.store import Item, QuestionSet, SetLine
from interactions.wording import wording
from lectern.db.engine import Database
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Forbidden, NotFound, Overloaded, Rejected
from lectern.kernel.ids import new_id
from lectern.kernel.rate import RateLimit

TITLE_CHARS = 200
MOST_SETS = 20
"""Of one session."""
READS_PER_S, READ_BURST = 2.0, 20.0
CHARS_A_READ = 20_000
"""A text costs its reader one more read for each of so many characters."""


class SessionOwner(Protocol):
    """Whose a session is."""

    @property
    def org_id(self) -> str:
        """The organisation."""


class Doors(Protocol):
    """Knows sessions, and writes down who deleted what."""

    async def session(self, session_id: str) -> SessionOwner:
        """Return a session. Raises `NotFound` (`session_not_found`)."""

    async def audit(self, tx: AsyncConnection, *, org_id: str, actor: str, action: str, target: str) -> None:
        """Write down who did what, in the transaction that does it."""


@dataclass(frozen=True, slots=True)
class Library:
    """All sets of an organisation. Whoever may teach may read and change them."""

    database: Database
    doors: Doors
    clock: Clock = utc_ms
    _reads: RateLimit = field(default_factory=lambda: RateLimit(READS_PER_S, READ_BURST))

    async def page(self, who: Principal, q: str, before: str, limit: int) -> list[SetLine]:
        """List sets, the newest first."""
        _insist_on_teacher(who)
        async with self.database.read() as tx:
            return await store.page(tx, who.org_id, q, before, limit)

    async def get(self, who: Principal, set_id: str) -> QuestionSet:
        """Return one set."""
        _insist_on_teacher(who)
        async with self.database.read() as tx:
            return await store.get(tx, who.org_id, set_id)

    async def create(self, who: Principal, title: str, content: str | Sequence[Draft]) -> QuestionSet:
        """Keep a new set: its questions, or the text they stand in.

        Raises:
            Overloaded: too much text in too short a time (`too_fast`).
            Rejected: see `drafts_of`.
        """
        _insist_on_teacher(who)
        drafts = await self._drafts(who, content)
        now = self.clock()
        title = wording(title, TITLE_CHARS, "title")
        made = QuestionSet(new_id(), who.org_id, title, _items(drafts, ()), 1, who.subject_id, now, now)
        async with self.database.write() as tx:
            await store.add(tx, made)
        return made

    async def change(
        self, who: Principal, set_id: str, *, title: str, content: str | Sequence[Draft], version: int
    ) -> QuestionSet:
        """Overwrite a set, as the reader of `version` wants it. Raises as `create` does."""
        _insist_on_teacher(who)
        drafts = await self._drafts(who, content)
        async with self.database.write() as tx:
            found = await store.get(tx, who.org_id, set_id)
            changed = replace(
                found,
                title=wording(title, TITLE_CHARS, "title"),
                items=_items(drafts, found.items),
                version=version + 1,
                updated_utc_ms=self.clock(),
            )
            await store.change(tx, changed)
        return changed

    async def remove(self, who: Principal, set_id: str) -> None:
        """Delete a set; what was asked from it stays on the timelines."""
        _insist_on_teacher(who)
        async with self.database.write() as tx:
            await store.remove(tx, who.org_id, set_id)
            await self.doors.audit(
                tx, org_id=who.org_id, actor=who.subject_id, action="question_set_deleted", target=set_id
            )

    async def read(self, who: Principal, text: str) -> Reading:
        """Return what a text comes to, for whoever teaches or runs a lesson.

        Raises:
            Overloaded: too much text in too short a time (`too_fast`).
        """
        if who.grant is None or not who.grant.role.is_staff:
            _insist_on_teacher(who)
        self._limit(who, text)
        return await asyncio.to_thread(read_questions, text)

    async def _drafts(self, who: Principal, content: str | Sequence[Draft]) -> Sequence[Draft]:
        if not isinstance(content, str):
            return content
        self._limit(who, content)
        return await asyncio.to_thread(drafts_of, content)

    def _limit(self, who: Principal, text: str) -> None:
        cost = 1 + len(text) / CHARS_A_READ
        wait_s = self._reads.wait_s(who.subject_id, asyncio.get_running_loop().time(), cost)
        if wait_s > 0:
            raise Overloaded(
                "too_fast", "Too much at once. Please wait a moment.", retry_after_s=round(wait_s, 3)
            )

    async def attached(self, who: Principal, session_id: str) -> list[QuestionSet]:
        """Return what was prepared for a session."""
        await self._insist_on_staff(who, session_id)
        async with self.database.read() as tx:
            return await store.attached(tx, session_id)

    async def attach(self, who: Principal, session_id: str, set_ids: Sequence[str]) -> list[QuestionSet]:
        """Prepare these sets for a session, instead of those before."""
        org_id = await self._insist_on_staff(who, session_id)
        if len(set_ids) > MOST_SETS:
            raise Rejected("sets_too_many", f"A session takes at most {MOST_SETS} sets.", most=MOST_SETS)
        async with self.database.write() as tx:
            await store.attach(tx, session_id, org_id, set_ids)
            return await store.attached(tx, session_id)

    async def _insist_on_staff(self, who: Principal, session_id: str) -> str:
        """Let pass whoever may teach, and with a link, staff of this very session alone.

        Raises:
            NotFound: no such session, or another organisation's. Forbidden: not allowed.
        """
        session = await self.doors.session(session_id)
        if session.org_id != who.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        if who.grant is None:
            _insist_on_teacher(who)
        elif not who.is_staff_by_link(session_id):
            raise Forbidden("not_allowed", "You are not allowed to do this. Ask an administrator.")
        return session.org_id


def drafts_of(text: str) -> list[Draft]:
    """Return the questions of a text without a mistake in it.

    Raises:
        Rejected: there is one (`questions_unclear`; details name lines, codes and messages), or too long.
    """
    reading = read_questions(text)
    if reading.errors:
        errors = [{"line": e.line, "code": e.code, "message": e.message} for e in reading.errors]
        raise Rejected("questions_unclear", "Some lines cannot be understood.", errors=errors)
    return [read.draft for read in reading.questions]


def _items(drafts: Sequence[Draft], before: Sequence[Item]) -> tuple[Item, ...]:
    """Give every question its id: the one it had, if its words are the same but for details."""
    if len(drafts) > MOST_QUESTIONS:
        raise Rejected("questions_too_many", f"At most {MOST_QUESTIONS} questions.", most=MOST_QUESTIONS)
    known = {plain(item.question): item.id for item in reversed(before)}
    items = []
    for draft in map(checked, drafts):
        fields = {name: getattr(draft, name) for name in Draft.__struct_fields__}
        items.append(Item(id=known.pop(plain(draft.question), "") or new_id(), **fields))
    return tuple(items)


def _insist_on_teacher(who: Principal) -> None:
    if who.grant is not None:
        raise Forbidden("not_allowed", "A link to one session does not open the library. Please sign in.")
    who.require(Permission.SESSIONS_WRITE)


def text_item(item: Item) -> Draft:
    """Return a question of a set as the draft that it was."""
    return msgspec.convert(msgspec.to_builtins(item), Draft)

"""The loop that hands waiting mail to the mail server, in every server process.

A round takes out what the pace allows, under a lease; each mail is written down as sent before the next one
begins. So a process that is killed leaves at most one mail that the server took and nobody wrote down; it is
sent again when the lease has run out, with the same Message-ID, by which mail stores know it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Protocol

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.tasks import run_forever
from notices.calendar import Party
from notices.choices import NONE, Choices, choices_of
from notices.gate import retry_delay_ms
from notices.kinds import KINDS, Kind, facts_of
from notices.mail import Envelope, Sender, compose
from notices.mute_link import MuteLinks
from notices.neighbours import People, Recipient
from notices.notice import LEASE_MS, Notice, shortened
from notices.smtp import SEND_TIMEOUT_S, Deferred, MailFault, Refused, ServerAway
from notices.states import Turn
from notices.store import Claim, NoticeStore
from notices.words import Language, letter

LOOK_INTERVAL_S: Final = 2.0
MOST_AT_ONCE: Final = 20
_SAFE_LEASE_S: Final = LEASE_MS / 1000 - SEND_TIMEOUT_S - 5
"""A mail is not begun later than this after the claim: it must end while the lease lasts."""

_log = structlog.get_logger()


class Connection(Protocol):
    """An open connection to the mail server."""

    async def send(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """Hand one mail in. Raises ServerAway, Deferred, Refused."""


Connect = Callable[[], AbstractAsyncContextManager[Connection]]
"""Opens a connection. Raises ServerAway."""


@dataclass(slots=True)
class Counts:
    """What this process did, for metrics."""

    sent: int = 0
    refused: int = 0
    deferred: int = 0
    outages: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """What mail is made of: who sends it, in which language by default, and links to turn it off."""

    sender: Callable[[], Awaitable[Sender]]
    people: People
    links: MuteLinks
    language: Language
    per_minute: int
    undone: Callable[[str], Awaitable[Mapping[str, tuple[str, ...]]]]
    """Says who has what left to do after a lesson (`Lessons.undone`)."""


@dataclass(frozen=True, slots=True)
class _Round:
    """What one round works with."""

    claim: Claim
    sender: Sender
    recipients: Mapping[str, Recipient]
    choices: Mapping[str, Choices]
    undone: Mapping[str, Mapping[str, tuple[str, ...]]]
    """By session and person, for the sessions of which somebody is to be reminded."""

    def still_undone(self, notice: Notice) -> tuple[str, ...]:
        """Return what of a reminder is left to do: it may have waited, and people act, and forms close."""
        now = self.undone.get(notice.session_id or "", {}).get(notice.person_id or "", ())
        return tuple(code for code in notice.facts.get("undone", ()) if code in now)


class MailSender:
    """Sends what waits. One per server process; any number of processes."""

    def __init__(
        self,
        database: Database,
        connect: Connect,
        desk: Desk,
        *,
        store: NoticeStore | None = None,
        clock: Clock = utc_ms,
        mono_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._connect = connect
        self._desk = desk
        self._store = store or NoticeStore()
        self._clock = clock
        self._mono_s = mono_s
        self._busy: set[str] = set()
        self.counts = Counts()

    async def run(self) -> None:
        """Send what is due, for ever; ends by cancellation."""
        await run_forever("mail_sender", self._run)

    async def _run(self) -> None:
        while True:
            if not await self.send_due():
                await asyncio.sleep(LOOK_INTERVAL_S)

    async def send_due(self) -> bool:
        """Do one round; return whether there was anything to do."""
        now = self._clock()
        async with self._database.read() as tx:
            if not await self._store.is_due(tx, now, self._desk.per_minute):
                return False
        async with self._database.write() as tx:
            claim = await self._store.claim(
                tx, now, most=MOST_AT_ONCE, per_minute=self._desk.per_minute, busy=self._busy
            )
        if not claim.notices:
            return False
        self._busy = {notice.id for notice in claim.notices}
        try:
            await self._hand_in(claim)
        finally:
            self._busy = set()
        return True

    async def _hand_in(self, claim: Claim) -> None:
        began = self._mono_s()
        round_ = await self._facts(claim)
        waiting = [notice for notice in claim.notices if await self._is_wanted(round_, notice)]
        if not waiting:
            return
        try:
            async with self._connect() as connection:
                while waiting and self._mono_s() - began < _SAFE_LEASE_S:
                    notice = waiting.pop(0)
                    await self._one(connection, round_, notice)
        except ServerAway as fault:
            await self._close_gate(fault)
        finally:
            if waiting:
                async with self._database.write() as tx:
                    ids = [notice.id for notice in waiting]
                    await self._store.release(tx, ids, claim.lease, self._clock())

    async def _facts(self, claim: Claim) -> _Round:
        by_org: dict[str, list[str]] = {}
        for notice in claim.notices:
            if notice.person_id is not None:
                by_org.setdefault(notice.org_id, []).append(notice.person_id)
        recipients: dict[str, Recipient] = {}
        for org_id, person_ids in by_org.items():
            recipients |= await self._desk.people.recipients(org_id, person_ids)
        async with self._database.read() as tx:
            choices = await choices_of(tx, list(recipients))
        lessons = {n.session_id for n in claim.notices if n.kind is Kind.MISSED and n.session_id}
        undone = {id_: await self._desk.undone(id_) for id_ in sorted(lessons)}
        return _Round(claim, await self._desk.sender(), recipients, choices, undone)

    async def _is_wanted(self, round_: _Round, notice: Notice) -> bool:
        """Tell whether a message has somebody to go to; write down why where it has not."""
        problem = self._unwanted(round_, notice)
        if problem is not None:
            await self._settle(round_, notice, Turn.UNWANTED, problem=problem, detail=None)
        return problem is None

    @staticmethod
    def _unwanted(round_: _Round, notice: Notice) -> str | None:
        if notice.person_id is None:
            return None
        recipient = round_.recipients.get(notice.person_id)
        if recipient is None or not recipient.active:
            return "recipient_gone"
        if recipient.email is None:
            return "address_missing"
        if notice.kind is Kind.MISSED and not round_.still_undone(notice):
            return "done_already"
        muted = round_.choices.get(notice.person_id, NONE).muted
        return "muted" if notice.kind in muted and KINDS[notice.kind].may_be_muted else None

    async def _one(self, connection: Connection, round_: _Round, notice: Notice) -> None:
        """Hand one mail in and write down what came of it.

        Raises:
            ServerAway: the way is closed; this mail waits for another try of its own.
        """
        try:
            address, mail = self._mail(round_, notice)
        except (ValueError, msgspec.ValidationError) as error:
            _log.warning("mail_not_composed", notice_id=notice.id, error=type(error).__name__)
            await self._settle(
                round_, notice, Turn.REFUSED, problem="address_broken", detail=type(error).__name__
            )
            return
        try:
            await connection.send(mail, round_.sender.address, address)
        except Refused as fault:
            self.counts.refused += 1
            _log.warning("mail_refused", notice_id=notice.id, problem=fault.problem)
            await self._fail(round_, notice, Turn.REFUSED, fault)
        except (Deferred, ServerAway) as fault:
            self.counts.deferred += 1
            wait_ms = retry_delay_ms(notice.attempts + 1)
            await self._fail(round_, notice, Turn.DEFERRED, fault, not_before_utc_ms=self._clock() + wait_ms)
            if isinstance(fault, ServerAway):
                raise
        else:
            self.counts.sent += 1
            await self._settle(round_, notice, Turn.ACCEPTED, problem=None, detail=None)

    def _mail(self, round_: _Round, notice: Notice) -> tuple[str, EmailMessage]:
        facts = facts_of(notice.kind, notice.facts)
        if notice.kind is Kind.MISSED:
            facts = msgspec.structs.replace(facts, undone=round_.still_undone(notice))
        language, name, address, token = self._desk.language, "", notice.address or "", None
        if notice.person_id is not None:
            recipient = round_.recipients[notice.person_id]
            language = round_.choices.get(notice.person_id, NONE).language or language
            name, address = recipient.name, recipient.email or ""
            token = self._desk.links.token(notice.org_id, notice.person_id, notice.kind)
        envelope = Envelope(
            notice.id, notice.kind, Party(name, address), language, notice.created_utc_ms, token
        )
        said = letter(notice.kind, facts, language)
        return address, compose(round_.sender, envelope, said, facts, self._clock())

    async def _fail(
        self, round_: _Round, notice: Notice, turn: Turn, fault: MailFault, **values: int
    ) -> None:
        detail = shortened(fault.detail)
        await self._settle(round_, notice, turn, problem=fault.problem, detail=detail, **values)

    async def _settle(self, round_: _Round, notice: Notice, turn: Turn, **values: str | int | None) -> None:
        async with self._database.write() as tx:
            await self._store.settle(tx, notice.id, round_.claim.lease, turn, self._clock(), **values)
            if round_.claim.gate.failures and turn in (Turn.ACCEPTED, Turn.REFUSED):
                await self._open_gate(tx)

    async def _open_gate(self, tx: AsyncConnection) -> None:
        gate = await self._store.gate(tx, lock=True)
        if gate.failures:
            _log.info("mail_server_back", away_s=self._away_s(gate.since_utc_ms))
            await self._store.put_gate(tx, gate.worked())

    def _away_s(self, since_utc_ms: int | None) -> int:
        return 0 if since_utc_ms is None else max(0, (self._clock() - since_utc_ms) // 1000)

    async def _close_gate(self, fault: ServerAway) -> None:
        self.counts.outages += 1
        async with self._database.write() as tx:
            gate = await self._store.gate(tx, lock=True)
            closed = gate.broke(fault.problem, shortened(fault.detail), UtcMs(self._clock()))
            await self._store.put_gate(tx, closed)
        _log.warning("mail_server_away", problem=fault.problem, failures=closed.failures)

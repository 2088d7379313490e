"""Notices in SQL: the only file here that speaks it. Every method works inside the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new, put
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import NotFound
from lectern.kernel.ids import new_id
from notices.gate import Gate
from notices.kinds import KINDS, Channel, Kind
from notices.notice import DELETED, LEASE_MS, Notice
from notices.states import OPEN, State, Turn, after
from notices.tables import mail_gate
from notices.tables import notices as n

_GATE = "smtp"
_PRIVATE = [kind.value for kind, about in KINDS.items() if about.private]
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sender took out of the outbox under one `lease`, and the gate as it was found."""

    lease: str
    notices: Sequence[Notice]
    gate: Gate


class OpenWork(NamedTuple):
    """A piece of work that somebody was told of; `session_id` None: it belongs to no lesson."""

    org_id: str
    session_id: str | None
    about: str


@dataclass(frozen=True, slots=True)
class AboutMedium:
    """What is said of a medium of a lesson: what is `about` one of these, or that its replay is there.

    `is_replay`: it is the lesson's replay.
    """

    about: Collection[str]
    is_replay: bool = False

    def condition(self, of_replay: ColumnElement[bool]) -> ColumnElement[bool]:
        """Return the condition that a message of the lesson is one of them; `of_replay`: of its replay."""
        said = [one_of(n.c.about, self.about)]
        if self.is_replay:
            said += [n.c.kind == Kind.REPLAY_SHOWN, of_replay]
        return or_(*said)


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Mail that is on its way by state, mail that failed by problem, and since when the oldest waits."""

    open: Mapping[State, int]
    failed: Mapping[str, int]
    oldest_utc_ms: int | None


class NoticeStore:
    """Reads and writes the outbox and the gate to the mail server."""

    async def put(self, tx: AsyncConnection, notices: Sequence[Notice]) -> None:
        """Add those of `notices` that are not there yet."""
        for start in range(0, len(notices), _CHUNK):
            await insert_new(tx, n, [asdict(notice) for notice in notices[start : start + _CHUNK]])

    async def claim(
        self, tx: AsyncConnection, now: UtcMs, *, most: int, per_minute: int, busy: Collection[str]
    ) -> Claim:
        """Take out what may be sent now; the gate's row keeps the server processes apart.

        `busy` are messages that this very process is still sending: a lease that seems to have run out
        because the clock was set forward is not believed of them. What is worth least later goes first: a
        reminder of a lesson that begins now does not wait behind thousands of invitations.
        """
        gate = await self.gate(tx, lock=True)
        await self._expire(tx, now)
        allowed = min(most, gate.lets_out(now, per_minute))
        lease = new_id()
        if allowed == 0:
            return Claim(lease, [], gate)
        is_due = or_(
            and_(n.c.state == State.WAITING, n.c.not_before_utc_ms <= now),
            and_(n.c.state == State.SENDING, n.c.leased_until_utc_ms <= now),
        )
        query = (
            select(n)
            .where(n.c.channel == Channel.MAIL, is_due, n.c.id.not_in(list(busy)))
            .order_by(n.c.expires_utc_ms, n.c.not_before_utc_ms, n.c.id)
            .limit(allowed)
        )
        found = [notice_of(row) for row in await tx.execute(query)]
        if found:
            await tx.execute(
                update(n)
                .where(one_of(n.c.id, [one.id for one in found]))
                .values(
                    state=after(State.WAITING, Turn.CLAIMED),
                    lease=lease,
                    leased_until_utc_ms=now + LEASE_MS,
                    attempts=n.c.attempts + 1,
                )
            )
            await self.put_gate(tx, gate.passed(len(found), now, per_minute))
        return Claim(lease, found, gate)

    async def is_due(self, tx: AsyncConnection, now: UtcMs, per_minute: int) -> bool:
        """Tell, without locking anything, whether there may be something to send or to give up."""
        due = and_(n.c.state == State.WAITING, n.c.expires_utc_ms <= now)
        if (await self.gate(tx)).lets_out(now, per_minute) > 0:
            due = or_(
                due,
                and_(n.c.state == State.WAITING, n.c.not_before_utc_ms <= now),
                and_(n.c.state == State.SENDING, n.c.leased_until_utc_ms <= now),
            )
        query = select(n.c.id).where(n.c.channel == Channel.MAIL, due).limit(1)
        return (await tx.execute(query)).first() is not None

    async def withdraw(
        self,
        tx: AsyncConnection,
        session_id: str | None,
        kinds: Collection[Kind],
        now: UtcMs,
        *,
        person_id: str | None = None,
        person_ids: Collection[str] | None = None,
        about: str | None = None,
        but_of: str | None = None,
    ) -> None:
        """Do not send what still waits about a lesson: something newer is said instead, or it is done.

        To one person or these, or `about` one piece of work, or to all `but` one person.
        """
        where = [
            n.c.session_id == session_id,
            n.c.channel == Channel.MAIL,
            n.c.state == State.WAITING,
            n.c.kind.in_([kind.value for kind in kinds]),
        ]
        if person_id is not None:
            where.append(n.c.person_id == person_id)
        if person_ids is not None:
            where.append(one_of(n.c.person_id, person_ids))
        where += _of_work(about, but_of)
        await tx.execute(
            update(n)
            .where(*where)
            .values(
                state=after(State.WAITING, Turn.UNWANTED), problem="overtaken", detail=None, done_utc_ms=now
            )
        )

    async def settle_open(
        self,
        tx: AsyncConnection,
        session_id: str | None,
        kinds: Collection[Kind],
        now: UtcMs,
        *,
        person_ids: Collection[str] | None = None,
        about: str | None = None,
        but_of: str | None = None,
    ) -> None:
        """Note that what these messages in the app asked for is done, or holds no longer.

        All of the lesson, or those to `person_ids`, or those that are `about` one piece of work, all
        `but` those `of` one person.
        """
        where = [*_open_in_app(kinds), n.c.session_id == session_id]
        if person_ids is not None:
            where.append(one_of(n.c.person_id, person_ids))
        where += _of_work(about, but_of)
        await tx.execute(update(n).where(*where).values(settled_utc_ms=now))

    async def put_away(self, tx: AsyncConnection, session_id: str, what: AboutMedium, now: UtcMs) -> None:
        """Do not send what waits about something that was deleted; what was told in the app holds no longer.

        It is known from what ended otherwise, and `bring_back` finds it again. Reminders after the lesson go
        with its replay where nothing else is left to do.
        """
        only_absent = await self._only_absent(tx, session_id) if what.is_replay else []
        mine = [n.c.session_id == session_id, what.condition(one_of(n.c.id, only_absent))]
        waits = [*mine, n.c.channel == Channel.MAIL, n.c.state == State.WAITING]
        dropped = after(State.WAITING, Turn.UNWANTED)
        await tx.execute(
            update(n).where(*waits).values(state=dropped, problem=DELETED, detail=None, done_utc_ms=now)
        )
        holds = [*mine, n.c.channel == Channel.APP, n.c.settled_utc_ms.is_(None)]
        await tx.execute(update(n).where(*holds).values(settled_utc_ms=now, problem=DELETED))

    async def bring_back(
        self, tx: AsyncConnection, session_id: str, what: AboutMedium, now: UtcMs, expires_utc_ms: int
    ) -> None:
        """Have what was put away hold again, read or not as it was; mail that waited then is sent.

        A reminder that came too late meanwhile is not: the next one says so. Other mail is tried until
        `expires_utc_ms`.
        """
        of_lesson = what.condition(n.c.kind == Kind.MISSED)
        mine = [n.c.session_id == session_id, of_lesson, n.c.problem == DELETED]
        told = [*mine, n.c.channel == Channel.APP]
        await tx.execute(update(n).where(*told).values(settled_utc_ms=None, problem=None))
        mail = [*mine, n.c.channel == Channel.MAIL, n.c.state == State.DROPPED]
        timeless = n.c.kind != Kind.WATCH_DUE
        await tx.execute(update(n).where(*mail, timeless).values(expires_utc_ms=expires_utc_ms))
        await tx.execute(
            update(n)
            .where(*mail, n.c.expires_utc_ms > now)
            .values(
                state=after(State.DROPPED, Turn.RETRIED),
                problem=None,
                not_before_utc_ms=now,
                done_utc_ms=None,
            )
        )

    async def _only_absent(self, tx: AsyncConnection, session_id: str) -> list[str]:
        """Return the reminders after a lesson that ask for nothing but that its replay be watched."""
        query = select(n.c.id, n.c.facts).where(n.c.session_id == session_id, n.c.kind == Kind.MISSED)
        return [row.id for row in await tx.execute(query) if row.facts.get("undone") == ["absent"]]

    async def open_work(self, tx: AsyncConnection, kind: Kind) -> dict[OpenWork, set[str]]:
        """Return the pieces of work that people were told of in the app and that are not done; by whom."""
        query = select(n.c.org_id, n.c.session_id, n.c.about, n.c.person_id).where(*_open_in_app([kind]))
        found: dict[OpenWork, set[str]] = {}
        for row in await tx.execute(query.where(n.c.about.is_not(None))):
            found.setdefault(OpenWork(row.org_id, row.session_id, row.about), set()).add(row.person_id)
        return found

    async def reopen(self, tx: AsyncConnection, notice_id: str) -> None:
        """Note that what somebody was told holds again, and is new to them."""
        again = [n.c.id == notice_id, n.c.settled_utc_ms.is_not(None)]
        await tx.execute(update(n).where(*again).values(settled_utc_ms=None, read_utc_ms=None))

    async def settle_undone(
        self, tx: AsyncConnection, session_id: str, undone: Mapping[str, Collection[str]], now: UtcMs
    ) -> None:
        """Leave in reminders after a lesson what is `undone`, by person; end those with nothing left."""
        where = [*_open_in_app([Kind.MISSED]), n.c.session_id == session_id]
        settled: list[str] = []
        for row in (await tx.execute(select(n.c.id, n.c.person_id, n.c.facts).where(*where))).all():
            asked = tuple(row.facts.get("undone", ()))
            left = [code for code in asked if code in undone.get(row.person_id, ())]
            if not left:
                settled.append(row.id)
            elif len(left) < len(asked):
                facts = row.facts | {"undone": left}
                await tx.execute(update(n).where(n.c.id == row.id).values(facts=facts))
        for start in range(0, len(settled), _CHUNK):
            ids = settled[start : start + _CHUNK]
            await tx.execute(update(n).where(one_of(n.c.id, ids)).values(settled_utc_ms=now))

    async def settle_past(self, tx: AsyncConnection, now: UtcMs) -> None:
        """End reminders of lessons whose time is over, held or not."""
        past = [*_open_in_app([Kind.COMING, Kind.STARTING]), n.c.expires_utc_ms <= now]
        await tx.execute(update(n).where(*past).values(settled_utc_ms=now))

    async def reminded_sessions(self, tx: AsyncConnection, limit: int) -> list[str]:
        """Return lessons after which somebody still has something to do, as far as they were told."""
        query = select(n.c.session_id).where(*_open_in_app([Kind.MISSED])).distinct().limit(limit)
        return [str(id_) for id_ in (await tx.execute(query)).scalars() if id_ is not None]

    async def _expire(self, tx: AsyncConnection, now: UtcMs) -> None:
        """Give up what could not be sent in time. The last problem stays as the reason."""
        late = and_(n.c.state == State.WAITING, n.c.channel == Channel.MAIL, n.c.expires_utc_ms <= now)
        await tx.execute(
            update(n)
            .where(late)
            .values(
                state=after(State.WAITING, Turn.EXPIRED),
                problem=func.coalesce(n.c.problem, "too_late"),
                done_utc_ms=now,
            )
        )

    async def settle(
        self, tx: AsyncConnection, notice_id: str, lease: str, turn: Turn, now: UtcMs, **values: Any
    ) -> bool:
        """Write down what became of a message; False where the lease was lost and nothing is written."""
        state = after(State.SENDING, turn)
        ended = {} if state in OPEN else {"done_utc_ms": now}
        done = await tx.execute(
            update(n)
            .where(n.c.id == notice_id, n.c.lease == lease, n.c.state == State.SENDING)
            .values(state=state, lease=None, leased_until_utc_ms=None, **(ended | values))
        )
        return bool(done.rowcount)

    async def release(self, tx: AsyncConnection, ids: Collection[str], lease: str, now: UtcMs) -> None:
        """Give back what was taken and not begun; the try does not count."""
        await tx.execute(
            update(n)
            .where(one_of(n.c.id, ids), n.c.lease == lease, n.c.state == State.SENDING)
            .values(
                state=after(State.SENDING, Turn.DEFERRED),
                lease=None,
                leased_until_utc_ms=None,
                not_before_utc_ms=now,
                attempts=n.c.attempts - 1,
            )
        )

    async def retry(
        self, tx: AsyncConnection, org_id: str, notice_id: str, now: UtcMs, expires_utc_ms: int
    ) -> Notice:
        """Send again what failed or was dropped, or sooner what waits.

        Raises:
            NotFound: no such message. Conflict: it is being sent, or was.
        """
        notice = await self.one(tx, org_id, notice_id)
        await tx.execute(
            update(n)
            .where(n.c.id == notice_id)
            .values(
                state=after(notice.state, Turn.RETRIED),
                attempts=0,
                not_before_utc_ms=now,
                expires_utc_ms=expires_utc_ms,
                done_utc_ms=None,
            )
        )
        return await self.one(tx, org_id, notice_id)

    async def retry_all_failed(
        self, tx: AsyncConnection, org_id: str, now: UtcMs, expires_utc_ms: int
    ) -> int:
        """Send again everything that failed; return how many."""
        done = await tx.execute(
            update(n)
            .where(n.c.org_id == org_id, n.c.state == State.FAILED)
            .values(
                state=after(State.FAILED, Turn.RETRIED),
                attempts=0,
                not_before_utc_ms=now,
                expires_utc_ms=expires_utc_ms,
                done_utc_ms=None,
            )
        )
        return int(done.rowcount)

    async def one(self, tx: AsyncConnection, org_id: str, notice_id: str) -> Notice:
        """Return one message, locked for the rest of the transaction.

        Raises:
            NotFound: there is none in this organisation.
        """
        query = select(n).where(n.c.id == notice_id, n.c.org_id == org_id).with_for_update()
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            raise NotFound("notice_not_found", "There is no such message.")
        return notice_of(row)

    async def page(
        self,
        tx: AsyncConnection,
        org_id: str,
        *,
        state: str | None,
        kind: str | None,
        channel: str | None,
        person_ids: Collection[str] | None,
        address: str,
        session_id: str | None,
        before: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[Notice]:
        """Return messages of the organisation, the newest first.

        `person_ids` and `address` (a part of one) narrow it to recipients that fit either; private kinds are
        never found by their recipient.
        """
        where = [n.c.org_id == org_id]
        for column, wanted in ((n.c.state, state), (n.c.kind, kind), (n.c.channel, channel)):
            if wanted:
                where.append(column == wanted)
        if session_id:
            where.append(n.c.session_id == session_id)
        if person_ids is not None:
            fits = n.c.address.icontains(address, autoescape=True)
            where.append(or_(one_of(n.c.person_id, person_ids), fits))
            where.append(n.c.kind.not_in(_PRIVATE))
        if before:
            at, id_ = before
            where.append(or_(n.c.created_utc_ms < at, and_(n.c.created_utc_ms == at, n.c.id < id_)))
        query = select(n).where(*where).order_by(n.c.created_utc_ms.desc(), n.c.id.desc()).limit(limit)
        return [notice_of(row) for row in await tx.execute(query)]

    async def counts(self, tx: AsyncConnection, org_id: str) -> dict[State, int]:
        """Count the mails of the organisation by state."""
        query = (
            select(n.c.state, func.count())
            .where(n.c.org_id == org_id, n.c.channel == Channel.MAIL)
            .group_by(n.c.state)
        )
        return {State(row[0]): int(row[1]) for row in await tx.execute(query)}

    async def mail_figures(self, tx: AsyncConnection) -> MailFigures:
        """Count all mail that is on its way or failed, for metrics."""
        query = (
            select(n.c.state, n.c.problem, func.count(), func.min(n.c.created_utc_ms))
            .where(n.c.channel == Channel.MAIL, n.c.state.in_([*OPEN, State.FAILED]))
            .group_by(n.c.state, n.c.problem)
        )
        open_ = dict.fromkeys(sorted(OPEN), 0)
        failed: dict[str, int] = {}
        oldest: list[int] = []
        for state, problem, count, first in await tx.execute(query):
            if state == State.FAILED:
                failed[problem or "unknown"] = int(count)
            else:
                open_[State(state)] += int(count)
                oldest.append(first)
        return MailFigures(open_, failed, min(oldest, default=None))

    async def inbox(
        self, tx: AsyncConnection, person_id: str, *, before: tuple[int, str] | None, limit: int
    ) -> Sequence[Notice]:
        """Return what a person was told in the app, the newest first."""
        where = [n.c.person_id == person_id, n.c.channel == Channel.APP]
        if before:
            at, id_ = before
            where.append(or_(n.c.created_utc_ms < at, and_(n.c.created_utc_ms == at, n.c.id < id_)))
        query = select(n).where(*where).order_by(n.c.created_utc_ms.desc(), n.c.id.desc()).limit(limit)
        return [notice_of(row) for row in await tx.execute(query)]

    async def unread(self, tx: AsyncConnection, person_id: str) -> int:
        """Count what a person was told in the app, has not read, and that still holds."""
        query = select(func.count()).where(
            n.c.person_id == person_id,
            n.c.channel == Channel.APP,
            n.c.read_utc_ms.is_(None),
            n.c.settled_utc_ms.is_(None),
        )
        return int((await tx.execute(query)).scalar_one())

    async def mark_read(
        self, tx: AsyncConnection, person_id: str, ids: Collection[str] | None, now: UtcMs
    ) -> None:
        """Note that a person read these (None: all) of their messages."""
        where = [n.c.person_id == person_id, n.c.channel == Channel.APP, n.c.read_utc_ms.is_(None)]
        if ids is not None:
            where.append(one_of(n.c.id, ids))
        await tx.execute(update(n).where(*where).values(read_utc_ms=now))

    async def mark_seen(
        self, tx: AsyncConnection, person_id: str, session_id: str, kind: Kind, now: UtcMs
    ) -> None:
        """Note that a person saw, elsewhere than in their messages, what those of a kind are about."""
        where = [*_open_in_app([kind]), n.c.person_id == person_id, n.c.session_id == session_id]
        seen = func.coalesce(n.c.read_utc_ms, now)
        await tx.execute(update(n).where(*where).values(settled_utc_ms=now, read_utc_ms=seen))

    async def forget(self, tx: AsyncConnection, before_utc_ms: int) -> int:
        """Delete old messages that are done with; return how many."""
        done = await tx.execute(
            delete(n).where(n.c.created_utc_ms < before_utc_ms, n.c.state.not_in([s.value for s in OPEN]))
        )
        return int(done.rowcount)

    async def gate(self, tx: AsyncConnection, *, lock: bool = False) -> Gate:
        """Return the gate; with `lock`, nobody else goes through it until the transaction ends."""
        query = select(mail_gate).where(mail_gate.c.id == _GATE)
        if lock:
            await insert_new(tx, mail_gate, [{"id": _GATE} | asdict(Gate())])
            query = query.with_for_update()
        row = (await tx.execute(query)).one_or_none()
        return Gate() if row is None else Gate(**{field: getattr(row, field) for field in Gate.__slots__})

    async def put_gate(self, tx: AsyncConnection, gate: Gate) -> None:
        """Keep the gate."""
        await put(tx, mail_gate, {"id": _GATE} | asdict(gate))


def _open_in_app(kinds: Collection[Kind]) -> list[ColumnElement[bool]]:
    return [
        n.c.channel == Channel.APP,
        n.c.settled_utc_ms.is_(None),
        n.c.kind.in_([kind.value for kind in kinds]),
    ]


def _of_work(about: str | None, but_of: str | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [] if about is None else [n.c.about == about]
    return where if but_of is None else [*where, n.c.person_id != but_of]


def notice_of(row: Row[Any]) -> Notice:
    """Return a row as what it means."""
    values = {field: getattr(row, field) for field in Notice.__slots__}
    return Notice(
        **values | {"kind": Kind(row.kind), "channel": Channel(row.channel), "state": State(row.state)}
    )

"""The outbox: what people are to be told, written in the transaction of whatever causes it."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.clock import Clock, utc_ms
from notices.kinds import Channel, Kind, facts_of
from notices.notice import Notice, notice_id
from notices.states import State
from notices.store import NoticeStore

GIVE_UP_HOURS: Final = 48
HOUR_MS: Final = 3_600_000


class Outbox:
    """Takes messages in. Sending is another's work (`notices.sender`); a message put here is not lost.

    Without a mail server (`mail` false) people are told in the app alone, and what was meant for a bare
    address fails at once, where administrators see it.
    """

    def __init__(
        self,
        *,
        mail: bool,
        give_up_hours: int = GIVE_UP_HOURS,
        store: NoticeStore | None = None,
        clock: Clock = utc_ms,
    ) -> None:
        self.mail = mail
        self.store = store or NoticeStore()
        self._clock = clock
        self._give_up_ms = give_up_hours * HOUR_MS

    def expiry(self, now: int) -> int:
        """Return until when a message put `now` is tried."""
        return now + self._give_up_ms

    async def put(
        self,
        tx: AsyncConnection,
        *,
        org_id: str,
        kind: str,
        key: str,
        facts: Mapping[str, Any],
        person_ids: Collection[str] = (),
        addresses: Collection[str] = (),
        session_id: str | None = None,
        expires_utc_ms: int | None = None,
        about: str | None = None,
    ) -> None:
        """Tell `person_ids` (in the app and by mail) and `addresses` (by mail); commit sends it.

        `key` names the cause: putting the same kind and key again for the same recipient changes nothing.
        `facts` are those of the kind (`notices.kinds`). After `expires_utc_ms` it is not worth sending.
        `about` is the piece of work that ends it (`NoticeStore.settle`).

        Raises:
            ValueError: there is no such kind.
            msgspec.ValidationError: the facts are not what the kind needs.
        """
        what, now = Kind(kind), self._clock()
        known = msgspec.to_builtins(facts_of(what, facts))
        expires = min(expires_utc_ms or self.expiry(now), self.expiry(now))

        def notice(channel: Channel, person_id: str | None, address: str | None) -> Notice:
            state, problem = State.WAITING, None
            if channel is Channel.APP:
                state = State.SENT
            elif not self.mail:
                state, problem = State.FAILED, "mail_not_set_up"
            return Notice(
                id=notice_id(org_id, what, key, person_id or address or "", channel),
                org_id=org_id,
                kind=what,
                channel=channel,
                person_id=person_id,
                address=address,
                session_id=session_id,
                facts=known,
                state=state,
                attempts=0,
                problem=problem,
                detail=None,
                created_utc_ms=now,
                not_before_utc_ms=now,
                expires_utc_ms=expires,
                lease=None,
                leased_until_utc_ms=None,
                done_utc_ms=None if state is State.WAITING else now,
                read_utc_ms=None,
                about=about,
            )

        people = sorted(set(person_ids))
        rows = [notice(Channel.APP, person_id, None) for person_id in people]
        if self.mail:
            rows += [notice(Channel.MAIL, person_id, None) for person_id in people]
        rows += [notice(Channel.MAIL, None, address) for address in sorted(set(addresses))]
        await self.store.put(tx, rows)

    async def settle(
        self,
        tx: AsyncConnection,
        kind: Kind,
        session_id: str | None,
        about: str,
        *,
        but_of: str | None = None,
        person_ids: Collection[str] | None = None,
    ) -> None:
        """Note that a piece of work is done; mail of it that waits is dropped.

        By everybody, or by all `but` one person, or by `person_ids` alone. `session_id` None: it belongs to
        no lesson.
        """
        now, store = self._clock(), self.store
        await store.withdraw(tx, session_id, [kind], now, about=about, but_of=but_of, person_ids=person_ids)
        await store.settle_open(
            tx, session_id, [kind], now, about=about, but_of=but_of, person_ids=person_ids
        )

"""Making stream keys, letting their holders in, taking keys back."""

import secrets
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from math import ceil

import structlog

from lectern.db.engine import Database
from lectern.kernel.access import SessionGrant
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, Forbidden, NotFound, Overloaded, Rejected, Unauthenticated
from lectern.kernel.rate import RateLimit, origin_of
from lectern.kernel.roles import SessionRole
from signaling.entry.facts import Doors, SessionFacts
from signaling.stream_keys.key_text import NOBODYS_HASH, KeyText
from signaling.stream_keys.store import PUBLISH, WATCH, StreamKey, StreamKeyStore

_log = structlog.get_logger()
MAX_KEYS = 50
"""Of one session, revoked ones not counted."""

OnRevoked = Callable[[str], Awaitable[None]]
"""Called with the id of a key that was taken back, after the database knows."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is asked for. `holder` is who publishes with it; None: a device of the key's name."""

    name: str
    use: str
    holder: SessionGrant | None
    expires_utc_ms: int | None


class StreamKeys:
    """All stream keys. `mono_s` measures how often somebody tries keys that are none."""

    def __init__(
        self, database: Database, doors: Doors, *, mono_s: Callable[[], float], clock: Clock = utc_ms
    ) -> None:
        self.database = database
        self.store = StreamKeyStore()
        self._doors = doors
        self._mono_s = mono_s
        self._clock = clock
        self._on_revoked: list[OnRevoked] = []
        self._failures = RateLimit(per_s=0.2, burst=20)

    def listen(self, on_revoked: OnRevoked) -> None:
        """Call `on_revoked` for every key that is taken back through this process."""
        self._on_revoked.append(on_revoked)

    async def create(self, session: SessionFacts, new: NewKey, actor: str) -> tuple[StreamKey, KeyText]:
        """Make a key. Its text is shown now and never again.

        Raises:
            Conflict: the session is over (`session_over`).
            Rejected: it would be one too many, has no name, or has expired already.
        """
        now = self._clock()
        if session.state == "ended":
            raise Conflict("session_over", "This session is over.")
        name = new.name.strip()
        if not name:
            raise Rejected("name_missing", "Give the key a name, so that you know it again.")
        if new.expires_utc_ms is not None and new.expires_utc_ms <= now:
            raise Rejected("expiry_past", "The key would have expired already. Choose a later time.")
        text = KeyText.new(secrets.choice)
        holder = new.holder or _device(session.id, text.id, name, new.use)
        key = StreamKey(
            id=text.id,
            org_id=session.org_id,
            session_id=session.id,
            name=name,
            use=new.use,
            role=holder.role,
            person_id=holder.person_id,
            guest_id=holder.guest_id,
            guest_name=holder.guest_name,
            secret_hash=text.secret_hash,
            created_by=actor,
            created_utc_ms=now,
            expires_utc_ms=new.expires_utc_ms,
            last_used_utc_ms=None,
            revoked_utc_ms=None,
            publication=None,
        )
        async with self.database.write() as tx:
            if len(await self.store.of_session(tx, session.id)) >= MAX_KEYS:
                raise Rejected(
                    "stream_keys_too_many",
                    "This session has too many stream keys. Revoke some.",
                    limit=MAX_KEYS,
                )
            await self.store.create(tx, key)
            await self._doors.audit(
                tx, org_id=session.org_id, actor=actor, action="stream_key_created", target=text.id
            )
        return key, text

    async def of_session(self, session_id: str) -> list[StreamKey]:
        """Return the keys of a session that were not revoked, the newest first."""
        async with self.database.read() as tx:
            return await self.store.of_session(tx, session_id)

    async def revoke(self, session: SessionFacts, key_id: str, actor: str) -> None:
        """Take a key back: what is being published with it ends at once.

        Raises:
            NotFound: there is no such key in this session (any more).
        """
        async with self.database.write() as tx:
            if not await self.store.revoke(tx, session.id, key_id, self._clock()):
                raise NotFound("stream_key_not_found", "There is no such stream key.")
            await self._doors.audit(
                tx, org_id=session.org_id, actor=actor, action="stream_key_revoked", target=key_id
            )
        _log.info("stream_key_revoked", session_id=session.id, key_id=key_id)
        for on_revoked in self._on_revoked:
            await on_revoked(key_id)

    async def open(
        self, text: str, session_id: str, use: str, client_ip: str, *, anew: bool = True
    ) -> StreamKey:
        """Return the key that `text` is, if it opens this session for this use.

        Not `anew`: to end what its holder opened, which a key that expired meanwhile may still do.

        Raises:
            Overloaded: too many tries from this address with keys that are none.
            Unauthenticated: it is no key, was revoked, or has expired.
            Forbidden: it is for another session (`token_foreign`), or for the other use (`not_allowed`).
        """
        origin = origin_of(client_ip)
        wait_s = self._failures.wait_s(origin, self._mono_s())
        if wait_s > 0:
            raise Overloaded(
                "too_many_tries", "Too many tries with wrong stream keys.", retry_after_s=ceil(wait_s)
            )
        key = await self._known(text, client_ip)
        self._failures.wait_s(origin, self._mono_s(), cost=-1.0)  # it was no failure: give the try back
        if key.revoked_utc_ms is not None:
            raise Unauthenticated("stream_key_revoked", "This stream key was revoked. Ask for a new one.")
        if anew and self.has_expired(key):
            raise Unauthenticated("stream_key_expired", "This stream key has expired. Ask for a new one.")
        if key.session_id != session_id:
            raise Forbidden("token_foreign", "This stream key is for another session.")
        if key.use != use:
            said = "publishing" if key.use == PUBLISH else "watching"
            raise Forbidden("not_allowed", f"This stream key is for {said} alone.")
        return key

    def has_expired(self, key: StreamKey) -> bool:
        """Whether a key's time is over."""
        return key.expires_utc_ms is not None and key.expires_utc_ms <= self._clock()

    async def _known(self, text: str, client_ip: str) -> StreamKey:
        parsed = KeyText.parse(text)
        key: StreamKey | None = None
        if parsed is not None:
            async with self.database.read() as tx:
                key = await self.store.get(tx, parsed.id)
            if not parsed.matches(key.secret_hash if key else NOBODYS_HASH):
                key = None
        if key is None:
            _log.info("stream_key_refused", key_id=parsed.id if parsed else None, client_ip=client_ip)
            raise Unauthenticated("stream_key_invalid", "This stream key is not valid. Copy all of it again.")
        return key

    async def publishes(self, key_id: str, publication: str) -> None:
        """Write down that `publication` is what is published with a key now."""
        async with self.database.write() as tx:
            await self.store.publishes(tx, key_id, publication, self._clock())

    async def ended(self, key_id: str, publication: str) -> None:
        """Write down that `publication` is over; a newer one of the same key stays."""
        async with self.database.write() as tx:
            await self.store.ended(tx, key_id, publication)

    async def current(self, key_ids: Collection[str]) -> dict[str, StreamKey]:
        """Return keys by id, as the database knows them now."""
        async with self.database.read() as tx:
            return await self.store.many(tx, key_ids)

    async def used(self, key_ids: Collection[str]) -> None:
        """Write down that keys are in use."""
        async with self.database.write() as tx:
            await self.store.used(tx, key_ids, self._clock())


def _device(session_id: str, key_id: str, name: str, use: str) -> SessionGrant:
    """A key that is nobody's in person: an encoder that presents, or a screen that watches."""
    role = SessionRole.SCREEN if use == WATCH else SessionRole.PRESENTER
    return SessionGrant(session_id, role, None, guest_id=f"key-{key_id}", guest_name=name)

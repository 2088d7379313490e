"""Stream keys over HTTP: made, listed and revoked by whoever runs the session."""

from typing import Literal

from pydantic import BaseModel, Field

from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal, SessionGrant
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Forbidden
from signaling.entry.facts import Doors, SessionFacts, session_run_by
from signaling.stream_keys.service import NewKey, StreamKeys
from signaling.stream_keys.store import PUBLISH, WATCH, StreamKey

LATEST_UTC_MS = 253_402_300_799_999
"""The end of the year 9999."""
_IN_USE_MS = 15_000
"""A key in use is written down every 5 s."""


class StreamKeyModel(BaseModel):
    """A stream key, without its secret. `person`: it publishes as this person, not as a device."""

    id: str
    name: str
    use: Literal["publish", "watch"]
    person: str | None
    url: str
    created_utc_ms: int
    expires_utc_ms: int | None
    last_used_utc_ms: int | None
    in_use: bool


class NewStreamKey(BaseModel):
    """A key to make. `own`: it publishes as whoever makes it; otherwise as a device of the key's name."""

    name: str = Field(min_length=1, max_length=100)
    use: Literal["publish", "watch"] = "publish"
    own: bool = False
    expires_utc_ms: int | None = Field(None, ge=0, le=LATEST_UTC_MS)


class CreatedStreamKey(StreamKeyModel):
    """A key just made. `key` is shown this once."""

    key: str


class StreamKeyList(BaseModel):
    """The keys of a session that were not revoked, the newest first."""

    items: list[StreamKeyModel]


class StreamKeyRoutes:
    """The handlers."""

    def __init__(self, keys: StreamKeys, doors: Doors, *, public_url: str, clock: Clock = utc_ms) -> None:
        self._keys = keys
        self._doors = doors
        self._public_url = public_url
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        all_keys = "/api/v1/sessions/{id}/stream-keys"
        return [
            Route("GET", all_keys, self.list_keys, "Stream keys of a session", StreamKeyList),
            Route(
                "POST",
                all_keys,
                self.create,
                "Make a stream key for OBS, ffmpeg or a player; its text is shown once",
                CreatedStreamKey,
                NewStreamKey,
                status=201,
            ),
            Route(
                "DELETE",
                f"{all_keys}/{{key}}",
                self.revoke,
                "Revoke a stream key; what is being published with it ends",
            ),
        ]

    async def list_keys(self, request: Request) -> StreamKeyList:
        """What keys there are."""
        session, _ = await self._run(request)
        return StreamKeyList(
            items=[StreamKeyModel(**self._said(key)) for key in await self._keys.of_session(session.id)]
        )

    async def create(self, request: Request) -> CreatedStreamKey:
        """Make a key."""
        session, holder = await self._run(request)
        new: NewStreamKey = request.body
        if new.own and (holder is None or new.use != PUBLISH):
            raise Forbidden("not_allowed", "Only presenter and host publish in person. Leave `own` away.")
        wanted = NewKey(new.name, new.use, holder if new.own else None, new.expires_utc_ms)
        key, text = await self._keys.create(session, wanted, request.who.subject_id)
        return CreatedStreamKey(**self._said(key), key=str(text))

    async def revoke(self, request: Request) -> None:
        """Take a key back."""
        session, _ = await self._run(request)
        await self._keys.revoke(session, request.path["key"], request.who.subject_id)

    async def _run(self, request: Request) -> tuple[SessionFacts, SessionGrant | None]:
        """The session, and who asks as its presenter or host; None for administrators and integrators.

        Raises:
            NotFound: no such session. Forbidden: whoever asks does not run it.
        """
        who: Principal = request.who
        session = await session_run_by(who, self._doors, request.path["id"], by_link=True)
        if who.grant is not None:
            return session, who.grant
        role = session.role_of(who.person_id)
        return session, None if role is None else SessionGrant(session.id, role, who.person_id)

    def _said(self, key: StreamKey) -> dict[str, object]:
        now, last = self._clock(), key.last_used_utc_ms
        return {
            "id": key.id,
            "name": key.name,
            "use": key.use,
            "person": key.person_id,
            "url": f"{self._public_url}/{'whip' if key.use == PUBLISH else 'whep'}/{key.session_id}",
            "created_utc_ms": key.created_utc_ms,
            "expires_utc_ms": key.expires_utc_ms,
            "last_used_utc_ms": last,
            "in_use": last is not None
            and now - last < _IN_USE_MS
            and (key.use == WATCH or key.publication is not None),
        }

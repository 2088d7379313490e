"""Letting people into a class: tokens of signaling, presence of sessions, for the class of interactions."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from interactions.breakout.arrivals import Arrivals
from interactions.live.admission import Admitted
from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Overloaded, ProtocolViolation
from lectern.kernel.rate import RateLimit
from lectern.timeline.idea import Actor, Audience, Viewer
from sessions.presence.admission import Arrival, Presence
from signaling.entry.facts import Doors
from signaling.entry.join_tokens import RESUME_TTL_S, JoinTokens
from signaling.entry.presence import Seat


class ClassAdmission:
    """`interactions.live.admission.Admission`, answered by tokens and presence."""

    def __init__(
        self,
        presence: Presence,
        arrivals: Arrivals,
        tokens: JoinTokens,
        doors: Doors,
        now_s: Callable[[], int],
    ) -> None:
        self._presence = presence
        self._places = arrivals
        self._tokens = tokens
        self._doors = doors
        self._now_s = now_s
        # By participant. Several displays may share one link, and all come back at once after a restart.
        self._arrivals = RateLimit(per_s=1, burst=60)

    async def admit(self, auth: Mapping[str, Any], client_ip: str) -> Admitted:
        """See `Admission`."""
        del client_ip
        sent = {
            field: _text(auth, field)
            for field in ("token", "device", "source", "campaign", "consent", "lang")
        }
        read = self._tokens.read(sent["token"] or "", now_s=self._now_s())
        grant = read.grant
        who = f"{grant.session_id}/{grant.person_id or grant.guest_id}"
        wait_s = self._arrivals.wait_s(who, asyncio.get_running_loop().time())
        if wait_s > 0:
            raise Overloaded(
                "too_fast", "Too much at once. Please wait a moment.", retry_after_s=round(wait_s, 3)
            )
        name = grant.guest_name
        if grant.person_id is not None:
            name = await self._doors.name_of(grant.person_id)
        arrival = Arrival(
            device=sent["device"] or "pc",
            source=sent["source"],
            campaign=sent["campaign"],
            consent=sent["consent"],
        )
        entered = await self._presence.enter(read.org_id, grant, name or "", arrival)
        await self._places.place(grant.session_id, entered.participant_id)
        resume = self._tokens.issue(
            read.org_id,
            replace(grant, participant_id=entered.participant_id),
            now_s=self._now_s(),
            ttl_s=RESUME_TTL_S,
        )
        return Admitted(
            session_id=grant.session_id,
            connection_id=entered.connection_id,
            viewer=Viewer(entered.participant_id, Audience.of(grant.role)),
            actor=Actor(entered.participant_id, grant.role, grant.person_id),
            resume_token=resume,
            lang="zh-CN" if (sent["lang"] or "").startswith("zh") else "en",
        )

    async def left(self, admitted: Admitted) -> None:
        """See `Admission`."""
        await self._presence.left(admitted.session_id, admitted.connection_id)

    async def seen(self, present: Sequence[Admitted]) -> None:
        """See `Admission`."""
        await self._presence.seen(admitted.connection_id for admitted in present)


class SeatsOfPresence:
    """`signaling.entry.presence.Seats`, answered by presence."""

    def __init__(self, presence: Presence, doors: Doors) -> None:
        self._presence = presence
        self._doors = doors

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """See `Seats`."""
        return grant.participant_id or await self._presence.participant_of(grant)

    async def enter(self, org_id: str, grant: SessionGrant, source: str) -> Seat:
        """See `Seats`. Whoever was given a token for a machine has accepted for it."""
        name = grant.guest_name
        if grant.person_id is not None:
            name = await self._doors.name_of(grant.person_id)
        arrival = Arrival("pc", source, None, self._presence.consent_version)
        entered = await self._presence.enter(org_id, grant, name or "", arrival)
        return Seat(entered.participant_id, entered.connection_id)

    async def left(self, session_id: str, connection_id: str) -> None:
        """See `Seats`."""
        await self._presence.left(session_id, connection_id)

    async def seen(self, connection_ids: Iterable[str]) -> None:
        """See `Seats`."""
        await self._presence.seen(connection_ids)


def _text(auth: Mapping[str, Any], name: str) -> str | None:
    """Return a field of what the client sent.

    Raises:
        ProtocolViolation: it is there, but no text, or one that no database stores (NUL, half a character).
    """
    value = auth.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise ProtocolViolation("auth_invalid", "The connection's data is not valid.", field=name)
    return value

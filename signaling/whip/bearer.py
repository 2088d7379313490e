"""Who stands at the door of WHIP and WHEP: the holder of a join token or of a stream key."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import hdrs, web

from lectern.edge.routes import CLIENT_IP
from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Forbidden, Unauthenticated
from lectern.kernel.roles import SessionRole
from signaling.entry.join_tokens import JoinTokens
from signaling.stream_keys.key_text import is_stream_key
from signaling.stream_keys.service import StreamKeys
from signaling.stream_keys.store import PUBLISH, WATCH


@dataclass(frozen=True, slots=True)
class Holder:
    """Who asks. `key_id` is that of their stream key; None with a join token."""

    org_id: str
    grant: SessionGrant
    key_id: str | None = None

    @property
    def subject(self) -> str:
        """Whose WHIP and WHEP sessions these are."""
        return self.grant.person_id or self.grant.guest_id or ""


class Bearers:
    """Reads `Authorization: Bearer` (RFC 6750)."""

    def __init__(self, tokens: JoinTokens, keys: StreamKeys, now_s: Callable[[], int]) -> None:
        self._tokens = tokens
        self._keys = keys
        self._now_s = now_s

    async def holder(self, request: web.Request, *, publishes: bool, anew: bool) -> Holder:
        """Return who asks to publish or to watch. Not `anew`: they mean what they have open already.

        Raises:
            Unauthenticated: no credential, or one that is not valid (any more).
            Forbidden: it is for another session, or does not cover this.
            Overloaded: too many tries with wrong stream keys.
        """
        session_id = request.match_info["session"]
        scheme, _, credential = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not credential.strip():
            raise Unauthenticated(
                "token_invalid", "Send a stream key or join token as Authorization: Bearer."
            )
        if is_stream_key(credential):
            client_ip = request.get(CLIENT_IP) or request.remote or ""
            use = PUBLISH if publishes else WATCH
            key = await self._keys.open(credential, session_id, use, client_ip, anew=anew)
            return Holder(key.org_id, key.grant, key.id)
        read = self._tokens.read(credential.strip(), now_s=self._now_s())
        if read.grant.session_id != session_id:
            raise Forbidden("token_foreign", "This token is for another session.")
        if publishes and (read.grant.role is SessionRole.SCREEN or not read.grant.role.is_staff):
            raise Forbidden("not_allowed", "This token may watch, not publish.")
        if read.grant.screen_id is not None:
            raise Forbidden("media_on_screen", "The picture is on the screen. This device takes part.")
        return Holder(read.org_id, read.grant)

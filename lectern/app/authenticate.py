"""Who makes a request: a cookie, an API key, or a session token, in one place."""

from collections.abc import Callable

from aiohttp import hdrs, web

from accounts.routes import COOKIE
from accounts.service import Accounts
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden, Unauthenticated
from sessions.presence.admission import Presence
from signaling.entry.join_tokens import JoinTokens

_SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_GRANTED = frozenset({Permission.SESSIONS_READ, Permission.REPLAYS_READ})


class Authenticator:
    """Turns a request's credential into a principal."""

    def __init__(
        self, accounts: Accounts, tokens: JoinTokens, presence: Presence, now_s: Callable[[], int]
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._presence = presence
        self._now_s = now_s

    async def __call__(self, request: web.Request) -> Principal | None:
        """Return who asks; None without any credential.

        A cookie alone does not carry an unsafe method: such requests bear the header `X-Lectern`, which no
        foreign page can add without a CORS preflight that we never answer.

        Raises:
            Unauthenticated: a Bearer credential that is not valid (any more).
            Forbidden: an unsafe request by cookie without the header (`header_missing`), or the token of
                somebody who was sent out of the session (`removed`) or lost their role (`role_changed`).
        """
        scheme, _, credential = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() == "bearer" and credential:
            return await self._bearer(credential.strip())
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            return None
        if request.method not in _SAFE and "X-Lectern" not in request.headers:
            raise Forbidden("header_missing", "Requests by cookie need the header X-Lectern: 1.")
        return await self._accounts.by_cookie(cookie)

    async def _bearer(self, credential: str) -> Principal:
        if credential.startswith("lk_"):
            principal = await self._accounts.by_api_key(credential)
            if principal is None:
                raise Unauthenticated("api_key_invalid", "This API key is not valid or was revoked.")
            return principal
        read = self._tokens.read(credential, now_s=self._now_s())
        grant = read.grant
        await self._presence.refuse_lapsed(grant)
        return Principal(
            org_id=read.org_id,
            subject_id=grant.person_id or grant.guest_id or grant.session_id,
            permissions=_GRANTED,
            person_id=grant.person_id,
            grant=grant,
        )

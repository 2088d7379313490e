"""Join and resume tokens: signed, expiring, bound to session, role and person or guest. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Unauthenticated
from lectern.kernel.roles import SessionRole

JOIN_TTL_S = 12 * 3600
RESUME_TTL_S = 3 * 86_400
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Keys:
    """Signing keys by id. New tokens use `current`; the others still verify."""

    current: str
    secrets: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Read:
    """What a valid token says."""

    org_id: str
    grant: SessionGrant


class JoinTokens:
    """Writes and reads tokens (RFC 7519, HS256)."""

    def __init__(self, keys: Keys) -> None:
        self._current = keys.current
        self._keys = {kid: OctKey.import_key(secret) for kid, secret in keys.secrets.items()}

    def issue(self, org_id: str, grant: SessionGrant, *, now_s: int, ttl_s: int = JOIN_TTL_S) -> str:
        """Return a token for `grant`, good for `ttl_s` seconds."""
        claims: dict[str, Any] = {
            "org": org_id,
            "sid": grant.session_id,
            "role": grant.role.value,
            "iat": now_s,
            "exp": now_s + ttl_s,
        }
        optional = {
            "per": grant.person_id,
            "gid": grant.guest_id,
            "gnm": grant.guest_name,
            "pid": grant.participant_id,
            "scr": grant.screen_id,
            "lnk": grant.link_id,
        }
        claims |= {claim: value for claim, value in optional.items() if value is not None}
        return jwt.encode({"alg": _ALGORITHM, "kid": self._current}, claims, self._keys[self._current])

    def read(self, token: str, *, now_s: int) -> Read:
        """Return what `token` grants.

        Raises:
            Unauthenticated: not one of ours, altered, or expired.
        """
        try:
            decoded = jwt.decode(token, lambda obj: self._key_of(obj.headers()), algorithms=[_ALGORITHM])
            claims = decoded.claims
            if int(claims["exp"]) <= now_s:
                raise Unauthenticated("token_expired", "This link has expired. Ask for a new one.")
            grant = SessionGrant(
                session_id=str(claims["sid"]),
                role=SessionRole(claims["role"]),
                person_id=claims.get("per"),
                participant_id=claims.get("pid"),
                guest_id=claims.get("gid"),
                guest_name=claims.get("gnm"),
                screen_id=claims.get("scr"),
                issued_s=int(claims["iat"]),
                link_id=claims.get("lnk"),
            )
            return Read(str(claims["org"]), grant)
        except (JoseError, KeyError, ValueError, TypeError):
            raise Unauthenticated("token_invalid", "This link is not valid. Ask for a new one.") from None

    def _key_of(self, headers: Mapping[str, Any]) -> OctKey:
        return self._keys[str(headers.get("kid"))]

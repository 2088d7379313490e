"""Links that turn one kind of mail off without signing in: signed, and good for nothing else. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from notices.kinds import Kind

_MAC_BYTES: Final = 16
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class MuteLinks:
    """Makes and reads the tokens. `secrets` by key id; new ones are signed with `current`."""

    secrets: Mapping[str, bytes] = field(repr=False)
    current: str

    def token(self, org_id: str, person_id: str, kind: Kind) -> str:
        """Return the token for one person and one kind of mail; the same every time."""
        text = "\n".join((self.current, org_id, person_id, kind.value)).encode()
        return base64.urlsafe_b64encode(self._mac(self.current, text) + text).decode().rstrip("=")

    def read(self, token: str) -> tuple[str, str, Kind] | None:
        """Return (organisation, person, kind), or None of a token that is not ours."""
        if len(token) > _LONGEST:
            return None
        try:
            data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            key_id, org_id, person_id, kind = data[_MAC_BYTES:].decode().split("\n")
            if key_id not in self.secrets:
                return None
            if not hmac.compare_digest(self._mac(key_id, data[_MAC_BYTES:]), data[:_MAC_BYTES]):
                return None
            return org_id, person_id, Kind(kind)
        except ValueError:
            return None

    def _mac(self, key_id: str, text: bytes) -> bytes:
        return hmac.digest(self.secrets[key_id], b"mute\n" + text, hashlib.sha256)[:_MAC_BYTES]

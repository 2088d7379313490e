"""Time-limited credentials for a TURN server: the convention of the TURN REST API, which coturn calls
`use-auth-secret`. The server and coturn share a secret; nobody else can make a user name that coturn takes.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TTL_S: Final = 6 * 3600
"""As long as a long lesson: a connection gets new ones each time it is made."""


@dataclass(frozen=True, slots=True)
class Turn:
    """`urls` as in RFC 7065: `turn:host:port?transport=udp`, `turns:host:port`; without any there is none."""

    urls: Sequence[str] = ()
    secret: str = ""

    def ice_servers(self, subject: str, now_s: int) -> list[dict[str, object]]:
        """What clients give to `RTCPeerConnection`, bound to `subject` (an id; coturn's log shows it)."""
        if not self.urls:
            return []
        username, credential = self.credentials(subject, now_s)
        return [{"urls": list(self.urls), "username": username, "credential": credential}]

    def credentials(self, subject: str, now_s: int) -> tuple[str, str]:
        """User name and password, good for `TTL_S`."""
        username = f"{now_s + TTL_S}:{subject}"
        digest = hmac.digest(self.secret.encode(), username.encode(), hashlib.sha1)
        return username, base64.b64encode(digest).decode()

"""What a screen's QR code says, and what scanning it is worth: short signed texts. Pure.

A code is good for `QR_TTL_S`, changes every `QR_TURN_S`, and proves that somebody stood before this very
screen a moment ago. Scanning it is exchanged at once for a pass, which leaves time to read and to sign in.
"""

import base64
import hashlib
import hmac
import struct
from enum import Enum
from typing import Final

from lectern.kernel.errors import Unauthenticated
from signaling.entry.join_tokens import Keys

QR_TURN_S: Final = 30
QR_TTL_S: Final = 90
PASS_TTL_S: Final = 900
_HEAD: Final = struct.Struct("!I16s")
_MAC_BYTES: Final = 12
"""96 bits: nobody guesses that in 15 minutes, and the picture stays coarse enough for a far camera."""


class Use(Enum):
    """What a text is for; one is never taken for the other."""

    QR = b"qr"
    PASS = b"pass"


class ScreenPasses:
    """Writes and reads codes and passes of screens."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def issue(self, use: Use, session_id: str, screen_id: str, *, now_s: int) -> str:
        """Return 43 letters for one screen of one session. `screen_id` is its participant."""
        ttl_s = QR_TTL_S if use is Use.QR else PASS_TTL_S
        head = _HEAD.pack(now_s + ttl_s, bytes.fromhex(screen_id))
        mac = _mac(self._keys.secrets[self._keys.current], use, session_id, head)
        return base64.urlsafe_b64encode(head + mac).decode().rstrip("=")

    def read(self, use: Use, session_id: str, text: str, *, now_s: int) -> str:
        """Return the screen that `text` was made for.

        Raises:
            Unauthenticated: it is over (`qr_expired`), or none of this session (`qr_invalid`).
        """
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            expires_s, screen = _HEAD.unpack(raw[: _HEAD.size])
        except (ValueError, struct.error):
            raise _invalid() from None
        head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
        known = (_mac(secret, use, session_id, head) for secret in self._keys.secrets.values())
        if not any(hmac.compare_digest(mac, one) for one in known):
            raise _invalid()
        if expires_s <= now_s:
            raise Unauthenticated(
                "qr_expired", "This code has expired. Scan the code on the screen again: it changes."
            )
        return bytes(screen).hex()


def _mac(secret: bytes, use: Use, session_id: str, head: bytes) -> bytes:
    return hmac.digest(secret, use.value + b"\x00" + session_id.encode() + b"\x00" + head, hashlib.sha256)[
        :_MAC_BYTES
    ]


def _invalid() -> Unauthenticated:
    return Unauthenticated("qr_invalid", "This is no code of this lesson. Scan the code on the screen.")

"""Asks a TURN server for an allocation and gives it back: whether it is there and takes our credentials.

Pure: bytes in, bytes out (RFC 8656 section 7, RFC 8489 section 9.2). Not a TURN client; nothing is relayed.
"""

import hashlib
import struct
from typing import Final

from streaming.ice import stun

ALLOCATE: Final = 0x0003
ALLOCATE_SUCCESS: Final = 0x0103
ALLOCATE_ERROR: Final = 0x0113
REFRESH: Final = 0x0004
LIFETIME: Final = 0x000D
REALM: Final = 0x0014
NONCE: Final = 0x0015
XOR_RELAYED_ADDRESS: Final = 0x0016
REQUESTED_TRANSPORT: Final = 0x0019
_UDP: Final = (REQUESTED_TRANSPORT, b"\x11\x00\x00\x00")


class AllocationProbe:
    """Send `first()`; then whatever `receive(data)` returns, until `outcome` is not empty any more.

    `outcome` is `allocated`, `refused` (the credentials are not taken) or `failed` (another error, `code`).
    """

    def __init__(self, username: str, credential: str, transaction_id: bytes) -> None:
        """`transaction_id` is 12 random bytes."""
        self.outcome = ""
        self.code = 0
        self._username = username
        self._credential = credential
        self._transaction_id = transaction_id
        self._signed: tuple[list[tuple[int, bytes]], bytes] | None = None

    def first(self) -> bytes:
        """The request without credentials, to learn realm and nonce."""
        return stun.build(ALLOCATE, self._transaction_id, [_UDP], b"")

    def receive(self, data: bytes) -> bytes | None:
        """What to send next, if anything."""
        message = stun.parse(data)
        if message is None or message.transaction_id != self._transaction_id or self.outcome:
            return None
        if message.message_type == ALLOCATE_SUCCESS and self._signed is not None:
            self.outcome = "allocated"
            attributes, key = self._signed
            given_back = [(LIFETIME, struct.pack("!I", 0)), *attributes]
            return stun.build(REFRESH, _following(self._transaction_id), given_back, key)
        if message.message_type != ALLOCATE_ERROR:
            return None
        raw = message.attributes.get(stun.ERROR_CODE, b"")
        self.code = raw[2] * 100 + raw[3] if len(raw) >= 4 else 0
        realm, nonce = message.attributes.get(REALM), message.attributes.get(NONCE)
        if self.code == 401 and self._signed is None and realm is not None and nonce is not None:
            return self._sign(realm, nonce)
        self.outcome = "refused" if self.code in (401, 403, 441) else "failed"
        return None

    def _sign(self, realm: bytes, nonce: bytes) -> bytes:
        user = self._username.encode()
        secret = b":".join((user, realm, self._credential.encode()))
        key = hashlib.md5(secret, usedforsecurity=False).digest()  # as RFC 8489 section 9.2.2 says
        attributes = [(stun.USERNAME, user), (REALM, realm), (NONCE, nonce)]
        self._signed = attributes, key
        self._transaction_id = _following(self._transaction_id)
        return stun.build(ALLOCATE, self._transaction_id, [_UDP, *attributes], key)


def _following(transaction_id: bytes) -> bytes:
    return ((int.from_bytes(transaction_id, "big") + 1) & ((1 << 96) - 1)).to_bytes(12, "big")

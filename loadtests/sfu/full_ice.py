"""A browser's side of ICE: one candidate pair, checks until it works, then a check every 2.5 s. Pure.

RFC 8445 with aggressive nomination; answers the other side's checks too, for servers that are not lite.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from streaming.ice import stun

PACE_S: Final = 0.05
CONSENT_S: Final = 2.5
_PRIORITY: Final = (0x6E7F1EFF).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """RFC 8445 section 5.3."""

    ufrag: str
    pwd: str

    @staticmethod
    def random() -> "IceCredentials":
        """New ones."""
        return IceCredentials(secrets.token_hex(4), secrets.token_hex(12))


class FullIce:
    """Drain contract: send what `receive_datagram` and `handle_timer` return; timer due at `check_at`."""

    __slots__ = ("_local", "_remote", "_role", "_transaction", "check_at", "is_connected")

    def __init__(
        self, local: IceCredentials, remote: IceCredentials, *, is_controlling: bool, now: float
    ) -> None:
        self._local = local
        self._remote = remote
        role = stun.ICE_CONTROLLING if is_controlling else stun.ICE_CONTROLLED
        self._role = [(role, secrets.token_bytes(8))]
        if is_controlling:
            self._role.append((stun.USE_CANDIDATE, b""))
        self._transaction = b""
        self.is_connected = False
        self.check_at = now

    def handle_timer(self, now: float) -> bytes | None:
        """A check, if one is due."""
        if now < self.check_at:
            return None
        self.check_at = now + (CONSENT_S if self.is_connected else PACE_S)
        self._transaction = secrets.token_bytes(12)
        name = f"{self._remote.ufrag}:{self._local.ufrag}".encode()
        attributes = [(stun.USERNAME, name), (stun.PRIORITY, _PRIORITY), *self._role]
        return stun.build(stun.BINDING_REQUEST, self._transaction, attributes, self._remote.pwd.encode())

    def receive_datagram(self, data: bytes, host: str, port: int, now: float) -> bytes | None:
        """The answer to a check of the server's at `host`; None for anything else."""
        message = stun.parse(data)
        if message is None:
            return None
        if message.message_type == stun.BINDING_SUCCESS:
            is_ours = message.transaction_id == self._transaction
            if is_ours and message.is_signed_with(self._remote.pwd.encode()) and not self.is_connected:
                self.is_connected = True
                self.check_at = now + CONSENT_S
            return None
        password = self._local.pwd.encode()
        if message.message_type != stun.BINDING_REQUEST or not message.is_signed_with(password):
            return None
        mapped = stun.xor_address(host, port, message.transaction_id)
        answer = [(stun.XOR_MAPPED_ADDRESS, mapped)]
        return stun.build(stun.BINDING_SUCCESS, message.transaction_id, answer, password)

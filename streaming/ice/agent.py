"""One ICE-lite agent: answers checks, knows at which address its peer is (RFC 8445 section 2.5, RFC 7675).

A lite agent sends no checks. The peer proves an address by a signed binding request from it; the address it
nominates (or, before that, the first it proved) is where we send. When a phone changes its network and checks
from somewhere new with the same credentials, media follows its next nomination.

Drain contract: every `receive_request` returns the reply to send to where the request came from; afterwards
read `selected`. `next_deadline()` says when `handle_timer(now)` may declare the peer dead.
"""

import struct
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from streaming.ice import stun

CONNECT_TIMEOUT_S: Final = 20.0
SILENCE_TIMEOUT_S: Final = 6.5
"""Where media flows, reports come every second and checks every 2.5 s (Chromium) to 6 s (RFC 7675)."""
IDLE_TIMEOUT_S: Final = 15.0
"""Where nothing flows, only checks are heard, and one of them may get lost."""
_FLOWING_S: Final = 3.0
MAX_ADDRESSES: Final = 8

PathT = TypeVar("PathT", bound=Hashable)


class IceState(Enum):
    """`CHECKING` until the peer proves an address; `CONNECTED` while it is heard; `FAILED` is final."""

    CHECKING = "checking"
    CONNECTED = "connected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Credentials:
    """RFC 8445 section 5.3: fragment of 4 to 256, password of 22 to 256 ice-chars."""

    ufrag: str
    pwd: str


class IceAgent(Generic[PathT]):
    """See the module. `PathT` identifies local socket and remote address."""

    __slots__ = (
        "_heard_at",
        "_local",
        "_media_at",
        "_nominated",
        "_password",
        "_paths",
        "_remote_ufrag",
        "reason",
        "selected",
        "state",
    )

    def __init__(self, local: Credentials, remote_ufrag: str, now: float) -> None:
        self._local = local
        self._password = local.pwd.encode()
        self._remote_ufrag = remote_ufrag
        self._paths: OrderedDict[PathT, None] = OrderedDict()
        self._nominated = False
        self._heard_at = now
        self._media_at = float("-inf")
        self.state = IceState.CHECKING
        self.reason = ""
        self.selected: PathT | None = None

    def receive_request(
        self, message: stun.StunMessage, path: PathT, host: str, port: int, now: float
    ) -> bytes | None:
        """The response to a binding request that names our fragment; None when it deserves none."""
        if message.message_type != stun.BINDING_REQUEST or self.state is IceState.FAILED:
            return None
        transaction_id = message.transaction_id
        refusal = self._refusal(message)
        if refusal is not None:
            return refusal
        self._prove(path, nominated=stun.USE_CANDIDATE in message.attributes, now=now)
        mapped = stun.xor_address(host, port, transaction_id)
        return stun.build(
            stun.BINDING_SUCCESS, transaction_id, [(stun.XOR_MAPPED_ADDRESS, mapped)], self._password
        )

    def _refusal(self, message: stun.StunMessage) -> bytes | None:
        transaction_id = message.transaction_id
        if stun.USERNAME not in message.attributes or stun.MESSAGE_INTEGRITY not in message.attributes:
            return _error(transaction_id, 400, "Bad Request")
        expected = f"{self._local.ufrag}:{self._remote_ufrag}"
        if message.username != expected or not message.is_signed_with(self._password):
            return _error(transaction_id, 401, "Unauthenticated")
        unknown = message.unknown_required
        if unknown:
            listed = struct.pack(f"!{len(unknown)}H", *unknown)
            return _error(
                transaction_id, 420, "Unknown Attribute", self._password, [(stun.UNKNOWN_ATTRIBUTES, listed)]
            )
        if stun.ICE_CONTROLLED in message.attributes:
            return _error(transaction_id, 487, "Role Conflict", self._password)
        return None

    def is_proven(self, path: PathT) -> bool:
        """Whether the peer has passed a check from this address: anything else from elsewhere is dropped."""
        return path in self._paths

    @property
    def paths(self) -> tuple[PathT, ...]:
        """All proven addresses, least recently checked first."""
        return tuple(self._paths)

    def heard(self, now: float) -> None:
        """Authenticated media arrived: the peer lives, though it may never check again (ffmpeg)."""
        self._heard_at = self._media_at = now

    def handle_timer(self, now: float) -> None:
        """Give up a peer that never came, or went silent."""
        if self.state is not IceState.FAILED and now >= self.next_deadline():
            self.reason = "ice_timeout" if self.state is IceState.CHECKING else "peer_silent"
            self.state = IceState.FAILED

    def next_deadline(self) -> float:
        """Monotonic seconds; infinite once failed."""
        match self.state:
            case IceState.CHECKING:
                return self._heard_at + CONNECT_TIMEOUT_S
            case IceState.CONNECTED:
                flowed = self._heard_at - self._media_at < _FLOWING_S
                return self._heard_at + (SILENCE_TIMEOUT_S if flowed else IDLE_TIMEOUT_S)
            case IceState.FAILED:
                return float("inf")

    def _prove(self, path: PathT, *, nominated: bool, now: float) -> None:
        self._heard_at = now
        self.state = IceState.CONNECTED
        self._paths[path] = None
        self._paths.move_to_end(path)
        if nominated or (self.selected is None and not self._nominated):
            self.selected = path
            self._nominated = self._nominated or nominated
        while len(self._paths) > MAX_ADDRESSES:
            oldest = next(p for p in self._paths if p != self.selected)
            del self._paths[oldest]


def _error(
    transaction_id: bytes,
    code: int,
    reason: str,
    password: bytes = b"",
    attributes: list[tuple[int, bytes]] | None = None,
) -> bytes:
    listed = [(stun.ERROR_CODE, stun.error_code(code, reason)), *(attributes or [])]
    return stun.build(stun.BINDING_ERROR, transaction_id, listed, password)

"""One ICE-lite agent: answers checks, knows at which address its peer is (RFC 8445 section 2.5, RFC 7675).

A lite agent sends no connectivity checks. The peer proves an address by a signed binding request from it;
the address it nominates (or, before that, the first it proved) is where we send. When a phone changes its
network and checks from somewhere new, with the same credentials or after an ICE restart, media follows its
nomination.

What it does send is the question "are you there?": a signed binding request to the selected address, at the
beginning to learn whether this peer answers at all (browsers do, ffmpeg does not), and repeatedly when the
peer has been silent for `PROBE_AFTER_S`. So whoever answers is given up after `DEAD_AFTER_S`, and a mere
pause in its media never ends it.

Drain contract: every `receive_request` returns the reply to send to where the request came from; afterwards
read `selected` and `ufrags`. After `handle_timer(now)`, which is due at `next_deadline()`, send
`poll_probes()` and look at `state`.
"""

import hashlib
import hmac
import struct
from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from streaming.ice import stun

CONNECT_TIMEOUT_S: Final = 20.0
PROBE_AFTER_S: Final = 2.0
PROBE_INTERVAL_S: Final = 0.25
"""Ten questions before the end: with a tenth of all packets lost each way, none is answered once in 10^7."""
DEAD_AFTER_S: Final = 4.5
"""Silence of a peer that answers questions."""
SILENCE_TIMEOUT_S: Final = 6.5
"""Silence of one that never answers, while media flows: reports come every second (RFC 3550)."""
IDLE_TIMEOUT_S: Final = 15.0
"""Silence of one that never answers where nothing flows: only its checks are heard, every 2.5 to 6 s."""
FIRST_QUESTIONS: Final = 3
_FLOWING_S: Final = 3.0
MAX_ADDRESSES: Final = 8
_ASKED_KEPT: Final = 32
_PRIORITY: Final = struct.pack("!I", 110 << 24 | 65535 << 8 | 255)

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


class _Generation:
    """Both sides' credentials between two ICE restarts (RFC 8445 section 9)."""

    __slots__ = ("answer_password", "ask_user", "local", "password", "user")

    def __init__(self, local: Credentials, remote: Credentials) -> None:
        self.local = local
        self.user = f"{local.ufrag}:{remote.ufrag}"
        self.password = local.pwd.encode()
        self.ask_user = f"{remote.ufrag}:{local.ufrag}".encode()
        self.answer_password = remote.pwd.encode()


class IceAgent(Generic[PathT]):
    """See the module. `PathT` identifies local socket and remote address; `checks` counts those passed."""

    __slots__ = (
        "_asked",
        "_asked_at",
        "_heard_at",
        "_media_at",
        "_next",
        "_now_used",
        "_paths",
        "_probes",
        "_questions",
        "_tie_breaker",
        "answers",
        "checks",
        "reason",
        "selected",
        "state",
    )

    def __init__(self, local: Credentials, remote: Credentials, now: float) -> None:
        self._now_used = _Generation(local, remote)
        self._next: _Generation | None = None
        self._paths: OrderedDict[PathT, None] = OrderedDict()
        self._heard_at = now
        self._media_at = float("-inf")
        self._asked_at = float("-inf")
        self._asked: deque[bytes] = deque(maxlen=_ASKED_KEPT)
        self._questions = 0
        self._tie_breaker = hmac.digest(local.pwd.encode(), b"tie breaker", hashlib.sha1)[:8]
        self._probes: list[tuple[PathT, bytes]] = []
        self.answers = False
        self.checks = 0
        self.state = IceState.CHECKING
        self.reason = ""
        self.selected: PathT | None = None

    # ── credentials ──

    @property
    def ufrags(self) -> tuple[str, ...]:
        """Our fragments that the peer may name now: one, or two while an ICE restart is under way."""
        generations = (self._now_used, self._next)
        return tuple(generation.local.ufrag for generation in generations if generation is not None)

    def restart(self, local: Credentials, remote: Credentials) -> None:
        """Both sides have new credentials; the old ones stay good until the peer uses the new ones.

        A second restart before that takes the place of the first.
        """
        self._next = _Generation(local, remote)

    # ── what the peer says ──

    def receive_request(
        self, message: stun.StunMessage, path: PathT, host: str, port: int, now: float
    ) -> bytes | None:
        """The response to a binding request that names our fragment; None when it deserves none."""
        if message.message_type != stun.BINDING_REQUEST or self.state is IceState.FAILED:
            return None
        transaction_id = message.transaction_id
        generation = self._generation_of(message)
        refusal = _refusal(message, generation)
        if refusal is not None:
            return refusal
        if generation is self._next:
            self._now_used, self._next = generation, None
        self._prove(path, nominated=stun.USE_CANDIDATE in message.attributes, now=now)
        mapped = stun.xor_address(host, port, transaction_id)
        return stun.build(
            stun.BINDING_SUCCESS, transaction_id, [(stun.XOR_MAPPED_ADDRESS, mapped)], generation.password
        )

    def receive_answer(self, message: stun.StunMessage, now: float) -> bool:
        """Whether this is a good answer to a question of ours: then the peer lives."""
        if message.message_type != stun.BINDING_SUCCESS or message.transaction_id not in self._asked:
            return False
        if not message.is_signed_with(self._now_used.answer_password):
            return False
        self.answers = True
        self._heard_at = now
        return True

    def _generation_of(self, message: stun.StunMessage) -> _Generation:
        following = self._next
        return following if following is not None and message.username == following.user else self._now_used

    def is_proven(self, path: PathT) -> bool:
        """Whether the peer has passed a check from this address: anything else from elsewhere is dropped."""
        return path in self._paths

    @property
    def paths(self) -> tuple[PathT, ...]:
        """All proven addresses, least recently checked first."""
        return tuple(self._paths)

    def lose_path(self, path: PathT) -> None:
        """This path has ended (its TCP connection is closed): use the one that was checked last instead."""
        self._paths.pop(path, None)
        if path == self.selected and self._paths:
            self.selected = next(reversed(self._paths))

    def heard(self, now: float) -> None:
        """Authenticated media arrived: the peer lives, though it may never check again (ffmpeg)."""
        self._heard_at = self._media_at = now

    # ── time ──

    def handle_timer(self, now: float) -> None:
        """Ask a silent peer whether it is there; give up one that never came or answers no more."""
        if self.state is IceState.FAILED:
            return
        if now >= self._dead_at():
            self.reason = "ice_timeout" if self.state is IceState.CHECKING else "peer_silent"
            self.state = IceState.FAILED
        elif now >= self._ask_at():
            self._ask(now)

    def next_deadline(self) -> float:
        """Monotonic seconds; infinite once failed."""
        if self.state is IceState.FAILED:
            return float("inf")
        return min(self._dead_at(), self._ask_at())

    def ask(self, now: float) -> bytes | None:
        """Ask now, to learn how long the answer takes; returns the transaction, None without an address."""
        if self.state is not IceState.CONNECTED or self.selected is None:
            return None
        self._ask(now)
        return self._asked[-1]

    def poll_probes(self) -> list[tuple[PathT, bytes]]:
        """Questions to send, as (path, datagram)."""
        probes, self._probes = self._probes, []
        return probes

    def _dead_at(self) -> float:
        if self.state is IceState.CHECKING:
            return self._heard_at + CONNECT_TIMEOUT_S
        if self.answers:
            return self._heard_at + DEAD_AFTER_S
        flowed = self._heard_at - self._media_at < _FLOWING_S
        return self._heard_at + (SILENCE_TIMEOUT_S if flowed else IDLE_TIMEOUT_S)

    def _ask_at(self) -> float:
        if self.state is not IceState.CONNECTED or self.selected is None:
            return float("inf")
        if not self.answers and self._questions < FIRST_QUESTIONS:
            return self._asked_at + 1.0
        return max(self._heard_at + PROBE_AFTER_S, self._asked_at + PROBE_INTERVAL_S)

    def _ask(self, now: float) -> None:
        selected, generation = self.selected, self._now_used
        assert selected is not None
        self._asked_at = now
        self._questions += 1
        number = self._questions.to_bytes(8, "big")
        transaction_id = hmac.digest(generation.password, number, hashlib.sha1)[:12]
        self._asked.append(transaction_id)
        attributes = [
            (stun.USERNAME, generation.ask_user),
            (stun.PRIORITY, _PRIORITY),
            (stun.ICE_CONTROLLED, self._tie_breaker),
        ]
        request = stun.build(stun.BINDING_REQUEST, transaction_id, attributes, generation.answer_password)
        self._probes.append((selected, request))

    def _prove(self, path: PathT, *, nominated: bool, now: float) -> None:
        self._heard_at = now
        self.checks += 1
        self.state = IceState.CONNECTED
        self._paths[path] = None
        self._paths.move_to_end(path)
        if nominated or self.selected is None:
            self.selected = path
        while len(self._paths) > MAX_ADDRESSES:
            oldest = next(p for p in self._paths if p != self.selected)
            del self._paths[oldest]


def _refusal(message: stun.StunMessage, generation: _Generation) -> bytes | None:
    transaction_id = message.transaction_id
    if stun.USERNAME not in message.attributes or stun.MESSAGE_INTEGRITY not in message.attributes:
        return _error(transaction_id, 400, "Bad Request")
    if message.username != generation.user or not message.is_signed_with(generation.password):
        return _error(transaction_id, 401, "Unauthenticated")
    unknown = message.unknown_required
    if unknown:
        listed = struct.pack(f"!{len(unknown)}H", *unknown)
        return _error(
            transaction_id, 420, "Unknown Attribute", generation.password, [(stun.UNKNOWN_ATTRIBUTES, listed)]
        )
    if stun.ICE_CONTROLLED in message.attributes:
        return _error(transaction_id, 487, "Role Conflict", generation.password)
    return None


def _error(
    transaction_id: bytes,
    code: int,
    reason: str,
    password: bytes = b"",
    attributes: list[tuple[int, bytes]] | None = None,
) -> bytes:
    listed = [(stun.ERROR_CODE, stun.error_code(code, reason)), *(attributes or [])]
    return stun.build(stun.BINDING_ERROR, transaction_id, listed, password)

"""One ICE-lite agent: answers checks, knows at which address its peer is (RFC 8445 section 2.5, RFC 7675).

A lite agent sends no connectivity checks. The peer proves an address by a signed binding request from it;
the address it nominates (or, before that, the first it proved) is where we send. When a phone changes its
network and checks from somewhere new, with the same credentials or after an ICE restart, media follows its
nomination.

What it does send is the question "are you there?": a signed binding request with a number that nobody can
guess. It is asked at the beginning, to learn whether this peer answers at all (browsers do, ffmpeg does not),
when the peer has been silent for `PROBE_AFTER_S`, and every `REFRESH_S` as a renewal of its consent. So
whoever answers is given up after `DEAD_AFTER_S`, a mere pause in its media never ends it, and

* an address hears from us no longer than it takes part: what comes from one address keeps no other one alive;
* who is connected and names another address is asked there first, and media follows with the answer. A peer
  that receives no media need not answer: its own media from there will do (ffmpeg behind a NAT that forgot);
* who stops to answer where it receives media loses that address after `CONSENT_LASTS_S`;
* when the address in use is lost, another one that takes part is used; without one the peer is gone.

Drain contract: every `receive_request` returns the reply to send to where the request came from; afterwards
read `selected` and `ufrags`. After `handle_timer(now)`, which is due at `next_deadline()`, send
`poll_probes()` and look at `state`.
"""

import struct
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final, Generic, TypeVar

from streaming.ice import stun
from streaming.ice.proven_address import ProvenAddress

CONNECT_TIMEOUT_S: Final = 20.0
PROBE_AFTER_S: Final = 2.0
PROBE_INTERVAL_S: Final = 0.25
"""Ten questions before the end: with a tenth of all packets lost each way, none is answered once in 10^7."""
DEAD_AFTER_S: Final = 4.5
"""Silence of a peer that answers questions."""
IDLE_TIMEOUT_S: Final = 15.0
"""The longest silence of one that never answers; DEAD_AFTER_S is the shortest, its rhythm says which."""
FIRST_QUESTIONS: Final = 3
REFRESH_S: Final = 10.0
REFRESH_INTERVAL_S: Final = 1.0
CONSENT_LASTS_S: Final = 30.0
"""RFC 7675 section 5.1."""
TRIAL_QUESTIONS: Final = 10
"""An address in use that was never shown to receive anything is left when so many were not answered."""
NOMINATION_ASKED_S: Final = 1.0
"""For so long after a check an address that it names is asked."""
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
    """See the module. `PathT` identifies local socket and remote address; `checks` counts those passed.

    `rng` must be one that nobody can predict. `receives`: whether media is sent to this peer.
    """

    __slots__ = (
        "_addresses",
        "_asked",
        "_began_at",
        "_has_moved",
        "_is_secured",
        "_lost_at",
        "_next",
        "_nominated_at",
        "_nominee",
        "_now_used",
        "_probes",
        "_questions",
        "_receives",
        "_rng",
        "_tie_breaker",
        "answers",
        "checks",
        "reason",
        "selected",
        "state",
    )

    def __init__(
        self, local: Credentials, remote: Credentials, now: float, rng: Random, *, receives: bool = True
    ) -> None:
        self._now_used = _Generation(local, remote)
        self._next: _Generation | None = None
        self._addresses: OrderedDict[PathT, ProvenAddress] = OrderedDict()
        self._began_at = now
        self._rng = rng
        self._receives = receives
        self._asked: OrderedDict[bytes, PathT] = OrderedDict()
        self._questions = 0
        self._tie_breaker = rng.randbytes(8)
        self._probes: list[tuple[PathT, bytes]] = []
        self._is_secured = False
        self._has_moved = False
        self._lost_at = now
        self._nominee: PathT | None = None
        self._nominated_at = now
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

    def receive_answer(self, message: stun.StunMessage, path: PathT, now: float) -> bool:
        """Whether this is a good answer to a question of ours, from where we asked: the peer receives there.

        Then `selected` may have changed.
        """
        if (
            message.message_type != stun.BINDING_SUCCESS
            or self._asked.get(message.transaction_id) != path
            or not message.is_signed_with(self._now_used.answer_password)
        ):
            return False
        address = self._addresses.get(path)
        if address is None or self.state is IceState.FAILED:
            return False
        self.answers = True
        address.heard(now)
        self._agree(path, address, now)
        return True

    def _generation_of(self, message: stun.StunMessage) -> _Generation:
        following = self._next
        return following if following is not None and message.username == following.user else self._now_used

    def is_proven(self, path: PathT) -> bool:
        """Whether the peer has passed a check from this address: anything else from elsewhere is dropped."""
        return path in self._addresses

    @property
    def paths(self) -> tuple[PathT, ...]:
        """All proven addresses, least recently checked first."""
        return tuple(self._addresses)

    def lose_path(self, path: PathT) -> None:
        """This path has ended (its TCP connection is closed): use another one that takes part.

        Without such a one, the one that was checked last gets its chance.
        """
        lost = self._addresses.pop(path, None)
        if lost is None or path != self.selected:
            return
        self._lost_at = lost.heard_at
        if self._addresses:
            self._select(self._best_other(lost.heard_at) or next(reversed(self._addresses)))

    def secured(self, now: float) -> None:
        """The handshake is done. An address that was in use all the time has received its half of it."""
        self._is_secured = True
        address = None if self.selected is None else self._addresses.get(self.selected)
        if address is not None and not self._has_moved:
            address.agree(now)

    def heard(self, path: PathT, now: float) -> None:
        """Authentic media came from there: the peer lives, though it may never check again (ffmpeg)."""
        address = self._addresses.get(path)
        if address is None:
            return
        address.heard(now)
        if not self._receives and (path == self._nominee or not address.has_agreed):
            self._agree(path, address, now)

    # ── time ──

    def handle_timer(self, now: float) -> None:
        """Ask who should be asked; leave an address that takes part no more; give up a peer without one.

        Then `selected` may have changed.
        """
        if self.state is IceState.FAILED:
            return
        if now >= self._dead_at():
            self._leave_selected(now)
        elif now >= self._ask_at():
            self._ask_selected(now)
        if now >= self._ask_nominee_at() and self._nominee is not None:
            self._ask(self._nominee, now)

    def next_deadline(self) -> float:
        """Monotonic seconds; infinite once failed."""
        if self.state is IceState.FAILED:
            return float("inf")
        return min(self._dead_at(), self._ask_at(), self._ask_nominee_at())

    def ask(self, now: float) -> bytes | None:
        """Ask now, to learn how long the answer takes; returns the transaction, None without an address."""
        if self.state is not IceState.CONNECTED or self.selected not in self._addresses:
            return None
        assert self.selected is not None
        return self._ask(self.selected, now)

    def poll_probes(self) -> list[tuple[PathT, bytes]]:
        """Questions to send, as (path, datagram)."""
        probes, self._probes = self._probes, []
        return probes

    @property
    def _address(self) -> ProvenAddress | None:
        """The one in use; None before there is one, and when it was lost without another."""
        return None if self.selected is None else self._addresses.get(self.selected)

    def _dead_at(self) -> float:
        """When the address in use is lost."""
        if self.state is IceState.CHECKING:
            return self._began_at + CONNECT_TIMEOUT_S
        address = self._address
        if address is None:
            return self._lost_at + DEAD_AFTER_S
        if not self.answers:
            return address.heard_at + address.patience_s(DEAD_AFTER_S, IDLE_TIMEOUT_S)
        dead_at = address.heard_at + DEAD_AFTER_S
        is_bound = self._is_secured and self._receives and address.has_agreed
        return min(dead_at, address.agreed_at + CONSENT_LASTS_S) if is_bound else dead_at

    def _is_on_trial(self, address: ProvenAddress) -> bool:
        return self._is_secured and not address.has_agreed

    def _ask_at(self) -> float:
        """When the address in use is asked again."""
        address = self._address
        if self.state is not IceState.CONNECTED or address is None:
            return float("inf")
        if self._is_on_trial(address):
            return address.asked_at + PROBE_INTERVAL_S
        if not self.answers and self._questions < FIRST_QUESTIONS:
            return address.asked_at + 1.0
        silent_at = max(address.heard_at + PROBE_AFTER_S, address.asked_at + PROBE_INTERVAL_S)
        if not self.answers or not address.has_agreed:
            return silent_at
        return min(silent_at, max(address.agreed_at + REFRESH_S, address.asked_at + REFRESH_INTERVAL_S))

    def _ask_nominee_at(self) -> float:
        address = None if self._nominee is None else self._addresses.get(self._nominee)
        if address is None:
            return float("inf")
        again_at = address.asked_at + PROBE_INTERVAL_S
        return again_at if again_at < self._nominated_at + NOMINATION_ASKED_S else float("inf")

    def _ask_selected(self, now: float) -> None:
        address = self._address
        assert address is not None
        assert self.selected is not None
        if address.unanswered >= TRIAL_QUESTIONS:
            if self._is_on_trial(address):
                self._leave_selected(now)
                return
            if not self._receives and now - address.heard_at < PROBE_AFTER_S:
                self.answers = False  # it did so during the handshake only (ffmpeg)
        is_silent = now - address.heard_at >= PROBE_AFTER_S
        self._ask(self.selected, now)
        for path, other in self._addresses.items():
            if is_silent and path != self.selected and now - other.heard_at < PROBE_AFTER_S:
                self._ask(path, now)

    def _ask(self, path: PathT, now: float) -> bytes:
        generation, address = self._now_used, self._addresses[path]
        address.asked_at = now
        address.unanswered += 1
        self._questions += 1
        transaction_id = self._rng.randbytes(12)
        self._asked[transaction_id] = path
        if len(self._asked) > _ASKED_KEPT:
            self._asked.popitem(last=False)
        attributes = [
            (stun.USERNAME, generation.ask_user),
            (stun.PRIORITY, _PRIORITY),
            (stun.ICE_CONTROLLED, self._tie_breaker),
        ]
        request = stun.build(stun.BINDING_REQUEST, transaction_id, attributes, generation.answer_password)
        self._probes.append((path, request))
        return transaction_id

    # ── which address ──

    def _prove(self, path: PathT, *, nominated: bool, now: float) -> None:
        self.checks += 1
        self.state = IceState.CONNECTED
        address = self._addresses.get(path)
        if address is None:
            address = self._addresses[path] = ProvenAddress(now)
        address.heard(now)
        self._addresses.move_to_end(path)
        if self.selected not in self._addresses:
            self.selected = path
        elif nominated:
            self._nominate(path, address, now)
        while len(self._addresses) > MAX_ADDRESSES:
            oldest = next(p for p in self._addresses if p not in {self.selected, path})
            del self._addresses[oldest]

    def _nominate(self, path: PathT, address: ProvenAddress, now: float) -> None:
        if path == self.selected:
            self._nominee = None
        elif not self._is_secured or now - address.agreed_at < REFRESH_S:
            self._select(path)
        else:
            self._nominee, self._nominated_at = path, now
            if now >= address.asked_at + PROBE_INTERVAL_S:
                self._ask(path, now)

    def _agree(self, path: PathT, address: ProvenAddress, now: float) -> None:
        address.agree(now)
        if path == self._nominee:
            self._select(path)

    def _select(self, path: PathT) -> None:
        self.selected = path
        self._has_moved = True
        self._nominee = None

    def _best_other(self, now: float) -> PathT | None:
        """The address beside the one in use that takes part and was heard last."""
        others = [
            (address.heard_at, path)
            for path, address in self._addresses.items()
            if path != self.selected
            and now - address.heard_at < DEAD_AFTER_S
            and (not self._receives or now - address.agreed_at < CONSENT_LASTS_S)
        ]
        return max(others, key=lambda other: other[0])[1] if others else None

    def _leave_selected(self, now: float) -> None:
        other = self._best_other(now) if self.state is IceState.CONNECTED else None
        if other is not None:
            self._select(other)
            return
        self.reason = "ice_timeout" if self.state is IceState.CHECKING else "peer_silent"
        self.state = IceState.FAILED


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

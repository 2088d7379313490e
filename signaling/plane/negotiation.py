"""What was agreed with one peer, kept so that an ICE restart can repeat it with new credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from lectern.kernel.errors import ProtocolViolation
from signaling.answer import build_answer
from signaling.sdp import Offer, SdpInvalid, parse_offer
from streaming.control.messages import IceRestarted, LocalParameters


@dataclass(slots=True)
class Negotiation:
    """One offer and its answer. `version` counts the answers given (RFC 8866 section 5.2)."""

    offer: Offer
    local: LocalParameters
    session_number: int
    version: int = 1

    def answer(self) -> str:
        """The SDP answer in force."""
        return build_answer(self.offer, self.local, self.session_number, self.version)

    def is_continued_by(self, offer: Offer) -> bool:
        """Whether this offer comes from the same peer connection: same certificate and m-lines."""
        return _shape(self.offer) == _shape(offer)

    def restarted(self, ice: IceRestarted) -> str:
        """Take new ICE credentials; returns the answer, which changes nothing else."""
        self.local = msgspec.structs.replace(
            self.local, ice_ufrag=ice.ice_ufrag, ice_pwd=ice.ice_pwd, candidates=ice.candidates
        )
        self.version += 1
        return self.answer()


def _shape(offer: Offer) -> tuple[Any, ...]:
    prints = {(f.algorithm.lower(), f.value.upper()) for f in offer.remote.fingerprints}
    return prints, [(s.kind, s.mid) for s in offer.sections]


def read_offer(sdp: str, sources: Mapping[str, str] | None) -> Offer:
    """Parse an offer. Raises ProtocolViolation (`sdp_invalid`, `no_common_codec`)."""
    named: Any = dict(sources or {})
    if any(source not in ("mic", "camera", "screen") for source in named.values()):
        raise ProtocolViolation("sdp_invalid", "sources must be mic, camera or screen.")
    try:
        return parse_offer(sdp, named)
    except SdpInvalid as error:
        raise ProtocolViolation(
            error.code,
            "The browser's media offer cannot be answered.",
            reason=error.reason,
            hint=str(error),
        ) from None

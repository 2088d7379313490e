"""Targets: text that clients send for negotiation."""

import re
from collections.abc import Iterable
from pathlib import Path

from lectern.kernel.errors import ProtocolViolation
from signaling.answer import build_answer
from signaling.sdp import SdpInvalid, parse_offer
from signaling.whip.offers import read_offer
from signaling.whip.sdpfrag import FragmentMalformed, frame_of, read_fragment, write_fragment
from tests.fuzz.target import Target
from tests.signaling.test_sdp import local

OFFERS = Path(__file__).parents[1] / "signaling" / "offers"
_LINE = re.compile(r"[a-z]=[^\r\n]*")


def sdp_offer(data: bytes) -> None:
    """An offer is refused with SdpInvalid, or answered m-line by m-line, in well-formed lines."""
    try:
        offer = parse_offer(data.decode("utf-8", "replace"))
    except SdpInvalid:
        return
    answer = build_answer(offer, local(offer), 5)
    lines = answer.split("\r\n")
    assert lines.pop() == ""
    assert all(_LINE.fullmatch(line) for line in lines)
    assert sum(line.startswith("m=") for line in lines) == len(offer.sections)


def _offers() -> Iterable[bytes]:
    return [path.read_bytes() for path in sorted(OFFERS.glob("*.sdp"))]


def sdp_fragment(data: bytes) -> None:
    """Candidates and restarts over HTTP: malformed, or credentials that may stand in an answer."""
    try:
        fragment = read_fragment(data.decode("utf-8", "replace"))
    except FragmentMalformed:
        return
    assert fragment.candidates >= 0
    if fragment.credentials is not None:
        frame = frame_of("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n")
        assert read_fragment(write_fragment(frame, fragment.credentials, ())).credentials is not None


def _fragments() -> Iterable[bytes]:
    yield b"a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    yield b"m=audio 9 X 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n"


def whip_offer(data: bytes) -> None:
    """What encoders post: refused in the one error shape, or read with credentials."""
    text = data.decode("utf-8", "replace")
    for publishes in (True, False):
        try:
            read = read_offer(text, publishes=publishes)
        except ProtocolViolation:
            continue
        assert len(read.credentials.ufrag) >= 4


TARGETS = (
    Target("sdp", sdp_offer, _offers),
    Target("sdpfrag", sdp_fragment, _fragments),
    Target("whip", whip_offer, _offers),
)

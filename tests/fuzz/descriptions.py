"""Targets: text that clients send for negotiation."""

import re
from collections.abc import Iterable
from pathlib import Path

from signaling.answer import build_answer
from signaling.sdp import SdpInvalid, parse_offer
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


TARGETS = (Target("sdp", sdp_offer, _offers),)

"""What we tell Janus, and what we read of it."""

import pytest

from loadtests.sfu.full_ice import IceCredentials
from loadtests.sfu.janus_sdp import OurEnd, StrangeDescription, describe, read
from signaling.sdp import parse_offer
from streaming.control.messages import Fingerprint

OURS = OurEnd("192.0.2.1", 5000, IceCredentials("frag", "p" * 24), Fingerprint("sha-256", "AA:BB"), "actpass")


def test_our_offer_is_one_that_lectern_would_take() -> None:
    offer = parse_offer(describe(OURS, "sendonly", (11, 22)))
    assert offer.remote.ice_ufrag == "frag"
    assert [(s.kind, s.ssrcs, [c.name for c in s.codecs]) for s in offer.remote.media] == [
        ("audio", (11,), ["opus"]),
        ("video", (22,), ["VP8"]),
    ]
    assert offer.remote.media[1].codecs[0].rtx_pt == 97


def test_reads_the_first_udp_candidate() -> None:
    sdp = describe(OURS, "sendonly").replace(
        "a=candidate:1 1 udp",
        "a=candidate:9 1 tcp 5 192.0.2.9 9 typ host tcptype passive\r\na=candidate:1 1 udp",
        1,
    )
    theirs = read(sdp)
    assert (theirs.address, theirs.port, theirs.credentials) == ("192.0.2.1", 5000, OURS.credentials)
    assert theirs.fingerprint == OURS.fingerprint
    assert theirs.our_dtls_role == "client"
    assert read(sdp.replace("setup:actpass", "setup:active")).our_dtls_role == "server"


@pytest.mark.parametrize("missing", ["a=candidate", "a=ice-pwd", "a=fingerprint", "a=setup"])
def test_says_what_it_misses(missing: str) -> None:
    lines = [line for line in describe(OURS, "sendonly").splitlines() if not line.startswith(missing)]
    with pytest.raises(StrangeDescription, match=missing[2:]):
        read("\r\n".join(lines))

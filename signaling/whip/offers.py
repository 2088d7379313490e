"""An offer of a publisher or player, before anything is opened for it. Pure."""

from dataclasses import dataclass

from lectern.kernel.errors import ProtocolViolation
from signaling.sdp import Offer, SdpInvalid, parse_offer
from signaling.whip.directions import as_player, as_publisher
from signaling.whip.sdpfrag import Credentials

_MEDIA = frozenset({"audio", "video"})


@dataclass(frozen=True, slots=True)
class ReadOffer:
    """`sdp` says what this end means: a publisher only sends, a player only receives."""

    sdp: str
    credentials: Credentials


def read_offer(sdp: str, *, publishes: bool) -> ReadOffer:
    """Read an offer.

    A publisher all of whose m-lines cannot be taken is refused whole: half of it (the sound of an H.265
    picture) would look like success in its window, and like a broken lesson in everybody else's.

    Raises:
        ProtocolViolation: nothing was sent (`offer_missing`); it cannot be answered (`sdp_invalid`, with a
            reason and a hint), or has a codec that is not forwarded (`no_common_codec`).
    """
    if not sdp.strip():
        raise ProtocolViolation(
            "offer_missing", "Send your own SDP offer: this server answers offers and makes none."
        )
    meant = as_publisher(sdp) if publishes else as_player(sdp)
    try:
        parsed = parse_offer(meant)
    except SdpInvalid as error:
        if error.code == "no_common_codec" and not _uses(meant, publishes=publishes):
            raise _wrong_way(publishes=publishes) from None
        raise ProtocolViolation(
            error.code, "The SDP offer cannot be answered.", reason=error.reason, hint=str(error)
        ) from None
    if publishes:
        _check_complete(parsed)
    return ReadOffer(meant, Credentials(parsed.remote.ice_ufrag, parsed.remote.ice_pwd))


def _uses(sdp: str, *, publishes: bool) -> bool:
    wanted = "a=sendonly" if publishes else "a=recvonly"
    return any(line.strip() == wanted for line in sdp.splitlines())


def _wrong_way(*, publishes: bool) -> ProtocolViolation:
    return ProtocolViolation(
        "sdp_invalid",
        "The SDP offer sends nothing." if publishes else "The SDP offer receives nothing.",
        reason="wrong_direction",
        hint="a publisher's m-lines say a=sendonly" if publishes else "a player's m-lines say a=recvonly",
    )


def _check_complete(offer: Offer) -> None:
    refused = sorted({s.kind for s in offer.sections if s.accepted is None and s.kind in _MEDIA})
    if refused:
        raise ProtocolViolation(
            "no_common_codec",
            "Set the encoder to H.264 and Opus: the codecs that it offers are not forwarded.",
            refused=refused,
            hint="all m-lines in one BUNDLE group with a=rtcp-mux; Opus, and H.264, VP8, VP9 or AV1",
        )

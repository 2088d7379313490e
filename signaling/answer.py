"""Writes the SDP answer of an ICE-lite server: what we took of the offer, and where the media process is."""

from collections import Counter
from typing import Final

from signaling.sdp import Offer, OfferedSection
from streaming.control.messages import Codec, LocalParameters, LocalSection, MediaSection

_SETUP: Final = {"client": "active", "server": "passive"}


def build_answer(offer: Offer, local: LocalParameters, session_number: int, version: int = 1) -> str:
    """The answer to `offer` (RFC 8829 section 5.3), one m-line for each offered one, in its order.

    `session_number` (0 to 2**63 - 1) identifies the session in the o-line, and `version` counts its answers.
    """
    bundled = [s.mid for s in offer.sections if s.accepted is not None]
    lines = ["v=0", f"o=- {session_number} {version} IN IP4 127.0.0.1", "s=-", "t=0 0"]
    if offer.has_bundle:
        lines.append("a=group:BUNDLE " + " ".join(bundled))
    if offer.allows_mixed_extensions:
        lines.append("a=extmap-allow-mixed")
    lines += ["a=msid-semantic: WMS *", "a=ice-lite"]
    ours = {section.mid: section for section in local.media}
    ordinals: Counter[str] = Counter()
    for section in offer.sections:
        if section.accepted is None:
            lines += _rejected(section)
            continue
        lines += _transport(section, section.accepted, local, with_candidates=section.mid == bundled[0])
        lines += _media(section, section.accepted, ours.get(section.mid), ordinals)
    return "\r\n".join(lines) + "\r\n"


def _rejected(section: OfferedSection) -> list[str]:
    return [
        f"m={section.kind} 0 {section.protocol} {section.formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=inactive",
    ]


def _transport(
    section: OfferedSection, accepted: MediaSection, local: LocalParameters, *, with_candidates: bool
) -> list[str]:
    payload_types = " ".join(
        str(pt) for codec in accepted.codecs for pt in (codec.pt, codec.rtx_pt) if pt is not None
    )
    lines = [
        f"m={section.kind} 9 {section.protocol} {payload_types}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        f"a=ice-ufrag:{local.ice_ufrag}",
        f"a=ice-pwd:{local.ice_pwd}",
        f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}",
        f"a=setup:{_SETUP[local.dtls_role]}",
    ]
    if with_candidates:
        lines += [
            f"a=candidate:{c.foundation} {c.component} {c.protocol} {c.priority}"
            f" {c.address} {c.port} typ {c.type}" + (f" tcptype {c.tcptype}" if c.tcptype else "")
            for c in local.candidates
        ]
        lines.append("a=end-of-candidates")
    return lines


def _media(
    section: OfferedSection, accepted: MediaSection, ours: LocalSection | None, ordinals: Counter[str]
) -> list[str]:
    lines = ["a=rtcp-mux"]
    for uri, number in accepted.header_extensions.items():
        lines.append(f"a=extmap:{number} {uri}")
    for codec in accepted.codecs:
        lines += _codec(codec)
    if section.is_idle or ours is None:
        return [*lines, "a=inactive"]
    if ours.ssrc is None:
        return [*lines, "a=recvonly", *_simulcast(section, accepted)]
    # The n-th audio slot and the n-th video slot share a stream, so that the presenter's are played in sync.
    stream = f"lectern-{ordinals[section.kind]}"
    ordinals[section.kind] += 1
    lines += ["a=sendonly", f"a=msid:{stream} {section.kind}-{section.mid}"]
    if ours.rtx_ssrc is not None:
        lines.append(f"a=ssrc-group:FID {ours.ssrc} {ours.rtx_ssrc}")
    lines.append(f"a=ssrc:{ours.ssrc} cname:{ours.cname}")
    if ours.rtx_ssrc is not None:
        lines.append(f"a=ssrc:{ours.rtx_ssrc} cname:{ours.cname}")
    return lines


def _simulcast(section: OfferedSection, accepted: MediaSection) -> list[str]:
    """The layers that we take (RFC 8853 section 5.3.2)."""
    if not accepted.rids:
        return []
    lines = [f"a=rid:{rid} recv {section.restrictions.get(rid, '')}".rstrip() for rid in accepted.rids]
    return [*lines, "a=simulcast:recv " + ";".join(accepted.rids)]


def _codec(codec: Codec) -> list[str]:
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    lines = [f"a=rtpmap:{codec.pt} {codec.name}/{codec.clock_rate}{channels}"]
    if codec.fmtp:
        lines.append(f"a=fmtp:{codec.pt} {codec.fmtp}")
    lines += [f"a=rtcp-fb:{codec.pt} {feedback}" for feedback in codec.rtcp_fb]
    if codec.rtx_pt is not None:
        lines += [f"a=rtpmap:{codec.rtx_pt} rtx/{codec.clock_rate}", f"a=fmtp:{codec.rtx_pt} apt={codec.pt}"]
    return lines

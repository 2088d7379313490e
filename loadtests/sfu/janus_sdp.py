"""The little SDP that Janus needs of the benchmark's browsers, and what is read of its own. Pure."""

from dataclasses import dataclass
from typing import Final

from loadtests.sfu.codecs import AUDIO_MID, EXTENSIONS, OPUS, VIDEO_MID, VP8
from loadtests.sfu.full_ice import IceCredentials
from streaming.control.messages import Codec, DtlsRole, Fingerprint

_SECTIONS: Final = (("audio", AUDIO_MID, OPUS), ("video", VIDEO_MID, VP8))


@dataclass(frozen=True, slots=True)
class OurEnd:
    """What our description says about our transport. `setup` as in RFC 5763."""

    address: str
    port: int
    credentials: IceCredentials
    fingerprint: Fingerprint
    setup: str


@dataclass(frozen=True, slots=True)
class TheirEnd:
    """What Janus's description says. `setup` is `actpass`, `active` or `passive`."""

    address: str
    port: int
    credentials: IceCredentials
    fingerprint: Fingerprint
    setup: str

    @property
    def our_dtls_role(self) -> DtlsRole:
        """We are client unless Janus wants to be."""
        return "server" if self.setup == "active" else "client"


class StrangeDescription(ValueError):
    """Janus said something that we do not understand."""


def describe(ours: OurEnd, direction: str, ssrcs: tuple[int, int] | None = None) -> str:
    """An offer or answer with one audio and one video section; `ssrcs` of a publisher's."""
    lines = [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {AUDIO_MID} {VIDEO_MID}",
        "a=msid-semantic: WMS *",
    ]
    for number, (kind, mid, codec) in enumerate(_SECTIONS):
        lines += _section(ours, kind, mid, codec, direction)
        if ssrcs is not None:
            lines += [f"a=msid:clip {kind}", f"a=ssrc:{ssrcs[number]} cname:publisher"]
    return "\r\n".join(lines) + "\r\n"


def _section(ours: OurEnd, kind: str, mid: str, codec: Codec, direction: str) -> list[str]:
    types = [codec.pt] if codec.rtx_pt is None else [codec.pt, codec.rtx_pt]
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    lines = [
        f"m={kind} {ours.port} UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}",
        f"c=IN IP4 {ours.address}",
        f"a=candidate:1 1 udp 2130706431 {ours.address} {ours.port} typ host",
        "a=end-of-candidates",
        f"a=ice-ufrag:{ours.credentials.ufrag}",
        f"a=ice-pwd:{ours.credentials.pwd}",
        f"a=fingerprint:{ours.fingerprint.algorithm} {ours.fingerprint.value}",
        f"a=setup:{ours.setup}",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        f"a=rtpmap:{codec.pt} {codec.name}/{codec.clock_rate}{channels}",
    ]
    lines += [f"a=extmap:{number} {uri}" for uri, number in EXTENSIONS[kind].items()]
    if codec.fmtp:
        lines.append(f"a=fmtp:{codec.pt} {codec.fmtp}")
    lines += [f"a=rtcp-fb:{codec.pt} {feedback}" for feedback in codec.rtcp_fb]
    if codec.rtx_pt is not None:
        lines += [f"a=rtpmap:{codec.rtx_pt} rtx/{codec.clock_rate}", f"a=fmtp:{codec.rtx_pt} apt={codec.pt}"]
    return lines


def read(sdp: str) -> TheirEnd:
    """The first transport in a description of Janus's. Raises StrangeDescription."""
    values: dict[str, str] = {}
    for line in sdp.splitlines():
        name, _, value = line.removeprefix("a=").partition(":")
        if line.startswith("a=candidate:") and " udp " not in line.lower():
            continue
        if line.startswith("a="):
            values.setdefault(name, value)
    try:
        candidate = values["candidate"].split()
        algorithm, _, hexadecimal = values["fingerprint"].partition(" ")
        return TheirEnd(
            candidate[4],
            int(candidate[5]),
            IceCredentials(values["ice-ufrag"], values["ice-pwd"]),
            Fingerprint(algorithm.lower(), hexadecimal),
            values["setup"],
        )
    except (KeyError, IndexError, ValueError) as error:
        msg = f"no usable transport in Janus's description ({error})"
        raise StrangeDescription(msg) from error

"""Reads SDP offers of browsers, WHIP publishers and other peers into the words of the media process.

Our own reader of the small part of RFC 8866 that an answerer needs. It never guesses: what it does not
understand in one m-line rejects that m-line, what breaks the whole offer raises SdpInvalid with a reason that
tells the client's developer what to change.

**Simulcast** (RFC 8853, RFC 8851). A sending video m-line may offer up to MAX_LAYERS layers: `a=rid:… send`,
`a=simulcast:send`, and the header extensions for mid and rtp-stream-id. The order in `a=simulcast` is from
the smallest picture to the largest, as browsers write it when `sendEncodings` is in that order; we do not
look at sizes. Of alternatives (`a,b`) the first is taken; more layers than we take lose from the front. A
screen is taken in one layer, the largest. Without these lines a browser sends one layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

import msgspec

from streaming.control.extensions import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    COLOR_SPACE,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_WIDE,
)
from streaming.control.messages import (
    Codec,
    Direction,
    DtlsRole,
    Fingerprint,
    MediaSection,
    RemoteParameters,
    Source,
)

MAX_SDP_BYTES: Final = 128 * 1024
MAX_SECTIONS: Final = 32
MAX_LAYERS: Final = 3
MAX_RID_CHARS: Final = 16
MAX_VARIANTS: Final = 8

_AUDIO_EXTENSIONS: Final = (MID, AUDIO_LEVEL)
_VIDEO_EXTENSIONS: Final = (MID, COLOR_SPACE)
_FEEDBACK: Final = ("nack", "nack pli", "ccm fir", "goog-remb")
_PUBLISHER_FEEDBACK: Final = (*_FEEDBACK, "transport-cc")
"""We report arrivals to publishers. Viewers estimate by themselves and tell us by REMB: decisions/0009."""
_H264_PROFILE_ORDER: Final = ("42e0", "42c0", "4200", "4d00", "6400")
_DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")
_PROTOCOLS: Final = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF")

Attributes: TypeAlias = list[tuple[str, str]]


class SdpInvalid(Exception):
    """The offer cannot be answered; `reason` is a stable word, the text is for the client's developer."""

    code = "sdp_invalid"

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class NoCommonCodec(SdpInvalid):
    """No m-line offers a codec that we forward."""

    code = "no_common_codec"


@dataclass(frozen=True, slots=True)
class OfferedSection:
    """One m-line as offered. `accepted` is None when the answer rejects it; idle ones carry no media now.

    `restrictions` are those of the accepted rids, to be repeated in the answer (RFC 8851 section 6.3).
    """

    kind: str
    protocol: str
    formats: str
    mid: str
    accepted: MediaSection | None = None
    is_idle: bool = False
    restrictions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that an answer needs. `remote` goes to the media process."""

    sections: tuple[OfferedSection, ...]
    remote: RemoteParameters
    has_bundle: bool
    allows_mixed_extensions: bool


@dataclass(slots=True)
class _RawSection:
    kind: str
    port: str
    protocol: str
    formats: list[str]
    attributes: Attributes = field(default_factory=list)

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.attributes if key == name), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]

    @property
    def direction(self) -> str:
        return next((key for key, _ in self.attributes if key in _DIRECTIONS), "sendrecv")


def parse_offer(sdp: str, sources: Mapping[str, Source] | None = None) -> Offer:
    """What the offer wants, and what of it we take.

    `sources` names what each sending m-line (by mid) carries; without a name audio is the microphone, the
    first video the camera, the second the screen. Raises SdpInvalid, NoCommonCodec.
    """
    session, raw_sections = _read_lines(sdp)
    bundle = next((v.split()[1:] for k, v in session if k == "group" and v.split()[:1] == ["BUNDLE"]), None)
    mids = _mids(raw_sections)
    named = sources or {}
    unknown = set(named) - set(mids)
    if unknown:
        raise SdpInvalid("unknown_mid", "sources names an m-line that the offer does not have")
    sections: list[OfferedSection] = []
    guessed: set[Source] = set(named.values())
    for mid, raw in zip(mids, raw_sections, strict=True):
        is_bundled = mid in bundle if bundle is not None else not any(s.accepted for s in sections)
        accepted = _accept(raw, mid) if is_bundled else None
        is_idle = raw.direction == "inactive"
        if accepted is not None and accepted.direction == "publish" and not is_idle:
            source = named.get(mid) or _guess_source(raw.kind, guessed)
            guessed.add(source)
            accepted = _with_source(accepted, source)
        offered = _rids_sent(raw)
        rids = () if accepted is None else accepted.rids
        sections.append(
            OfferedSection(
                raw.kind,
                raw.protocol,
                " ".join(raw.formats),
                mid,
                accepted,
                is_idle,
                {rid: offered[rid] for rid in rids},
            )
        )
    media = tuple(s.accepted for s in sections if s.accepted is not None and not s.is_idle)
    if not media:
        raise NoCommonCodec(
            "no_common_codec", "offer Opus, and H.264 (packetization-mode=1), VP8, VP9 or AV1"
        )
    first = next(raw for raw, s in zip(raw_sections, sections, strict=True) if s.accepted is not None)
    remote = _remote_parameters(session, first, media)
    mixed = any(key == "extmap-allow-mixed" for key, _ in [*session, *first.attributes])
    return Offer(tuple(sections), remote, bundle is not None, mixed)


def _read_lines(sdp: str) -> tuple[Attributes, list[_RawSection]]:
    if len(sdp) > MAX_SDP_BYTES:
        raise SdpInvalid("too_long", f"at most {MAX_SDP_BYTES} bytes")
    session: Attributes = []
    sections: list[_RawSection] = []
    lines = sdp.splitlines()
    if not lines or lines[0].strip() != "v=0":
        raise SdpInvalid("not_sdp", "the first line must be v=0")
    for line in lines[1:]:
        if line.startswith("m="):
            words = line[2:].split()
            if len(words) < 4:
                raise SdpInvalid("bad_m_line", "an m-line needs media, port, protocol and formats")
            sections.append(_RawSection(words[0], words[1], words[2], words[3:]))
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            (sections[-1].attributes if sections else session).append((name.strip(), value.strip()))
    if not sections:
        raise SdpInvalid("no_media", "the offer has no m-lines")
    if len(sections) > MAX_SECTIONS:
        raise SdpInvalid("too_many_m_lines", f"at most {MAX_SECTIONS} m-lines")
    return session, sections


def _mids(sections: list[_RawSection]) -> list[str]:
    mids = [section.get("mid") or str(number) for number, section in enumerate(sections)]
    if len(set(mids)) != len(mids):
        raise SdpInvalid("duplicate_mid", "every m-line needs a mid of its own")
    if any(len(mid) > 16 or not mid.isascii() or not mid.isprintable() or " " in mid for mid in mids):
        raise SdpInvalid("bad_mid", "a mid is at most 16 printable ASCII characters")
    return mids


def _guess_source(kind: str, taken: set[Source]) -> Source:
    if kind == "audio":
        return "mic"
    return "screen" if "camera" in taken else "camera"


def _with_source(section: MediaSection, source: Source) -> MediaSection:
    if (source == "mic") != (section.kind == "audio"):
        raise SdpInvalid("wrong_source", "mic is audio; camera and screen are video")
    rids = section.rids[-1:] if source == "screen" else section.rids
    return msgspec.structs.replace(section, source=source, rids=rids)


# ── one m-line ────────────────────────────────────────────────────────────────────────────────────────────


def _accept(raw: _RawSection, mid: str) -> MediaSection | None:
    """The m-line as we take it, or None to reject it (data channels, foreign codecs, port 0)."""
    is_disabled = raw.port == "0" and raw.get("bundle-only") is None
    if raw.kind not in {"audio", "video"} or raw.protocol not in _PROTOCOLS or is_disabled:
        return None
    if raw.get("rtcp-mux") is None:
        return None
    direction: Direction = "subscribe" if raw.direction == "recvonly" else "publish"
    codecs = _codecs(raw, _PUBLISHER_FEEDBACK if direction == "publish" else _FEEDBACK)
    chosen = _opus(codecs) if raw.kind == "audio" else _video(codecs, direction)
    if not chosen:
        return None
    wanted = {*(_AUDIO_EXTENSIONS if raw.kind == "audio" else _VIDEO_EXTENSIONS)}
    if direction == "publish":
        wanted |= {ABS_SEND_TIME, TRANSPORT_WIDE}
    elif raw.kind == "video":
        wanted.add(ABS_SEND_TIME)  # browsers leave sound out of their estimate
    rids = _layers(raw, direction)
    if rids:
        wanted |= {RID, REPAIRED_RID}
    extensions = {uri: n for uri, n in _extensions(raw).items() if uri in wanted}
    ssrcs = tuple(
        dict.fromkeys(n for value in raw.all("ssrc") if (n := _number(value.split()[:1], 32)) is not None)
    )
    return MediaSection(
        mid,
        "audio" if raw.kind == "audio" else "video",
        direction,
        tuple(chosen),
        extensions,
        ssrcs=ssrcs[:16] if direction == "publish" else (),
        rids=rids,
    )


def _rids_sent(raw: _RawSection) -> dict[str, str]:
    """{rid: its restrictions} of the layers that the m-line can send (RFC 8851, RFC 8852)."""
    found: dict[str, str] = {}
    for value in raw.all("rid"):
        rid, _, rest = value.partition(" ")
        direction, _, restrictions = rest.strip().partition(" ")
        if direction == "send" and rid.isascii() and rid.isalnum() and len(rid) <= MAX_RID_CHARS:
            found.setdefault(rid, restrictions.strip())
    return found


def _layers(raw: _RawSection, direction: Direction) -> tuple[str, ...]:
    """The rids that we receive, in the order of the simulcast line; empty without simulcast."""
    if raw.kind != "video" or direction != "publish" or not {MID, RID} <= _extensions(raw).keys():
        return ()
    words = (raw.get("simulcast") or "").split()
    streams = next((rest for word, rest in pairwise(words) if word == "send"), "")
    offered = _rids_sent(raw)
    first = (alternatives.split(",")[0].removeprefix("~") for alternatives in streams.split(";"))
    return tuple(dict.fromkeys(rid for rid in first if rid in offered))[-MAX_LAYERS:]


def _codecs(raw: _RawSection, taken: tuple[str, ...]) -> list[Codec]:
    """Every well-formed payload type of the m-line, in the order offered, RTX folded into what it repairs."""
    fmtp = dict(_payload_line(value) for value in raw.all("fmtp"))
    rtpmap = dict(_payload_line(value) for value in raw.all("rtpmap"))
    repairs: dict[int, int] = {}
    plain: list[tuple[int, str, int, int]] = []
    for word in raw.formats:
        pt = _number([word], 7)
        name, clock_rate, channels = _encoding(rtpmap.get(word, ""))
        if pt is None or clock_rate is None:
            continue
        if name.lower() == "rtx":
            repaired = _number([parameters(fmtp.get(word, "")).get("apt", "")], 7)
            if repaired is not None:
                repairs.setdefault(repaired, pt)
        else:
            plain.append((pt, name, clock_rate, channels))
    feedback = [_payload_line(value) for value in raw.all("rtcp-fb")]
    return [
        Codec(
            pt,
            name,
            clock_rate,
            channels,
            fmtp.get(str(pt), ""),
            tuple(fb for fb in taken if (str(pt), fb) in feedback or ("*", fb) in feedback),
            repairs.get(pt),
        )
        for pt, name, clock_rate, channels in plain
    ]


def _opus(codecs: list[Codec]) -> list[Codec]:
    fitting = [c for c in codecs if c.name.lower() == "opus" and c.clock_rate == 48000]
    return [_renamed(c, "opus") for c in fitting[:1]]


def _video(codecs: list[Codec], direction: Direction) -> list[Codec]:
    """H.264, VP8, VP9, AV1. A publisher gets one variant of each, a slot all of them: its source decides.

    The first two are what every browser decodes and what is recorded; the others pass through.
    """
    found = [c for c in codecs if c.clock_rate == 90000]
    h264 = [_renamed(c, "H264") for c in found if c.name.upper() == "H264" and _is_usable_h264(c, direction)]
    vp8 = [_renamed(c, "VP8") for c in found if c.name.upper() == "VP8"]
    vp9 = [_renamed(c, "VP9") for c in found if c.name.upper() == "VP9"]
    av1 = [_renamed(c, "AV1") for c in found if c.name.upper() == "AV1"]
    h264.sort(key=lambda c: (not _is_fragmented_h264(c), _profile_rank(c)))
    vp9.sort(key=lambda codec: parameters(codec.fmtp).get("profile-id", "0"))
    av1.sort(key=lambda codec: parameters(codec.fmtp).get("profile", "0"))
    variants = 1 if direction == "publish" else MAX_VARIANTS
    return [*h264[:variants], *vp8[:1], *vp9[:variants], *av1[:variants]]


def _is_usable_h264(codec: Codec, direction: Direction) -> bool:
    """Players of mode 1 take what is sent in mode 0 (RFC 6184 section 6.3), not the other way round."""
    return _is_fragmented_h264(codec) or (direction == "publish" and _h264_mode(codec) == "0")


def _is_fragmented_h264(codec: Codec) -> bool:
    return _h264_mode(codec) == "1"


def _h264_mode(codec: Codec) -> str:
    return parameters(codec.fmtp).get("packetization-mode", "0")


def _profile_rank(codec: Codec) -> int:
    """Every decoder takes constrained baseline; otherwise any profile will do (ffmpeg offers its own)."""
    profile = parameters(codec.fmtp).get("profile-level-id", "42e01f").lower()[:4]
    return _H264_PROFILE_ORDER.index(profile) if profile in _H264_PROFILE_ORDER else len(_H264_PROFILE_ORDER)


def _renamed(codec: Codec, name: str) -> Codec:
    return Codec(codec.pt, name, codec.clock_rate, codec.channels, codec.fmtp, codec.rtcp_fb, codec.rtx_pt)


def parameters(fmtp: str) -> dict[str, str]:
    """`a=1;b=2` as a mapping, keys in lower case."""
    pairs = (part.partition("=") for part in fmtp.split(";"))
    return {key.strip().lower(): value.strip() for key, _, value in pairs if key.strip()}


def _payload_line(value: str) -> tuple[str, str]:
    payload, _, rest = value.partition(" ")
    return payload, rest.strip()


def _encoding(value: str) -> tuple[str, int | None, int]:
    name, _, rest = value.partition("/")
    rate, _, channels = rest.partition("/")
    return name, _number([rate], 20), _number([channels], 4) or 1


def _extensions(raw: _RawSection) -> dict[str, int]:
    """{uri: id}; two-byte ids too."""
    found: dict[str, int] = {}
    for value in raw.all("extmap"):
        words = value.split()
        number = _number([words[0].partition("/")[0]], 8) if len(words) >= 2 else None
        if number:
            found.setdefault(words[1], number)
    return found


def _number(words: list[str], bits: int) -> int | None:
    """A decimal number of at most so many bits; None for anything else."""
    if not words or not words[0].isascii() or not words[0].isdigit() or len(words[0]) > 10:
        return None
    number = int(words[0])
    return number if number < 1 << bits else None


# ── the transport ─────────────────────────────────────────────────────────────────────────────────────────


def _remote_parameters(
    session: Attributes, section: _RawSection, media: tuple[MediaSection, ...]
) -> RemoteParameters:
    def find(name: str) -> str:
        return section.get(name) or next((value for key, value in session if key == name), "")

    ufrag, pwd = find("ice-ufrag"), find("ice-pwd")
    if not 4 <= len(ufrag) <= 256 or not 22 <= len(pwd) <= 256 or not (ufrag + pwd).isascii():
        raise SdpInvalid("no_ice", "ice-ufrag (4 to 256 characters) and ice-pwd (22 to 256) are needed")
    lines = section.all("fingerprint") or [value for key, value in session if key == "fingerprint"]
    words = [line.split() for line in lines]
    fingerprints = tuple(Fingerprint(w[0].lower(), w[1].upper()) for w in words if len(w) == 2)
    if not any(f.algorithm in {"sha-256", "sha-384", "sha-512"} for f in fingerprints):
        raise SdpInvalid("no_fingerprint", "a DTLS fingerprint with sha-256, sha-384 or sha-512 is needed")
    roles: dict[str, DtlsRole] = {"actpass": "client", "active": "client", "passive": "server"}
    role = roles.get(find("setup"))
    if role is None:
        raise SdpInvalid("no_setup", "a=setup must be actpass, active or passive")
    return RemoteParameters(ufrag, pwd, role, fingerprints, media)

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.answer import build_answer
from signaling.sdp import NoCommonCodec, Offer, SdpInvalid, parse_offer
from streaming.control import messages as m
from streaming.control.extensions import ABS_SEND_TIME, AUDIO_LEVEL, COLOR_SPACE, MID, TRANSPORT_WIDE

OFFERS = {path.stem: path.read_text() for path in (Path(__file__).parent / "offers").glob("*.sdp")}


def local(offer: Offer) -> m.LocalParameters:
    """What a media process would say."""
    sections = tuple(
        m.LocalSection(s.mid, "subscribe", 1000 + i, 2000 + i if s.kind == "video" else None, "cafe")
        if s.direction == "subscribe"
        else m.LocalSection(s.mid, "publish")
        for i, s in enumerate(offer.remote.media)
    )
    role: m.DtlsRole = "client" if offer.remote.dtls_role == "server" else "server"
    candidates = (m.Candidate("1", 2130706431, "127.0.0.1", 7882),)
    return m.LocalParameters("ours", "o" * 24, m.Fingerprint("sha-256", "AA:BB"), role, candidates, sections)


def answer_to(sdp: str) -> tuple[Offer, str]:
    offer = parse_offer(sdp)
    return offer, build_answer(offer, local(offer), 5)


def blocks(sdp: str) -> list[list[str]]:
    """Session part and m-line parts, as lines."""
    parts = sdp.replace("\r\n", "\n").split("\nm=")
    return [parts[0].split("\n"), *(("m=" + part).strip().split("\n") for part in parts[1:])]


def test_a_presenters_chromium_gets_h264_before_vp8_and_one_variant_of_it() -> None:
    offer, answer = answer_to(OFFERS["chromium"])
    sections = offer.remote.media
    assert [(s.kind, s.direction, s.source) for s in sections[:3]] == [
        ("audio", "publish", "mic"),
        ("video", "publish", "camera"),
        ("video", "publish", "screen"),
    ]
    camera = sections[1]
    assert [c.name for c in camera.codecs] == ["H264", "VP8", "VP9", "AV1"]
    assert "profile-level-id=42e01f" in camera.codecs[0].fmtp
    assert "packetization-mode=1" in camera.codecs[0].fmtp
    assert camera.codecs[0].rtx_pt is not None
    assert set(camera.codecs[0].rtcp_fb) == {"nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"}
    assert len(camera.ssrcs) == 2
    assert {MID, COLOR_SPACE, TRANSPORT_WIDE} <= camera.header_extensions.keys()
    assert AUDIO_LEVEL in sections[0].header_extensions
    video = blocks(answer)[2]
    assert "a=recvonly" in video
    assert video[0].split()[3:5] == [str(camera.codecs[0].pt), str(camera.codecs[0].rtx_pt)]
    assert not any("video-orientation" in line for line in video)
    assert any("transport-cc" in line for line in video)
    slots = [s for s in sections if s.direction == "subscribe"]
    assert slots
    assert all(TRANSPORT_WIDE not in s.header_extensions for s in slots)
    assert all("transport-cc" not in codec.rtcp_fb for s in slots for codec in s.codecs)
    assert all((ABS_SEND_TIME in s.header_extensions) == (s.kind == "video") for s in slots)


def test_slots_keep_every_h264_variant_and_vp8_and_carry_our_ssrcs() -> None:
    offer, answer = answer_to(OFFERS["chromium"])
    slots = [s for s in offer.remote.media if s.direction == "subscribe"]
    assert [s.kind for s in slots] == ["video", "video", "audio", "audio", "audio", "audio"]
    assert all("packetization-mode=1" in c.fmtp for c in slots[0].codecs if c.name == "H264")
    assert [c.name for c in slots[0].codecs].count("H264") >= 3
    assert list(dict.fromkeys(c.name for c in slots[0].codecs)) == ["H264", "VP8", "VP9", "AV1"]
    first_video, first_audio = blocks(answer)[4], blocks(answer)[6]
    assert "a=sendonly" in first_video
    assert "a=ssrc-group:FID 1003 2003" in first_video
    assert "a=ssrc:1003 cname:cafe" in first_video
    assert "a=msid:lectern-0 video-3" in first_video
    assert "a=msid:lectern-0 audio-5" in first_audio


def test_data_channels_and_unknown_protocols_are_rejected_in_place() -> None:
    offer, answer = answer_to(OFFERS["chromium"])
    parts = blocks(answer)
    assert len(parts) - 1 == len(offer.sections)
    data = parts[-1]
    assert data[0].startswith("m=application 0 UDP/DTLS/SCTP ")
    bundle = next(line for line in parts[0] if line.startswith("a=group:BUNDLE"))
    assert offer.sections[-1].mid not in bundle.split()[1:]
    assert bundle.split()[1:] == [s.mid for s in offer.remote.media]


def test_the_answer_says_where_we_are_once_and_that_we_are_lite() -> None:
    _, answer = answer_to(OFFERS["chromium"])
    assert answer.count("a=candidate:") == 1
    assert "a=candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host\r\n" in answer
    assert "a=ice-lite" in blocks(answer)[0]
    assert answer.count("a=setup:passive") == 9
    assert answer.endswith("\r\n")
    assert "\n" not in answer.replace("\r\n", "")


@pytest.mark.parametrize("name", OFFERS)
def test_an_independent_reader_understands_the_answer(name: str) -> None:
    offer, answer = answer_to(OFFERS[name])
    parsed = SessionDescription.parse(answer)
    assert len(parsed.media) == len(offer.sections)
    accepted = [media for media in parsed.media if media.port]
    assert [media.rtp.muxId for media in accepted] == [s.mid for s in offer.remote.media]
    assert accepted[0].ice_candidates[0].port == 7882
    assert all(media.ice is not None and media.ice.usernameFragment == "ours" for media in accepted)
    assert all(media.ice is not None and media.ice.iceLite for media in accepted)


def test_ffmpeg_is_answered_as_dtls_client_with_its_own_profile() -> None:
    offer, answer = answer_to(OFFERS["ffmpeg"])
    assert offer.remote.dtls_role == "server"
    assert "a=setup:active" in answer
    assert offer.remote.media[1].codecs[0].pt == 106
    assert offer.remote.media[1].codecs[0].rtx_pt == 105


def test_obs_may_say_everything_once_for_the_session() -> None:
    offer, _ = answer_to(OFFERS["obs"])
    assert (offer.remote.ice_ufrag, offer.remote.dtls_role) == ("Xy3T", "client")
    assert offer.remote.fingerprints[0].algorithm == "sha-256"
    assert [s.source for s in offer.remote.media] == ["mic", "camera"]


def test_sources_are_named_by_mid() -> None:
    offer = parse_offer(OFFERS["obs"], {"1": "screen"})
    assert [s.source for s in offer.remote.media] == ["mic", "screen"]
    with pytest.raises(SdpInvalid) as caught:
        parse_offer(OFFERS["obs"], {"1": "mic"})
    assert caught.value.reason == "wrong_source"
    with pytest.raises(SdpInvalid) as caught:
        parse_offer(OFFERS["obs"], {"7": "mic"})
    assert caught.value.reason == "unknown_mid"


BROKEN: dict[str, Callable[[str], str]] = {
    "not_sdp": lambda s: "hello",
    "no_media": lambda s: s.split("m=")[0],
    "bad_m_line": lambda s: s.replace("m=audio 50000 UDP/TLS/RTP/SAVPF 111", "m=audio 1"),
    "no_ice": lambda s: s.replace("a=ice-pwd", "a=x"),
    "no_fingerprint": lambda s: s.replace("a=fingerprint:sha-256", "a=fingerprint:md5"),
    "no_setup": lambda s: s.replace("actpass", "holdconn"),
    "duplicate_mid": lambda s: s.replace("a=mid:1", "a=mid:0"),
    "bad_mid": lambda s: s.replace("a=mid:1", "a=mid:" + "1" * 17).replace(
        "BUNDLE 0 1", "BUNDLE 0 " + "1" * 17
    ),
    "no_common_codec": lambda s: s.replace("opus", "speex").replace("H264", "H265"),
    "too_many_m_lines": lambda s: s + "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" * 40,
    "too_long": lambda s: s + "a=x\n" * 100_000,
}


@pytest.mark.parametrize("reason", BROKEN)
def test_what_cannot_be_answered_says_why(reason: str) -> None:
    with pytest.raises(SdpInvalid) as caught:
        parse_offer(BROKEN[reason](OFFERS["obs"]))
    assert caught.value.reason == reason
    assert isinstance(caught.value, NoCommonCodec) == (reason == "no_common_codec")
    assert str(caught.value)


def test_one_foreign_m_line_does_not_spoil_the_others() -> None:
    offer, answer = answer_to(OFFERS["obs"].replace("H264", "H265"))
    assert [s.kind for s in offer.remote.media] == ["audio"]
    assert blocks(answer)[2][0] == "m=video 0 UDP/TLS/RTP/SAVPF 96"


@pytest.mark.parametrize("mode", ["packetization-mode=0", "x=1"])
def test_a_publisher_may_send_whole_units_and_a_slot_takes_fragments(mode: str) -> None:
    sends = OFFERS["obs"].replace("packetization-mode=1", mode)
    offer, answer = answer_to(sends)
    assert [s.kind for s in offer.remote.media] == ["audio", "video"]
    assert f"a=fmtp:96 profile-level-id=640c1f;{mode}" in answer
    watches, _ = answer_to(sends.replace("a=sendonly", "a=recvonly"))
    assert [s.kind for s in watches.remote.media] == ["audio"]


def test_interleaved_h264_is_no_common_codec() -> None:
    offer, _ = answer_to(OFFERS["obs"].replace("packetization-mode=1", "packetization-mode=2"))
    assert [s.kind for s in offer.remote.media] == ["audio"]


def test_fragments_are_preferred_to_whole_units() -> None:
    both = OFFERS["obs"].replace("RTP/SAVPF 96", "RTP/SAVPF 97 96") + (
        "a=rtpmap:97 H264/90000\na=fmtp:97 profile-level-id=42e01f;packetization-mode=0\n"
    )
    offer, _ = answer_to(both)
    assert offer.remote.media[1].codecs[0].pt == 96


def test_an_inactive_m_line_stays_usable() -> None:
    text = OFFERS["obs"].replace("a=sendonly\na=ssrc:22", "a=inactive\na=ssrc:22")
    offer, answer = answer_to(text)
    assert [s.kind for s in offer.remote.media] == ["audio"]
    video = blocks(answer)[2]
    assert video[0].startswith("m=video 9 ")
    assert "a=inactive" in video


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(OFFERS)), st.data())
def test_mangled_offers_are_answered_or_refused_never_worse(name: str, data: st.DataObject) -> None:
    lines = OFFERS[name].splitlines()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "cut", "noise"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
            case _:
                lines[at] = lines[at][:2] + data.draw(st.text(max_size=30))
        if not lines:
            break
    with suppress(SdpInvalid):
        _, answer = answer_to("\n".join(lines))
        assert answer.startswith("v=0")


@given(st.text(max_size=400))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(SdpInvalid):
        parse_offer(text)
    with pytest.raises(SdpInvalid):
        parse_offer("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\n" + text)

import pylibsrtp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp import rtcp
from streaming.rtp.packet import RtpPacket, build, header_length
from streaming.srtp import (
    AES128_CM_SHA1_80,
    AES_128_GCM,
    PROFILES,
    AesCmReceiver,
    GcmKeys,
    GcmReceiver,
    GcmSender,
    Profile,
    ReplayWindow,
    SrtpSender,
    sessions,
)

KEY = bytes(range(16))
SALT = bytes.fromhex("517569642070726f2071756f")
# RFC 7714 section 16.1.1
PLAIN_RTP = bytes.fromhex(
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
)
SRTP = bytes.fromhex(
    "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
    "899d7f27beb16a9152cf765ee4390cce"
)
# RFC 7714 section 17.1
PLAIN_RTCP = bytes.fromhex(
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
)
SRTCP = bytes.fromhex(
    "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
    "c84aa45896cf4d2fc5abf87245d9eade800005d4"
)
MATERIAL = bytes(range(100, 160))


def rfc_keys() -> GcmKeys:
    """The vectors use session keys, without derivation."""
    return GcmKeys(KEY, SALT, KEY, SALT)


def test_rfc_7714_rtp_vector() -> None:
    sender, receiver = GcmSender(rfc_keys()), GcmReceiver(rfc_keys())
    assert sender.protect_rtp(PLAIN_RTP[:12], PLAIN_RTP[12:], 0x5501A0B2, 0xF17B) == SRTP
    assert receiver.unprotect_rtp(SRTP) == PLAIN_RTP


def test_rfc_7714_rtcp_vector() -> None:
    assert GcmReceiver(rfc_keys()).unprotect_rtcp(SRTCP) == PLAIN_RTCP
    sender = GcmSender(rfc_keys())
    protected = [sender.protect_rtcp(PLAIN_RTCP) for _ in range(0x5D4)]
    assert protected[-1] == SRTCP


def packet(seq16: int, payload: bytes = b"payload", ssrc: int = 7) -> bytes:
    return build(RtpPacket(False, 96, seq16, 1000, ssrc, ((1, b"a"),), payload))


def protect(sender: SrtpSender, data: bytes, index: int) -> bytes:
    length = header_length(data)
    assert length is not None
    protected = sender.protect_rtp(data[:length], data[length:], int.from_bytes(data[8:12], "big"), index)
    assert protected is not None
    return protected


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.openssl_name.decode())
def test_both_ends_of_an_exported_key_understand_each_other(profile: Profile) -> None:
    client = sessions(profile, MATERIAL, is_dtls_client=True)
    server = sessions(profile, MATERIAL, is_dtls_client=False)
    assert server.receiver.unprotect_rtp(protect(client.sender, packet(1), 1)) == packet(1)
    assert client.receiver.unprotect_rtp(protect(server.sender, packet(2), 2)) == packet(2)
    compound = rtcp.build_receiver_report(rtcp.ReceiverReport(9))
    sealed = client.sender.protect_rtcp(compound)
    assert sealed is not None
    assert server.receiver.unprotect_rtcp(sealed) == compound
    assert server.receiver.unprotect_rtcp(sealed) is None


def libsrtp(profile: int, key: bytes, ssrc_type: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(pylibsrtp.Policy(key=key, ssrc_type=ssrc_type, srtp_profile=profile))


def test_libsrtp_understands_our_gcm_and_we_its_over_a_wrap() -> None:
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    theirs_in = libsrtp(profile, KEY + SALT, pylibsrtp.Policy.SSRC_ANY_INBOUND)
    theirs_out = libsrtp(profile, KEY + SALT, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    sender, receiver = GcmSender(GcmKeys.derive(KEY, SALT)), GcmReceiver(GcmKeys.derive(KEY, SALT))
    for index in range(65000, 66200):
        data = packet(index & 0xFFFF)
        assert theirs_in.unprotect(protect(sender, data, index)) == data
        assert receiver.unprotect_rtp(theirs_out.protect(data)) == data
    compound = rtcp.build_receiver_report(rtcp.ReceiverReport(9)) + rtcp.build_cname(9, "x")
    sealed = sender.protect_rtcp(compound)
    assert sealed is not None
    assert theirs_in.unprotect_rtcp(sealed) == compound
    assert receiver.unprotect_rtcp(theirs_out.protect_rtcp(compound)) == compound


def test_repeats_forgeries_and_old_packets_are_refused() -> None:
    sender, receiver = GcmSender(GcmKeys.derive(KEY, SALT)), GcmReceiver(GcmKeys.derive(KEY, SALT))
    old, first = protect(sender, packet(10), 10), protect(sender, packet(5000), 5000)
    forged = first[:-1] + bytes((first[-1] ^ 1,))
    assert receiver.unprotect_rtp(forged) is None
    assert receiver.unprotect_rtp(first) == packet(5000)
    assert receiver.unprotect_rtp(first) is None
    assert receiver.unprotect_rtp(old) is None
    late = protect(sender, packet(4900), 4900)
    assert receiver.unprotect_rtp(late) == packet(4900)
    assert receiver.unprotect_rtp(late) is None


def test_a_peer_cannot_make_us_remember_endless_streams() -> None:
    sender, receiver = GcmSender(GcmKeys.derive(KEY, SALT)), GcmReceiver(GcmKeys.derive(KEY, SALT))
    for ssrc in range(1, 500):
        assert receiver.unprotect_rtp(protect(sender, packet(1, ssrc=ssrc), 1)) is not None
    assert len(receiver._rtp_windows) <= 64


def test_cm_refuses_what_libsrtp_cannot_hold() -> None:
    both = sessions(AES128_CM_SHA1_80, MATERIAL, is_dtls_client=True)
    assert both.sender.protect_rtp(packet(1)[:20], bytes(1400), 7, 1) is None
    assert both.sender.protect_rtcp(bytes(1400)) is None
    assert both.receiver.unprotect_rtp(packet(1, bytes(1600))) is None


@given(st.binary(max_size=200), st.sampled_from(PROFILES))
def test_garbage_is_refused_without_an_exception(data: bytes, profile: Profile) -> None:
    both = sessions(profile, MATERIAL, is_dtls_client=True)
    for first in (b"", b"\x80\x60", b"\x90\x60", b"\x80\xc8"):
        assert both.receiver.unprotect_rtp(first + data) is None
        assert both.receiver.unprotect_rtcp(first + data) is None


@given(st.lists(st.integers(0, 3000), max_size=100))
def test_the_replay_window_admits_everything_once(indices: list[int]) -> None:
    window = ReplayWindow()
    seen: set[int] = set()
    for index in indices:
        fresh = index not in seen and index > max(seen, default=index) - 1024
        assert window.is_fresh(index) == fresh
        if fresh:
            window.add(index)
            seen.add(index)


def test_profiles_are_offered_with_gcm_first() -> None:
    assert PROFILES[0] is AES_128_GCM
    assert AesCmReceiver is type(sessions(AES128_CM_SHA1_80, MATERIAL, is_dtls_client=True).receiver)

"""SRTP and SRTCP: AES-128-GCM in Python over `cryptography` (RFC 7714), AES-CM/SHA1 by libsrtp (RFC 3711).

GCM costs half of what libsrtp takes for it, and gives the hot path its pieces (`GcmKeys`). AES-CM is for
peers that speak nothing else, such as ffmpeg. Nothing that a peer sends raises: it gives None.
"""

import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import pylibsrtp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from streaming.rtp.packet import header_length
from streaming.rtp.sequence import unwrap16
from streaming.twin import IMPLEMENTATION, load

if TYPE_CHECKING:
    from streaming.twin import _twin

TAG_BYTES: Final = 16
REPLAY_WINDOW: Final = 1024
MAX_STREAMS: Final = 64
"""SSRCs that one peer may use at a time; the least recently used one is forgotten."""
_LIBSRTP_MAX_IN: Final = 1500
_LIBSRTP_MAX_OUT: Final = 1356
_E_FLAG: Final = 0x80000000
_NUMBERS: Final = struct.Struct("!2xH4xI")
"""Sequence number and SSRC at the beginning of an RTP packet."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A DTLS-SRTP protection profile (RFC 5764 section 4.1.2, RFC 7714 section 14.2); lengths in bytes."""

    openssl_name: bytes
    key_length: int
    salt_length: int


AES_128_GCM: Final = Profile(b"SRTP_AEAD_AES_128_GCM", 16, 12)
AES128_CM_SHA1_80: Final = Profile(b"SRTP_AES128_CM_SHA1_80", 16, 14)
PROFILES: Final = (AES_128_GCM, AES128_CM_SHA1_80)
"""In order of preference."""


_MEMORY: Final = (1 << REPLAY_WINDOW) - 1


class ReplayWindow:
    """Packet indices that were seen, the last REPLAY_WINDOW of them (RFC 3711 section 3.3.2)."""

    __slots__ = ("_seen", "highest")

    def __init__(self) -> None:
        self.highest = -1
        self._seen = 0

    def is_fresh(self, index: int) -> bool:
        """Neither seen before, nor older than the window."""
        behind = self.highest - index
        return behind < 0 or (behind < REPLAY_WINDOW and not self._seen >> behind & 1)

    def add(self, index: int) -> None:
        """Note a packet that proved authentic."""
        ahead = index - self.highest
        if ahead > 0:
            self._seen = (self._seen << ahead | 1) & _MEMORY if ahead < REPLAY_WINDOW else 1
            self.highest = index
        else:
            self._seen |= 1 << -ahead


class GcmKeys:
    """Session keys of one direction. A nonce is `salt ^ (ssrc << 48 | index)` (RFC 7714 8.1, 9.1).

    `sealer` is for the compiled twin to keep its form of the RTP key.
    """

    __slots__ = ("rtcp", "rtcp_salt", "rtp", "rtp_key", "rtp_salt", "sealer")

    def __init__(self, rtp_key: bytes, rtp_salt: bytes, rtcp_key: bytes, rtcp_salt: bytes) -> None:
        self.rtp_key = rtp_key
        self.rtp = AESGCM(rtp_key)
        self.rtp_salt = int.from_bytes(rtp_salt, "big")
        self.rtcp = AESGCM(rtcp_key)
        self.rtcp_salt = int.from_bytes(rtcp_salt, "big")
        self.sealer: _twin.Gcm | None = None

    @staticmethod
    def derive(master_key: bytes, master_salt: bytes) -> "GcmKeys":
        """Key derivation of RFC 3711 section 4.3 with the 96-bit salt padded as RFC 7714 section 11 says."""

        def prf(label: int, length: int) -> bytes:
            start = (int.from_bytes(master_salt, "big") << 16) ^ (label << 48)
            counter = (start << 16).to_bytes(16, "big")
            encryptor = Cipher(algorithms.AES(master_key), modes.CTR(counter)).encryptor()
            return encryptor.update(bytes(length))

        key_length = len(master_key)
        return GcmKeys(prf(0, key_length), prf(2, 12), prf(3, key_length), prf(5, 12))


class SrtpSender(Protocol):
    """Protects what we send to one peer."""

    gcm: GcmKeys | None
    """The keys, for the hot path to use directly; None when packets must go through `protect_rtp`."""

    def protect_rtp(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes | None:
        """`index` is the extended sequence number. None when the packet is too long for this profile."""

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        """Protect a compound packet."""


class SrtpReceiver(Protocol):
    """Unprotects what one peer sends."""

    def unprotect_rtp(self, packet: bytes) -> bytes | None:
        """The RTP packet; None when it is forged, repeated or malformed."""

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        """The RTCP packet; None when it is forged, repeated or malformed."""


class GcmSender:
    """AES-128-GCM towards one peer."""

    def __init__(self, keys: GcmKeys) -> None:
        self.gcm: GcmKeys | None = keys
        self._keys = keys
        self._rtcp_index = 0

    def protect_rtp(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes | None:
        """See SrtpSender; this profile has no limit."""
        nonce = (self._keys.rtp_salt ^ (ssrc << 48 | index)).to_bytes(12, "big")
        return header + self._keys.rtp.encrypt(nonce, payload, header)

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        """See SrtpSender."""
        self._rtcp_index = (self._rtcp_index + 1) & 0x7FFFFFFF
        trailer = struct.pack("!I", _E_FLAG | self._rtcp_index)
        ssrc = int.from_bytes(packet[4:8], "big")
        nonce = (self._keys.rtcp_salt ^ (ssrc << 48 | self._rtcp_index)).to_bytes(12, "big")
        return packet[:8] + self._keys.rtcp.encrypt(nonce, packet[8:], packet[:8] + trailer) + trailer


class GcmReceiver:
    """AES-128-GCM from one peer: index estimation, replay window, decryption."""

    def __init__(self, keys: GcmKeys, max_streams: int = MAX_STREAMS) -> None:
        self._keys = keys
        self._max_streams = max_streams
        self._rtp_windows: OrderedDict[int, ReplayWindow] = OrderedDict()
        self._rtcp_windows: OrderedDict[int, ReplayWindow] = OrderedDict()

    def unprotect_rtp(self, packet: bytes) -> bytes | None:
        """See SrtpReceiver."""
        length = header_length(packet)
        if length is None or len(packet) < length + TAG_BYTES:
            return None
        seq16, ssrc = _NUMBERS.unpack_from(packet)
        window = self._rtp_windows.get(ssrc)
        index = seq16 if window is None else unwrap16(seq16, window.highest)
        if index < 0 or (window is not None and not window.is_fresh(index)):
            return None
        keys, header = self._keys, packet[:length]
        nonce = (keys.rtp_salt ^ (ssrc << 48 | index)).to_bytes(12, "big")
        try:
            payload = keys.rtp.decrypt(nonce, packet[length:], header)
        except InvalidTag:
            return None
        _note(self._rtp_windows, ssrc, index, self._max_streams)
        return header + payload

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        """See SrtpReceiver. Packets that are not encrypted (E flag clear) are refused."""
        if len(packet) < 8 + TAG_BYTES + 4 or packet[0] >> 6 != 2:
            return None
        trailer = packet[-4:]
        word = int.from_bytes(trailer, "big")
        index = word & 0x7FFFFFFF
        ssrc = int.from_bytes(packet[4:8], "big")
        window = self._rtcp_windows.get(ssrc)
        if not word & _E_FLAG or (window is not None and not window.is_fresh(index)):
            return None
        nonce = (self._keys.rtcp_salt ^ (ssrc << 48 | index)).to_bytes(12, "big")
        try:
            body = self._keys.rtcp.decrypt(nonce, packet[8:-4], packet[:8] + trailer)
        except InvalidTag:
            return None
        _note(self._rtcp_windows, ssrc, index, self._max_streams)
        return packet[:8] + body


class TwinGcmReceiver(GcmReceiver):
    """The same, with RTP in the compiled twin. Raises ImportError where it was not built."""

    def __init__(self, keys: GcmKeys, max_streams: int = MAX_STREAMS) -> None:
        super().__init__(keys, max_streams)
        self._receiver: _twin.RtpReceiver = load().RtpReceiver(
            keys.rtp_key, keys.rtp_salt.to_bytes(12, "big"), max_streams
        )

    def unprotect_rtp(self, packet: bytes) -> bytes | None:
        """See SrtpReceiver."""
        return self._receiver.unprotect_rtp(packet)


def gcm_receiver(keys: GcmKeys, max_streams: int = MAX_STREAMS) -> GcmReceiver:
    """By the implementation of the hot path that runs."""
    return (
        GcmReceiver(keys, max_streams) if IMPLEMENTATION == "python" else TwinGcmReceiver(keys, max_streams)
    )


def _note(windows: OrderedDict[int, ReplayWindow], ssrc: int, index: int, max_streams: int) -> None:
    window = windows.get(ssrc)
    if window is None:
        window = windows[ssrc] = ReplayWindow()
        if len(windows) > max_streams:
            windows.popitem(last=False)
    else:
        windows.move_to_end(ssrc)
    window.add(index)


def _libsrtp_session(master_key: bytes, master_salt: bytes, ssrc_type: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(
        key=master_key + master_salt,
        ssrc_type=ssrc_type,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    )
    policy.allow_repeat_tx = True  # retransmissions are byte-identical
    policy.window_size = REPLAY_WINDOW
    return pylibsrtp.Session(policy)


class AesCmSender:
    """AES-CM with HMAC-SHA1-80 towards one peer. libsrtp estimates the index itself."""

    gcm: GcmKeys | None = None

    def __init__(self, master_key: bytes, master_salt: bytes) -> None:
        self._session = _libsrtp_session(master_key, master_salt, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)

    def protect_rtp(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes | None:
        """See SrtpSender; at most 1356 bytes."""
        if len(header) + len(payload) > _LIBSRTP_MAX_OUT:
            return None
        try:
            return bytes(self._session.protect(header + payload))
        except pylibsrtp.Error:
            return None

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        """See SrtpSender; at most 1356 bytes."""
        if len(packet) > _LIBSRTP_MAX_OUT:
            return None
        try:
            return bytes(self._session.protect_rtcp(packet))
        except pylibsrtp.Error:
            return None


class AesCmReceiver:
    """AES-CM with HMAC-SHA1-80 from one peer; sizes are checked before libsrtp sees anything."""

    def __init__(self, master_key: bytes, master_salt: bytes) -> None:
        self._session = _libsrtp_session(master_key, master_salt, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    def unprotect_rtp(self, packet: bytes) -> bytes | None:
        """See SrtpReceiver."""
        length = header_length(packet)
        if length is None or not length + 10 <= len(packet) <= _LIBSRTP_MAX_IN:
            return None
        try:
            return bytes(self._session.unprotect(packet))
        except pylibsrtp.Error:
            return None

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        """See SrtpReceiver."""
        if not 8 + 4 + 10 <= len(packet) <= _LIBSRTP_MAX_IN:
            return None
        try:
            return bytes(self._session.unprotect_rtcp(packet))
        except pylibsrtp.Error:
            return None


@dataclass(frozen=True, slots=True)
class SrtpSessions:
    """Both directions of one peer."""

    profile: Profile
    sender: SrtpSender
    receiver: SrtpReceiver


def sessions(profile: Profile, keying_material: bytes, *, is_dtls_client: bool) -> SrtpSessions:
    """Cut the exported keys (RFC 5764 section 4.2): client key, server key, client salt, server salt."""
    key, salt = profile.key_length, profile.salt_length
    client = keying_material[:key], keying_material[2 * key : 2 * key + salt]
    server = keying_material[key : 2 * key], keying_material[2 * key + salt : 2 * (key + salt)]
    ours, theirs = (client, server) if is_dtls_client else (server, client)
    if profile is AES_128_GCM:
        return SrtpSessions(profile, GcmSender(GcmKeys.derive(*ours)), gcm_receiver(GcmKeys.derive(*theirs)))
    return SrtpSessions(profile, AesCmSender(*ours), AesCmReceiver(*theirs))

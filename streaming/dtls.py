"""DTLS 1.2 with a peer, to agree on SRTP keys: bytes in, bytes out (RFC 5763, RFC 5764, RFC 6347).

Driven through OpenSSL's memory BIO in the way aiortc does it, but without its tasks, queues and transports.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from streaming.control.messages import DtlsRole, Fingerprint
from streaming.srtp import PROFILES, SrtpSessions, sessions

HANDSHAKE_TIMEOUT_S: Final = 15.0
MAX_DATAGRAM_BYTES: Final = 1200
EARLY_RESENDS_S: Final = (0.06, 0.2, 0.5)
"""OpenSSL retransmits after a whole second: until then we repeat the flight ourselves."""
MAX_LAST_FLIGHT_REPEATS: Final = 8
MAX_RECORDS_PER_DATAGRAM: Final = 64
"""More than fit into one that we receive (2,048 bytes): a record left unread would stay in memory."""
_DTLS_1_2: Final = 0xFEFD
_RECORD_HEADER: Final = 13
_CIPHERS: Final = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    b"ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
)
_DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}


class DtlsState(Enum):
    """`CONNECTED` has keys; `FAILED` and `CLOSED` are final."""

    NEW = "new"
    HANDSHAKING = "handshaking"
    CONNECTED = "connected"
    FAILED = "failed"
    CLOSED = "closed"


def fingerprint_of(certificate: x509.Certificate, algorithm: str) -> str:
    """Upper-case hex with colons (RFC 8122 section 5)."""
    return certificate.fingerprint(_DIGESTS[algorithm]).hex(":").upper()


@dataclass(frozen=True, slots=True)
class Identity:
    """The certificate of this process: one for all peers, new at each start."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @staticmethod
    def generate(now_utc: datetime) -> "Identity":
        """A P-256 key with a self-signed certificate, valid for a month around now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, secrets.token_hex(8))])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now_utc.astimezone(UTC) - timedelta(days=1))
            .not_valid_after(now_utc.astimezone(UTC) + timedelta(days=30))
            .sign(key, hashes.SHA256())
        )
        return Identity(key, certificate)

    @property
    def fingerprint(self) -> Fingerprint:
        """For `a=fingerprint`."""
        return Fingerprint("sha-256", fingerprint_of(self.certificate, "sha-256"))

    def context(self) -> SSL.Context:
        """One OpenSSL context for all connections of the process."""
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(_DTLS_1_2)
        context.set_max_proto_version(_DTLS_1_2)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # after a handshake hardly any record comes: 48 KiB each
        # The peer's certificate is self-signed: accepted here, compared with its fingerprint later.
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(self.certificate)
        context.use_privatekey(self.key)
        context.set_cipher_list(_CIPHERS)
        context.set_tlsext_use_srtp(b":".join(profile.openssl_name for profile in PROFILES))
        return context


class DtlsEndpoint:
    """One handshake.

    Drain contract: after `start`, `receive_datagram`, `handle_timer` and `close` send all of `poll_output()`,
    then look at `state`. `next_deadline()` is when OpenSSL wants to retransmit.
    """

    def __init__(self, context: SSL.Context, role: DtlsRole, remote: Sequence[Fingerprint]) -> None:
        self.state = DtlsState.NEW
        self.reason = ""
        self.srtp: SrtpSessions | None = None
        self._role = role
        self._remote = remote
        self._started_at = 0.0
        self._retransmit_at: float | None = None
        self._flight: list[bytes] = []
        self._flight_at = 0.0
        self._resends = 0
        self._last_flight_repeats = 0
        self._output: list[bytes] = []
        self._ssl = SSL.Connection(context, None)
        self._ssl.set_ciphertext_mtu(MAX_DATAGRAM_BYTES)
        if role == "client":
            self._ssl.set_connect_state()
        else:
            self._ssl.set_accept_state()

    def start(self, now: float) -> None:
        """The peer can be reached: a client says hello, a server waits for it."""
        if self.state is DtlsState.NEW:
            self.state = DtlsState.HANDSHAKING
            self._started_at = now
            self._advance(now)

    def receive_datagram(self, data: bytes, now: float) -> None:
        """Records from the peer; garbage is ignored by OpenSSL or fails this handshake, and nothing else."""
        if not data or self.state not in {DtlsState.HANDSHAKING, DtlsState.CONNECTED}:
            return
        self._ssl.bio_write(data)
        if self.state is DtlsState.HANDSHAKING:
            self._advance(now)
        else:
            self._read_after_handshake()
            self._repeat_last_flight(data)

    def handle_timer(self, now: float) -> None:
        """Retransmit a flight, or give up."""
        if self.state is not DtlsState.HANDSHAKING:
            return
        if now - self._started_at >= HANDSHAKE_TIMEOUT_S:
            self._fail("dtls_timeout")
        elif self._resend_at() <= now:
            self._resends += 1
            self._output += self._flight
        elif self._retransmit_at is not None and now >= self._retransmit_at:
            try:
                self._ssl.DTLSv1_handle_timeout()
            except SSL.Error:
                self._fail("dtls_timeout")
                return
            self._flush()
            self._retransmit_at = self._openssl_deadline(now)

    def next_deadline(self) -> float | None:
        """Monotonic seconds, None when there is nothing to wait for."""
        if self.state is not DtlsState.HANDSHAKING:
            return None
        retransmit_at = float("inf") if self._retransmit_at is None else self._retransmit_at
        return min(self._started_at + HANDSHAKE_TIMEOUT_S, retransmit_at, self._resend_at())

    def _resend_at(self) -> float:
        if not self._flight or self._resends >= len(EARLY_RESENDS_S):
            return float("inf")
        return self._flight_at + EARLY_RESENDS_S[self._resends]

    def poll_output(self) -> list[bytes]:
        """Datagrams to send to the peer."""
        output, self._output = self._output, []
        return output

    def close(self) -> None:
        """Say goodbye if there is somebody to say it to."""
        if self.state is DtlsState.CONNECTED:
            try:
                self._ssl.shutdown()
            except SSL.Error:
                self.reason = "dtls_shutdown_failed"
            self._flush()
        self.state = DtlsState.CLOSED

    def _advance(self, now: float) -> None:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            self._begin_flight(now)
        except SSL.Error:
            self._flush()
            self._fail("dtls_failed")
        else:
            self._begin_flight(now)
            self._finish()

    def _finish(self) -> None:
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        if certificate is None or not _matches(certificate, self._remote):
            self._fail("fingerprint_mismatch")
            return
        chosen = self._ssl.get_selected_srtp_profile()
        profile = next((profile for profile in PROFILES if profile.openssl_name == chosen), None)
        if profile is None:
            self._fail("no_srtp_profile")
            return
        length = 2 * (profile.key_length + profile.salt_length)
        material = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", length)
        self.srtp = sessions(profile, material, is_dtls_client=self._role == "client")
        self.state = DtlsState.CONNECTED

    def _read_after_handshake(self) -> None:
        """Read all that came. Application data (SCTP) is not ours; OpenSSL handles alerts, late flights."""
        try:
            for _ in range(MAX_RECORDS_PER_DATAGRAM):
                self._ssl.recv(2048)
        except SSL.ZeroReturnError:
            self.state = DtlsState.CLOSED
            self.reason = "peer_closed"
        except SSL.Error:
            pass  # WantRead, or a record that OpenSSL rejects: neither may hurt a running transport
        self._flush()

    def _repeat_last_flight(self, data: bytes) -> None:
        """A handshake record now means that the client misses our last flight, which no timer guards."""
        is_handshake = data[:1] in (b"\x14", b"\x16")
        if self._role == "server" and is_handshake and self._last_flight_repeats < MAX_LAST_FLIGHT_REPEATS:
            self._last_flight_repeats += 1
            self._output += self._flight

    def _fail(self, reason: str) -> None:
        self.state = DtlsState.FAILED
        self.reason = reason

    def _begin_flight(self, now: float) -> None:
        """What OpenSSL wrote now is our newest flight; if it wrote nothing, the old one still waits."""
        before = len(self._output)
        self._flush()
        if len(self._output) > before:
            self._flight = self._output[before:]
            self._flight_at = now
            self._resends = 0
        self._retransmit_at = self._openssl_deadline(now)

    def _openssl_deadline(self, now: float) -> float | None:
        timeout = self._ssl.DTLSv1_get_timeout()
        return None if timeout is None else now + timeout

    def _flush(self) -> None:
        """Empty the BIO, which forgets datagram borders: pack whole records up to our MTU again."""
        stream = b""
        while True:
            try:
                stream += self._ssl.bio_read(65536)
            except SSL.Error:
                break
        at, start = 0, 0
        while at + _RECORD_HEADER <= len(stream):
            end = at + _RECORD_HEADER + int.from_bytes(stream[at + 11 : at + 13], "big")
            if end - start > MAX_DATAGRAM_BYTES and at > start:
                self._output.append(stream[start:at])
                start = at
            at = end
        if start < len(stream):
            self._output.append(stream[start:])


def _matches(certificate: x509.Certificate, expected: Sequence[Fingerprint]) -> bool:
    """At least one fingerprint with a hash that we know, and all of those right."""
    known = [f for f in expected if f.algorithm.lower() in _DIGESTS]
    return bool(known) and all(
        f.value.upper() == fingerprint_of(certificate, f.algorithm.lower()) for f in known
    )

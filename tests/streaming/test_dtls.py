import ctypes
import gc
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from streaming.control.messages import Fingerprint
from streaming.dtls import MAX_DATAGRAM_BYTES, DtlsEndpoint, DtlsState, Identity
from streaming.rtp.packet import RtpPacket, build

HANDSHAKE_RECORD = 22
IDENTITIES = [Identity.generate(datetime(2026, 1, 1, tzinfo=UTC)) for _ in range(2)]
CONTEXTS = [identity.context() for identity in IDENTITIES]


def pair(
    client_expects: Fingerprint | None = None, server_expects: Fingerprint | None = None
) -> tuple[DtlsEndpoint, DtlsEndpoint]:
    client = DtlsEndpoint(CONTEXTS[0], "client", (client_expects or IDENTITIES[1].fingerprint,))
    server = DtlsEndpoint(CONTEXTS[1], "server", (server_expects or IDENTITIES[0].fingerprint,))
    server.start(0.0)
    client.start(0.0)
    return client, server


def talk(client: DtlsEndpoint, server: DtlsEndpoint, lost: set[int], until: float = 12.0) -> float:
    """Exchange datagrams in virtual time, dropping those with the given numbers; returns the time it took."""
    numbers = count()
    now = 0.0
    done = {DtlsState.CONNECTED, DtlsState.FAILED, DtlsState.CLOSED}
    while now < until and not (client.state in done and server.state in done):
        moved = True
        while moved:
            moved = False
            for source, target in ((client, server), (server, client)):
                for datagram in source.poll_output():
                    moved = True
                    assert len(datagram) <= MAX_DATAGRAM_BYTES
                    if next(numbers) not in lost:
                        target.receive_datagram(datagram, now)
        now += 0.02
        for end in (client, server):
            deadline = end.next_deadline()
            if deadline is not None and now >= deadline:
                end.handle_timer(now)
    return now


def test_a_peer_cannot_make_us_shake_hands_again_and_again() -> None:
    """Handshakes of peers that have no keys yet take turns; these would take none."""
    ours = DtlsEndpoint(CONTEXTS[0], "client", (IDENTITIES[1].fingerprint,))
    hostile = SSL.Context(SSL.DTLS_METHOD)
    hostile.use_certificate(IDENTITIES[1].certificate)
    hostile.use_privatekey(IDENTITIES[1].key)
    hostile.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    hostile.set_tlsext_use_srtp(b"SRTP_AEAD_AES_128_GCM")
    server = DtlsEndpoint(hostile, "server", (IDENTITIES[0].fingerprint,))
    server.start(0.0)
    ours.start(0.0)
    talk(ours, server, set())
    assert ours.state is server.state is DtlsState.CONNECTED
    server._ssl.renegotiate()
    server._ssl.do_handshake()
    server._flush()
    asked = server.poll_output()
    assert asked
    for datagram in asked:
        ours.receive_datagram(datagram, 1.0)
    assert [datagram for datagram in ours.poll_output() if datagram[0] == HANDSHAKE_RECORD] == []
    assert ours.state is DtlsState.CONNECTED


def test_both_agree_on_keys() -> None:
    client, server = pair()
    assert talk(client, server, set()) < 0.05
    assert client.srtp is not None
    assert server.srtp is not None
    assert client.srtp.profile.openssl_name == b"SRTP_AEAD_AES_128_GCM"
    header, payload = build(RtpPacket(False, 96, 1, 2, 3, (), b""))[:12], b"hello"
    sealed = client.srtp.sender.protect_rtp(header, payload, 3, 1)
    assert sealed is not None
    assert server.srtp.receiver.unprotect_rtp(sealed) == header + payload


@pytest.mark.parametrize("lost", [{0}, {1}, {2}, {3}, {0, 1}, {1, 3}])
def test_one_lost_datagram_costs_little(lost: set[int]) -> None:
    client, server = pair()
    assert talk(client, server, lost) < 0.6
    assert client.state is server.state is DtlsState.CONNECTED


def test_a_foreign_certificate_fails() -> None:
    client, server = pair(server_expects=Fingerprint("sha-256", "00:" * 31 + "00"))
    talk(client, server, set())
    assert (server.state, server.reason) == (DtlsState.FAILED, "fingerprint_mismatch")
    assert server.srtp is None


def test_a_fingerprint_of_an_unknown_hash_proves_nothing() -> None:
    client, server = pair(server_expects=Fingerprint("md5", "00"))
    talk(client, server, set())
    assert server.state is DtlsState.FAILED


def test_nobody_answers() -> None:
    client, _ = pair()
    now = 0.0
    while client.state is DtlsState.HANDSHAKING:
        deadline = client.next_deadline()
        assert deadline is not None
        assert deadline > now or deadline == now
        now = max(deadline, now + 0.001)
        client.handle_timer(now)
        client.poll_output()
    assert (client.state, client.reason) == (DtlsState.FAILED, "dtls_timeout")
    assert now < 16


def test_goodbye_is_heard() -> None:
    client, server = pair()
    talk(client, server, set())
    client.close()
    for datagram in client.poll_output():
        server.receive_datagram(datagram, 1.0)
    assert (server.state, server.reason) == (DtlsState.CLOSED, "peer_closed")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=200), max_size=8), st.booleans())
def test_garbage_before_and_after_the_handshake_never_raises(garbage: list[bytes], as_records: bool) -> None:
    client, server = pair()
    shaped = [
        b"\x17\xfe\xfd" + bytes(8) + len(g).to_bytes(2, "big") + g if as_records else b"\x16" + g
        for g in garbage
    ]
    for datagram in shaped:
        server.receive_datagram(datagram, 0.0)
    talk(client, server, set())
    for datagram in shaped:
        client.receive_datagram(datagram, 1.0)
    assert client.state is not DtlsState.NEW


def test_garbage_does_not_break_a_running_transport() -> None:
    client, server = pair()
    talk(client, server, set())
    for first in range(20, 64):
        server.receive_datagram(bytes((first,)) + b"\xfe\xfd" + bytes(range(60)), 1.0)
    assert server.state is DtlsState.CONNECTED


def test_what_a_peer_packs_into_its_datagrams_does_not_pile_up() -> None:
    """A record that waits unread would keep all later ones, up to the peer's farewell, from being read."""
    client, server = pair()
    talk(client, server, set())
    for _ in range(20):
        for _ in range(25):
            client._ssl.send(b"x")
        client._flush()
        server.receive_datagram(b"".join(client.poll_output()), 1.0)
    client.close()
    for datagram in client.poll_output():
        server.receive_datagram(datagram, 1.0)
    assert (server.state, server.reason) == (DtlsState.CLOSED, "peer_closed")


class Heap(ctypes.Structure):
    """What mallinfo2(3) says."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
            "keepcost",
        )
    )  # fmt: skip


def heap_bytes() -> int:
    """In use, outside Python's own pools: where OpenSSL keeps what it has."""
    gc.collect()
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Heap
    heap = mallinfo2()
    return int(heap.uordblks + heap.hblkhd)


def test_a_connection_that_stands_keeps_no_buffers() -> None:
    connections = 40

    def connected() -> DtlsEndpoint:
        client, server = pair()
        talk(client, server, set())
        assert server.state is DtlsState.CONNECTED
        return server

    connected()
    before = heap_bytes()
    kept = [connected() for _ in range(connections)]
    each = (heap_bytes() - before) / len(kept)
    assert each < 125 * 1024, "104 KiB without the record buffers, 152 KiB with them"

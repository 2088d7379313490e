"""Same input, same bytes: the two implementations against each other, and the twin against nonsense."""

import gc
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.control.extensions import ABS_SEND_TIME, AUDIO_LEVEL, COLOR_SPACE
from streaming.forwarding.hot_path import Path as MediaPath
from streaming.rtp import packet as rtp
from streaming.rtp.packet_ring import ForwardPacket
from streaming.srtp import AES128_CM_SHA1_80, AES_128_GCM, GcmKeys, GcmSender, sessions
from streaming.twin import load
from tests.streaming.forwarding.implementations import PYTHON, Implementation, needs_twin, twin

pytestmark = needs_twin

KEY, SALT = bytes(range(16)), bytes(range(50, 62))
MATERIAL = bytes(range(100, 160))
REFUSALS = (TypeError, ValueError, OverflowError, OSError, AttributeError, RuntimeWarning)
URIS = (AUDIO_LEVEL, COLOR_SPACE, "urn:unknown")


@dataclass(frozen=True)
class Wish:
    """What to set on a lane."""

    ssrc: int
    mid: str
    mid_id: int | None
    ids: dict[str, int]
    repeats: bool
    is_urgent: bool
    by_gcm: bool
    numbers: dict[str, int]
    path: MediaPath


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    numbers = {
        "payload_type": draw(st.integers(0, 127)),
        "seq_offset": draw(st.integers(-100, 1 << 33)),
        "timestamp_offset": draw(st.integers(-(1 << 34), 1 << 34)),
        "picture_id_offset": draw(st.integers(-40000, 40000)),
        "tl0_pic_idx_offset": draw(st.integers(-300, 300)),
    }
    paths: list[MediaPath] = [
        (0, ("192.0.2.1", 9)),
        (1, ("2001:db8::1", 9, 0, 0)),
        (7, ("a name", 0)),
        (-1, ("", 0)),
    ]
    return Wish(
        draw(st.integers(0, (1 << 32) - 1)),
        draw(st.text("abc0", max_size=20)),
        draw(st.none() | st.integers(1, 20)),
        draw(st.dictionaries(st.sampled_from([*URIS, ABS_SEND_TIME]), st.integers(1, 255), max_size=4)),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.booleans()),
        numbers,
        draw(st.sampled_from(paths)),
    )


packets = st.builds(
    ForwardPacket,
    st.integers(100, 1 << 40),
    st.integers(0, 1 << 40),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(URIS), st.binary(max_size=40)), max_size=4).map(tuple),
    st.binary(max_size=1300),
    st.floats(0, 1e6),
    st.integers(-1, 12),
    st.integers(-1, 12),
)


def outcome(hot: Implementation, film: list[ForwardPacket], wanted: list[Wish]) -> Any:
    lanes = []
    gcm = sessions(AES_128_GCM, MATERIAL, is_dtls_client=True).sender
    cm = sessions(AES128_CM_SHA1_80, MATERIAL, is_dtls_client=True).sender
    for wish in wanted:
        lane = hot.new_lane(
            wish.ssrc, wish.mid, wish.mid_id, wish.ids, repeats=wish.repeats, is_urgent=wish.is_urgent
        )
        lane.path = wish.path
        lane.protect_with(gcm if wish.by_gcm else cm)
        for name, number in wish.numbers.items():
            setattr(lane, name, number)
        lanes.append(lane)
    batch = hot.new_batch()
    for packet in film:
        for lane in lanes:  # all urgent or none, in one call
            hot.forward(packet, [lane], batch, packet.arrival + 1.25)
    counts = [(lane.packets, lane.octets, lane.too_long, lane.path, lane.ssrc) for lane in lanes]
    return len(batch), batch.pairs(), counts, batch.dropped


@settings(deadline=None)  # the machine may be busy, and sanitizers are slow
@given(st.lists(packets, min_size=1, max_size=3), st.lists(wishes(), min_size=1, max_size=4))
def test_the_same_packets_become_the_same_datagrams(film: list[ForwardPacket], wanted: list[Wish]) -> None:
    assert outcome(PYTHON, film, wanted) == outcome(twin(), film, wanted)


@settings(deadline=None)  # the machine may be busy, and sanitizers are slow
@given(st.integers(0, 0xFF), st.binary(max_size=120))
def test_the_same_bytes_are_the_same_packet(first: int, rest: bytes) -> None:
    data = bytes((first,)) + rest
    assert twin().parse(data) == PYTHON.parse(data)


@settings(deadline=None)  # the machine may be busy, and sanitizers are slow
@given(st.integers(0x80, 0xBF), st.binary(min_size=11, max_size=11), st.binary(max_size=80))
def test_the_same_extensions_are_found(first: int, fixed: bytes, block: bytes) -> None:
    for profile in (b"\xbe\xde", b"\x10\x05"):
        words = len(block) // 4
        data = (
            bytes((first | 0x10,))
            + fixed
            + bytes(4 * (first & 15))
            + profile
            + words.to_bytes(2, "big")
            + block
        )
        assert twin().parse(data) == PYTHON.parse(data)


def test_a_packet_that_is_cut_short_anywhere_is_read_no_further() -> None:
    """Every length, so that the sanitizers see a read beyond any of them."""
    rest = bytes(11) + bytes(4 * 2) + b"\xbe\xde\x00\x02" + b"\x51ab\x10c\x00\x00\x00" + b"payload\x03"
    receiver = twin().new_receiver(GcmKeys.derive(KEY, SALT))
    for first in (0x80, 0x82, 0x90, 0x92, 0xB2):
        for size in range(len(rest) + 2):
            data = (bytes((first,)) + rest)[:size]
            assert twin().parse(data) == PYTHON.parse(data)
            assert receiver.unprotect_rtp(data) is None


@settings(deadline=None)  # the machine may be busy, and sanitizers are slow
@given(st.integers(0, 1 << 30))
def test_the_same_packets_are_admitted(seed: int) -> None:
    rng = Random(seed)
    sender = GcmSender(GcmKeys.derive(KEY, SALT))
    receivers = [hot.new_receiver(GcmKeys.derive(KEY, SALT)) for hot in (PYTHON, twin())]
    index = rng.randrange(0, 70000)
    for _ in range(60):
        index = max(0, index + rng.choice([1, 1, 1, 2, -1, -3, 1023, 1024, -1024, 40000]))
        ssrc = rng.randrange(rng.choice([1, 3, 80]))
        header = rtp.build(rtp.RtpPacket(True, 96, index & 0xFFFF, 5, ssrc, (), b""))
        sealed = sender.protect_rtp(header, rng.randbytes(rng.randrange(30)), ssrc, index)
        assert sealed is not None
        if rng.random() < 0.2:
            at = rng.randrange(len(sealed))
            sealed = sealed[:at] + bytes((sealed[at] ^ 1 << rng.randrange(8),)) + sealed[at + 1 :]
        expected, found = (receiver.unprotect_rtp(sealed) for receiver in receivers)
        assert expected == found


@settings(deadline=None)  # the machine may be busy, and sanitizers are slow
@given(st.binary(max_size=200), st.integers(0, 255))
def test_garbage_is_refused_alike(data: bytes, first: int) -> None:
    keys = GcmKeys.derive(KEY, SALT)
    for start in (b"", bytes((0x80 | first,)), b"\x90\x60" + bytes(10) + b"\xbe\xde\xff\xff"):
        assert twin().new_receiver(keys).unprotect_rtp(start + data) is None


def test_streams_beyond_the_limit_are_forgotten_in_the_same_order() -> None:
    rng = Random(11)
    sender = GcmSender(GcmKeys.derive(KEY, SALT))
    receivers = [hot.new_receiver(GcmKeys.derive(KEY, SALT)) for hot in (PYTHON, twin())]
    for _ in range(3000):
        ssrc, index = rng.randrange(90), rng.randrange(40)
        header = rtp.build(rtp.RtpPacket(True, 96, index, 5, ssrc, (), b""))
        sealed = sender.protect_rtp(header, b"payload", ssrc, index)
        assert sealed is not None
        expected, found = (receiver.unprotect_rtp(sealed) for receiver in receivers)
        assert expected == found


# ── wrong arguments are refused, and nothing leaks ──


def nonsense() -> list[Any]:
    return [
        None,
        5,
        -1,
        1 << 70,
        "x",
        b"x",
        bytearray(b"x"),
        (),
        ((),),
        (0, ()),
        (0, (b"x", 1)),
        [1],
        {},
        1.5,
        object(),
    ]


def attempts() -> list[tuple[Any, ...]]:
    """Callables with arguments that the types forbid."""
    module: Any = load()
    hot: Any = twin()
    lane = hot.new_lane(1, "a", 9, {})
    batch = hot.new_batch()
    good = ForwardPacket(1, 1, True, (), b"", 0.0)
    found: list[tuple[Any, ...]] = []
    for value in nonsense():
        found += [
            (module.Gcm, value),
            (module.RtpReceiver, value, value, 64),
            (module.RtpReceiver, KEY, SALT, value),
            (module.Style, value, value, value, value, value),
            (module.Style, b"a", 1, {"uri": value}, 0, True),
            (module.Reader, value, value),
            (module.Batch, value),
            (module.parse, value),
            (module.forward, value, [lane], batch, 1.0),
            (module.forward, good, value, batch, 1.0),
            (module.forward, good, [value], batch, 1.0),
            (module.forward, good, [lane], value, 1.0),
            (module.forward, good, [lane], batch, value),
            (batch.append, value),
            (batch.append, (value, b"")),
            (batch.append, ((0, value), b"")),
            (batch.append, ((0, ("192.0.2.1", value)), b"")),
            (batch.extend, value),
            (batch.arrived, value),
            (batch.send, value),
            (lane._begin, value, value, value),
            (lane._seal_with, value, value),
            (setattr, lane, "path", value),
            (setattr, lane, "seq_offset", value),
            (setattr, lane, "payload_type", value),
            (module.RtpReceiver(KEY, SALT, 64).unprotect_rtp, value),
        ]
        for name in ForwardPacket.__struct_fields__:
            broken = msgspec.structs.replace(good, **{name: value})
            ready = hot.new_lane(1, "a", 9, {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2})
            ready.path = (0, ("192.0.2.1", 9))
            ready.protect_with(GcmSender(GcmKeys.derive(KEY, SALT)))
            found.append((module.forward, broken, [ready], batch, 1.0))
    return found


def test_wrong_arguments_raise_and_never_crash() -> None:
    refused = 0
    for function, *arguments in attempts():
        try:
            function(*arguments)
        except REFUSALS:
            refused += 1
    assert refused > 300


def _memory_kib() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_leaks() -> None:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with one:
        one.bind(("127.0.0.1", 0))
        one.setblocking(False)
        path: MediaPath = (0, one.getsockname())

        def work() -> None:
            hot = twin()
            sender = GcmSender(GcmKeys.derive(KEY, SALT))
            lane = hot.new_lane(1, "a", 9, {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2})
            lane.protect_with(sender)
            lane.path = path
            batch = hot.new_batch([one])
            reader = hot.new_reader(0, one)
            for i in range(40):
                packet = ForwardPacket(i, i, True, ((AUDIO_LEVEL, b"\x01"),), bytes(1000), 0.0)
                hot.forward(packet, [lane] * 3, batch, 1.0)
                batch.append(((5, ("other", 1)), b"x"))
            batch.send(60)
            for _ in range(5):
                for data, _path, _arrival in reader.read(1.0):
                    plain = hot.new_receiver(sender.gcm or GcmKeys.derive(KEY, SALT)).unprotect_rtp(data)
                    assert plain is not None
                    hot.parse(plain)
            for function, *arguments in attempts()[:200]:
                try:
                    function(*arguments)
                except REFUSALS:
                    continue

        for _ in range(20):
            work()
        gc.collect()
        references, before = sys.getrefcount(path), _memory_kib()
        for _ in range(60):
            work()
        gc.collect()
        assert sys.getrefcount(path) == references
        assert _memory_kib() - before < 1500

from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp.packet_ring import ForwardPacket, PacketRing


def packet(ext_seq: int) -> ForwardPacket:
    return ForwardPacket(ext_seq, ext_seq * 3000, False, (), b"x", float(ext_seq))


@given(st.lists(st.integers(1000, 1080), max_size=120))
def test_holds_exactly_the_newest_and_refuses_what_it_saw(numbers: list[int]) -> None:
    ring = PacketRing(16)
    seen: set[int] = set()
    highest = 0
    for number in numbers:
        accepted = ring.insert(packet(number))
        too_old = bool(seen) and number <= highest - 16
        assert accepted == (number not in seen and not too_old)
        if accepted:
            seen.add(number)
            highest = max(highest, number)
    for number in range(1000, 1081):
        held = ring.get(number)
        expected = number in seen and number > highest - 16
        assert (held is not None and held.ext_seq == number) == expected


def test_knows_from_where_it_is_complete() -> None:
    ring = PacketRing(16)
    assert not ring.holds_from(1)
    for number in range(100, 140):
        ring.insert(packet(number))
    assert ring.holds_from(124)
    assert not ring.holds_from(123)

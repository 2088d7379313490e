"""Feedback that we write says, to a reader written from the draft, what arrived when."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp import rtcp
from streaming.rtp.transport_feedback import build
from tests.streaming.network.feedback_reader import read


def received(packets: list[bytes]) -> dict[int, float]:
    """All that the packets report as received."""
    return {n: at for packet in packets for n, at in read(packet)[2].items() if at is not None}


@given(
    st.integers(0, 1 << 20),
    st.floats(0, 5000),
    st.lists(st.tuples(st.integers(1, 40), st.floats(-0.5, 0.5)), max_size=200),
)
def test_what_is_written_is_read(base: int, start: float, steps: list[tuple[int, float]]) -> None:
    arrivals = [(base, start)]
    for gap, later in steps:
        arrivals.append((arrivals[-1][0] + gap, max(0.0, arrivals[-1][1] + later)))
    found = received(build(7, 8, 250, arrivals))
    assert found.keys() == {n & 0xFFFF for n, _ in arrivals}
    assert all(abs(found[n & 0xFFFF] - at) < 0.0002 for n, at in arrivals)


def test_runs_take_two_bytes_and_holes_are_told() -> None:
    together = [(n, 10 + n * 0.001) for n in range(1000, 3000)]
    (packet,) = build(7, 8, 3, together)
    assert len(packet) <= 20 + 2 + 2000 + 3
    base, number, _ = read(packet)
    assert (base, number) == (1000, 3)
    _, _, holes = read(build(7, 8, 3, [(5, 1.0), (9, 1.1)])[0])
    assert [n for n, at in holes.items() if at is None] == [6, 7, 8]


def test_numbers_and_count_wrap() -> None:
    packets = build(7, 8, 255, [(65534, 1.0), (65537, 1.01), (65538, 20.0)])
    assert [read(p)[:2] for p in packets] == [(65534, 255), (2, 0)]
    assert received(packets).keys() == {65534, 1, 2}
    assert abs(received(packets)[2] - 20.0) < 0.0002


def test_the_clock_wraps_without_a_seam() -> None:
    wrap_s = 0.064 * (1 << 24)
    _, _, found = read(build(7, 8, 0, [(1, wrap_s + 3.0)])[0])
    assert found[1] is not None
    assert abs(found[1] - 3.0) < 0.0002


def test_other_readers_skip_it() -> None:
    pli = rtcp.build_picture_loss(1, 2)
    assert rtcp.parse(build(7, 8, 0, [(1, 1.0), (3, 1.1)])[0] + pli) == [rtcp.PictureLoss(1, 2)]

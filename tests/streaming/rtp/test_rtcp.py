from aiortc import rtp as aiortc_rtp
from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp import rtcp

u32 = st.integers(0, 0xFFFFFFFF)
blocks = st.lists(
    st.builds(
        rtcp.ReportBlock, u32, st.integers(0, 255), st.integers(-0x800000, 0x7FFFFF), u32, u32, u32, u32
    ),
    max_size=4,
).map(tuple)


@given(u32, st.integers(0, (1 << 64) - 1), u32, u32, u32, blocks)
def test_sender_reports_survive(  # noqa: PLR0917 - hypothesis fills them
    ssrc: int, ntp: int, timestamp: int, packets: int, octets: int, reports: tuple[rtcp.ReportBlock, ...]
) -> None:
    report = rtcp.SenderReport(ssrc, ntp, timestamp, packets, octets, reports)
    assert rtcp.parse(rtcp.build_sender_report(report)) == [report]


@given(u32, blocks)
def test_receiver_reports_survive_in_a_compound_with_a_name(
    ssrc: int, reports: tuple[rtcp.ReportBlock, ...]
) -> None:
    report = rtcp.ReceiverReport(ssrc, reports)
    compound = rtcp.build_receiver_report(report) + rtcp.build_cname(ssrc, "somebody")
    assert rtcp.parse(compound + rtcp.build_picture_loss(1, 2)) == [report, rtcp.PictureLoss(1, 2)]


@given(st.integers(0, 0xFFFF), st.sets(st.integers(0, 200), min_size=1, max_size=40))
def test_nacks_survive_and_wrap(first: int, distances: set[int]) -> None:
    numbers = [(first + distance) & 0xFFFF for distance in sorted(distances)]
    assert rtcp.parse(rtcp.build_nack(1, 2, numbers)) == [rtcp.Nack(1, 2, tuple(numbers))]


@given(st.integers(0, 10_000_000_000), st.lists(u32, max_size=5).map(tuple))
def test_remb_keeps_18_bits(bitrate_bps: int, ssrcs: tuple[int, ...]) -> None:
    (parsed,) = rtcp.parse(rtcp.build_remb(7, bitrate_bps, ssrcs))
    assert isinstance(parsed, rtcp.Remb)
    assert parsed.ssrcs == ssrcs
    assert parsed.bitrate_bps <= bitrate_bps <= parsed.bitrate_bps * (1 + 2**-17) + 1


def test_fir_asks_for_every_entry() -> None:
    assert rtcp.parse(rtcp.build_full_intra_request(1, 99, 3)) == [rtcp.PictureLoss(1, 99)]


def test_bye() -> None:
    assert rtcp.parse(rtcp.build_bye((5, 6))) == [rtcp.Bye((5, 6))]


def test_aiortc_reads_what_we_write() -> None:
    report = rtcp.SenderReport(1, 2 << 32, 3, 4, 5, (rtcp.ReportBlock(9, 8, -7, 6, 5, 4, 3),))
    compound = (
        rtcp.build_sender_report(report)
        + rtcp.build_cname(1, "abc")
        + rtcp.build_nack(1, 2, [65535, 0, 3, 40])
        + rtcp.build_remb(1, 1_000_000, (2,))
    )
    sender, _, nack, remb = aiortc_rtp.RtcpPacket.parse(compound)
    assert isinstance(sender, aiortc_rtp.RtcpSrPacket)
    assert sender.reports[0].packets_lost == -7
    assert isinstance(nack, aiortc_rtp.RtcpRtpfbPacket)
    assert [n & 0xFFFF for n in nack.lost] == [65535, 0, 3, 40]
    assert isinstance(remb, aiortc_rtp.RtcpPsfbPacket)
    assert aiortc_rtp.unpack_remb_fci(remb.fci)[1] == [2]


@given(st.binary(max_size=128))
def test_garbage_never_raises(data: bytes) -> None:
    rtcp.parse(data)


@given(st.sampled_from([200, 201, 202, 203, 205, 206]), st.integers(0, 31), st.binary(max_size=100))
def test_garbage_in_known_packets_never_raises(kind: int, count: int, body: bytes) -> None:
    body += bytes(-len(body) % 4)
    header = bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big")
    rtcp.parse(header + body)
    rtcp.parse(bytes((header[0] | 0x20,)) + header[1:] + body)

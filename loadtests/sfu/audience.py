"""The viewers of a run, all together: they count without decrypting, and speak as browsers do."""

import math
import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.sfu.batches import KEPT_BYTES, Batch, BatchReader
from loadtests.sfu.codecs import AUDIO, OPUS, VIDEO, VP8
from loadtests.sfu.link import Link
from loadtests.sfu.tally import Arrivals, split
from streaming.rtp import rtcp
from streaming.rtp.demux import DatagramKind, kind_of

REPORT_S: Final = 1.0
BANDWIDTH_BPS: Final = 20_000_000
"""What every viewer says it can take (REMB)."""
NACKING_SHARE: Final = 0.01
"""Of the viewers: these ask for a packet again once a second."""
NACK_DISTANCE: Final = 5
_NTP_EPOCH_S: Final = 2_208_988_800
_STREAMS: Final = 2
_IGNORED: Final = 255


@dataclass(slots=True)
class Viewer:
    """One viewer's connection and what its reports need."""

    link: Link
    ssrc: int
    report_at: float
    heard_report: dict[int, tuple[int, float]]
    """SSRC → (middle 32 bits of its last sender report's NTP time, when it came)."""
    last_counts: list[tuple[int, int]]


class Audience:
    """Owned by the generator's loop. Viewers have numbers in order of joining, also after leaving.

    While `recording`, every media packet leaves a row; `arrivals` gives them sorted.
    """

    def __init__(self) -> None:
        self.viewers: list[Viewer | None] = []
        self.packets = 0
        self.octets = 0
        self.recording = False
        self._reader = BatchReader()
        self._rows: list[tuple[NDArray[np.int64], ...]] = []
        self._descriptors: list[int] = []
        self._numbers: list[int] = []
        self._highest = np.full(0, -1, np.int64)
        self._first = np.full(0, -1, np.int64)
        self._received = np.zeros(0, np.int64)
        self._ssrcs = np.zeros(0, np.int64)
        self._stream_of = np.full(128, _IGNORED, np.int64)
        self._stream_of[OPUS.pt] = AUDIO
        self._stream_of[VP8.pt] = VIDEO

    def join(self, link: Link, ssrc: int, now: float) -> int:
        """A viewer whose link is up; returns its number."""
        number = len(self.viewers)
        report_at = now + REPORT_S * (number % 97) / 97
        self.viewers.append(Viewer(link, ssrc, report_at, {}, [(0, 0)] * _STREAMS))
        self._highest = np.append(self._highest, [-1] * _STREAMS)
        self._first = np.append(self._first, [-1] * _STREAMS)
        self._received = np.append(self._received, [0] * _STREAMS)
        self._ssrcs = np.append(self._ssrcs, [0] * _STREAMS)
        self._index()
        if link.early:
            self._take_early(number, link)
        return number

    def _take_early(self, number: int, link: Link) -> None:
        """Media that came together with the end of the handshake."""
        head = np.zeros((len(link.early), KEPT_BYTES), np.uint8)
        for row, (data, _) in enumerate(link.early):
            head[row, : len(data[:KEPT_BYTES])] = np.frombuffer(data[:KEPT_BYTES], np.uint8)
        size = np.array([len(data) for data, _ in link.early], np.int64)
        arrived_ns = np.array([at for _, at in link.early], np.int64)
        viewer = np.full(len(link.early), number, np.int64)
        self._take(Batch(viewer, head, size, arrived_ns), viewer)
        link.early.clear()

    def leave(self, number: int) -> None:
        """Close a viewer's socket."""
        viewer = self.viewers[number]
        if viewer is not None:
            viewer.link.close()
            self.viewers[number] = None
            self._index()

    @property
    def present(self) -> list[int]:
        """Numbers of those who are here."""
        return list(self._numbers)

    def _index(self) -> None:
        here = [(number, viewer) for number, viewer in enumerate(self.viewers) if viewer is not None]
        self._numbers = [number for number, _ in here]
        self._descriptors = [viewer.link.socket.fileno() for _, viewer in here]

    # ── receiving ──

    def read(self) -> None:
        """Empty all sockets."""
        numbers = np.array(self._numbers, np.int64)
        at = 0
        while at < len(self._descriptors):
            batch, at = self._reader.read(self._descriptors, at)
            if len(batch.source):
                self._take(batch, numbers[batch.source])

    def _take(self, batch: Batch, viewer: NDArray[np.int64]) -> None:
        head = batch.head
        second = head[:, 1]
        is_media = (head[:, 0] & 0xC0 == 0x80) & ((second < 192) | (second > 223))
        for row in np.flatnonzero(~is_media).tolist():
            kept = min(int(batch.size[row]), KEPT_BYTES)
            self._receive_other(int(viewer[row]), head[row, :kept].tobytes())
        stream = self._stream_of[second & 0x7F]
        chosen = np.flatnonzero(is_media & (stream != _IGNORED))
        seq16 = head[chosen, 2].astype(np.int64) << 8 | head[chosen, 3]
        size = batch.size[chosen]
        self.packets += len(chosen)
        self.octets += int(size.sum())
        if self.recording:
            rows = viewer[chosen], stream[chosen], seq16, size, batch.arrived_ns[chosen]
            self._rows.append(rows)
        self._note(viewer[chosen] * _STREAMS + stream[chosen], seq16, head[chosen, 8:12])

    def _note(self, flat: NDArray[np.int64], seq16: NDArray[np.int64], ssrc: NDArray[np.uint8]) -> None:
        """Keep what receiver reports say: highest number, count, SSRC."""
        fresh = np.flatnonzero(self._highest[flat] < 0)
        for row in fresh.tolist():
            one = int(flat[row])
            if self._highest[one] < 0:
                self._highest[one] = self._first[one] = seq16[row]
                self._ssrcs[one] = int.from_bytes(ssrc[row].tobytes(), "big")
        near = self._highest[flat]
        np.maximum.at(self._highest, flat, near + (seq16 - near + 0x8000) % 0x10000 - 0x8000)
        np.add.at(self._received, flat, 1)

    def _receive_other(self, number: int, data: bytes) -> None:
        viewer = self.viewers[number]
        if viewer is None:
            return
        kind = kind_of(data)
        now = time.monotonic()
        if kind is DatagramKind.STUN:
            viewer.link.receive_stun(data, now)
        elif kind is DatagramKind.RTCP:
            assert viewer.link.srtp is not None
            plain = viewer.link.srtp.receiver.unprotect_rtcp(data)
            for message in () if plain is None else rtcp.parse(plain):
                if isinstance(message, rtcp.SenderReport):
                    viewer.heard_report[message.ssrc] = message.ntp >> 16 & 0xFFFFFFFF, now

    def arrivals(self) -> list[Arrivals]:
        """All recorded rows as streams of viewers; forgets them."""
        rows, self._rows = self._rows, []
        if not rows:
            return []
        return list(split(*(np.concatenate(column) for column in zip(*rows, strict=True))))

    # ── feedback ──

    def handle_timer(self, now: float) -> None:
        """Checks and reports that are due."""
        for number in self._numbers:
            viewer = self.viewers[number]
            assert viewer is not None
            assert viewer.link.ice is not None
            if now >= viewer.link.ice.check_at:
                check = viewer.link.ice.handle_timer(now)
                if check is not None:
                    viewer.link.send(check)
            if now >= viewer.report_at:
                viewer.report_at = max(viewer.report_at + REPORT_S, now)
                self._report(number, viewer, now)

    def _report(self, number: int, viewer: Viewer, now: float) -> None:
        streams = [s for s in range(_STREAMS) if self._highest[number * _STREAMS + s] >= 0]
        blocks = tuple(self._block(number, viewer, stream, now) for stream in streams)
        ssrcs = tuple(block.ssrc for block in blocks)
        compound = (
            rtcp.build_receiver_report(rtcp.ReceiverReport(viewer.ssrc, blocks))
            + rtcp.build_cname(viewer.ssrc, f"viewer-{number}")
            + rtcp.build_remb(viewer.ssrc, BANDWIDTH_BPS, ssrcs)
        )
        if number % math.ceil(1 / NACKING_SHARE) == 0:
            video = number * _STREAMS + VIDEO
            wanted = int(self._highest[video]) - NACK_DISTANCE
            if wanted >= self._first[video] >= 0:
                compound += rtcp.build_nack(viewer.ssrc, int(self._ssrcs[video]), [wanted & 0xFFFF])
        assert viewer.link.srtp is not None
        datagram = viewer.link.srtp.sender.protect_rtcp(compound)
        if datagram is not None:
            viewer.link.send(datagram)

    def _block(self, number: int, viewer: Viewer, stream: int, now: float) -> rtcp.ReportBlock:
        flat = number * _STREAMS + stream
        highest, received = int(self._highest[flat]), int(self._received[flat])
        expected = highest - int(self._first[flat]) + 1
        before_expected, before_received = viewer.last_counts[stream]
        viewer.last_counts[stream] = expected, received
        wanted = expected - before_expected
        lost = max(0, wanted - (received - before_received))
        ssrc = int(self._ssrcs[flat])
        lsr, came = viewer.heard_report.get(ssrc, (0, now))
        return rtcp.ReportBlock(
            ssrc,
            min(255, 256 * lost // max(1, wanted)),
            max(0, expected - received),
            highest,
            0,
            lsr,
            int((now - came) * 65536) if lsr else 0,
        )

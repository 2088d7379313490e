"""Reads the frames back out of recorded fragments, in ticks of the replay."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from recording.timeline_plan import TICKS_PER_S, Piece

CACHED_PIECES = 8

Bring = Callable[[str], Path]
"""Given the path of a fragment, relative to the session's folder. Blocks."""


class AwayError(OSError):
    """A fragment is on another machine, and cannot be had at the moment."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded frame. `tick` is its time in the replay."""

    tick: int
    data: bytes
    keyframe: bool


class FragmentReader:
    """Reads pieces of one session; the last few stay in memory, because neighbouring segments share them.

    `bring` gets a fragment that is not on this disk, and says where it is then. It raises FileNotFoundError
    if there is none, and another OSError (`AwayError`) if that cannot be said now.
    """

    def __init__(self, session: Path, bring: Bring | None = None) -> None:
        self.unreadable = 0
        self._session = session
        self._bring = bring
        self._cache: OrderedDict[str, tuple[Frame, ...]] = OrderedDict()

    def frames(self, piece: Piece) -> tuple[Frame, ...]:
        """All frames of a piece; none if its file is missing or damaged, which is counted.

        Raises AwayError: nobody can say whether it is missing.
        """
        if piece.path in self._cache:
            self._cache.move_to_end(piece.path)
            return self._cache[piece.path]
        try:
            frames = tuple(self._read(piece))
        except AwayError:
            raise
        except (OSError, av.FFmpegError):
            self.unreadable += 1
            frames = ()
        self._cache[piece.path] = frames
        while len(self._cache) > CACHED_PIECES:
            self._cache.popitem(last=False)
        return frames

    def init_segment(self, piece: Piece) -> bytes:
        """`ftyp` and `moov` of a piece, as they were recorded. Raises OSError or ValueError without them."""
        data = self._path(piece).read_bytes()
        at = 0
        while at + 8 <= len(data):
            if data[at + 4 : at + 8] == b"moof":
                return data[:at]
            at += max(8, int.from_bytes(data[at : at + 4], "big"))
        message = f"{piece.path} is not a fragment"
        raise ValueError(message)

    def _path(self, piece: Piece) -> Path:
        path = self._session / piece.path
        return path if self._bring is None or path.exists() else self._bring(piece.path)

    def _read(self, piece: Piece) -> Iterator[Frame]:
        with av.open(str(self._path(piece))) as container:
            stream = container.streams[0]
            for packet in container.demux(stream):
                if packet.is_corrupt:  # the file ends in the middle of it: half a picture stops a player
                    self.unreadable += 1
                elif packet.size and packet.pts is not None and packet.time_base is not None:
                    tick = round(packet.pts * packet.time_base * TICKS_PER_S)
                    yield Frame(piece.recording_start + tick, bytes(packet), packet.is_keyframe)

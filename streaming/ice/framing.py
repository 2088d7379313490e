"""Datagrams over a TCP connection: each behind two bytes of length (RFC 4571 section 2, RFC 6544)."""

from typing import Final

MAX_FRAME_BYTES: Final = 2048
"""As large as a UDP datagram may be; what speaks another protocol to this port announces more at once."""
_LENGTH_BYTES: Final = 2


class FrameTooLong(Exception):
    """The stream announces a frame that no correct peer sends; nothing that follows can be read."""


def frame(datagram: bytes) -> bytes:
    """The bytes that carry it. Raises OverflowError over 65,535 bytes."""
    return len(datagram).to_bytes(_LENGTH_BYTES, "big") + datagram


class FrameReader:
    """Cuts a stream into datagrams; holds at most one unfinished frame."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def receive_data(self, data: bytes) -> list[bytes]:
        """The datagrams that are complete now; empty frames say nothing and are skipped.

        Raises:
            FrameTooLong: close the connection.
        """
        stream = self._rest + data if self._rest else data
        found: list[bytes] = []
        at, end = 0, len(stream)
        while at + _LENGTH_BYTES <= end:
            size = stream[at] << 8 | stream[at + 1]
            if size > MAX_FRAME_BYTES:
                msg = f"{size} bytes announced"
                raise FrameTooLong(msg)
            following = at + _LENGTH_BYTES + size
            if following > end:
                break
            if size:
                found.append(bytes(stream[at + _LENGTH_BYTES : following]))
            at = following
        self._rest = bytes(stream[at:])
        return found

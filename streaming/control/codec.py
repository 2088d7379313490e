"""Frames of the control protocol: four bytes of length (big endian), then one msgpack envelope."""

import struct
from typing import Final

import msgspec

from streaming.control.messages import Envelope

MAX_FRAME_BYTES: Final = 4 << 20

_LENGTH = struct.Struct("!I")
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Envelope] = msgspec.msgpack.Decoder(Envelope)


class FrameError(Exception):
    """The other end does not speak this protocol; the connection cannot go on."""


def encode(envelope: Envelope) -> bytes:
    """One frame. Raises FrameError when it would be longer than MAX_FRAME_BYTES."""
    body = _encoder.encode(envelope)
    if len(body) > MAX_FRAME_BYTES:
        raise FrameError("frame too long")
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Cuts a byte stream into envelopes; holds at most one incomplete frame."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive_data(self, data: bytes) -> list[Envelope]:
        """Envelopes that are complete now. Raises FrameError, after which the reader is of no use."""
        self._buffer += data
        envelopes: list[Envelope] = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if length > MAX_FRAME_BYTES:
                raise FrameError("frame too long")
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            try:
                envelopes.append(_decoder.decode(self._buffer[start + _LENGTH.size : end]))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                msg = f"not a message of this protocol: {error}"
                raise FrameError(msg) from error
            start = end
        del self._buffer[:start]
        return envelopes

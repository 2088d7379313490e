"""Media encrypted on its way out: playlists that name a key, segments that are noise without it. Pure.

HLS has AES-128 of whole segments (RFC 8216 §4.3.2.4, §5.2): CBC with padding, the segment's media sequence
number as IV. Players of every kind know that; what does not work everywhere are byte ranges of encrypted
files. So a playlist is rewritten for those who get it sealed: each segment, whether a file or a range of one,
becomes an address of its own, `<file>/s<number>.<offset>.<length>.<mac>.m4s`. The MAC keeps a client to the
pieces and numbers that a playlist named, so nobody has chosen pieces encrypted, or a picture handed out as
initialisation (`i`), which stays clear.

A key belongs to one medium and one track of it, and follows from a secret of the installation: nothing is
stored, what lies on the disk stays as it was made, and another secret turns all keys over.
"""

import hashlib
import hmac
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

KEY_BYTES: Final = 16
KEY_NAME: Final = "track.key"
_LABEL: Final = b"lectern-seal-1"
_MAC_DIGITS: Final = 24
_PIECE = re.compile(r"([is])(\d{1,12})\.(\d{1,15})\.(\d{1,12})\.([0-9a-f]{24})\.m(?:4s|p4)")
_MAP = re.compile(r'#EXT-X-MAP:URI="([^"]+)"(?:,BYTERANGE="(\d+)@(\d+)")?')
_RANGE = re.compile(r"#EXT-X-BYTERANGE:(\d+)@(\d+)")
_SEQUENCE = "#EXT-X-MEDIA-SEQUENCE:"
_CLEAR_LINE = "#EXT-X-KEY:METHOD=NONE"

Kind = Literal["s", "i"]


@dataclass(frozen=True, slots=True)
class Piece:
    """`length` bytes of a file from `offset` on; length 0: all of it. `number` is its media sequence number.

    Kind `s` is a segment, `i` what initialises a decoder.
    """

    kind: Kind
    number: int
    offset: int = 0
    length: int = 0


@dataclass(frozen=True, slots=True)
class Seal:
    """Everything about one medium that follows from the secret. `medium` is a grant's."""

    secret: bytes = field(repr=False)
    medium: str

    def key(self, track: str) -> bytes:
        """Return the key of a track: the storage key of its folder, or of the one file that it is."""
        return self._mac(b"key", track)[:KEY_BYTES]

    def name(self, file: str, piece: Piece) -> str:
        """Return the last part of a piece's address; `file` is the storage key of what it is a piece of."""
        body = f"{piece.kind}{piece.number}.{piece.offset}.{piece.length}"
        ending = "m4s" if piece.kind == "s" else "mp4"
        return f"{body}.{self._mac_of(file, body)}.{ending}"

    def piece(self, file: str, name: str) -> Piece | None:
        """Return which piece of `file` a name of ours means; None: not one of ours."""
        found = _PIECE.fullmatch(name)
        if found is None:
            return None
        kind, number, offset, length, mac = found.groups()
        if not hmac.compare_digest(mac, self._mac_of(file, f"{kind}{number}.{offset}.{length}")):
            return None
        return Piece("s" if kind == "s" else "i", int(number), int(offset), int(length))

    def closed(self, file: str, piece: Piece, clear: bytes) -> bytes:
        """Return a piece as it goes out. Takes about a millisecond a megabyte."""
        if piece.kind == "i":
            return clear
        encryptor = Cipher(
            algorithms.AES128(self.key(track_of(file))), modes.CBC(piece.number.to_bytes(16, "big"))
        ).encryptor()
        padder = PKCS7(128).padder()
        return (
            encryptor.update(padder.update(clear))
            + encryptor.update(padder.finalize())
            + encryptor.finalize()
        )

    def playlist(self, file: str, text: str) -> str:
        """Return a playlist of ours for somebody who gets media sealed; `file` is its storage key.

        A master playlist names playlists only, and stays as it is.
        """
        if "#EXTINF:" not in text and "#EXT-X-MAP:" not in text:
            return text
        return "".join(f"{line}\n" for line in self._lines(posixpath.dirname(file), text))

    def _lines(self, folder: str, text: str) -> Iterator[str]:
        number, sealed_by = 0, ""
        offset = length = 0
        for line in text.splitlines():
            if line.startswith(_SEQUENCE):
                number = int(line.removeprefix(_SEQUENCE))
            if found := _MAP.fullmatch(line):
                if sealed_by:
                    yield _CLEAR_LINE
                sealed_by = ""
                name, range_length, range_offset = found.groups()
                head = Piece("i", 0, int(range_offset or 0), int(range_length or 0))
                yield f'#EXT-X-MAP:URI="{self._address(folder, name, head)}"'
            elif found := _RANGE.fullmatch(line):
                length, offset = map(int, found.groups())
            elif not line or line.startswith("#"):
                yield line
            else:
                track = track_of(_joined(folder, line))
                if track != sealed_by:
                    sealed_by = track
                    key = posixpath.join(_relative(folder, track), KEY_NAME)
                    yield f'#EXT-X-KEY:METHOD=AES-128,URI="{key}"'
                yield self._address(folder, line, Piece("s", number, offset, length))
                number, offset, length = number + 1, 0, 0

    def _address(self, folder: str, name: str, piece: Piece) -> str:
        return f"{name}/{self.name(_joined(folder, name), piece)}"

    def _mac_of(self, file: str, body: str) -> str:
        return self._mac(b"piece", f"{file}\n{body}").hex()[:_MAC_DIGITS]

    def _mac(self, use: bytes, about: str) -> bytes:
        text = f"{self.medium}\n{about}".encode()
        return hmac.digest(self.secret, _LABEL + b"\n" + use + b"\n" + text, hashlib.sha256)


def track_of(file: str) -> str:
    """Return which track a file belongs to: a segment to its folder; what holds many is one by itself."""
    path = PurePosixPath(file)
    return str(path.parent) if path.suffix == ".m4s" else file


def _joined(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _relative(folder: str, track: str) -> str:
    relative = posixpath.relpath(track, folder)
    return "" if relative == "." else relative

"""Read and write manifest lines, whatever a crash did to the last one."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from lectern.manifest.lines import Line

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def encode_line(line: Line) -> bytes:
    """One line with its newline."""
    return _encoder.encode(line) + b"\n"


class ManifestReader:
    """Follows a manifest while it grows: each `poll` returns the complete lines that are new.

    A last line without newline is left for the next poll (it is being written, or was torn by a crash). A
    complete line that does not decode is skipped and counted in `skipped`: it is of a newer version, or was
    torn by a full disk and continued behind. Nothing behind byte `limit` is read; None: no limit (yet).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.skipped = 0
        self.limit: int | None = None
        self._offset = 0

    @property
    def offset(self) -> int:
        """How many bytes were read, in whole lines."""
        return self._offset

    def poll(self) -> list[Line]:
        """Raises OSError if the file exists but cannot be read; a missing file has no lines yet."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read() if self.limit is None else file.read(max(0, self.limit - self._offset))
        except FileNotFoundError:
            return []
        complete = data.rfind(b"\n") + 1
        self._offset += complete
        return list(self._decode(data[:complete]))

    def _decode(self, data: bytes) -> Iterator[Line]:
        for raw in data.splitlines():
            if not raw.strip():
                continue
            try:
                yield _decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.skipped += 1

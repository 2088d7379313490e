"""Where log lines go: to a stream that may fail. A full disk must not stop whoever wanted to say so."""

from typing import TextIO


class LogStream:
    """Writes to `stream`; lines that it does not take are counted in `lost` and forgotten."""

    def __init__(self, stream: TextIO) -> None:
        self.lost = 0
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or lose, `text`."""
        try:
            return self._stream.write(text)
        except OSError:
            self.lost += 1
            return len(text)

    def flush(self) -> None:
        """Flush as far as possible."""
        try:
            self._stream.flush()
        except OSError:
            self.lost += 1

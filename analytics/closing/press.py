"""Making the files of a record, away from the server's loop: `python -m analytics.closing.press`.

A PDF of two thousand people costs seconds of a core. The child gets one JSON line and then the record on its
standard input, and answers with the file on its standard output; a running class notices nothing.
"""

import asyncio
import base64
import os
import sys
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import structlog

from analytics.closing.sheets import csv_of, xlsx_of
from analytics.closing.signing import SigningKey
from analytics.sheet_words import Lang
from lectern.kernel.errors import InternalFault, Overloaded

Form = Literal["jsonl", "csv", "xlsx", "pdf"]
_SLOWEST_S = 120
_WAITING = 4
_log = structlog.get_logger()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to make. `private` and `certificate` (base64) are for PDF alone."""

    form: Literal["xlsx", "pdf"]
    lang: Lang
    private: str = ""
    certificate: str = ""
    made_utc_ms: int = 0


@dataclass(slots=True)
class Press:
    """One file at a time, and a short queue."""

    waiting: int = 0
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def make(
        self, form: Form, lang: Lang, record: bytes, key: SigningKey | None, made_utc_ms: int
    ) -> bytes:
        """Return the file.

        Raises:
            Overloaded: too many wait already (`too_many_files`). InternalFault: it could not be made.
        """
        if form == "jsonl":
            return record
        if form == "csv":
            return await asyncio.to_thread(csv_of, record, lang)
        if self.waiting >= _WAITING:
            raise Overloaded(
                "too_many_files", "Files are being made already. Try again in a moment.", retry_after_s=5
            )
        order = Order(
            form=form,
            lang=lang,
            private=key.pem() if key else "",
            certificate=base64.b64encode(key.certificate).decode() if key else "",
            made_utc_ms=made_utc_ms,
        )
        self.waiting += 1
        try:
            async with self._free:
                return await _child(msgspec.json.encode(order) + b"\n" + record)
        finally:
            self.waiting -= 1


async def _child(sent: bytes) -> bytes:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "analytics.closing.press", stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(_SLOWEST_S):
            made, complaint = await child.communicate(sent)
    except TimeoutError:
        made, complaint = b"", b"TimeoutError"
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        _log.error("attendance_file_failed", exit_code=child.returncode, last=_last_line(complaint))
        raise InternalFault(
            "attendance_file_failed", "The file could not be made. The server's log says why."
        )
    return made


def _last_line(complaint: bytes) -> str:
    """Return the kind of the exception: what follows it may hold names."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[-1].partition(":")[0][:80] if lines else ""


def made(order: Order, record: bytes) -> bytes:
    """Return the file that was ordered; for the child."""
    if order.form == "xlsx":
        return xlsx_of(record, order.lang)
    from analytics.closing.document import document  # noqa: PLC0415 (heavy, and for the child alone)

    key = SigningKey.read(order.private, base64.b64decode(order.certificate))
    return document(record, order.lang, key, order.made_utc_ms)


def main() -> None:
    """Read an order, write a file."""
    os.nice(10)
    head, _, record = sys.stdin.buffer.read().partition(b"\n")
    sys.stdout.buffer.write(made(msgspec.json.decode(head, type=Order), record))


if __name__ == "__main__":
    main()

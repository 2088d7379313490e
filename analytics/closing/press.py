"""Making the files of a record, away from the server's loop: `python -m analytics.closing.press`.

A PDF of two thousand people costs seconds of a core. The child gets one JSON line and then the record on its
standard input, answers with the file on its standard output, and says on its standard error how far it is; a
running class notices nothing. Whoever asked and leaves takes the child with them.
"""

import asyncio
import base64
import os
import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import structlog

from analytics.closing.sheets import csv_of, xlsx_of
from analytics.closing.signing import SigningKey
from analytics.sheet_words import Lang
from lectern.kernel.errors import Conflict, InternalFault, Overloaded
from lectern.kernel.tasks import task_group

Form = Literal["jsonl", "csv", "xlsx", "pdf"]
_SLOWEST_S = 120
_WAITING = 4
_AT = b"@"
_log = structlog.get_logger()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to make. `private` and `certificate` (base64) are for PDF alone.

    `pdf` and `xlsx` are of a closed record, `report` is the PDF of a `Paper` (`analytics.paper.content`).
    """

    form: Literal["xlsx", "pdf", "report"]
    lang: Lang
    private: str = ""
    certificate: str = ""
    made_utc_ms: int = 0


Tell = Callable[[int, int], None]
"""Takes how many rows are done, and of how many."""


def _nobody(_done: int, _of: int) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Press:
    """One file at a time, and a short queue; one and the same file is made once for whoever asks twice."""

    waiting: int = 0
    _making: set[Hashable] = field(default_factory=set)
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def make(
        self,
        form: Form | Literal["report"],
        lang: Lang,
        record: bytes,
        key: SigningKey | None,
        made_utc_ms: int,
        *,
        whose: Hashable = None,
        tell: Tell = _nobody,
    ) -> bytes:
        """Return the file; `tell` hears how far it is. Cancelling ends the work.

        `whose` says what is made for whom.

        Raises:
            Overloaded: too many wait already (`too_many_files`). InternalFault: it could not be made.
            Conflict: the same is being made for the same person (`file_being_made`).
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
        if whose is not None and whose in self._making:
            raise Conflict("file_being_made", "This file is being made for you already. Wait for it.")
        self.waiting += 1
        self._making.add(whose)
        try:
            async with self._free:
                return await _child(msgspec.json.encode(order) + b"\n" + record, tell)
        finally:
            self.waiting -= 1
            self._making.discard(whose)


async def _child(sent: bytes, tell: Tell) -> bytes:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "analytics.closing.press", stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert child.stdin is not None, "it is a pipe"
    assert child.stdout is not None, "it is a pipe"
    assert child.stderr is not None, "it is a pipe"
    try:
        async with asyncio.timeout(_SLOWEST_S), task_group() as group:
            complaining = group.create_task(_listen(child.stderr, tell))
            making = group.create_task(child.stdout.read())
            try:
                child.stdin.write(sent)
                await child.stdin.drain()
            except (BrokenPipeError, ConnectionResetError):
                pass  # its complaint says why it went
            child.stdin.close()
            await child.wait()
        made, complaint = making.result(), complaining.result()
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


async def _listen(errors: asyncio.StreamReader, tell: Tell) -> bytes:
    """Tell how far the child is; return the last thing that it says besides."""
    complaint = b""
    async for line in errors:
        words = line.split()
        if len(words) == 3 and words[0] == _AT and words[1].isdigit() and words[2].isdigit():
            tell(int(words[1]), int(words[2]))
        elif words:
            complaint = line
    return complaint


def _last_line(complaint: bytes) -> str:
    """Return the kind of the exception: what follows it may hold names."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[-1].partition(":")[0][:80] if lines else ""


def made(order: Order, record: bytes, tell: Tell = _nobody) -> bytes:
    """Return the file that was ordered; for the child."""
    if order.form == "xlsx":
        return xlsx_of(record, order.lang)
    key = SigningKey.read(order.private, base64.b64decode(order.certificate))
    if order.form == "report":
        from analytics.paper.drawing import drawn  # noqa: PLC0415 (heavy, and for the child alone)

        return drawn(record, key, order.made_utc_ms, tell)
    from analytics.closing.document import document  # noqa: PLC0415 (heavy, and for the child alone)

    return document(record, order.lang, key, order.made_utc_ms, tell)


def main() -> None:
    """Read an order, write a file."""
    os.nice(10)
    head, _, record = sys.stdin.buffer.read().partition(b"\n")

    def tell(done: int, of: int) -> None:
        sys.stderr.write(f"{_AT.decode()} {done} {of}\n")
        sys.stderr.flush()

    sys.stdout.buffer.write(made(msgspec.json.decode(head, type=Order), record, tell))


if __name__ == "__main__":
    main()

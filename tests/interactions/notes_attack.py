"""Updates of shared notes as somebody makes them who wants harm: well formed, with the numbers that hurt.

`python -m tests.interactions.notes_attack SECONDS [SEED]` looks for one that is accepted and hurts: each run
of updates is read in a child process with a limit of memory and time, because what hurts is no exception.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from interactions.notes.notebook import Notebook, Record
from interactions.notes.update import MOST_CLOCK, MOST_DELETED, read_update
from lectern.kernel.errors import LecternError

MEMORY_BYTES = 2 << 30
PATIENCE_S = 10
_DONE = 2**63
WRITERS = (1, 2, 7, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**53 - 1)
SIZES = (
    *(
        0,
        1,
        2,
        3,
        5,
        127,
        128,
        8_000,
        MOST_DELETED,
        MOST_DELETED + 1,
        MOST_CLOCK - 1,
        MOST_CLOCK,
        MOST_CLOCK + 1,
    ),
    *(2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1, 2**32, 2**32 + 1, 2**40, 2**53 - 1, 2**53, 2**64 - 1),
)
WORDS = ("a", "bcd", "é€", "😀", "x😀y", "省电" * 20, "z" * 300)


def number(value: int) -> bytes:
    """Encode a number as lib0 does."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(words: str) -> bytes:
    """Encode a string as lib0 does."""
    raw = words.encode()
    return number(len(raw)) + raw


@dataclass
class Attacker:
    """Writes updates against what is known of a document."""

    rng: Random
    wild: float = 0.05
    ends: dict[int, int] = field(default_factory=dict)

    def update(self) -> bytes:
        """Return another update; what it writes is taken to be accepted."""
        rng = self.rng
        client = rng.choice([*self.ends, rng.choice(WRITERS)])
        before = self.ends.get(client, 0)
        first = self._size(before if rng.random() < 0.8 else rng.randint(0, before))
        clock, encoded = first, []
        for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
            item, length = self._item(client, clock)
            encoded.append(item)
            clock += length
        out = bytearray()
        if encoded:
            out += number(1) + number(len(encoded)) + number(client) + number(first) + b"".join(encoded)
            self.ends[client] = max(before, clock)
        else:
            out += number(0)
        return bytes(out + self._deletions(client, (first, clock)))

    def _size(self, value: int) -> int:
        return self.rng.choice(SIZES) if self.rng.random() < self.wild else value

    def _place(self, client: int, clock: int) -> bytes:
        other = self.rng.choice([client, *self.ends])
        end = clock if other == client else self.ends[other]
        at = max(0, self.rng.choice((0, end - 1, end - 2, self.rng.randint(0, max(0, end - 1)))))
        return number(other) + number(self._size(at))

    def _item(self, client: int, clock: int) -> tuple[bytes, int]:
        rng = self.rng
        info = rng.choice((0, 0x80, 0x40, 0xC0)) if clock or self.ends else 0
        beside = b"".join(self._place(client, clock) for flag in (0x80, 0x40) if info & flag)
        if not info:
            beside = number(1) + text("notes")
        if rng.random() < 0.4:
            length = rng.choice(SIZES) if rng.random() < max(self.wild, 0.3) else rng.randint(1, 9)
            return bytes([info | rng.choice((1, 1, 1, 1, 0, 10))]) + beside + number(length), length
        words = rng.choice(WORDS)
        return bytes([info | 4]) + beside + text(words), len(words.encode("utf-16-le")) // 2

    def _deletions(self, client: int, own: tuple[int, int]) -> bytes:
        rng, out = self.rng, bytearray()
        wild = rng.random() < self.wild
        clients = [client] if own[1] > own[0] and rng.random() < 0.6 else []
        clients += rng.sample(list(self.ends), min(len(self.ends), rng.choice((0, 0, 1, 2))))
        if not wild:
            clients = list(dict.fromkeys(clients))
        out += number(len(clients))
        for each in clients:
            end = self.ends.get(each, 0)
            ranges = []
            for _ in range(rng.choice((1, 1, 2, 4))):
                at = rng.randint(0, max(0, end - 1))
                ranges.append((self._size(at), self._size(rng.randint(1, max(1, end - at)))))
            if each == client and own[1] > own[0] and rng.random() < 0.5:
                ranges.append((own[0], own[1] - own[0]))
            if not wild:
                ranges, found = [], sorted(ranges)
                for at, length in found:
                    if not ranges or at >= sum(ranges[-1]):
                        ranges.append((at, length))
            out += number(each) + number(len(ranges)) + b"".join(number(a) + number(b) for a, b in ranges)
        return bytes(out)


def suffer(seed: int, wild: float = 0.05, steps: int = 12) -> int:
    """Take in what one attacker writes, as a server does; return how much was accepted.

    The document is read again from its changes and from its compacted form now and then, as other servers do.

    Raises:
        AssertionError: the copies differ.
    """
    rng = Random(seed)
    attacker, record, book = Attacker(rng, wild), Record(), Notebook()
    accepted: list[bytes] = []
    for _ in range(steps):
        raw = attacker.update()
        try:
            book.take(record, "eve", read_update(raw))
        except LecternError:
            attacker.ends = dict(book.known())
            if book.is_spoiled:
                book = _read(accepted)
            continue
        if record.n > len(accepted):
            accepted.append(raw)
        attacker.ends = dict(book.known())
        if rng.random() < 0.2:
            again, whole = _read(accepted), Notebook()
            assert whole.load(book.content(), record.n, whole=True)
            # An item that names its neighbours in the wrong order (no page does) may stand elsewhere there.
            assert sorted(again.text) == sorted(book.text) == sorted(whole.text), (
                "copies hold different words"
            )
            assert again.known() == book.known() == whole.known(), "copies know different things"
            book = rng.choice((again, whole, book))
    return len(accepted)


def _read(accepted: list[bytes]) -> Notebook:
    book = Notebook()
    for n, raw in enumerate(accepted, start=1):
        assert book.load(raw, n, whole=False), "an accepted change was left out"
    return book


def in_child(jobs: Iterable[int], work: Callable[[int], int]) -> tuple[int | None, int]:
    """Do these jobs in a child process; return the first that hurt, and the sum of what `work` returned."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            done = 0
            for job in jobs:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends it, whoever holds the interpreter
                signal.alarm(PATIENCE_S)
                os.write(writer, job.to_bytes(8, "big"))
                done += work(job)
            os.write(writer, (_DONE + done).to_bytes(8, "big"))
            code = 0
        except BaseException as error:  # noqa: BLE001 (told to whoever looks on; the child ends in any case)
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    last = int.from_bytes(told[-8:], "big")
    return (None, last - _DONE) if last >= _DONE else (last, 0)


def main(seconds: float, seed: int) -> int:
    """Look for harm that long; the exit code says whether some was found."""
    end, runs, accepted = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        for wild in (0.0, 0.02, 0.1):
            hurt, taken = in_child(range(seed, seed + 200), partial(suffer, wild=wild))
            if hurt is not None:
                print(f"harm: seed {hurt}, wild {wild}")
                return 1
            accepted += taken
            runs += 200
        seed += 200
    print(f"{runs} attackers, {accepted} updates accepted, no harm")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))

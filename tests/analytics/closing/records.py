"""Records to tamper with."""

import random
from datetime import UTC, datetime
from functools import cache

from analytics.closing.chain import SALT_BYTES, Entry, SealedRecord, seal
from analytics.closing.signing import SigningKey

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def key(number: int = 1) -> SigningKey:
    """The same key for the same number, within a run."""
    return _made(number)


@cache
def _made(number: int) -> SigningKey:
    return SigningKey.made(f"ACME {number} 培训", NOW, number)


def salts(count: int) -> list[bytes]:
    """Salts that repeat from run to run."""
    rng = random.Random(count)
    return [rng.randbytes(SALT_BYTES) for _ in range(count)]


def record(rows: int = 3, by: SigningKey | None = None) -> SealedRecord:
    """A small record, whose rows say little."""
    header = Entry({"edition": 1, "previous": None, "organisation": {"name": "ACME"}}, {"closed_by": "李雷"})
    people = [
        Entry(
            {"person": f"p{n}", "verdict": "present", "minutes": "41.5"},
            {"identity": {"name": f"王{n}", "external_id": f"E{n}"}},
        )
        for n in range(rows)
    ]
    return seal(header, people, salts(rows + 1), by or key())

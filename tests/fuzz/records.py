"""Targets: closed attendance records that somebody brings."""

from collections.abc import Iterable
from pathlib import Path

from analytics.closing.inspection import inspected
from analytics.closing.verification import words_of
from tests.fuzz.target import Target

_GOLDEN = (Path(__file__).parents[1] / "vectors" / "attendance_record.jsonl").read_bytes()
_HEAD = inspected(_GOLDEN).head


def attendance_record(data: bytes) -> None:
    """Findings, never an exception; nothing holds but the record that was signed."""
    report = inspected(data)
    assert all(line.isprintable() for line in words_of(report))
    assert not report.holds or report.head == _HEAD


def _records() -> Iterable[bytes]:
    yield _GOLDEN
    yield b"\n".join(_GOLDEN.split(b"\n")[:2])


TARGETS = (Target("attendance_record", attendance_record, _records),)

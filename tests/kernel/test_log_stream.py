"""A log whose disk is full loses lines, and nothing else."""

import io
from typing import TextIO, cast

import structlog

from lectern.kernel.log_stream import LogStream


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_lines_reach_a_stream_that_takes_them() -> None:
    stream = io.StringIO()
    structlog.PrintLogger(cast("TextIO", LogStream(stream))).info("disk_full")
    assert stream.getvalue() == "disk_full\n"


def test_a_full_disk_does_not_stop_who_logs() -> None:
    log = LogStream(FullDisk())
    structlog.PrintLogger(cast("TextIO", log)).info("disk_full")
    assert log.lost > 0

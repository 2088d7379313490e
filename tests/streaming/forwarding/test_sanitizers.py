"""The C code under AddressSanitizer and UndefinedBehaviorSanitizer: no read or write outside, no overflow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streaming.twin.build import build
from tests.streaming.forwarding.implementations import needs_twin

FOLDER = Path(__file__).parent
FLAGS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-U_FORTIFY_SOURCE")


@needs_twin
@pytest.mark.timeout(180)
def test_the_same_tests_with_sanitizers(tmp_path: Path) -> None:
    extension = tmp_path / "_twin.so"
    build(extension, *FLAGS)
    runtime = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
    ).stdout.strip()
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.streaming.forwarding.sanitized", str(extension),
            "-q", "-x", "-p", "no:cacheprovider", "-k", "not leaks and not python",
            *(str(FOLDER / name) for name in ("test_hot_path.py", "test_twins.py", "test_batch.py")),
        ],
        env={
            **os.environ,
            "LD_PRELOAD": runtime,
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "PYTHONMALLOC": "malloc",
            "LECTERN_REQUIRE_TWIN": "1",
        },
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "passed" in done.stdout

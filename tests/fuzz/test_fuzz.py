"""The committed corpus stays good, and half a minute of fuzzing of each target finds nothing new."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.registry import TARGETS

CORPUS = Path(__file__).parent / "corpus"
SECONDS = 30


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_all_that_was_ever_found_is_still_good(name: str) -> None:
    target = TARGETS[name]
    inputs = [*target.seeds(), *(path.read_bytes() for path in sorted((CORPUS / name).iterdir()))]
    assert len(inputs) > 3
    for data in inputs:
        target.run(data)


def test_the_corpus_has_no_folder_without_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)


@pytest.mark.skipif(sys.platform != "linux", reason="the fuzzer's engine is a Linux package")
@pytest.mark.background
@pytest.mark.timeout(SECONDS + 270)
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_half_a_minute_finds_nothing(name: str) -> None:
    command = ["script/fuzz", "--seconds", str(SECONDS), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "runs in" in done.stdout or "DONE" in done.stdout, done.stdout

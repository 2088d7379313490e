"""The committed corpus stays good, and fuzzing each target for a while finds nothing new."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.registry import NAMES, target

CORPUS = Path(__file__).parent / "corpus"
SECONDS = {name: target(name).seconds for name in NAMES}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_all_that_was_ever_found_is_still_good(name: str) -> None:
    tried = target(name)
    inputs = [*tried.seeds(), *(path.read_bytes() for path in sorted((CORPUS / name).iterdir()))]
    assert len(inputs) > 3
    for data in inputs:
        tried.run(data)


def test_the_corpus_has_no_folder_without_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(NAMES)


@pytest.mark.skipif(sys.platform != "linux", reason="the fuzzer's engine is a Linux package")
@pytest.mark.background
@pytest.mark.timeout(max(SECONDS.values()) + 270)
@pytest.mark.parametrize("name", sorted(NAMES))
def test_fuzzing_for_a_while_finds_nothing(name: str) -> None:
    command = ["script/fuzz", "--seconds", str(SECONDS[name]), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "runs in" in done.stdout or "DONE" in done.stdout, done.stdout

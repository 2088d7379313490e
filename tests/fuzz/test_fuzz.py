"""The committed corpus stays good, and fuzzing each target for a while finds nothing new."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.registry import TARGETS

CORPUS = Path(__file__).parent / "corpus"
MOST_SECONDS = max(target.seconds for target in TARGETS.values())


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
@pytest.mark.parametrize("seconds", sorted({target.seconds for target in TARGETS.values()}))
@pytest.mark.timeout(MOST_SECONDS * len(TARGETS) + 300)
def test_fuzzing_for_a_while_finds_nothing(seconds: int) -> None:
    names = [target.name for target in TARGETS.values() if target.seconds == seconds]
    command = ["script/fuzz", "--seconds", str(seconds), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("runs in") + done.stdout.count("DONE") >= len(names), done.stdout

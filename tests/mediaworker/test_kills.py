"""Real workers over a real bucket, killed in the middle: one output each, nothing left lying about."""

import random
from pathlib import Path

import pytest

from loadtests.replay.killing import kill_often

KILLS = 3


@pytest.mark.timeout(240)
def test_killed_workers_leave_exactly_one_output_each(tmp_path: Path) -> None:
    said: list[str] = []
    outcome = kill_often(KILLS, random.Random(3), root=tmp_path, say=said.append, lease_ms=3_000)
    assert outcome.faults == []
    assert (outcome.killed, outcome.wrong, outcome.orphans) == (KILLS, 0, 0)
    assert outcome.longest_s < 20  # a lease of 3 s, a look each second, and a noisy machine
    assert len(said) == KILLS + 1

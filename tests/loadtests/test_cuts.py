"""The scripted lessons of `script/bench cuts` are what they say, and the judge counts right."""

from itertools import pairwise

import pytest

from loadtests.cuts.judging import Judged, happened_in, judged
from loadtests.cuts.script import Script, Utterance, scripted


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_script_tells_no_lies(seed: int) -> None:
    script = scripted(seed)
    assert script == scripted(seed)
    assert 45 <= script.duration_ms / 60_000 <= 100
    assert len(script.boundaries) >= 4
    assert all(one.to_ms <= other.from_ms for one, other in pairwise(script.utterances))
    assert all(one.at_ms <= other.at_ms for one, other in pairwise(script.pages))
    whole = [each for each in happened_in(script) if each.kind in ("poll", "breakout")]
    for at in script.boundaries:
        assert 0 < at < script.duration_ms
        assert not any(u.from_ms < at < u.to_ms for u in script.utterances)
        assert not any(each.from_ms < at < each.to_ms for each in whole)


def test_the_judge_counts() -> None:
    script = Script(seed=0, floor_db=-60, hum=False, coloured_titles=False, duration_ms=60_000)
    script.utterances = [Utterance(0, 19_000, "presenter"), Utterance(21_000, 60_000, "presenter")]
    script.boundaries = [21_000, 45_000]
    result = judged(script, [19_500, 24_500])
    assert result == Judged(boundaries=2, hit=1, cuts=2, good=1, in_utterance=1, in_closed=0)
    assert result + result == Judged(4, 2, 4, 2, 2, 0)

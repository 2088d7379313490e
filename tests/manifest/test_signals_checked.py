"""Signals that somebody else wrote: what a worker makes is taken, what no replay can have is not."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.manifest.signals import MOST_BUCKETS, MOST_BYTES, Signals, checked

DURATION_MS = 600_000


@st.composite
def heard(draw: st.DrawFn) -> Signals:
    moments = sorted(draw(st.sets(st.integers(0, DURATION_MS), max_size=40)))
    pairs = tuple(zip(moments[::2], moments[1::2], strict=False))
    scenes = sorted(draw(st.sets(st.integers(0, DURATION_MS), max_size=20)))
    return Signals(
        DURATION_MS,
        draw(st.integers(0, 1_000)),
        tuple(draw(st.lists(st.integers(0, 255), max_size=50))),
        pairs,
        tuple((at, draw(st.floats(0, 1))) for at in scenes),
    )


@given(heard())
def test_what_a_worker_makes_is_taken(signals: Signals) -> None:
    assert checked(msgspec.json.encode(signals)) == signals


@given(heard(), st.data())
def test_what_no_replay_can_have_is_refused(signals: Signals, data: st.DataObject) -> None:
    late = DURATION_MS + 1
    wrong: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                {"duration_ms": -1},
                {"bucket_ms": -1},
                {"peaks": (*signals.peaks, 256)},
                {"peaks": (0,) * (MOST_BUCKETS + 1)},
                {"utterances": (*signals.utterances, (late, late + 1))},
                {"utterances": ((-5, -4), *signals.utterances)},
                {"utterances": (*signals.utterances, (7, 7))},
                {"scenes": (*signals.scenes, (late, 0.5))},
                {"scenes": ((3, 0.5), (3, 0.5))},
                {"scenes": ((3, 1.5),)},
            ]
        )
    )
    with pytest.raises(ValueError):  # noqa: PT011 (every kind of wrong is one answer)
        checked(msgspec.json.encode(msgspec.structs.replace(signals, **wrong)))


@given(st.binary(max_size=200))
def test_bytes_are_no_signals(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (every kind of wrong is one answer)
        checked(content)


def test_more_than_anybody_heard_is_not_read() -> None:
    with pytest.raises(ValueError, match="too long"):
        checked(b" " * (MOST_BYTES + 1))

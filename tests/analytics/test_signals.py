"""Signals of a lesson: what is low, what only may be, and whose limit it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.chance import Share
from analytics.signal_words import LEVELS, WORDS
from analytics.signals import Level, Shares, Signal, SignalFound, SignalLimits, signals_of

NOBODY = Share(0, 0)
LIMITS = SignalLimits()
shares = st.integers(0, 200).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of)))


def signals_by(**some: Share) -> dict[Signal, SignalFound]:
    names = ("activation", "learning_time", "target", "activity", "passed", "participation")
    departments = {name: share for name, share in some.items() if name not in names}
    given_shares = {name: some.get(name, NOBODY) for name in names}
    return {each.signal: each for each in signals_of(Shares(**given_shares, departments=departments), LIMITS)}


@given(st.tuples(*[shares] * 6))
def test_every_signal_is_there_and_is_what_its_figure_says(each: tuple[Share, ...]) -> None:
    names = ("activation", "learning_time", "target", "activity", "passed", "participation")
    signals = signals_by(**dict(zip(names, each, strict=True)))
    assert list(signals) == list(Signal)
    for one in signals.values():
        if one.signal is Signal.PREFERENCES:
            continue
        assert one.limit is not None
        below = one.share.rate is not None and one.share.rate < one.limit
        assert (one.level in {Level.LOW, Level.PERHAPS}) == below
        assert (one.level is Level.UNKNOWN) == (one.share.of == 0)
        assert (one.level is Level.LOW) == (below and one.share.interval[1] < one.limit), "not by chance"


@pytest.mark.parametrize(
    ("name", "signal", "limit", "own"),
    [
        ("activation", Signal.ACTIVATION, 0.5, False),
        ("target", Signal.TARGET, 0.6, False),
        ("learning_time", Signal.LEARNING_TIME, 0.5, True),
        ("activity", Signal.ACTIVITY, 0.5, True),
        ("passed", Signal.PASSED, 0.5, True),
        ("participation", Signal.ABSENCE, 0.9, True),
    ],
)
def test_a_limit_says_whose_it_is(name: str, signal: Signal, limit: float, own: bool) -> None:
    one = signals_by(**{name: Share(10, 100)})[signal]
    assert (one.level, one.limit, one.own) == (Level.LOW, limit, own)
    assert signals_by(**{name: Share(99, 100)})[signal].level is Level.FINE
    below = signals_by(**{name: Share(round(limit * 20) - 1, 20)})[signal]
    assert below.level is Level.PERHAPS, "one person more and it were fine: that is chance"


def test_departments_are_apart_only_where_chance_does_not_explain_it() -> None:
    one = signals_by(Lab=Share(2, 40), Shops=Share(36, 40), Office=Share(20, 40))[Signal.PREFERENCES]
    assert (one.level, one.apart, one.share) == (Level.LOW, ("Lab", "Shops"), Share(2, 40))
    assert one.other == Share(36, 40)
    assert one.limit is None
    few = signals_by(Lab=Share(0, 1), Shops=Share(1, 1))[Signal.PREFERENCES]
    assert few.level is Level.FINE
    assert signals_by(Lab=Share(0, 9), Shops=NOBODY)[Signal.PREFERENCES].level is Level.UNKNOWN


def test_every_signal_has_its_words() -> None:
    assert set(WORDS) == set(Signal)
    assert set(LEVELS) == set(Level)
    for each in WORDS.values():
        assert {lang: bool(w.name and w.meaning and w.action) for lang, w in each.items()} == {
            "en": True, "zh-CN": True,
        }  # fmt: skip

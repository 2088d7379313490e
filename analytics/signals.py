"""Signals of a lesson (EVA-15, requirements.md 2.4): what is low, what that may mean, and what to do. Pure.

Every signal is a share of people with its limit. Below the limit and not by chance (95 %) it is `low`; below
it, where chance may explain it, `perhaps`. Limits come from the requirements where these have one (T-02,
T-10); the others are ours, are settings, and every report says so (`own`). Words: `signal_words.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from analytics.chance import Share


class Signal(StrEnum):
    """What is looked at, in the order of the action table."""

    ACTIVATION = "activation"
    LEARNING_TIME = "learning_time"
    TARGET = "target"
    ACTIVITY = "activity"
    PREFERENCES = "preferences"
    PASSED = "passed"
    ABSENCE = "absence"


class Level(StrEnum):
    """How a signal stands; `unknown`: there is nobody to ask about."""

    LOW = "low"
    PERHAPS = "perhaps"
    FINE = "fine"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SignalLimits:
    """Below what a share is a signal, 0..1. T-02: `activation`; T-10: `target`; the others are ours."""

    activation: float = 0.5
    target: float = 0.6
    own: float = 0.5
    participation: float = 0.9


@dataclass(frozen=True, slots=True)
class Shares:
    """What signals are made of.

    `activation`: of those expected, who came at all, live or later. `learning_time`: of those who came live,
    who stayed for as long as the attendance rule asks. `target`: of those who started, who saw enough of it.
    `activity`: of those who came live, who did anything. `passed`: right answers. `participation`: of those
    expected, who took part for the rule's least minutes. `departments`: `target` of each.
    """

    activation: Share
    learning_time: Share
    target: Share
    activity: Share
    passed: Share
    participation: Share
    departments: Mapping[str, Share] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignalFound:
    """One signal with its figure; `limit` None: it compares departments, `apart` are the lowest and highest.

    `own`: the requirements name no limit, this one is the product's.
    """

    signal: Signal
    level: Level
    share: Share
    limit: float | None
    own: bool
    apart: tuple[str, str] | None = None
    other: Share | None = None
    """The share of the second of `apart`."""


def signals_of(shares: Shares, limits: SignalLimits) -> tuple[SignalFound, ...]:
    """Return all signals, in the order of the action table."""
    judged = {
        Signal.ACTIVATION: (shares.activation, limits.activation, False),
        Signal.LEARNING_TIME: (shares.learning_time, limits.own, True),
        Signal.TARGET: (shares.target, limits.target, False),
        Signal.ACTIVITY: (shares.activity, limits.own, True),
        Signal.PASSED: (shares.passed, limits.own, True),
        Signal.ABSENCE: (shares.participation, limits.participation, True),
    }
    return tuple(
        _preferences(shares.departments) if signal is Signal.PREFERENCES else _found(signal, *judged[signal])
        for signal in Signal
    )


def _found(signal: Signal, share: Share, limit: float, own: bool) -> SignalFound:
    if share.rate is None:
        level = Level.UNKNOWN
    elif share.rate >= limit:
        level = Level.FINE
    else:
        level = Level.LOW if share.is_below(limit) else Level.PERHAPS
    return SignalFound(signal, level, share, limit, own)


def _preferences(departments: Mapping[str, Share]) -> SignalFound:
    """Compare the departments that did worst and best: apart only where their intervals are."""
    known = sorted(
        ((name, share) for name, share in departments.items() if share.of),
        key=lambda each: (each[1].interval[1], each[0]),
    )
    if len(known) < 2:
        return SignalFound(Signal.PREFERENCES, Level.UNKNOWN, Share(0, 0), None, own=True)
    low, high = known[0], max(known, key=lambda each: (each[1].interval[0], each[0]))
    level = Level.LOW if low[1].interval[1] < high[1].interval[0] else Level.FINE
    return SignalFound(
        Signal.PREFERENCES, level, low[1], None, own=True, apart=(low[0], high[0]), other=high[1]
    )

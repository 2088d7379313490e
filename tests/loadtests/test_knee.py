"""The search for the highest load that holds."""

from hypothesis import given
from hypothesis import strategies as st

from loadtests.sfu.knee import KneeSearch
from loadtests.sfu.scenarios import growth_share


def run(search: KneeSearch, knee: int) -> list[int]:
    """All levels that were tried, against a server that holds up to `knee`."""
    tried = []
    while search.level is not None:
        tried.append(search.level)
        search.report(holds=search.level <= knee)
    return tried


@given(st.integers(1, 1900))
def test_finds_the_knee(knee: int) -> None:
    search = KneeSearch(120)
    tried = run(search, knee)
    assert search.best <= knee <= search.best * 1.06 + 1
    assert len(tried) < 40


def test_stops_at_its_ceiling() -> None:
    search = KneeSearch(120, ceiling=300)
    run(search, 10_000)
    assert search.best == 300


def test_one_hiccup_is_forgiven() -> None:
    search = KneeSearch(100, ceiling=100)
    search.report(holds=False)
    assert search.level == 100
    search.report(holds=True)
    assert search.best == 100
    assert search.level is None


def test_certainty_needs_no_second_chance() -> None:
    search = KneeSearch(100)
    search.report(holds=False, certain=True)
    assert search.level == 50


def test_stopping_keeps_what_is_known() -> None:
    search = KneeSearch(100)
    search.report(holds=True)
    search.stop()
    assert (search.best, search.level) == (100, None)


def test_warming_up_is_no_growth_but_a_leak_is() -> None:
    warmed = [(float(n), 100.0 + min(n, 50)) for n in range(200)]
    leaking = [(float(n), 100.0 + n) for n in range(200)]
    assert growth_share(warmed) == 0
    assert growth_share(leaking) > 0.2

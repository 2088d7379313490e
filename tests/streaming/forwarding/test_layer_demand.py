from hypothesis import given
from hypothesis import strategies as st

from streaming.forwarding.layer_demand import KEEP_S, LayerDemand


def test_more_at_once_fewer_later() -> None:
    demand = LayerDemand(3)
    assert demand.update({2}, 0.0) is None
    assert demand.update({2}, KEEP_S - 0.1) is None
    assert demand.update({2}, KEEP_S) == frozenset({2})
    assert demand.update({0}, KEEP_S + 1) == frozenset({0, 2})
    assert demand.update({0}, KEEP_S + 2) is None
    assert demand.update({0, 1}, KEEP_S + 2.1) == frozenset({0, 1, 2})
    assert demand.update({1}, 2 * KEEP_S) == frozenset({0, 1})
    assert demand.update({1}, 3 * KEEP_S) == frozenset({1})


def test_others_count_and_the_smallest_stays() -> None:
    demand = LayerDemand(3)
    demand.others["recorder"] = frozenset({2})
    demand.update((), 0.0)
    assert demand.update((), KEEP_S) == frozenset({2})
    demand.others["recorder"] = frozenset()
    assert demand.update((), KEEP_S + 1) == frozenset({0, 2})
    assert demand.update((), 2 * KEEP_S) == frozenset({0})


@given(st.lists(st.tuples(st.sets(st.integers(0, 2)), st.floats(0.1, 3.0)), max_size=40))
def test_what_is_needed_is_always_announced(steps: list[tuple[set[int], float]]) -> None:
    demand, now = LayerDemand(3), 0.0
    for needed, pause in steps:
        now += pause
        news = demand.update(needed, now)
        assert news is None or news == demand.announced
        assert needed <= demand.announced
        assert demand.announced

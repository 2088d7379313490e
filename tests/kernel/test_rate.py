"""Token buckets."""

from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.rate import RateLimit


def test_a_burst_passes_and_the_next_must_wait_for_its_refill() -> None:
    limit = RateLimit(per_s=0.5, burst=3)
    assert [limit.wait_s("a", 100.0) for _ in range(4)] == [0, 0, 0, 2.0]
    assert limit.wait_s("a", 101.0) == 1.0
    assert limit.wait_s("a", 102.0) == 0


def test_keys_do_not_touch_each_other() -> None:
    limit = RateLimit(per_s=1, burst=1)
    assert limit.wait_s("a", 0.0) == 0
    assert limit.wait_s("b", 0.0) == 0
    assert limit.wait_s("a", 0.0) == 1.0


def test_memory_is_bounded_and_the_longest_unused_key_is_forgotten() -> None:
    limit = RateLimit(per_s=0.001, burst=1, keys=2)
    for key in ("a", "b", "a", "c"):  # b was not asked for longest
        limit.wait_s(key, 0.0)
    assert limit.wait_s("a", 0.0) > 0
    assert limit.wait_s("b", 0.0) == 0


@given(
    st.lists(st.floats(0, 10, allow_nan=False), max_size=60),
    st.floats(0.1, 5),
    st.integers(1, 10),
)
def test_never_more_than_the_burst_and_the_refill(gaps: list[float], per_s: float, burst: int) -> None:
    limit = RateLimit(per_s=per_s, burst=burst)
    now, passed = 0.0, 0
    for gap in gaps:
        now += gap
        passed += limit.wait_s("k", now) == 0
    assert passed <= burst + now * per_s + 1e-6

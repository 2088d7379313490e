"""Token buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.rate import RateLimit, origin_of


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


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_the_addresses_of_one_subscriber_count_together(address: str, origin: str) -> None:
    assert origin_of(address) == origin

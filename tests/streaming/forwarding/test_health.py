from streaming.forwarding.health import BEGIN_S, END_S, Health


def test_a_hiccup_is_no_news_and_a_standing_fault_is_told_once() -> None:
    health = Health()
    health.observe("receiving_lossy", 0.0, there=True)
    health.observe("receiving_lossy", 1.0, there=False)
    health.observe("receiving_lossy", 2.0, there=True)
    health.observe("receiving_lossy", 2.0 + BEGIN_S - 0.1, there=True)
    assert health.changed() is None
    health.observe("receiving_lossy", 2.0 + BEGIN_S, there=True)
    health.observe("slow_answers", 2.0 + BEGIN_S, there=False)
    assert health.changed() == ("receiving_lossy",)
    assert health.changed() is None


def test_it_is_over_when_it_was_away_for_a_while() -> None:
    health = Health()
    for at in (0.0, BEGIN_S):
        health.observe("slow_answers", at, there=True)
    assert health.changed() == ("slow_answers",)
    health.observe("slow_answers", 10.0, there=False)
    health.observe("slow_answers", 10.0 + END_S - 1, there=True)
    health.observe("slow_answers", 20.0, there=False)
    assert health.changed() is None
    health.observe("slow_answers", 20.0 + END_S, there=False)
    assert health.changed() == ()


def test_a_fault_that_comes_back_before_anybody_was_told_is_no_news() -> None:
    health = Health()
    for at in (0.0, BEGIN_S):
        health.observe("sending_lossy", at, there=True)
    for at in (BEGIN_S, BEGIN_S + END_S):
        health.observe("sending_lossy", at, there=False)
    assert health.changed() is None

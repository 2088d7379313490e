"""Queues measured by echoes."""

from random import Random

from streaming.congestion.echo import BASE_S, Echoes


def ask_and_answer(echoes: Echoes, now: float, trip_s: float) -> float:
    """One echo; returns the queue that it found."""
    key = str(now).encode()
    echoes.ask(key, now)
    found = echoes.receive(key, now + trip_s)
    assert found is not None
    return found[0]


def test_what_goes_beyond_the_shortest_trip_is_the_queue() -> None:
    echoes = Echoes()
    assert echoes.queue_s(0.0) is None
    assert ask_and_answer(echoes, 1.0, 0.05) == 0
    assert abs(ask_and_answer(echoes, 2.0, 0.35) - 0.3) < 1e-9
    assert abs((echoes.queue_s(2.4) or 0) - 0.3) < 1e-9


def test_an_answer_that_is_overdue_tells_of_a_queue_too() -> None:
    echoes = Echoes()
    ask_and_answer(echoes, 1.0, 0.05)
    echoes.ask(b"slow", 1.2)
    assert (echoes.queue_s(1.24) or 0) == 0
    assert abs((echoes.queue_s(1.65) or 0) - 0.4) < 1e-9


def test_answers_nobody_waits_for_are_ignored() -> None:
    echoes = Echoes()
    echoes.ask(b"one", 1.0)
    assert echoes.receive(b"other", 1.1) is None
    assert echoes.receive(b"one", 1.1) is not None
    assert echoes.receive(b"one", 1.2) is None
    for n in range(1000):
        echoes.ask(str(n).encode(), 2.0)
    assert len(echoes._asked) <= 32


def test_a_lost_answer_is_no_queue_once_a_later_one_came() -> None:
    echoes = Echoes()
    ask_and_answer(echoes, 1.0, 0.05)
    echoes.ask(b"lost", 1.2)
    ask_and_answer(echoes, 1.4, 0.05)
    assert (echoes.queue_s(1.6) or 0) == 0


def test_a_longer_way_is_learnt_and_a_queue_is_not() -> None:
    rng = Random(1)
    for spread_s, is_way in ((0.01, True), (0.3, False)):
        echoes = Echoes()
        ask_and_answer(echoes, 1.0, 0.02)
        queue = [ask_and_answer(echoes, 2.0 + 0.2 * n, 0.3 + spread_s * rng.random()) for n in range(20)][-1]
        assert (queue < 0.02) is is_way


def test_the_shortest_trip_is_forgotten_after_a_minute() -> None:
    echoes = Echoes()
    echoes.note_round_trip(0.02, 0.0)
    echoes.note_round_trip(0.1, 30.0)
    assert echoes.shortest_s(40.0) == 0.02
    assert echoes.shortest_s(BASE_S + 20.0) == 0.1

"""What silence means, without a clock or a database."""

from lectern.kernel.clock import UtcMs
from lectern.servers.roll import SILENT_AFTER_S, Pulse, Roll, Server

NOW = UtcMs(1_000_000)
LONG_AGO = UtcMs(NOW - int(SILENT_AFTER_S * 1_000) - 1)


def server(id_: str, seen: UtcMs = NOW, **loads: tuple[int, int]) -> Server:
    return Server(id_, f"http://{id_}", seen, loads)


def test_a_silent_server_steers_nothing_as_far_as_others_can_tell() -> None:
    servers = {"a": server("a"), "b": server("b", LONG_AGO)}
    roll = Roll(NOW, servers, {"one": "a", "two": "b", "three": "gone"})
    assert roll.steward("one") == servers["a"]
    assert [roll.steward(session) for session in ("two", "three", "four")] == [None, None, None]
    assert roll.steered_by("b") == {"two"}


def test_loads_of_all_others_that_are_there_are_added() -> None:
    servers = {
        "a": server("a", media1=(5, 1)),
        "b": server("b", media1=(2, 1), media2=(1, 0)),
        "c": server("c", media2=(4, 2)),
        "d": server("d", LONG_AGO, media1=(99, 9)),
    }
    assert Roll(NOW, servers, {}).loads_but("a") == {"media1": (2, 1), "media2": (5, 2)}


def test_a_word_counts_from_when_it_was_begun() -> None:
    pulse = Pulse()
    assert not pulse.counts(0.0)
    pulse.beaten(10.0)
    assert pulse.counts(10.0 + SILENT_AFTER_S - 0.01)
    assert not pulse.counts(10.0 + SILENT_AFTER_S)


def test_only_an_unbroken_word_may_judge_others() -> None:
    pulse = Pulse()
    for beat in range(5):
        pulse.beaten(beat * 1.5)
        assert pulse.may_take_over(beat * 1.5) == (beat * 1.5 >= SILENT_AFTER_S)
    pulse.beaten(100.0)  # the database was away
    assert not pulse.may_take_over(100.0)
    pulse.beaten(100.0 + SILENT_AFTER_S - 1)
    pulse.beaten(100.0 + SILENT_AFTER_S)
    assert pulse.may_take_over(100.0 + SILENT_AFTER_S)

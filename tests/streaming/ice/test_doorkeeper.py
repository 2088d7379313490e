from streaming.ice.doorkeeper import (
    MAX_UNPROVEN,
    MAX_UNPROVEN_BYTES,
    MAX_UNPROVEN_OF_ONE,
    PROVE_WITHIN_S,
    Doorkeeper,
)


def test_the_oldest_of_an_address_goes_when_it_has_too_many() -> None:
    door = Doorkeeper()
    assert door.arrived(0, "192.0.2.2", 0.0) is None
    sent_away = [door.arrived(1 + n, "192.0.2.1", 0.0) for n in range(MAX_UNPROVEN_OF_ONE + 2)]
    assert sent_away == [None] * MAX_UNPROVEN_OF_ONE + [1, 2]
    assert door.is_stranger(0)


def test_the_oldest_of_all_goes_when_there_are_too_many() -> None:
    door = Doorkeeper()
    sent_away = [door.arrived(n, f"192.0.2.{n}", 0.0) for n in range(MAX_UNPROVEN + 2)]
    assert sent_away == [None] * MAX_UNPROVEN + [0, 1]


def test_whoever_is_proven_may_talk_and_stay_and_makes_room() -> None:
    door = Doorkeeper()
    door.arrived(1, "a", 0.0)
    door.arrived(2, "a", 1.0)
    assert door.received(1, MAX_UNPROVEN_BYTES)
    assert not door.received(1, 1)
    door.left(2)
    door.left(2)
    assert door.received(2, 1 << 30)
    assert door.due(PROVE_WITHIN_S) == [1]
    door.left(1)
    assert door.due(1e9) == []
    assert [door.arrived(n, "a", 2.0) for n in range(3, 3 + MAX_UNPROVEN_OF_ONE)] == (
        [None] * MAX_UNPROVEN_OF_ONE
    )

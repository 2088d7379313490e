"""Counters for Prometheus only ever grow, whoever leaves."""

from streaming.forwarding.totals import COUNTS
from tests.streaming.forwarding.world import ROOM, World, camera, slot


def lesson() -> World:
    world = World()
    presenter = world.join("presenter", camera())
    viewer = world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(100, 10)
    return world


def test_what_left_still_counts() -> None:
    world = lesson()
    (before,) = world.plane.stats("").rooms
    assert (before.room, before.transports, before.tracks) == (ROOM, 2, 1)
    assert before.counts["received_packets"] == 10
    assert before.counts["forwarded_packets"] >= 10
    world.plane.close_transport("viewer")
    (after,) = world.plane.stats("").rooms
    assert after.transports == 1
    assert after.counts == before.counts
    assert world.plane.stats(ROOM).rooms == (after,)


def test_a_closed_rooms_counts_stay_with_the_process() -> None:
    world = lesson()
    before = world.plane.stats("").counts
    world.plane.close_room(ROOM)
    stats = world.plane.stats("")
    assert stats.rooms == ()
    assert stats.counts == before
    assert set(before) == set(COUNTS)

"""Who has trouble, and which: told once when it stands, and when it is over (LIV-16)."""

from streaming.control import messages as m
from tests.streaming.network.emulator import Conditions
from tests.streaming.network.publisher import VirtualPublisher
from tests.streaming.network.viewer import VirtualViewer
from tests.streaming.network.world import NetworkWorld

FINE = Conditions(delay_s=0.02)


def told(world: NetworkWorld, transport: str) -> list[tuple[str, ...]]:
    return [
        notice.troubles
        for notice in world.heard
        if isinstance(notice, m.TransportTrouble) and notice.transport == transport
    ]


def lesson() -> tuple[NetworkWorld, VirtualPublisher, VirtualViewer]:
    world = NetworkWorld(3)
    publisher = VirtualPublisher(world, bitrate_bps=1_000_000)
    viewer = VirtualViewer(world)
    viewer.watch(publisher.track("0"), "0", priority=2)
    viewer.watch(publisher.track("1"), "s")
    world.advance(5.0)
    return world, publisher, viewer


def test_nobody_is_in_trouble_on_good_networks() -> None:
    world, _, _ = lesson()
    world.advance(10.0)
    assert not [notice for notice in world.heard if isinstance(notice, m.TransportTrouble)]


def test_a_lossy_link_is_told_and_its_end_too() -> None:
    world, publisher, viewer = lesson()
    viewer.peer.bad_weather(down=Conditions(delay_s=0.02, loss=0.15), up=FINE)
    world.advance(15.0)
    assert told(world, viewer.peer.name)[0] == ("receiving_lossy",)
    viewer.peer.bad_weather(down=FINE, up=FINE)
    world.advance(25.0)
    assert told(world, viewer.peer.name)[-1] == ()
    assert told(world, publisher.peer.name) == []


def test_a_publisher_hears_of_its_own_way_here() -> None:
    world, publisher, viewer = lesson()
    publisher.peer.bad_weather(up=Conditions(delay_s=0.02, loss=0.15), down=FINE)
    world.advance(15.0)
    assert told(world, publisher.peer.name) == [("sending_lossy",)]
    assert told(world, viewer.peer.name) == []


def test_a_picture_that_is_held_back_and_a_long_way() -> None:
    world, _, viewer = lesson()
    narrow = Conditions(delay_s=0.02, rate_bps=200_000)
    viewer.peer.bad_weather(down=narrow, up=FINE)
    world.advance(15.0)
    assert "receiving_paused" in told(world, viewer.peer.name)[-1]
    far = Conditions(delay_s=0.4)
    viewer.peer.bad_weather(down=far, up=far)
    world.advance(40.0)
    assert told(world, viewer.peer.name)[-1] == ("slow_answers",)

"""A peer that changes its network: ICE restart, a new source address, silence."""

import pytest

from streaming.control import messages as m
from streaming.forwarding.plane import PlaneRefusal
from streaming.ice import stun
from streaming.ice.agent import DEAD_AFTER_S
from tests.streaming.forwarding.world import VirtualPeer, World, camera, slot

MOBILE = (0, ("198.51.100.7", 40000))


def lesson() -> tuple[World, VirtualPeer, VirtualPeer]:
    world = World()
    presenter = world.join("presenter", camera(), connect=False)
    viewer = world.join("viewer", slot(), connect=False)
    for peer in (presenter, viewer):
        peer.answers = True
        peer.connect()
        world.advance(0.1)
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    return world, presenter, viewer


def phases(world: World) -> list[tuple[str, str]]:
    return [(n.transport, n.state) for n in world.heard if isinstance(n, m.TransportState)]


def test_a_restart_changes_neither_keys_nor_numbers_nor_tracks() -> None:
    world, presenter, viewer = lesson()
    before = (phases(world), [p.seq16 for p in viewer.received])
    viewer.restart()
    presenter.film(6, 5)
    viewer.check(MOBILE)
    presenter.restart()
    presenter.check((0, ("198.51.100.8", 40001)))
    presenter.film(11, 5)
    numbers = [p.seq16 for p in viewer.received if p.ssrc == viewer.local_ssrc()[0]]
    assert numbers == list(range(numbers[0], numbers[0] + 15))
    assert phases(world) == before[0]
    assert [n for n in world.heard if isinstance(n, m.TrackStopped)] == []


def test_media_follows_to_the_new_address_and_the_old_fragment_is_forgotten() -> None:
    world, presenter, viewer = lesson()
    old_user, old_password = viewer.user, viewer.password
    viewer.restart()
    world.by_path.pop(viewer.path)
    viewer.check(MOBILE)
    count = len(viewer.received)
    presenter.film(6, 5)
    assert len(viewer.received) == count + 5
    viewer.user, viewer.password = old_user, old_password
    viewer.check((0, ("203.0.113.66", 1)))
    assert world.plane.dropped["stun_unknown_user"] == 1
    presenter.film(11, 1)
    assert viewer.path != MOBILE
    assert not world.plane.is_proven(viewer.path)


def test_the_old_credentials_serve_until_the_new_ones_come() -> None:
    world, presenter, viewer = lesson()
    old = (viewer.user, viewer.password)
    viewer.restart()
    new = (viewer.user, viewer.password)
    viewer.user, viewer.password = old
    viewer.check(MOBILE)
    assert world.plane.is_proven(MOBILE)
    viewer.user, viewer.password = new
    viewer.check()
    presenter.film(6, 2)
    assert world.plane.dropped["stun_unknown_user"] == 0


def test_an_ended_transport_cannot_be_restarted() -> None:
    world, _presenter, viewer = lesson()
    world.plane.close_transport("viewer")
    with pytest.raises(PlaneRefusal) as caught:
        viewer.restart()
    assert caught.value.code == "transport_not_found"


def test_fragments_of_ended_transports_are_forgotten() -> None:
    world, _presenter, viewer = lesson()
    viewer.restart()
    world.plane.close_transport("viewer")
    world.plane.close_transport("presenter")
    assert world.plane._addresses.by_ufrag == {}
    assert world.plane._addresses.by_path == {}


def test_a_killed_browser_is_gone_within_five_seconds_and_a_quiet_one_never() -> None:
    world, presenter, viewer = lesson()
    presenter.answers = False
    killed_at = world.now
    while ("presenter", "failed") not in phases(world):
        world.advance(0.05)
        assert world.now - killed_at < 5.0
    assert world.now - killed_at > DEAD_AFTER_S - 0.1
    assert [n.track for n in world.heard if isinstance(n, m.TrackStopped)] == ["presenter:0"]
    world.advance(60.0)
    assert ("viewer", "failed") not in phases(world)
    assert viewer.answers


def test_a_closed_connection_moves_media_to_the_path_checked_last() -> None:
    world, presenter, viewer = lesson()
    udp = viewer.path
    tcp = (70000, ("10.0.0.2", 9))
    viewer.check(tcp)
    presenter.film(6, 2)
    world.plane.lose_path(tcp)
    count = len(viewer.received)
    viewer.path = udp
    world.by_path.pop(tcp)
    presenter.film(8, 3)
    assert len(viewer.received) == count + 3
    world.plane.lose_path(tcp)


def test_an_address_that_somebody_else_claimed_is_its_owners_again_with_the_next_check() -> None:
    """Whoever forges a sender's address has credentials of their own, and those pass there."""
    world, presenter, viewer = lesson()
    thief = world.join("thief", slot())
    home, stolen = thief.path, presenter.path
    thief.check(stolen)
    world.by_path[stolen] = presenter
    count = len(viewer.received)
    presenter.film(6, 2)
    assert len(viewer.received) == count
    presenter.check()
    presenter.film(8, 3)
    assert len(viewer.received) == count + 3
    thief.check(home)
    world.plane.close_transport("thief")
    presenter.check()
    presenter.film(11, 3)
    assert len(viewer.received) == count + 6


def test_an_address_claimed_by_somebody_who_then_left_is_its_owners_again_with_the_next_check() -> None:
    world, presenter, viewer = lesson()
    thief = world.join("thief", slot())
    thief.check(presenter.path)
    world.by_path[presenter.path] = presenter
    world.plane.close_transport("thief")
    presenter.check()
    count = len(viewer.received)
    presenter.film(6, 3)
    assert len(viewer.received) == count + 3


class Bystander(VirtualPeer):
    """Keeps what comes to its house, and answers nobody."""

    def receive(self, datagram: bytes) -> None:
        self.raw.append(datagram)


def test_a_viewer_that_forges_a_victims_address_sends_it_a_few_questions_and_no_media() -> None:
    """It keeps its transport alive from where it really is, with checks and answers."""
    world, presenter, viewer = lesson()
    victim = Bystander(world, "victim", (slot(),), 77)
    world.by_path[victim.path] = victim
    for second in range(20):
        viewer.forge_check(victim.path)
        viewer.check()
        viewer.forge_check(victim.path)
        presenter.film(6 + 25 * second, 25)
    answers = [d for d in victim.raw if d[:2] == stun.BINDING_SUCCESS.to_bytes(2, "big")]
    assert len(answers) == 40
    assert 20 <= len(victim.raw) - len(answers) <= 20 * 5
    assert all(datagram[0] < 2 for datagram in victim.raw)
    assert len(viewer.received) > 20 * 24
    assert ("viewer", "failed") not in phases(world)

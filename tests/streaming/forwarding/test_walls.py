"""Floods: strangers' checks are bounded before they cost a signature, handshakes take turns."""

from collections.abc import Sequence

import pytest

from streaming.control import messages as m
from streaming.forwarding.handshakes import MAX_WAITING, MAX_WAITING_OF_ONE, STEPS_PER_TICK, Handshakes
from streaming.forwarding.output_stream import OutputStream
from streaming.forwarding.plane import TICK_S
from streaming.forwarding.resender import NACK_NUMBERS_BURST, NACK_NUMBERS_PER_S
from streaming.ice import stun
from streaming.ice.strangers import CHECKS_PER_S, CHECKS_PER_S_OF_NAME, CHECKS_PER_S_OF_ONE
from streaming.rtp import rtcp
from tests.streaming.forwarding.world import DELTA, KEY, VirtualPeer, World, camera, slot


def check_of(user: str, password: str = "not the password of anybody") -> bytes:
    attributes = [(stun.PRIORITY, bytes(4)), (stun.USERNAME, user.encode()), (stun.USE_CANDIDATE, b"")]
    return stun.build(stun.BINDING_REQUEST, bytes(12), attributes, password.encode())


def flood(world: World, datagrams: Sequence[bytes], count: int, hosts: int) -> int:
    """Over one second, from `hosts` addresses, one datagram after the other; how many were answered."""
    answered = 0
    for number in range(count):
        if number % (count // 100) == 0:
            world.advance(TICK_S)
        path = (0, (f"198.51.{number % hosts // 256}.{number % hosts % 256}", 1024 + number % 60000))
        world.plane.receive_datagram(datagrams[number % len(datagrams)], path, world.now)
        output = world.plane.poll_output()
        answered += sum(to == path for to, _ in output)
    return answered


def test_names_that_we_never_gave_cost_neither_a_signature_nor_an_answer() -> None:
    world = World()
    assert flood(world, [check_of("nobody:else")], 10_000, 1) == 0
    assert world.plane.dropped["stun_unknown_user"] == 10_000
    assert world.plane.dropped["stun_flood"] == 0


def test_known_names_buy_a_bounded_number_of_signature_checks() -> None:
    world = World()
    joiners = [world.join(f"v{number}", slot(), connect=False) for number in range(50)]
    checks = [check_of(joiner.user) for joiner in joiners]
    one = flood(world, checks, 10_000, 1)
    assert CHECKS_PER_S_OF_ONE * 0.9 < one < CHECKS_PER_S_OF_ONE * 1.5
    many = flood(world, checks, 10_000, 999)
    assert CHECKS_PER_S * 0.5 < many < CHECKS_PER_S * 1.5
    assert world.plane.dropped["stun_flood"] > 15_000


def test_whoever_has_one_name_cannot_keep_others_from_joining() -> None:
    world = World()
    hostile = world.join("hostile", slot(), connect=False)
    looked_at = flood(world, [check_of(hostile.user)], 10_000, 999)
    assert CHECKS_PER_S_OF_NAME * 0.9 < looked_at <= CHECKS_PER_S_OF_NAME * 2
    for number in range(20):
        joiner = world.join(f"v{number}", slot(), connect=False)
        flood(world, [check_of(hostile.user)], 1000, 999)
        joiner.check()
        assert world.plane.is_proven(joiner.path)


def test_whoever_is_connected_does_not_notice() -> None:
    world = World()
    presenter, viewer = world.join("presenter", camera()), world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    datagram = check_of(presenter.user)
    for second in range(8):
        flood(world, [datagram], 1000, 500)
        presenter.check()
        viewer.check()
        presenter.film(6 + second * 2, 2)
    assert len(viewer.received) >= 21
    assert {t.phase for t in world.plane.stats("").transports} == {"connected"}


def test_many_that_join_at_once_take_turns_and_all_come_in() -> None:
    world = World()
    joiners = [world.join(f"v{number}", slot(), connect=False) for number in range(40)]
    taken: list[int] = []
    for joiner in joiners:
        joiner.check()
        joiner.dtls.start(world.now)
        for datagram in joiner.dtls.poll_output():
            world.plane.receive_datagram(datagram, joiner.path, world.now)
    waiting = len(world.plane._handshakes._waiting)
    assert waiting >= 40 - STEPS_PER_TICK
    while world.plane._handshakes._waiting:
        before = len(world.plane._handshakes._waiting)
        world.plane.handle_timer(world.now)
        world.now += TICK_S
        taken.append(before - len(world.plane._handshakes._waiting))
    assert max(taken) == STEPS_PER_TICK
    world.pump()
    world.advance(2.0)
    assert {t.phase for t in world.plane.stats("").transports} == {"connected"}


def test_a_peer_that_ended_while_it_waited_is_passed_over() -> None:
    world = World()
    names = [f"v{number}" for number in range(STEPS_PER_TICK + 2)]
    for name in names:
        joiner = world.join(name, slot(), connect=False)
        joiner.check()
        joiner.dtls.start(world.now)
        for datagram in joiner.dtls.poll_output():
            world.plane.receive_datagram(datagram, joiner.path, world.now)
    world.plane.close_transport(names[-1])
    world.advance(1.0)
    states = [n.state for n in world.heard if isinstance(n, m.TransportState) and n.transport == names[-1]]
    assert states[-1] == "closed"


def test_one_peer_fills_neither_the_queue_nor_the_turns_of_others() -> None:
    turns: Handshakes[str] = Handshakes()
    took = [turns.may_step("greedy", b"") for _ in range(100)]
    assert sum(took) == STEPS_PER_TICK
    assert turns.dropped == 100 - STEPS_PER_TICK - MAX_WAITING_OF_ONE
    assert not turns.may_step("modest", b"hello")
    order = [peer for _ in range(3) for peer, _ in turns.next_tick()]
    assert order == ["greedy"] * MAX_WAITING_OF_ONE + ["modest"]
    for number in range(MAX_WAITING + 100):
        turns.may_step(f"peer-{number}", b"")
    assert len(turns._waiting) <= MAX_WAITING


def test_a_datagram_full_of_wishes_costs_no_more_than_a_viewer_can_honestly_miss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    presenter, viewer = world.join("presenter", camera()), world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 3)
    looked_up = 0

    def look_up(_stream: OutputStream, _seq16: int) -> None:
        nonlocal looked_up
        looked_up += 1

    monkeypatch.setattr(OutputStream, "source_of", look_up)
    wishes = b"".join(
        rtcp.build_nack(1, viewer.local_ssrc()[0], [(first + n) & 0xFFFF for n in range(136)])
        for first in range(0, 136 * 30, 136)
    )
    for _ in range(100):
        viewer.send_rtcp(wishes)
        world.advance(TICK_S)
    assert NACK_NUMBERS_PER_S * 0.9 < looked_up <= NACK_NUMBERS_BURST + NACK_NUMBERS_PER_S * 1.1
    (stats,) = [t for t in world.plane.stats("").transports if t.transport == "viewer"]
    assert stats.slots[0].unanswered_nacks == 100 * 30 * 136


def test_a_retransmission_makes_no_leap_that_viewers_would_follow() -> None:
    """Numbers that viewers see may not leap: two leaps of which the first is lost, and keys no longer fit."""
    world = World()
    presenter, viewer = world.join("presenter", camera()), world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    for number, leap in enumerate((30_000, 60_000)):
        forged = presenter.seal(
            1 + number, 5 * 3600, (leap & 0xFFFF).to_bytes(2, "big") + DELTA, pt=97, ssrc=77
        )
        world.plane.receive_datagram(forged, presenter.path, world.now)
        world.plane.poll_output()  # the viewer gets none of it
    presenter.film(6, 5)
    numbers = [p.seq16 for p in viewer.received]
    assert len(numbers) == 10
    assert numbers[-1] - numbers[0] == 9


def opened_after(world: World, presenter: VirtualPeer, viewer: VirtualPeer, seq: int) -> int:
    """How many of ten pictures the viewer decrypts, which lost everything since it saw some."""
    before = len(viewer.received)
    world.advance(0.2)
    presenter.film(seq, 10)
    return len(viewer.received) - before


@pytest.mark.parametrize("leap", [500, 2900, 20_000])
def test_leaps_through_several_cycles_lose_no_viewers_count(leap: int) -> None:
    """A publisher leaves out numbers, packet for packet, and one viewer loses all of it (RFC 3711 3.3.1)."""
    world = World()
    presenter, viewer = world.join("presenter", camera()), world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    seq = 5
    world.by_path.pop(viewer.path)
    while seq < 4 * 0x10000:
        seq += leap
        presenter.send(seq, seq * 3600 // leap, KEY)
        world.advance(TICK_S)
        viewer.check()
        world.by_path.pop(viewer.path)
    world.by_path[viewer.path] = viewer
    assert opened_after(world, presenter, viewer, seq + 1) == 10


def test_leaps_of_retransmissions_are_rationed_too() -> None:
    world = World()
    presenter, viewer = world.join("presenter", camera()), world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    world.by_path.pop(viewer.path)
    seq = 5
    for number in range(200):
        seq += 1500
        forged = presenter.seal(
            1 + number, 6 * 3600, (seq & 0xFFFF).to_bytes(2, "big") + DELTA, pt=97, ssrc=77
        )
        world.to_plane(presenter.path, forged)
    (stats,) = [t for t in world.plane.stats("").transports if t.transport == "viewer"]
    assert stats.slots[0].packets < 5 + 10
    viewer.check()
    assert opened_after(world, presenter, viewer, 3100) == 10


def test_an_honest_loss_stays_visible_to_viewers() -> None:
    """A gap tells a decoder what is missing: it is only hidden where it would do harm."""
    world = World()
    presenter, viewer = world.join("presenter", camera()), world.join("viewer", slot())
    world.route(viewer, "0", presenter.track())
    presenter.film(1, 5)
    for number in range(40):
        presenter.film(100 + number * 60, 10)
        viewer.check()
    numbers = [p.seq16 for p in viewer.received]
    assert numbers[-1] - numbers[0] == 100 + 39 * 60 + 9 - 1

"""A full stage on the real plane: who is not let up is dropped here, and who speaks is told."""

from streaming.control import messages as m
from tests.streaming.forwarding.world import OPUS, VirtualPeer, World, camera, mic, slot

LEVEL = 1  # id of the audio level extension in `mic`
PUBLISHERS = 12


def say(world: World, peer: VirtualPeer, first: int, count: int, *, level: int) -> None:
    """`count` packets of 20 ms, this loud."""
    for seq in range(first, first + count):
        level_of = ((LEVEL, bytes([level])),)
        peer.send(seq, seq * 960, b"sound", pt=OPUS.pt, ssrc=11, mid="1", extensions=level_of)
        world.advance(0.02)


def speakers(world: World) -> list[tuple[str, ...]]:
    return [n.tracks for n in world.heard if isinstance(n, m.ActiveSpeakers)]


def test_who_speaks_is_told_and_that_it_is_quiet_again() -> None:
    world = World()
    ann = world.join("ann", mic())
    say(world, ann, 100, 40, level=25)
    assert speakers(world) == [("ann:1",)]
    say(world, ann, 140, 150, level=110)
    assert speakers(world) == [("ann:1",), ()]


def test_a_speaker_who_leaves_is_not_speaking_any_more() -> None:
    world = World()
    ann = world.join("ann", mic())
    world.join("ben", slot())
    say(world, ann, 100, 40, level=25)
    world.plane.close_transport("ann")
    world.advance(0.3)
    assert speakers(world) == [("ann:1",), ()]


def test_media_of_somebody_who_was_not_let_up_ends_here() -> None:
    world = World()
    ann = world.join("ann", camera(), mic())
    for mid in ("0", "1"):
        world.plane.set_publishing(m.SetPublishing("ann", mid, allowed=False))
    ben = world.join("ben", slot(), slot("5", m.Codec(120, "opus", 48000, 2)))
    world.route(ben, "0", ann.track())
    world.route(ben, "5", ann.track("1"))
    say(world, ann, 100, 40, level=10)
    ann.film(100, 10)
    assert ben.received == []
    assert speakers(world) == []
    assert world.notices(m.TrackStarted) == []
    assert world.plane.stats("").transports[0].tracks == ()

    world.plane.set_publishing(m.SetPublishing("ann", "0", allowed=True))
    ann.film(110, 10)
    assert len(ben.received) == 10  # as soon as allowed, from a keyframe on, and only the camera


def test_muting_takes_effect_with_the_next_packet() -> None:
    world = World()
    ann = world.join("ann", camera(), mic())
    ben = world.join("ben", slot("5", m.Codec(120, "opus", 48000, 2)))
    world.route(ben, "5", ann.track("1"))
    say(world, ann, 100, 40, level=25)
    before = len(ben.received)
    world.plane.set_publishing(m.SetPublishing("ann", "1", allowed=False))
    say(world, ann, 140, 150, level=25)
    assert len(ben.received) == before
    assert speakers(world)[-1] == ()  # and is no speaker, however loud
    world.plane.set_publishing(m.SetPublishing("ann", "1", allowed=True))
    say(world, ann, 290, 40, level=25)
    assert len(ben.received) >= before + 38
    assert speakers(world)[-1] == ("ann:1",)


def test_twelve_publish_and_one_sees_them_all() -> None:
    world = World()
    stage = [world.join(f"guest{n}", camera()) for n in range(PUBLISHERS)]
    ben = world.join("ben", *(slot(str(n)) for n in range(PUBLISHERS)))
    for n, guest in enumerate(stage):
        world.route(ben, str(n), guest.track())
    for picture in range(5):
        for guest in stage:
            payload = bytes.fromhex("1000" if picture == 0 else "1001") + guest.name.encode()
            guest.send(100 + picture, picture * 3600, payload)
        world.advance(0.04)
    by_ssrc = {ben.local_ssrc(str(n))[0]: guest.name for n, guest in enumerate(stage)}
    seen: dict[str, int] = {}
    for packet in ben.received:
        assert packet.payload.endswith(by_ssrc[packet.ssrc].encode())
        seen[by_ssrc[packet.ssrc]] = seen.get(by_ssrc[packet.ssrc], 0) + 1
    assert seen == dict.fromkeys((guest.name for guest in stage), 5)

"""Whatever happens to layers, tiles and links: what one viewer gets stays one decodable stream."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.control import messages as m
from streaming.rtp import rtcp
from tests.streaming.forwarding.simulcast import Publisher, Viewer, layered_camera, view
from tests.streaming.forwarding.world import World, slot


@dataclass(frozen=True, slots=True)
class Film:
    """So many pictures, with a keyframe of one layer at the first."""

    pictures: int
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Lose:
    """A picture of a layer whose first packet never arrives."""

    layer: int


@dataclass(frozen=True, slots=True)
class Late:
    """A picture of a layer whose packets arrive in reverse order."""

    layer: int


@dataclass(frozen=True, slots=True)
class Look:
    """The tile changes."""

    max_layer: int | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Aim:
    """The link changes."""

    layer: int | None


@dataclass(frozen=True, slots=True)
class Toggle:
    """The publisher stops a layer, or takes it up again."""

    layer: int


@dataclass(frozen=True, slots=True)
class Anew:
    """A layer goes on under another SSRC."""

    layer: int


@dataclass(frozen=True, slots=True)
class Ask:
    """The viewer asks for numbers that it had, and for a keyframe."""

    back: int


Step: TypeAlias = Film | Lose | Late | Look | Aim | Toggle | Anew | Ask
LAYER = st.integers(0, 2)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Film, st.integers(1, 15), st.none() | LAYER),
    st.builds(Lose, LAYER),
    st.builds(Late, LAYER),
    st.builds(Look, st.none() | LAYER, st.booleans()),
    st.builds(Aim, st.none() | LAYER),
    st.builds(Toggle, LAYER),
    st.builds(Anew, LAYER),
    st.builds(Ask, st.integers(0, 400)),
)


@cache
def connected() -> tuple[World, list[int]]:
    """A world to use again and again: DTLS is the dear part."""
    return World(), []


def fresh_lesson() -> tuple[World, Publisher, Viewer]:
    world, count = connected()
    count.append(1)
    for name in list(world.peers):
        world.plane.close_transport(name)
        world.pump()
        del world.peers[name]
    world.heard.clear()
    publisher = Publisher(world.join("presenter", layered_camera()), names_always=True)
    viewer = Viewer(world.join("viewer", slot()))
    publisher.watchers.append(viewer)
    world.route(viewer.peer, "0", publisher.peer.track())
    return world, publisher, viewer


def take(step: Step, world: World, publisher: Publisher, viewer: Viewer) -> None:
    match step:
        case Film(pictures, key):
            if key is not None:
                publisher.encodings[key].wants_key = True
            publisher.film(pictures)
        case Lose(layer):
            encoding = publisher.encodings[layer]
            encoding.seq += 1
        case Late(layer):
            encoding = publisher.encodings[layer]
            encoding.picture_id = (encoding.picture_id + 1) & 0x7FFF
            encoding.tl0 = (encoding.tl0 + 1) & 0xFF
            stamp = publisher.timestamp(encoding)
            for part in (1, 0):
                payload = publisher.payload(encoding, part, is_key=False)
                name = ((5, viewer_rid(layer)),)
                publisher.peer.send(encoding.seq + part, stamp, payload, ssrc=encoding.ssrc, extensions=name)
            encoding.seq += 2
            publisher.pictures += 1
            world.advance(0.04)
        case Look(max_layer, hidden):
            view(world, viewer, max_layer=max_layer, hidden=hidden)
        case Aim(layer):
            world.plane._peers["viewer"].slots["0"].aim(layer, world.now)
        case Toggle(layer):
            encoding = publisher.encodings[layer]
            encoding.is_on = not encoding.is_on
            if not encoding.is_on and layer % 2:
                publisher.peer.send_rtcp(rtcp.build_bye((encoding.ssrc,)))
        case Anew(layer):
            encoding = publisher.encodings[layer]
            encoding.ssrc += 10
            encoding.seq = (encoding.seq + 30_000) & 0x7FFF
            encoding.wants_key = True
        case Ask(back):
            ssrc, _ = viewer.peer.local_ssrc()
            newest = viewer.unwrapper.highest or 0
            numbers = [(newest - back + i) & 0xFFFF for i in range(3)]
            viewer.peer.send_rtcp(rtcp.build_nack(1, ssrc, numbers) + rtcp.build_picture_loss(1, ssrc))
    viewer.look()


def viewer_rid(layer: int) -> bytes:
    return ("q", "h", "f")[layer].encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_what_a_viewer_gets_is_always_one_decodable_stream(steps: list[Step]) -> None:
    world, publisher, viewer = fresh_lesson()
    publisher.film(2)
    for step in steps:
        take(step, world, publisher, viewer)
        publisher.peer.check()
        viewer.peer.check()
    for encoding in publisher.encodings:
        encoding.is_on = True
    take(Aim(255), world, publisher, viewer)
    take(Look(None, hidden=False), world, publisher, viewer)
    publisher.film(50)
    viewer.check(is_whole=False)
    shown = viewer.stream()
    assert {s.rid for s in shown[-20:]} == {"f"}, "in the end everything is as it should be"
    firsts = [b for a, b in pairwise(shown) if a.rid != b.rid]
    assert all(first.is_key for first in firsts), "layers change at keyframes"
    assert not [t for t in world.plane.stats("").transports if t.rejected.get("srtp")]
    states = [n.state for n in world.heard if isinstance(n, m.TransportState)]
    assert "failed" not in states

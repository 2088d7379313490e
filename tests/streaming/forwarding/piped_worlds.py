"""Two forwarding planes in virtual time, joined by a pipe with a delay that loses what it is told to."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

from msgspec.structs import replace

from streaming.control import messages as m
from streaming.control.extensions import AUDIO_LEVEL
from streaming.forwarding.hot_path import Path
from streaming.forwarding.plane import TICK_S
from tests.streaming.forwarding.world import OPUS, ROOM, VP8, World

HOME, SIBLING = ("192.0.2.1", 7882), ("192.0.2.2", 7883)
DELAY_S = 0.02
PIPED_VP8 = m.MediaSection("", "video", "publish", (VP8,), source="camera")
PIPED_OPUS = m.MediaSection(
    "",
    "audio",
    "publish",
    (m.Codec(111, "opus", 48000, 2, rtcp_fb=("nack",)),),
    {AUDIO_LEVEL: 1},
    source="mic",
)
assert OPUS.pt == PIPED_OPUS.codecs[0].pt


@dataclass(slots=True)
class Cable:
    """One direction between the two processes."""

    source: Path
    queue: deque[tuple[float, bytes]] = field(default_factory=deque)
    loses: Callable[[bytes], bool] = lambda _datagram: False
    carried: int = 0

    def send(self, datagram: bytes, now: float) -> None:
        if not self.loses(datagram):
            self.carried += 1
            self.queue.append((now + DELAY_S, datagram))

    def arrived(self, now: float) -> Iterable[bytes]:
        while self.queue and self.queue[0][0] <= now:
            yield self.queue.popleft()[1]


class PipedWorld(World):
    """One of the two; `partner` is the other one, and time passes in both."""

    def __init__(self, here: tuple[str, int], there: tuple[str, int]) -> None:
        super().__init__()
        self.far: Path = (0, there)
        self.cable = Cable((0, here))
        self.partner: PipedWorld = self

    def pump(self) -> None:
        while True:
            output = self.plane.poll_output()
            self.heard += self.plane.events()
            if not output:
                return
            for path, datagram in output:
                if path == self.far:
                    self.cable.send(datagram, self.now)
                elif (peer := self.by_path.get(path)) is not None and not self.loses():
                    peer.receive(datagram)

    def advance(self, seconds: float) -> None:
        end = self.now + seconds - 1e-9
        while self.now < end:
            for world in (self, self.partner):
                World.advance(world, TICK_S)
            for world in (self, self.partner):
                for datagram in world.partner.cable.arrived(world.now):
                    world.plane.receive_datagram(datagram, world.partner.cable.source, world.now)
                world.pump()


class Piped:
    """`home` and `sibling`, and the server that steers them: it makes keys and SSRCs."""

    def __init__(self) -> None:
        self.home = PipedWorld(HOME, SIBLING)
        self.sibling = PipedWorld(SIBLING, HOME)
        self.home.partner, self.sibling.partner = self.sibling, self.home
        self.numbers = count(1_000)
        self.sent: dict[str, tuple[PipedWorld, m.PipedTrack]] = {}
        self.pipe = "pipe-1"
        self.told_home: list[m.OpenPipe] = []
        self.open()

    def words(self, *, right_keys: bool = True) -> tuple[m.OpenPipe, m.OpenPipe]:
        """What the two ends are told."""
        number = next(self.numbers)
        keys = [bytes([number % 251, n]) * 8 for n in range(3)]
        salts = [bytes([number % 251, n]) * 6 for n in range(2)]
        ours, theirs = next(self.numbers), next(self.numbers)
        receive = keys[1] if right_keys else keys[2]
        return (
            m.OpenPipe(self.pipe, ROOM, *SIBLING, keys[0], salts[0], receive, salts[1], ours, theirs),
            m.OpenPipe(self.pipe, ROOM, *HOME, keys[1], salts[1], keys[0], salts[0], theirs, ours),
        )

    def open(self, *, right_keys: bool = True) -> None:
        at_home, at_sibling = self.words(right_keys=right_keys)
        self.told_home.append(at_home)
        self.home.plane.open_pipe(at_home, self.home.far, self.home.now)
        self.sibling.plane.open_pipe(at_sibling, self.sibling.far, self.sibling.now)
        self.home.pump()
        self.sibling.pump()

    def reopen(self, name: str) -> None:
        """A new pipe carries what the old one did."""
        for world in (self.home, self.sibling):
            world.plane.close_transport(self.pipe)
            world.pump()
        self.pipe = name
        self.open()
        before, self.sent = self.sent, {}
        for track, (world, piped) in before.items():
            self.carry(world, track, piped.section)

    def carry(
        self, source: PipedWorld, track: str, section: m.MediaSection = PIPED_VP8, *, recorded: bool = True
    ) -> None:
        """Let a track of `source` travel to the other one, with what travels already."""
        layers = max(1, len(section.rids))
        ssrcs = tuple((next(self.numbers), next(self.numbers)) for _ in range(layers))
        self.sent[track] = source, m.PipedTrack(track, "person-far", section, ssrcs, recorded)
        self.set()

    def need(self, track: str, *rids: str) -> None:
        """What the server does when the sibling says which layers it wants."""
        world, piped = self.sent[track]
        self.sent[track] = world, replace(piped, needed=rids)
        self.set()

    def record(self, track: str, *, group: str) -> None:
        """What the server does when somebody is moved to a group that is recorded."""
        world, piped = self.sent[track]
        self.sent[track] = world, replace(piped, recorded=True, group=group)
        self.set()

    def drop(self, track: str) -> None:
        del self.sent[track]
        self.set()

    def set(self) -> None:
        of_home = tuple(piped for world, piped in self.sent.values() if world is self.home)
        of_sibling = tuple(piped for world, piped in self.sent.values() if world is self.sibling)
        self.sibling.plane.set_pipe(m.SetPipe(self.pipe, of_sibling, of_home), self.sibling.now)
        self.home.plane.set_pipe(m.SetPipe(self.pipe, of_home, of_sibling), self.home.now)
        self.home.pump()
        self.sibling.pump()

    def advance(self, seconds: float) -> None:
        self.home.advance(seconds)

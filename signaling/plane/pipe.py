"""A pipe of one session between its home and a sibling, as the server has arranged it."""

import contextlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import structlog

from lectern.kernel.ids import new_id
from signaling.plane.peer import Peer
from signaling.plane.pipe_plan import Crossing, meeting_point, piped_section
from streaming.control import messages as m
from streaming.control.client import MediaClient, MediaGone, MediaRefused

_log = structlog.get_logger()
_KEY_BYTES, _SALT_BYTES = 16, 12


@dataclass(slots=True, eq=False)
class Pipe:
    """See the module. `home` and `far` are the connections over which the two ends were opened.

    `needed` are the rids of the layers that the receiving end of a track asked for; all until it does.
    """

    home: MediaClient
    far: MediaClient
    id: str = field(default_factory=new_id)
    is_broken: bool = False
    needed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _out: dict[str, m.PipedTrack] = field(default_factory=dict)
    _back: dict[str, m.PipedTrack] = field(default_factory=dict)

    async def open(self, room: str) -> None:
        """Make both ends, with keys that nothing else has. Raises MediaGone, MediaRefused."""
        ends = meeting_point(_addresses(self.home), _addresses(self.far))
        if ends is None:
            raise MediaRefused("address_unreachable", "the media processes have no address in common")
        (home_host, home_port), (far_host, far_port) = ends
        keys = [secrets.token_bytes(_KEY_BYTES) for _ in range(2)]
        salts = [secrets.token_bytes(_SALT_BYTES) for _ in range(2)]
        ssrcs = new_ssrc(), new_ssrc()
        out, back = (keys[0], salts[0]), (keys[1], salts[1])
        at_far = m.OpenPipe(self.id, room, home_host, home_port, *back, *out, ssrcs[1], ssrcs[0], far_host)
        at_home = m.OpenPipe(self.id, room, far_host, far_port, *out, *back, *ssrcs, home_host)
        try:
            await self.far.request(at_far, m.Done)
            await self.home.request(at_home, m.Done)
        except (MediaGone, MediaRefused):
            self.is_broken = True
            raise
        _log.info("pipe_opened", session_id=room, pipe=self.id)

    async def carry(self, crossing: Crossing, publishers: Mapping[str, Peer]) -> None:
        """Let exactly these tracks of `publishers` (by transport) cross.

        Raises:
            MediaGone, MediaRefused: the pipe is broken then.
        """
        out = self._described(crossing.out, self._out, publishers)
        back = self._described(crossing.back, self._back, publishers)
        if (out, back) == (self._out, self._back):
            return
        try:
            if back.keys() - self._back.keys():  # whoever receives must know before the other one sends
                await self._set(self.home, self._out, back)
            await self._set(self.far, back, out)
            await self._set(self.home, out, back)
        except (MediaGone, MediaRefused):
            self.is_broken = True
            raise
        self._out, self._back = out, back

    def _described(
        self, tracks: Collection[str], before: Mapping[str, m.PipedTrack], publishers: Mapping[str, Peer]
    ) -> dict[str, m.PipedTrack]:
        """The tracks as they cross: with the SSRCs that they have, or new ones."""
        found: dict[str, m.PipedTrack] = {}
        for track in sorted(tracks):
            transport, _, mid = track.partition(":")
            peer = publishers[transport]
            section = peer.section(mid)
            if section is None:
                continue
            layers = max(1, len(section.rids))
            found[track] = m.PipedTrack(
                track,
                peer.participant,
                piped_section(section),
                before[track].ssrcs if track in before else _new_ssrcs(layers),
                peer.is_recorded(mid),
                self.needed.get(track),
                peer.recorded_group(mid),
            )
        return found

    async def _set(
        self, client: MediaClient, send: dict[str, m.PipedTrack], receive: dict[str, m.PipedTrack]
    ) -> None:
        await client.request(m.SetPipe(self.id, tuple(send.values()), tuple(receive.values())), m.Done)

    async def close(self) -> None:
        """Forget both ends, as far as they are still there."""
        for client in (self.far, self.home):
            with contextlib.suppress(MediaGone, MediaRefused):
                await client.request(m.ClosePipe(self.id), m.Done)


def new_ssrc() -> int:
    """A random one; a collision is refused by the media process, and the pipe opened again with others."""
    return secrets.randbits(32) or 1


def _new_ssrcs(layers: int) -> tuple[tuple[int, int], ...]:
    return tuple((new_ssrc(), new_ssrc()) for _ in range(layers))


def _addresses(client: MediaClient) -> tuple[tuple[str, int], ...]:
    return () if client.welcome is None else client.welcome.addresses

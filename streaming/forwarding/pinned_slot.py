"""What a pipe sends of one track: a slot per layer, each fed by its own layer and by no other."""

from collections.abc import Iterator
from random import Random

from msgspec.structs import replace

from streaming.control import messages as m
from streaming.forwarding.layer import Layer
from streaming.forwarding.slot import Slot
from streaming.forwarding.track import Track


class PinnedSlot(Slot):
    """A slot for layer `index` of a simulcast track. It waits while that layer is stopped."""

    def __init__(
        self,
        section: m.MediaSection,
        ssrc: int,
        rtx_ssrc: int,
        rid: str,
        index: int,
        *,
        first_seq: int,
        first_timestamp: int,
    ) -> None:
        super().__init__(section, ssrc, rtx_ssrc, first_seq=first_seq, first_timestamp=first_timestamp)
        self.mid = f"{section.mid}~{rid}"
        self.rid = rid
        self.index = index

    @property
    def wanted_layer(self) -> int | None:
        """See `Slot`."""
        return None if self.track is None or self.bound < 0 else self.index

    def retarget(self, now: float) -> None:
        """See `Slot`: there is nothing to choose."""
        track = self.track
        if track is None or self.bound < 0 or self.index >= len(track.layers):
            return
        layer = track.layers[self.index]
        target = layer if layer.is_flowing or self.layer is layer else None
        if target is not self.target:
            self.target = target
            self._ask_for_target(now)
        self._sort()

    def _candidates(self, track: Track) -> Iterator[Layer]:
        del track
        if self.target is not None:
            yield self.target


def slots_of(piped: m.PipedTrack, rng: Random) -> Iterator[Slot]:
    """New slots for a track on a pipe, one per layer."""
    section = replace(piped.section, mid=piped.track)
    for index, (ssrc, rtx_ssrc) in enumerate(piped.ssrcs):
        first_seq, first_timestamp = rng.randrange(1, 1 << 14), rng.getrandbits(31)
        if len(section.rids) < 2:
            yield Slot(section, ssrc, rtx_ssrc, first_seq=first_seq, first_timestamp=first_timestamp)
            return
        yield PinnedSlot(
            section,
            ssrc,
            rtx_ssrc,
            section.rids[index],
            index,
            first_seq=first_seq,
            first_timestamp=first_timestamp,
        )

"""A published track: its layers, and the slots that watch it."""

from typing import TYPE_CHECKING, Final

from streaming.control.messages import Codec, Kind, Source
from streaming.forwarding.layer import Layer
from streaming.forwarding.layer_demand import LayerDemand
from streaming.forwarding.recorded_layer import RecordedLayer
from streaming.forwarding.speakers import Voice

if TYPE_CHECKING:
    from streaming.forwarding.slot import Slot

STALLED_AFTER_S: Final = 0.3
"""A layer is taken for stopped when the others have gone on without it for so long."""
STALLED_PROOF_S: Final = 0.15
"""…and it was not one single picture that they were ahead."""


class PublisherClock:
    """How far a publisher's wall clock is behind ours: the least difference seen, so transit counts least.

    One per publisher: its tracks keep their sync exactly, and a slot that changes publishers keeps its clock.
    """

    __slots__ = ("behind_s",)

    def __init__(self) -> None:
        self.behind_s = float("inf")

    def observe(self, theirs_s: float, ours_s: float) -> None:
        """A sender report with their time arrived at our time; both in seconds since 1900."""
        self.behind_s = min(self.behind_s, ours_s - theirs_s)


class Track:
    """One m-line's media: `layers` from the smallest to the largest, one without simulcast.

    `unsettled` are the slots that wait for something of this track: a first keyframe, the end of catching up,
    or the keyframe of another layer.
    """

    def __init__(
        self,
        track_id: str,
        kind: Kind,
        source: Source | None,
        wall: PublisherClock,
        rids: tuple[str, ...] = (),
    ) -> None:
        self.id = track_id
        self.wall = wall
        self.kind = kind
        self.source = source
        self.layers = tuple(Layer(index, rid, kind) for index, rid in enumerate(rids or ("",)))
        self.slots: list[Slot] = []
        self.unsettled: dict[Slot, None] = {}
        self.demand = LayerDemand(len(self.layers))
        self.recorded = RecordedLayer()
        self.announced_level: int | None = None
        self.is_active = False
        self.codec: Codec | None = None

    @property
    def top(self) -> int:
        """Index of the largest layer."""
        return len(self.layers) - 1

    @property
    def level(self) -> int | None:
        """Audio level, -dBov."""
        return self.layers[0].level

    @property
    def voice(self) -> Voice:
        """How loud it has been lately."""
        return self.layers[0].voice

    def begin_layer(self, index: int, ssrc: int, codec: Codec) -> Layer:
        """The first stream of a layer, or another one. Slots must settle before, and restart after."""
        layer = self.layers[index]
        layer.restart(ssrc, codec)
        self.codec = codec
        return layer

    def layer_of_ssrc(self, ssrc: int) -> Layer | None:
        """The layer that this SSRC feeds now."""
        return next((layer for layer in self.layers if layer.ssrc == ssrc and layer.has_begun), None)

    # ── who flows ──

    def note_arrival(self, layer: Layer, now: float) -> None:
        """A packet of `layer`: it flows, and whoever does not is falling behind."""
        layer.is_flowing = True
        if len(self.layers) == 1:
            return
        layer.outrun_since = None
        for other in self.layers:
            if other is not layer and other.is_flowing:
                if other.outrun_since is None:
                    other.outrun_since = now
                other.outrun_at = now

    def observe_flow(self, now: float) -> None:
        """Notice layers that their publisher stopped; call it some ten times a second.

        When all are silent (a still picture) nobody is taken for stopped.
        """
        for layer in self.layers:
            since = layer.outrun_since
            if since is not None and now - since >= STALLED_AFTER_S:
                layer.is_flowing = layer.is_flowing and layer.outrun_at - since < STALLED_PROOF_S

    def stop_layer(self, layer: Layer) -> None:
        """Its publisher said goodbye (RTCP BYE)."""
        if len(self.layers) > 1:
            layer.is_flowing = False

    def best(self, bound: int) -> Layer | None:
        """The largest flowing layer up to `bound`."""
        for layer in reversed(self.layers[: bound + 1]):
            if layer.is_flowing:
                return layer
        return None

    def flows(self, now: float) -> bool:
        """Whether packets came lately."""
        return any(layer.flows(now) for layer in self.layers)

"""Which layer of a track the recorder hears: the largest that flows, changing only at its keyframes.

A change is a restart of the recorder's stream, as when a publisher changes its SSRC: the picture's size
changes, so the recorder starts another fragment with another decoder configuration anyway.
"""

from typing import TYPE_CHECKING

from streaming.rtp.packet_ring import ForwardPacket

if TYPE_CHECKING:
    from streaming.forwarding.layer import Layer
    from streaming.forwarding.track import Track


class RecordedLayer:
    """See the module. `layer` is heard now; None: the next keyframe of any layer begins."""

    __slots__ = ("layer",)

    def __init__(self) -> None:
        self.layer: Layer | None = None

    def reset(self) -> None:
        """Forget everything: recording begins, or the layer heard was restarted."""
        self.layer = None

    def target(self, track: "Track") -> "Layer":
        """The layer that the recorder should hear."""
        return track.best(track.top) or self.layer or track.layers[-1]

    def begins_with(self, track: "Track", layer: "Layer", packet: ForwardPacket) -> bool:
        """Whether the recorder's stream begins (anew) with this packet of `layer`, which was just received.

        A track without simulcast begins with any packet: its first ones may say why there is no keyframe.
        """
        if layer is self.layer:
            return False
        if len(track.layers) > 1:
            if not layer.may_start_with(packet):
                return False
            if self.layer is not None and layer is not self.target(track):
                return False
        self.layer = layer
        return True

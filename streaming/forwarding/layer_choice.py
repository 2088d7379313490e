"""Which layer of a track a slot should be at, what may stand in for it, and where a decoder can begin.

Two bounds: `aimed` is what the subscriber's link takes (the allocator's word, strict), `max_layer` how large
the picture is drawn. The target is the largest layer that flows within both. When nothing flows within the
second but something does above it, that is better than no picture.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from streaming.forwarding.layer import Head, Layer
from streaming.forwarding.track import Track

ANY_LAYER: Final = 255
FRESH_SOUND_S: Final = 0.1
"""A paused microphone's last word is not said again to whoever comes later."""


class LayerOption(NamedTuple):
    """A layer that a slot could get. One that rests costs what it cost when it flowed (0: unknown)."""

    layer: int
    bitrate_bps: int
    flows: bool


def options_of(track: Track, max_layer: int, now: float) -> list[LayerOption]:
    """What could be sent, from the smallest layer to the largest that the route wants."""
    return [
        LayerOption(layer.index, layer.measure(now), layer.is_flowing)
        for layer in track.layers[: max_layer + 1]
        if layer.has_begun
    ]


def target_of(track: Track, current: Layer | None, *, aimed: int, max_layer: int) -> Layer:
    """The layer to be at; where nothing flows, the present one, or the largest within the bounds."""
    bound = min(aimed, max_layer)
    target = track.best(bound)
    if target is None and aimed > max_layer:
        target = next((layer for layer in track.layers[: aimed + 1] if layer.is_flowing), None)
    if target is None:
        is_within = current is not None and current.index <= bound
        target = current if is_within else track.layers[min(bound, track.top)]
    assert target is not None
    return target


def by_preference(track: Track, target: Layer | None, aimed: int) -> Iterator[Layer]:
    """The target, then what could stand in for it: a picture at once is worth more than a sharp one."""
    if target is not None:
        yield target
    for layer in reversed(track.layers[: aimed + 1]):
        if layer is not target and layer.is_flowing:
            yield layer


def starting_point(layer: Layer, now: float, *, any_age: bool) -> Head | None:
    """The packet to begin with: of a keyframe, however old with `any_age`, or the newest of fresh sound."""
    if layer.kind == "video":
        return layer.complete_head() if any_age else layer.recent_head(now)
    if now - layer.last_arrival > FRESH_SOUND_S:
        return None
    newest = None if layer.ring.highest is None else layer.ring.get(layer.ring.highest)
    return None if newest is None else Head(newest.ext_seq, newest.timestamp, newest.arrival)

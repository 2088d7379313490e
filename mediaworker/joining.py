"""Joins encoded pieces into one track without encoding: every picture at its place on the grid.

Pieces have no pictures out of order, so the number of a picture is its time, and a track of pieces is as
exact as one of a single run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from mediaworker.cutting import FPS
from mediaworker.loudness import RATE
from mediaworker.media_job import MediaFailedError

AAC_FRAME = 1024
LOOK_EVERY = 500
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
SOUND_FRAGMENT_US = "4000000"
DOWNLOADABLE = {"movflags": "+faststart"}


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures `first` to `first + count` of an encoded file; `first` counts from the file's time 0."""

    path: Path
    first: int
    count: int


Look = Callable[[], None]
"""Raises if the work is not wanted any more."""


def join(parts: Sequence[Part], sound: Path | None, target: Path, look: Look, *, fragmented: bool) -> None:
    """Write `target`, an MP4 of all parts and, where given, the sound. Raises MediaFailedError, OSError."""
    options = FRAGMENTED if fragmented else DOWNLOADABLE
    with av.open(str(target), "w", format="mp4", options=options) as output:
        with av.open(str(parts[0].path)) as first:
            template = first.streams.video[0]
            headers = bytes(template.codec_context.extradata or b"")
            video = output.add_stream_from_template(template)
            video.time_base = Fraction(1, FPS * 512)
        packets = _pictures(parts, headers)
        if sound is None:
            _write(output, [(video, packets)], look)
            return
        with av.open(str(sound)) as heard:
            audio = output.add_stream_from_template(heard.streams.audio[0])
            _write(output, [(video, packets), (audio, _sound(heard))], look)


def fragment_sound(sound: Path, target: Path, look: Look) -> None:
    """Write the sound alone, in fragments."""
    options = {"movflags": "empty_moov+default_base_moof", "frag_duration": SOUND_FRAGMENT_US}
    with av.open(str(sound)) as heard, av.open(str(target), "w", format="mp4", options=options) as output:
        audio = output.add_stream_from_template(heard.streams.audio[0])
        _write(output, [(audio, _sound(heard))], look)


def _pictures(parts: Sequence[Part], headers: bytes) -> Iterator["av.Packet[Any]"]:
    at = 0
    for part in parts:
        with av.open(str(part.path)) as container:
            stream = container.streams.video[0]
            if bytes(stream.codec_context.extradata or b"") != headers:
                raise MediaFailedError("transcode_failed", "Two pieces of the video do not fit together.")
            assert stream.time_base is not None
            wanted = part.first
            for packet in container.demux(stream):
                if packet.pts is None or packet.size == 0:
                    continue
                number = round(packet.pts * stream.time_base * FPS)
                if number < part.first:
                    continue
                if number >= part.first + part.count:
                    break
                if number != wanted or (number == part.first and not packet.is_keyframe):
                    raise _short(at + wanted - part.first)
                packet.pts = packet.dts = at + number - part.first
                packet.duration = 1
                packet.time_base = Fraction(1, FPS)
                wanted += 1
                yield packet
            if wanted != part.first + part.count:
                raise _short(at + wanted - part.first)
        at += part.count


def _sound(heard: Any) -> Iterator["av.Packet[Any]"]:
    """The encoder's frames from time 0 on: without its run-up no player has to know of one."""
    number = 0
    for packet in heard.demux(heard.streams.audio[0]):
        if packet.pts is None or packet.pts < 0 or packet.size == 0:
            continue
        packet.pts = packet.dts = number * AAC_FRAME
        packet.duration = AAC_FRAME
        packet.time_base = Fraction(1, RATE)
        number += 1
        yield packet


def _write(output: Any, tracks: list[tuple[Any, Iterator["av.Packet[Any]"]]], look: Look) -> None:
    """Interleave by time, so that a player needs no second look at the file."""
    waiting = [(stream, packets, packet) for stream, packets in tracks if (packet := next(packets, None))]
    written = 0
    while waiting:
        chosen = min(waiting, key=_starts)
        stream, packets, packet = chosen
        packet.stream = stream
        output.mux_one(packet)
        waiting.remove(chosen)
        if following := next(packets, None):
            waiting.append((stream, packets, following))
        written += 1
        if written % LOOK_EVERY == 0:
            look()


def _starts(waiting: tuple[Any, Iterator["av.Packet[Any]"], "av.Packet[Any]"]) -> Fraction:
    packet = waiting[2]
    assert packet.pts is not None
    assert packet.time_base is not None
    return packet.pts * packet.time_base


def _short(picture: int) -> MediaFailedError:
    minute, second = divmod(picture // FPS, 60)
    return MediaFailedError(
        "source_unreadable",
        f"The recording cannot be read beyond {minute}:{second:02d}. Everything recorded is still there; "
        "an administrator can look at its files.",
    )

"""A scripted lesson as the packager leaves it: really encoded sound and pictures under `hls/`."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags

from lectern.manifest.clock_map import ClockPiece
from lectern.manifest.replay import Replay, ReplaySpan, ReplayVideo, write_replay
from loadtests.cuts.pictures import FPS, SEGMENT_S, Screen
from loadtests.cuts.script import Script
from loadtests.cuts.sound import RATE, sound
from loadtests.replay.lesson_source import AAC_FRAME, GROUP, TICKS, UTC_MS, Playlist
from recording.codec_config import CodecConfig
from recording.fmp4 import Sample, init_segment, media_segment
from recording.h264_encoder import encode_segment


def make(session: Path, script: Script) -> Replay:
    """Write `hls/` of the lesson into `session`; return its description."""
    hls = session / "hls"
    _write_screen(hls / "screen", script)
    _write_sound(hls / "audio", script)
    replay = Replay(
        duration_ms=script.duration_ms,
        utc_ms=UTC_MS,
        videos=(ReplayVideo("screen", "screen/index.m3u8", (ReplaySpan(0, script.duration_ms),)),),
        clock=(ClockPiece(session_ms=0, media_ms=0, duration_ms=script.duration_ms),),
    )
    write_replay(hls / "replay.json", replay)
    return replay


def _write_screen(folder: Path, script: Script) -> None:
    folder.mkdir(parents=True)
    screen, playlist = Screen(script), Playlist()

    @lru_cache(maxsize=32)
    def encoded(keys: tuple[tuple[Any, ...], ...]) -> tuple[CodecConfig, list[Sample]]:
        ticks = TICKS // FPS
        return encode_segment(
            [(i * ticks, screen.picture(key)) for i, key in enumerate(keys)], SEGMENT_S * TICKS
        )

    for number in range(script.duration_ms // (SEGMENT_S * 1000)):
        begin_ms = number * SEGMENT_S * 1000
        keys = tuple(screen.key(begin_ms + i * 1000 // FPS) for i in range(SEGMENT_S * FPS))
        config, samples = encoded(keys)
        if number == 0:
            (folder / "init.mp4").write_bytes(init_segment(config))
        name = f"{number:06d}.m4s"
        (folder / name).write_bytes(media_segment(number + 1, number * SEGMENT_S * TICKS, samples))
        playlist.add("init.mp4", name, SEGMENT_S)
    (folder / "index.m3u8").write_text(playlist.text())


def _write_sound(folder: Path, script: Script) -> None:
    folder.mkdir(parents=True)
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "fltp"
    encoder.bit_rate = 64_000
    encoder.options = {"aac_coder": "fast"}
    encoder.flags |= Flags.global_header
    playlist = Playlist()
    samples: list[Sample] = []
    written = 0

    def flush(least: int) -> None:
        nonlocal samples, written
        while len(samples) >= least and samples:
            group, samples = samples[:GROUP], samples[GROUP:]
            name = f"{written // GROUP:06d}.m4s"
            (folder / name).write_bytes(media_segment(written // GROUP + 1, written * AAC_FRAME, group))
            playlist.add("init.mp4", name, len(group) * AAC_FRAME / RATE)
            written += len(group)

    for packet in _packets(encoder, script):
        samples.append(Sample(bytes(packet), AAC_FRAME, keyframe=True))
        flush(GROUP)
    flush(1)
    (folder / "init.mp4").write_bytes(init_segment(CodecConfig("aac", asc=encoder.extradata or b"")))
    (folder / "index.m3u8").write_text(playlist.text())


def _packets(encoder: "av.AudioCodecContext", script: Script) -> Iterator["av.Packet[av.AudioStream]"]:
    """The encoded sound without what the encoder puts in front."""
    left = np.zeros(0, np.float32)
    pts = 0

    def kept(packets: "list[av.Packet[av.AudioStream]]") -> "Iterator[av.Packet[av.AudioStream]]":
        return (packet for packet in packets if packet.pts is not None and packet.pts >= 0)

    for chunk in sound(script):
        left = np.concatenate((left, chunk))
        whole = len(left) // AAC_FRAME * AAC_FRAME
        for start in range(0, whole, AAC_FRAME):
            samples = np.ascontiguousarray(left[None, start : start + AAC_FRAME])
            frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, pts, Fraction(1, RATE)
            pts += AAC_FRAME
            yield from kept(encoder.encode(frame))
        left = left[whole:]
    yield from kept(encoder.encode(None))

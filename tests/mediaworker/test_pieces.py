"""Pieces of a video fit together whatever they are made of."""

import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import pytest
from PIL import Image

from mediaworker.composition import card_command, edge_command
from mediaworker.cutting import Range
from mediaworker.renditions import RENDITIONS

TAGS = {
    "said by nobody": [],
    "as Chromium says it": ["-color_range", "pc", "-colorspace", "bt709", "-color_primaries", "bt709",
                            "-color_trc", "iec61966-2-1"],
    "as an old camera says it": ["-color_range", "tv", "-colorspace", "smpte170m"],
}  # fmt: skip


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_a_recording_joins_with_a_card_whatever_its_colours_are_called(
    tmp_path: Path, tags: list[str]
) -> None:
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    filmed = tmp_path / "filmed.mp4"
    make = [ffmpeg, "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=0.5"]
    subprocess.run([*make, "-pix_fmt", "yuv420p", "-preset", "ultrafast", *tags, str(filmed)], check=True)
    card = tmp_path / "card.png"
    Image.new("RGB", (1280, 720), "#6EA0FF").save(card)
    pieces: dict[str, dict[str, Path]] = {
        name: {one.name: tmp_path / f"{name}-{one.name}.mp4" for one in RENDITIONS}
        for name in ("card", "edge")
    }
    for command in (
        card_command(card, 6, pieces["card"]),
        edge_command(filmed, Range(0, 6), pieces["edge"]),
    ):
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    for one in RENDITIONS:
        headers = set()
        for targets in pieces.values():
            with av.open(str(targets[one.name])) as container:
                headers.add(bytes(container.streams.video[0].codec_context.extradata or b""))
        assert len(headers) == 1

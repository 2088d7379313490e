"""The sizes that a medium is offered in, and how each is encoded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from mediaworker.cutting import FPS, GROUP


@dataclass(frozen=True, slots=True)
class Rendition:
    """`name` is that of its files."""

    name: str
    width: int
    height: int
    crf: int


LARGE = Rendition("720", 1280, 720, 23)
SMALL = Rendition("360", 640, 360, 24)
RENDITIONS = (SMALL, LARGE)
COLOUR = {"range": "tv", "color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
"""What every player takes a picture of 720 lines for if nothing is said (ITU-R BT.709)."""


def written(picture: Any, targets: dict[str, Path], frames: int) -> Any:
    """ffmpeg's outputs: a picture stream of the large size, decoded once, in every size.

    A fixed grid of closed groups without B-pictures: a packet's time is its picture's, in order, so pieces of
    different runs join exactly; `stitchable` keeps the parameter sets free of the content.
    """
    copies = picture.filter_multi_output("split", len(RENDITIONS))
    outputs = []
    for index, one in enumerate(RENDITIONS):
        sized = copies[index]
        if one is not LARGE:
            sized = sized.filter("scale", one.width, one.height, flags="bilinear")
        # Browsers tag their pictures, others do not, and the tags stand in the parameter sets.
        sized = sized.filter("setparams", **COLOUR)
        outputs.append(
            ffmpeg.output(
                sized, str(targets[one.name]), **{"frames:v": frames},
                vcodec="libx264", preset="veryfast", crf=one.crf, bf=0,
                g=GROUP, keyint_min=GROUP, sc_threshold=0,
                **{"x264-params": "stitchable=1:open-gop=0"},
                pix_fmt="yuv420p", color_range="tv", r=FPS, map_metadata=-1, format="mp4",
            )
        )  # fmt: skip
    return ffmpeg.merge_outputs(*outputs)

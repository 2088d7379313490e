"""Chooses a telling picture of a video and writes it as JPEG."""

from pathlib import Path

import av
import numpy as np
from PIL import Image

CANDIDATES = (0.08, 0.2, 0.35, 0.5, 0.65, 0.8)
WIDTH = 640
BRIGHT = 40.0
LIVELY = 18.0


def write_thumbnail(video: Path, target: Path, *, after_ms: int) -> None:
    """The first candidate after `after_ms` that is neither dark nor plain, else the liveliest one.

    Raises OSError or av.FFmpegError when the video cannot be read.
    """
    best: av.VideoFrame | None = None
    best_spread = -1.0
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        total_ms = (container.duration or 0) // 1000
        for share in CANDIDATES:
            at_ms = after_ms + share * max(0, total_ms - after_ms)
            container.seek(int(at_ms * 1000))
            frame = next(
                (frame for frame in container.decode(stream) if (frame.time or 0) * 1000 >= at_ms), None
            )
            if frame is None:
                continue
            luma = frame.reformat(width=160, height=90, format="gray").to_ndarray()
            spread = float(np.std(luma))
            if spread > best_spread:
                best, best_spread = frame, spread
            if luma.mean() > BRIGHT and spread > LIVELY:
                break
    if best is None:
        message = "no picture in the video"
        raise OSError(message)
    height = max(2, best.height * WIDTH // best.width)
    pixels = best.reformat(width=WIDTH, height=height, format="rgb24").to_ndarray()
    Image.fromarray(pixels).save(target, "JPEG", quality=82)

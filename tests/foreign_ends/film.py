"""A film with a counter in every picture and a tone, as a file that ffmpeg can publish without encoding."""

from pathlib import Path

import av

from tests.media_pattern import picture, sound_frame

RATE = 20
SOUND_FRAME = 960
SOUND_RATE = 48_000


def write_film(path: Path, seconds: int) -> None:
    """Write H.264 (baseline, a keyframe a second, the counter from 0 on) and AAC to an MP4 file."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(
            "libx264", rate=RATE, options={"profile": "baseline", "preset": "ultrafast"}
        )
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.codec_context.gop_size = RATE
        audio = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for number in range(seconds * RATE):
            frame = picture(number)
            frame.pts = number
            container.mux(video.encode(frame))
        for number in range(seconds * SOUND_RATE // SOUND_FRAME):
            sound = sound_frame(number * SOUND_FRAME, SOUND_FRAME)
            sound.pts = number * SOUND_FRAME
            container.mux(audio.encode(sound))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))

"""Is a file that somebody brought a video that can be used? Asked in a child process with hard limits:

    python -m mediaworker.clip_check FILE        # one line of JSON: what it is, or what is wrong with it

Only formats that hold their media in themselves are opened (a playlist would have this machine read other
files and addresses), nothing is decoded beyond the first picture, and no picture may exceed `MOST_PIXELS`.
"""

import asyncio
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import msgspec

from mediaworker.media_job import MediaFailedError

UPLOAD: Final = "upload.mp4"
"""The name of what was brought, whatever it was called."""
MOST_PIXELS: Final = 4096 * 2304
LONGEST_MS: Final = 60_000
SHORTEST_MS: Final = 500
MOST_PICTURES: Final = 7_500
FORMATS: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts"
OPTIONS: Final = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
_PATIENCE_S: Final = 30.0
_CPU_S: Final = 20
_MEMORY_BYTES: Final = 2 << 30

NO_VIDEO: Final = "This file is no video that can be read. Use an MP4 (H.264), MOV, WebM or MKV file."
TOO_LARGE: Final = "The pictures of this video are too large: use at most 4096 × 2304 pixels."
TOO_LONG: Final = "This video is too long: an intro or outro lasts at most 60 seconds."
TOO_SHORT: Final = "This video is shorter than half a second."
TOO_MUCH: Final = "This video holds more pictures than one of its length can."


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a clip is."""

    duration_ms: int
    width: int
    height: int
    has_sound: bool


class _Answer(msgspec.Struct):
    """What the child says: facts, or a problem in words."""

    facts: ClipFacts | None = None
    problem: str = ""


def facts_of(path: Path) -> ClipFacts:
    """Look at a file.

    Raises:
        MediaFailedError: it cannot be used (`clip_invalid`, with the reason in words).
    """
    try:
        with av.open(str(path), options=OPTIONS) as container:
            return _facts(container)
    except (OSError, ValueError, IndexError, OverflowError, MemoryError, av.FFmpegError):
        raise _refused(NO_VIDEO) from None


def _facts(container: "av.container.InputContainer") -> ClipFacts:
    if not container.streams.video:
        raise _refused(NO_VIDEO)
    video = container.streams.video[0]
    if video.width * video.height > MOST_PIXELS:
        raise _refused(TOO_LARGE)
    if video.width * video.height == 0:
        raise _refused(NO_VIDEO)
    video.thread_count = 1
    video.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    first = next(container.decode(video), None)
    if first is None:
        raise _refused(NO_VIDEO)
    if first.width * first.height > MOST_PIXELS:
        raise _refused(TOO_LARGE)
    container.seek(0)
    last = 0.0
    for number, packet in enumerate(container.demux(video)):
        if number > MOST_PICTURES:
            raise _refused(TOO_MUCH)
        if packet.pts is not None and packet.time_base is not None:
            last = max(last, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    start = float((video.start_time or 0) * video.time_base) if video.time_base else 0.0
    duration_ms = round((last - start) * 1000)
    if duration_ms > LONGEST_MS:
        raise _refused(TOO_LONG)
    if duration_ms < SHORTEST_MS:
        raise _refused(TOO_SHORT)
    return ClipFacts(duration_ms, video.width, video.height, bool(container.streams.audio))


async def checked(path: Path) -> ClipFacts:
    """Look at a file in a child process that may use so much time and memory, and write nothing.

    Raises:
        MediaFailedError: it cannot be used, or the child did not come to an end with it (`clip_invalid`).
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mediaworker.clip_check", str(path),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    try:
        async with asyncio.timeout(_PATIENCE_S):
            said, _ = await child.communicate()
        answer = msgspec.json.decode(said, type=_Answer)
    except (TimeoutError, msgspec.DecodeError):
        raise _refused(NO_VIDEO) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if answer.facts is None:
        raise _refused(answer.problem or NO_VIDEO)
    return answer.facts


def _refused(reason: str) -> MediaFailedError:
    return MediaFailedError("clip_invalid", reason)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    """Look at the file that the command line names."""
    _limit()
    try:
        answer = _Answer(facts_of(Path(sys.argv[1])))
    except MediaFailedError as error:
        answer = _Answer(problem=error.reason)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()

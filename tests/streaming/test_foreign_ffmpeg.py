"""ffmpeg's WHIP muxer, a publisher that nobody here wrote, into the real media process."""

import asyncio
import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import pytest

from streaming.control import messages as m
from tests.streaming.media_process import media_process, new_peer
from tests.streaming.whip_endpoint import whip_endpoint

SECONDS = 40


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short file with H.264 and sound; a keyframe every second."""
    path = tmp_path_factory.mktemp("whip") / "lesson.mp4"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=20",
        "-f", "lavfi", "-i", "sine=f=440", "-t", str(SECONDS), "-c:v", "libx264", "-preset", "ultrafast",
        "-profile:v", "baseline", "-bf", "0", "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.mark.timeout(100)
async def test_a_file_published_by_ffmpeg_is_seen_and_heard(lesson: Path) -> None:
    async with media_process() as media, whip_endpoint(media) as (endpoint, url):
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-re", "-i", str(lesson), "-c:v", "copy",
            "-c:a", "libopus", "-ar", "48000", "-ac", "2", "-f", "whip", f"{url}/whip",
        ]  # fmt: skip
        publisher = await asyncio.create_subprocess_exec(*command)
        viewer = new_peer()
        try:
            await media.wait_for(m.TrackStarted, 2, timeout=30)
            tracks = {t.kind: t for t in media.tracks()}
            assert tracks["video"].codec == "H264"
            video = viewer.addTransceiver("video", direction="recvonly")
            audio = viewer.addTransceiver("audio", direction="recvonly")
            await media.connect_peer("view", viewer)
            await media.client.set_routes(
                m.Route("view", video.mid or "", tracks["video"].track),
                m.Route("view", audio.mid or "", tracks["audio"].track),
            )
            async with asyncio.timeout(25):
                stamps: list[int] = []
                for _ in range(30):
                    picture = await video.receiver.track.recv()
                    assert isinstance(picture, av.VideoFrame)
                    assert picture.width == 320
                    stamps.append(picture.pts or 0)
                assert stamps == sorted(set(stamps))
                sound = await audio.receiver.track.recv()
                assert isinstance(sound, av.AudioFrame)
            stats = await media.client.get_stats()
            ours = next(t for t in stats.transports if t.transport == endpoint.transports[0])
            assert ours.profile == "SRTP_AES128_CM_SHA1_80"
            assert "srtp" not in ours.rejected
        finally:
            publisher.terminate()
            await publisher.wait()
            await viewer.close()

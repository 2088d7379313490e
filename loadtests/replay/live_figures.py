"""*End* → playable replay, and how far the broadcast is behind: real server, recorder and packager.

The recorder is fed by a publisher in real time (RTP, a key picture every 2 s), as a media process feeds it;
the server has no media process of its own. The hours before are fragments that were made quickly and packaged
by the same packager. What a viewer gets is asked for over HTTP, and decoded.
"""

import asyncio
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import av

from lectern.app.wiring import built
from lectern.kernel.clock import utc_ms
from loadtests.figures import Figure, percentile
from loadtests.replay.recorded_lesson import QuickPackager, write_recording
from recording import tap as recorder
from recording.room_recorder import PacketArrived, ReportArrived, TrackOpened
from tests.media_pattern import read_counter
from tests.ports import free_port
from tests.recording.scripted_publisher import ScriptedPublisher
from tests.scripted_lesson.server import PASSWORD, Server, set_up_organisation

FPS = 15
PATIENCE_S = 120.0
PLAYER_DISTANCE_S = 3.5
"""`liveSyncDuration` of web/src/media/hls_source.ts: how far the player stays behind the playlist's end."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """What the media process tells a recorder."""

    directory: str
    session_ms_at_start: int
    utc_ms: int
    aside: bool = False


@dataclass(slots=True)
class Live:
    """A server with one live session, and a client of it."""

    server: Server
    session_id: str
    http: aiohttp.ClientSession

    @property
    def folder(self) -> Path:
        """Where the session's files are."""
        return self.server.data / "sessions" / self.session_id

    async def ask(self, method: str, path: str) -> tuple[int, Json]:
        """Ask the API."""
        async with self.http.request(method, f"{self.server.url}/api/v1{path}") as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else {}

    async def fetch(self, url: str) -> bytes:
        """Fetch what a player fetches."""
        async with self.http.get(urljoin(self.server.url, url)) as answer:
            assert answer.status == 200, (answer.status, url)
            return await answer.read()


class WithoutMedia(Server):
    """A server whose media processes are away: ready as soon as it answers."""

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                return True
        except urllib.error.HTTPError:
            return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


@asynccontextmanager
async def _live_session(root: Path, length_s: int = 0) -> AsyncIterator[Live]:
    """A lesson that has lasted for `length_s` and goes on."""
    nobody = str(root / "no-media-process.sock")
    environment = {"LECTERN_EMBEDDED_WORKER": "false", "LECTERN_MEDIA_NODES": nobody}
    server = WithoutMedia(root, free_port(), free_port(), environment)
    settings = server.settings()
    await set_up_organisation(settings)
    async with built(settings) as services:
        org = await services.accounts.org()
        session = await services.sessions.create(
            org_id=org.id, title="The figures", starts_utc_ms=None, zone=org.zone, presenter_person_id=None,
            host_person_id=None, guests_allowed=True, auto_start=True,
        )  # fmt: skip
        await services.sessions.start(session.id)
    if length_s:
        folder = server.data / "sessions" / session.id
        await asyncio.to_thread(write_recording, folder / "rec" / "1", length_s, utc_ms() - length_s * 1000)
        await asyncio.to_thread(QuickPackager(folder).step)
    jar = aiohttp.CookieJar(unsafe=True)  # which also keeps the cookies of an address
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"X-Lectern": "1"}) as http:
        try:
            await server.start()
            who = {"login": "admin", "password": PASSWORD}
            async with http.post(f"{server.url}/api/v1/sign-in", json=who) as answer:
                assert answer.status == 200, await answer.text()
            yield Live(server, session.id, http)
        finally:
            await server.end()


class _Publishing:
    """Sends a script to a recorder in real time; `began_s` is the monotonic time of its second 0."""

    def __init__(self, tap: recorder.RecorderTap, seconds: float) -> None:
        publisher = ScriptedPublisher()
        publisher.video("camera", "H264", 0.0, seconds, fps=FPS, size=(640, 360), close=False)
        publisher.mic(0.0, seconds, close=False)
        self._events = publisher.in_order()
        self._tap = tap
        self.began_s = time.monotonic()

    async def run(self) -> None:
        """Until the script is over."""
        self.began_s = time.monotonic()
        for at_s, event in self._events:
            await asyncio.sleep(max(0.0, self.began_s + at_s - time.monotonic()))
            match event:
                case TrackOpened(track, source, kind, codec, clock_rate, participant, _, group):
                    self._tap.on_track(track, source, kind, codec, clock_rate, participant, group)
                case PacketArrived(track, data, _):
                    self._tap.on_rtp(track, data, time.monotonic())
                case ReportArrived(track, ntp_s, timestamp):
                    self._tap.on_sender_report(track, ntp_s, timestamp)
                case _:
                    pass


async def _recorded_on(live: Live, number: int, session_ms: int) -> recorder.RecorderTap:
    spec = RecordSpec(str(live.folder / "rec" / str(number)), session_ms, utc_ms())
    return await recorder.create(spec, lambda _track: None, lambda _event, _code: None)


async def _ended(minutes: int) -> tuple[float, float]:
    """Return how long it takes from *End* until the replay plays, and until the server says so."""
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as temporary:
        length_s = minutes * 60 - 6
        async with _live_session(Path(temporary), length_s) as live:
            return await _end(live, length_s)


async def _end(live: Live, length_s: int) -> tuple[float, float]:
    tap = await _recorded_on(live, 2, length_s * 1000)
    publishing = _Publishing(tap, 6.0)
    await publishing.run()
    listed = live.folder / "hls" / "camera" / "index.m3u8"
    await _until(lambda: _seconds(listed.read_text()) > length_s)  # the packager follows, as in any lesson
    begun_s = time.monotonic()
    # What *End* does to the media process: its recorder writes what it has.
    (status, _), _ = await asyncio.gather(live.ask("POST", f"/sessions/{live.session_id}/end"), tap.close())
    assert status < 300, status
    _, session = await live.ask("GET", f"/sessions/{live.session_id}")
    while True:
        _, replay = await live.ask("GET", f"/replays/{session['replay_id']}")
        if replay.get("state") == "ready":
            break
        assert time.monotonic() - begun_s < PATIENCE_S, live.server.last_words()
        await asyncio.sleep(0.05)
    ready_s = time.monotonic() - begun_s
    video = next(video for video in replay["videos"] if video["source"] == "camera")
    for url in (video["url"], replay["audio_url"]):
        text = (await live.fetch(url)).decode()
        assert text.endswith("#EXT-X-ENDLIST\n"), "the playlist is not closed"
        assert abs(_seconds(text) - replay["duration_ms"] / 1000) < 0.1, "the playlist is not the replay"
        for last in (False, True):
            assert await _decodes(live, url, text, last=last), "a segment does not decode"
    return time.monotonic() - begun_s, ready_s


async def _behind(seconds: float) -> list[float]:
    """Return how old the end of the live playlist was, at every look of a player at it."""
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as temporary:
        async with _live_session(Path(temporary)) as live:
            tap = await _recorded_on(live, 1, 0)
            publishing = _Publishing(tap, seconds)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(publishing.run())
                looking = tasks.create_task(_looks(live, publishing, seconds))
            await tap.close()
            return looking.result()


async def _looks(live: Live, publishing: _Publishing, seconds: float) -> list[float]:
    path = f"/sessions/{live.session_id}/broadcast"
    while (answer := await live.ask("GET", path))[0] != 200:
        assert time.monotonic() - publishing.began_s < seconds, live.server.last_words()
        await asyncio.sleep(0.25)
    url = next(video["url"] for video in answer[1]["videos"] if video["source"] == "camera")
    ages: list[float] = []
    newest, shown_s = "", None
    while time.monotonic() - publishing.began_s < seconds - 1:
        text = (await live.fetch(url)).decode()
        name = text.splitlines()[-1]
        if name != newest:
            newest = name
            shown_s = await _last_picture_s(live, url, text)
        if shown_s is not None:
            ages.append(time.monotonic() - publishing.began_s - shown_s)
        await asyncio.sleep(0.2)
    return ages[len(ages) // 4 :]  # without the beginning, in which the player itself has not begun


async def _last_picture_s(live: Live, url: str, text: str) -> float | None:
    """Return when the last picture of a playlist was over: what its clock shows, and one picture more.

    None for a still, as before the camera's first key picture.
    """
    pictures = await _pictures(live, url, text, last=True)
    number = read_counter(pictures[-1])
    return None if number is None else (number + 1) / FPS


async def _decodes(live: Live, url: str, text: str, *, last: bool) -> bool:
    data = await _segment(live, url, text, last=last)
    return await asyncio.to_thread(lambda: len(_frames(data)) > 0)


async def _pictures(live: Live, url: str, text: str, *, last: bool) -> list[av.VideoFrame]:
    data = await _segment(live, url, text, last=last)
    frames = await asyncio.to_thread(_frames, data)
    return [frame for frame in frames if isinstance(frame, av.VideoFrame)]


async def _segment(live: Live, url: str, text: str, *, last: bool) -> bytes:
    names = [line for line in text.splitlines() if line and not line.startswith("#")]
    maps = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', text)
    chosen = -1 if last else 0
    head = await live.fetch(urljoin(url, maps[chosen]))
    return head + await live.fetch(urljoin(url, names[chosen]))


def _frames(data: bytes) -> list[av.VideoFrame | av.AudioFrame]:
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(data)
        file.flush()
        with av.open(file.name) as container:
            return [
                frame
                for packet in container.demux()
                for frame in packet.decode()
                if isinstance(frame, av.VideoFrame | av.AudioFrame)
            ]


def _seconds(text: str) -> float:
    return sum(float(length) for length in re.findall(r"#EXTINF:([0-9.]+)", text))


async def _until(true: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.05)


def end_figures(lengths_min: tuple[int, ...]) -> list[Figure]:
    """Hold lessons of these lengths and end them."""
    figures: list[Figure] = []
    for minutes in lengths_min:
        played_s, ready_s = asyncio.run(_ended(minutes))
        name = f"End of {minutes} minutes"
        figures.append(Figure(f"{name} → its first and last segment decoded", played_s, "s", 5))
        figures.append(Figure(f"{name} → the server says that it is ready", ready_s, "s"))
    return figures


def behind_figures(seconds: float = 60.0) -> list[Figure]:
    """Broadcast a picture clock, and look at it as a player does."""
    ages = asyncio.run(_behind(seconds))
    return [
        Figure("broadcast behind live, worst", max(ages) + PLAYER_DISTANCE_S, "s", 8),
        Figure("broadcast behind live, median", percentile(ages, 0.5) + PLAYER_DISTANCE_S, "s"),
        Figure("end of the live playlist behind live, worst", max(ages), "s"),
        Figure("the player's distance to it", PLAYER_DISTANCE_S, "s"),
    ]

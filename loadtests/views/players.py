"""Players that report what they played, each waiting for its answer before it goes on; lean."""

import asyncio
import json
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import cast

PIECE_MS = 4_000
MEDIUM_MS = 600_000
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_BEHIND_MS = 3_600_000
"""For how long everybody has been watching already: they report faster than one can watch."""
AGAIN_AFTER_S = 0.3
_TAKEN = b'{"accepted":1,"refused":[],"furthest_ms":null}'


@dataclass(slots=True, eq=False)
class Viewer:
    """Somebody who watches one medium from its beginning, a few seconds at a time, again and again."""

    number: int
    cookie: str
    medium_id: str
    started_utc_ms: int
    acknowledged: int = 0

    def report(self) -> bytes:
        """Return the next report, the same one until it is acknowledged."""
        at = self.acknowledged * PIECE_MS
        interval = {
            "id": f"{self.number}-{self.acknowledged}",
            "from_ms": at % MEDIUM_MS,
            "to_ms": at % MEDIUM_MS + PIECE_MS,
            "started_utc_ms": self.started_utc_ms + at,
            "wall_ms": PIECE_MS,
            "speed": 1,
            "visible": True,
            "audible": True,
        }
        body = {
            "medium": "replay",
            "id": self.medium_id,
            "version": 1,
            "player": f"player-{self.number}",
            "intervals": [interval],
            "position_ms": at % MEDIUM_MS + PIECE_MS,
        }
        return json.dumps(body, separators=(",", ":")).encode()


def viewers(cookies: list[str], media: list[str]) -> list[Viewer]:
    """Return one viewer for each cookie, spread over the media."""
    start = time.time_ns() // 1_000_000 - _BEHIND_MS
    return [
        Viewer(number, cookie, media[number % len(media)], start) for number, cookie in enumerate(cookies)
    ]


@dataclass(slots=True)
class Crowd:
    """All viewers, and the connections that they share: a connection carries one report at a time."""

    port: int
    waiting: deque[Viewer]
    acknowledged: int = 0
    unexpected: list[str] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    lost: int = 0
    until: float = 0.0

    async def report(self, connections: int, seconds: float) -> None:
        """Report for so long over so many connections; those that break are made again."""
        self.until = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as tasks:
            for _ in range(connections):
                tasks.create_task(self._keep_reporting())

    async def _keep_reporting(self) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < self.until:
            try:
                _, line = await loop.create_connection(lambda: _Line(self), "127.0.0.1", self.port)
                await line.ended
            except OSError:
                await asyncio.sleep(AGAIN_AFTER_S)


class _Line(asyncio.Protocol):
    """One connection; takes the next viewer when one is answered."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._viewer: Viewer | None = None
        self._sent_at = 0.0
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none of its subclasses
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._viewer is not None:
            self._crowd.waiting.appendleft(self._viewer)
            self._viewer = None
            self._crowd.lost += 1
        self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or length is None or len(body) < int(length[1]):
            return
        self._got = b""
        viewer, self._viewer = self._viewer, None
        assert viewer is not None
        crowd = self._crowd
        if body == _TAKEN:
            viewer.acknowledged += 1
            crowd.acknowledged += 1
            crowd.took_s.append(self._loop.time() - self._sent_at)
        else:
            crowd.unexpected.append(f"{head[:40]!r} {body[:200]!r}")
        crowd.waiting.append(viewer)
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        now = self._loop.time()
        if now >= self._crowd.until:
            self._transport.close()
            return
        self._viewer = self._crowd.waiting.popleft()
        body = self._viewer.report()
        self._sent_at = now
        self._transport.write(
            b"POST /api/v1/views HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Lectern: 1\r\n"
            b"User-Agent: Mozilla/5.0 (Linux; Android 13) Mobile MicroMessenger/8.0\r\n"
            b"Content-Type: application/json\r\nCookie: lectern_session=%s\r\nContent-Length: %d\r\n\r\n"
            % (self._viewer.cookie.encode(), len(body))
            + body
        )

"""Telling processes that a timeline, or something beside it, has grown.

A hint, never the truth: receivers read the database.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from lectern.kernel.tasks import run_forever, task_group

TIMELINE, NOTES = "timeline", "notes"
"""What announcements may be about: a session's timeline, or the notes that a group writes."""
_CHANNELS = {f"lectern:{kind}": kind for kind in (TIMELINE, NOTES)}
_PUBLISH_TIMEOUT_S = 0.5
"""How long Redis may take; what it does not take then is lost, as announcements may be."""
_QUIET_S = 5.0
_AGAIN_S = 0.2
_log = structlog.get_logger()

Listener = Callable[[str, int], None]


class Bus(Protocol):
    """Carries `(id, seq)` after a commit: of a session, or of what else `kind` says."""

    def listen(self, listener: Listener, kind: str = TIMELINE) -> None:
        """Call `listener` for every announcement of `kind` from any process; it must not block."""

    async def announce(self, id_: str, seq: int, kind: str = TIMELINE) -> None:
        """Say that what has this id now reaches `seq`. Never raises: it is a hint."""


class LocalBus:
    """One server process: announcements stay in it."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}

    def listen(self, listener: Listener, kind: str = TIMELINE) -> None:
        """See `Bus`."""
        self._listeners.setdefault(kind, []).append(listener)

    async def announce(self, id_: str, seq: int, kind: str = TIMELINE) -> None:
        """See `Bus`."""
        self.deliver(id_, seq, kind)

    def deliver(self, id_: str, seq: int, kind: str = TIMELINE) -> None:
        """Tell this process's listeners."""
        for listener in self._listeners.get(kind, ()):
            listener(id_, seq)


class RedisBus(LocalBus):
    """Several server processes: announcements go through Redis pub/sub, which may lose some.

    Nobody waits for Redis: of each timeline the newest announcement is sent as soon as the one before is.
    """

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        super().__init__()
        self._client = client
        self._unsent: dict[tuple[str, str], int] = {}
        self._has_unsent = asyncio.Event()
        self._failures = 0
        self._quiet_until_s = 0.0

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str) -> AsyncIterator["RedisBus"]:
        """Hold a bus over the Redis at `url`; reconnects by itself while Redis is away."""
        client = redis.asyncio.Redis.from_url(url)
        bus = cls(client)
        async with client, task_group() as tasks:
            running = [
                tasks.create_task(run_forever("bus_receive", bus._receive)),
                tasks.create_task(bus._keep_sending()),
            ]
            try:
                yield bus
            finally:
                for task in running:
                    await _ended(task)

    async def announce(self, id_: str, seq: int, kind: str = TIMELINE) -> None:
        """See `Bus`. This process hears it at once, whether or not Redis answers."""
        self.deliver(id_, seq, kind)
        self._unsent[kind, id_] = seq
        self._has_unsent.set()

    async def _keep_sending(self) -> None:
        while True:
            await self._has_unsent.wait()
            self._has_unsent.clear()
            unsent, self._unsent = self._unsent, {}
            try:
                async with (
                    asyncio.timeout(_PUBLISH_TIMEOUT_S),
                    self._client.pipeline(transaction=False) as pipe,
                ):
                    for (kind, id_), seq in unsent.items():
                        pipe.publish(f"lectern:{kind}", f"{id_} {seq}")
                    await pipe.execute()
            except (RedisError, OSError, TimeoutError) as error:
                self._note_failure(error)

    def _note_failure(self, error: Exception) -> None:
        self._failures += 1
        now = asyncio.get_running_loop().time()
        if now >= self._quiet_until_s:
            self._quiet_until_s = now + _QUIET_S
            _log.warning("bus_announce_failed", error=type(error).__name__, failures=self._failures)

    async def _receive(self) -> None:
        async with self._client.pubsub() as pubsub:
            await pubsub.subscribe(*_CHANNELS)
            async for message in pubsub.listen():
                if message["type"] == "message":
                    id_, _, seq = message["data"].decode().partition(" ")
                    self.deliver(id_, int(seq), _CHANNELS[message["channel"].decode()])


async def _ended(task: "asyncio.Task[None]") -> None:
    """End a task. redis-py may take a cancellation for a failed connection and go on; so say it again."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_AGAIN_S)

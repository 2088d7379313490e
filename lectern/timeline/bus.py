"""Telling processes that a timeline has grown. A hint, never the truth: receivers read the database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from lectern.kernel.tasks import run_forever, task_group

_CHANNEL = "lectern:timeline"
_PUBLISH_TIMEOUT_S = 0.5
"""How long Redis may take; what it does not take then is lost, as announcements may be."""
_QUIET_S = 5.0
_AGAIN_S = 0.2
_log = structlog.get_logger()

Listener = Callable[[str, int], None]


class Bus(Protocol):
    """Carries `(session_id, seq)` after a commit."""

    def listen(self, listener: Listener) -> None:
        """Call `listener` for every announcement from any process; it must not block."""

    async def announce(self, session_id: str, seq: int) -> None:
        """Say that the timeline of `session_id` now reaches `seq`. Never raises: it is a hint."""


class LocalBus:
    """One server process: announcements stay in it."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """See `Bus`."""
        self._listeners.append(listener)

    async def announce(self, session_id: str, seq: int) -> None:
        """See `Bus`."""
        self.deliver(session_id, seq)

    def deliver(self, session_id: str, seq: int) -> None:
        """Tell this process's listeners."""
        for listener in self._listeners:
            listener(session_id, seq)


class RedisBus(LocalBus):
    """Several server processes: announcements go through Redis pub/sub, which may lose some.

    Nobody waits for Redis: of each timeline the newest announcement is sent as soon as the one before is.
    """

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        super().__init__()
        self._client = client
        self._unsent: dict[str, int] = {}
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

    async def announce(self, session_id: str, seq: int) -> None:
        """See `Bus`. This process hears it at once, whether or not Redis answers."""
        self.deliver(session_id, seq)
        self._unsent[session_id] = seq
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
                    for session_id, seq in unsent.items():
                        pipe.publish(_CHANNEL, f"{session_id} {seq}")
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
            await pubsub.subscribe(_CHANNEL)
            async for message in pubsub.listen():
                if message["type"] == "message":
                    session_id, _, seq = message["data"].decode().partition(" ")
                    self.deliver(session_id, int(seq))


async def _ended(task: "asyncio.Task[None]") -> None:
    """End a task. redis-py may take a cancellation for a failed connection and go on; so say it again."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_AGAIN_S)

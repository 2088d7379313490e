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
"""How long a command that is already committed waits for Redis at most."""
_QUIET_S = 5.0
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
    """Several server processes: announcements go through Redis pub/sub, which may lose some."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        super().__init__()
        self._client = client
        self._failures = 0
        self._quiet_until_s = 0.0

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str) -> AsyncIterator["RedisBus"]:
        """Hold a bus over the Redis at `url`; reconnects by itself while Redis is away."""
        client = redis.asyncio.Redis.from_url(url)
        bus = cls(client)
        async with client, task_group() as tasks:
            receiver = tasks.create_task(run_forever("bus_receive", bus._receive))
            try:
                yield bus
            finally:
                receiver.cancel()

    async def announce(self, session_id: str, seq: int) -> None:
        """See `Bus`. This process hears it at once, whether or not Redis answers."""
        self.deliver(session_id, seq)
        try:
            async with asyncio.timeout(_PUBLISH_TIMEOUT_S):
                await self._client.publish(_CHANNEL, f"{session_id} {seq}")
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

"""Calls over a dramatiq queue in Redis: each wakes one worker, and outlives the worker that took it.

There is one queue for each kind of job. A message says "look", and nothing of the job. It is taken by one of
those who wait, and acknowledged after his look; if he is killed in between, dramatiq gives it to another one
when his heartbeat is `SILENT_MS` old. dramatiq's actors and workers are not used: they would be a second
place that decides who does what.

dramatiq's consumer asks Redis again and again, at growing distances of up to `ASK_MS`, in a thread.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import redis
import structlog
from dramatiq import Consumer, Message, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import BrokerConnectionError
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from lectern.kernel.tasks import run_forever, task_group

_log = structlog.get_logger()
ASK_MS: Final = 200
"""The longest between two questions of somebody who waits."""
SILENT_MS: Final = 5_000
"""After this without a question of his, what a worker has not answered goes to another one."""
REST_S: Final = 5.0
"""Between two looks by the clock while calls come."""
AWAY_S: Final = 1.0
"""The same while Redis is away."""
_ALWAYS: Final = 1_000_000
"""Have every question look for the silent: by default one in a thousand does, and an idle house asks none."""
_TIMEOUT_S: Final = 1.0
_MOST_WAITING: Final = 200
"""Calls in a queue beyond which no more are put there: everybody who could come is called already."""
_QUIET_S: Final = 5.0
_AWAY: Final = (RedisError, BrokerConnectionError, OSError)


@dataclass(slots=True)
class RedisCall:
    """`lectern.jobs.calls.Call`: a message that was taken and not acknowledged yet."""

    consumer: Consumer
    message: MessageProxy
    run: "Callable[[Callable[[], None]], Future[None]]"

    async def answered(self) -> None:
        """See `Call`. If Redis is away now, somebody looks once more for nothing."""
        await asyncio.wrap_future(self.run(self._acknowledge))

    async def give_back(self) -> None:
        """Have somebody else called."""
        await asyncio.wrap_future(self.run(self._requeue))

    def _acknowledge(self) -> None:
        self.consumer.ack(self.message)

    def _requeue(self) -> None:
        self.consumer.requeue([self.message])


@dataclass(slots=True)
class RedisCalls:
    """`lectern.jobs.calls.Calls` over Redis. `connected` owns what runs."""

    broker: RedisBroker
    threads: ThreadPoolExecutor
    ask_ms: int = ASK_MS
    rest_s: float = REST_S
    hears: bool = False
    failures: int = 0
    _unsent: Counter[str] = field(default_factory=Counter)
    _has_unsent: asyncio.Event = field(default_factory=asyncio.Event)
    _quiet_until: float = 0.0

    @classmethod
    @asynccontextmanager
    async def connected(
        cls,
        url: str,
        *,
        waiting: int = 8,
        silent_ms: int = SILENT_MS,
        ask_ms: int = ASK_MS,
        rest_s: float = REST_S,
    ) -> AsyncIterator["RedisCalls"]:
        """Hold the queue in the Redis at `url`, which need not be there yet. So many may wait at once."""
        client = redis.Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        broker = RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq says that it is typed; this is not
            client=client,
            middleware=[],
            namespace="lectern-jobs",
            maintenance_chance=_ALWAYS,
            heartbeat_timeout=silent_ms,
        )
        threads = ThreadPoolExecutor(waiting + 1, thread_name_prefix="calls")
        calls = cls(broker, threads, ask_ms, rest_s)
        try:
            async with task_group() as tasks:
                sending = tasks.create_task(run_forever("job_calls", calls._keep_sending))
                try:
                    yield calls
                finally:
                    sending.cancel()
        finally:
            await asyncio.to_thread(threads.shutdown)
            client.close()

    def ring(self, kind: str) -> None:
        """See `Calls`."""
        self._unsent[kind] = min(self._unsent[kind] + 1, _MOST_WAITING)
        self._has_unsent.set()

    async def wait(self, kinds: Collection[str], most_s: float | None = None) -> RedisCall | None:
        """See `Calls`. While Redis is away, the clock is faster."""
        end = time.monotonic() + (self.rest_s if most_s is None else min(self.rest_s, most_s))
        consumers = [
            self.broker.consume(_queue(kind), prefetch=1, timeout=max(1, self.ask_ms // len(kinds)))
            for kind in kinds
        ]
        call = None
        while call is None and time.monotonic() < end:
            asking = asyncio.get_running_loop().run_in_executor(self.threads, self._ask, consumers)
            try:
                call = await asyncio.shield(asking)
            except asyncio.CancelledError:
                await self._not_wanted(asking)
                raise
            except _AWAY as error:
                self.hears = False
                if self._is_news():
                    _log.warning("job_calls_unheard", error=type(error).__name__, failures=self.failures)
                await asyncio.sleep(min(AWAY_S, max(0.0, end - time.monotonic())))
                return None
            self.hears = True
        return call

    def _ask(self, consumers: Collection[Consumer]) -> RedisCall | None:
        for consumer in consumers:
            message = next(consumer)
            if message is not None:
                return RedisCall(consumer, message, self._run)
        return None

    async def _not_wanted(self, asking: "asyncio.Future[RedisCall | None]") -> None:
        """Nobody waits any more for what this question may still bring."""
        await asyncio.wait([asking])
        if asking.exception() is None and (call := asking.result()) is not None:
            await call.give_back()

    def _run(self, act: Callable[[], None]) -> "Future[None]":
        def guarded() -> None:
            try:
                act()
            except _AWAY as error:
                if self._is_news():
                    _log.warning("job_call_unanswered", error=type(error).__name__, failures=self.failures)

        return self.threads.submit(guarded)

    async def _keep_sending(self) -> None:
        while True:
            await self._has_unsent.wait()
            self._has_unsent.clear()
            unsent, self._unsent = self._unsent, Counter()
            try:
                await asyncio.to_thread(self._send, unsent)
            except _AWAY as error:
                if self._is_news():
                    _log.warning("job_call_failed", error=type(error).__name__, failures=self.failures)

    def _send(self, unsent: Counter[str]) -> None:
        for kind, count in unsent.items():
            queue = _queue(kind)
            room = _MOST_WAITING - int(self.broker.do_qsize(queue))
            for _ in range(min(count, room)):
                self.broker.enqueue(
                    Message(queue_name=queue, actor_name="look", args=(), kwargs={}, options={})
                )

    def _is_news(self) -> bool:
        """Count a failure; say whether to log it."""
        self.failures += 1
        now = time.monotonic()
        if now < self._quiet_until:
            return False
        self._quiet_until = now + _QUIET_S
        return True


def _queue(kind: str) -> str:
    return f"due.{kind}"

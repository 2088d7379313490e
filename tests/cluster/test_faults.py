"""A poll while a server process, Redis and PostgreSQL are killed: no answer is lost, none counts twice."""

import asyncio
import signal
import time

import pytest

from lectern.app.cluster.topology import Probe
from lectern.kernel.tasks import task_group
from tests.cluster.running_cluster import BACK_WITHIN_S, SERVERS, Class, cluster_with_class
from tests.scripted_lesson.class_client import ClassClient

pytestmark = [pytest.mark.services, pytest.mark.timeout(280)]
LEARNERS = 9


async def test_a_poll_outlives_redis_postgresql_and_a_server_process() -> None:
    """One after the other in one class: it takes longest to start a cluster."""
    async with cluster_with_class(LEARNERS) as lesson:
        held = await lesson.held()
        assert sum(held.values()) == LEARNERS + 1
        assert min(held.values()) >= 2, f"both servers have some of the class: {held}"
        await redis_is_killed(lesson)
        await postgresql_is_restarted(lesson)
        await a_server_is_killed(lesson)


async def _back_after_s(client: ClassClient, welcomes: int) -> float:
    """How long it took until a client was welcomed again."""
    begun = time.monotonic()
    await client.until("a new welcome", lambda c: c.welcomes > welcomes, within_s=30)
    return time.monotonic() - begun


async def redis_is_killed(lesson: Class) -> None:
    poll = await lesson.opens_poll()
    await lesson.vote(poll, lesson.learners[::2])
    lesson.kill("redis")
    await lesson.vote(poll, lesson.learners[1::2])
    await lesson.counted_once(poll)
    await lesson.is_back("redis", Probe(lesson.cluster.plan.redis_port))
    await _news_is_fast_again(lesson)


async def _news_is_fast_again(lesson: Class) -> None:
    """Hints cross the servers again: news comes sooner than by looking every two seconds."""
    async with asyncio.timeout(30):
        while True:
            begun = time.monotonic()
            said = await lesson.presenter.command("chat_send", text="Can you hear me?")
            await lesson.all_have(f"message/{said['id']}")
            if time.monotonic() - begun < 1.2:
                return


async def postgresql_is_restarted(lesson: Class) -> None:
    poll = await lesson.opens_poll()
    await lesson.vote(poll, lesson.learners[::2])
    lesson.kill("postgres", signal.SIGINT)
    await lesson.vote(poll, lesson.learners)
    await lesson.counted_once(poll)


async def a_server_is_killed(lesson: Class) -> None:
    poll = await lesson.opens_poll()
    held = await lesson.held()
    victim = max(SERVERS, key=lambda name: held[name])
    early, late = lesson.learners[::2], lesson.learners[1::2]
    await lesson.vote(poll, early)
    welcomes = [client.welcomes for client in lesson.everybody]
    gone: set[int] = set()
    for number, client in enumerate(lesson.everybody):
        client.socket.on("disconnect", lambda _reason, n=number: gone.add(n), namespace="/class")

    lesson.kill(victim)
    async with task_group() as tasks:
        tasks.create_task(lesson.vote(poll, late))  # while it is away
        again = tasks.create_task(lesson.vote(poll, early))  # they press once more: no count may change
        async with asyncio.timeout(10):
            while len(gone) < held[victim]:
                await asyncio.sleep(0.02)
        took_s = [await _back_after_s(lesson.everybody[n], welcomes[n]) for n in sorted(gone)]
    assert again.done()
    assert len(gone) == held[victim]
    assert sum(took_s) < BACK_WITHIN_S, took_s  # they came back side by side while we looked one by one
    await lesson.counted_once(poll)

"""A real cluster behind nginx, with a class in it: what `script/cluster` starts, on ports of its own."""

import asyncio
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from lectern.app.cluster.__main__ import settings_of
from lectern.app.cluster.run import Running, find_programs, holds, running
from lectern.app.cluster.topology import Plan, Probe, Secrets
from lectern.app.settings import CHECKOUT
from lectern.app.wiring import built
from lectern.kernel.access import SessionGrant
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from tests.ports import free_ports
from tests.scripted_lesson.class_client import ClassClient, class_client

PORTS = 7
SERVERS = ("server1", "server2")
BACK_WITHIN_S = 5.0


def plan_in(folder: Path) -> Plan:
    """A small one: one media process."""
    first = free_ports(PORTS)
    secrets = Secrets(new_id(), new_id(), new_id(), new_id())
    return Plan(
        folder,
        CHECKOUT,
        find_programs(),
        secrets,
        os.geteuid() == 0,
        port=first,
        first_server_port=first + 1,
        postgres_port=first + 3,
        redis_port=first + 4,
        first_media_port=first + 5,
        turn_port=first + 6,
        media=1,
        environment={"LECTERN_STORAGE_URL": ""},
    )


def kill(cluster: Running, part: str, number: signal.Signals = signal.SIGKILL) -> None:
    """End a process; its supervisor starts it again."""
    pid = cluster.children[part].pid
    assert pid is not None
    os.kill(pid, number)


@dataclass(slots=True)
class Class:
    """A live session of a cluster, and its learners, at both servers. `learners` come back by themselves."""

    cluster: Running
    tokens: dict[str, str]
    presenter: ClassClient
    learners: list[ClassClient] = field(default_factory=list)

    @property
    def everybody(self) -> list[ClassClient]:
        """With the presenter."""
        return [self.presenter, *self.learners]

    def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End a process of the cluster; its supervisor starts it again."""
        kill(self.cluster, part, number)

    async def is_back(self, part: str, probe: Probe) -> None:
        """Until it was started again and can be used."""
        async with asyncio.timeout(30):
            while self.cluster.children[part].restarts == 0 or not await holds(probe):
                await asyncio.sleep(0.05)

    async def held(self) -> dict[str, int]:
        """How many class connections each server holds."""
        found: dict[str, int] = {}
        async with aiohttp.ClientSession() as client:
            for name, port in zip(SERVERS, self.cluster.plan.server_ports, strict=True):
                async with client.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    text = await answer.text()
                counted = re.search(r"^lectern_class_connections ([\d.]+)", text, re.MULTILINE)
                assert counted is not None
                found[name] = int(float(counted[1]))
        return found

    async def opens_poll(self) -> str:
        """The presenter opens one that shows its results; everybody has it when this returns."""
        opened = await self.presenter.command(
            "poll_open", question="Is everybody there?", options=["A", "B", "C"], show="live"
        )
        await self.all_have(f"poll/{opened['id']}")
        return str(opened["id"])

    async def all_have(self, path: str) -> None:
        """Until everybody has this entity."""
        for client in self.everybody:
            await client.until(path, lambda c: path in c.entities)

    async def vote(self, poll: str, learners: Sequence[ClassClient]) -> None:
        """These answer, at once; returns when all are acknowledged."""
        await asyncio.gather(
            *(one.command("poll_vote", id=poll, option=self.learners.index(one) % 3) for one in learners)
        )

    async def counted_once(self, poll: str) -> None:
        """Everybody sees each learner's answer once, and a newcomer does too."""
        wanted = [sum(number % 3 == option for number in range(len(self.learners))) for option in range(3)]

        def counts(client: ClassClient) -> Any:
            return client.entities[f"poll/{poll}"]["counts"]

        for client in self.everybody:
            await client.until(f"{wanted}", lambda c: counts(c) == wanted, within_s=20)
        async with class_client(self.cluster.plan.url, self.presenter.token) as fresh:
            assert counts(fresh) == wanted


@asynccontextmanager
async def cluster_with_class(learners: int) -> AsyncIterator[Class]:
    """Every third learner only polls, as behind a proxy that lets no WebSocket through."""
    async with small_cluster() as cluster, AsyncExitStack() as stack:
        tokens = await _live_session(cluster.plan, learners)
        url = cluster.plan.url
        presenter = await stack.enter_async_context(class_client(url, tokens["presenter"]))
        made = Class(cluster, tokens, presenter)
        for number in range(learners):
            transports = ("polling",) if number % 3 == 2 else ("websocket",)
            learner = class_client(url, tokens[f"learner {number}"], transports=transports)
            made.learners.append(await stack.enter_async_context(learner))
        yield made


@asynccontextmanager
async def small_cluster() -> AsyncIterator[Running]:
    """Without relay, bucket and worker; its folder is gone afterwards. After a failure its logs' ends are
    told."""
    folder = Path(tempfile.mkdtemp(prefix="lectern-cluster-"))
    try:
        async with running(plan_in(folder), without=("turn", "worker", "s3")) as cluster:
            yield cluster
    except BaseException:
        for log in sorted((folder / "log").glob("*.log")):
            print(f"── {log.name}\n{log.read_text(errors='replace')[-2_500:]}")
        raise
    finally:
        shutil.rmtree(folder)


async def _live_session(plan: Plan, learners: int) -> dict[str, str]:
    """Make an organisation and a live session; return everybody's join token by name."""
    async with built(settings_of(plan)) as services:
        org = await services.accounts.set_up("Morning Retail", "Asia/Shanghai")
        session = await services.sessions.create(
            org_id=org.id,
            title="A poll while everything falls over",
            starts_utc_ms=None,
            zone=org.zone,
            presenter_person_id=None,
            host_person_id=None,
            guests_allowed=True,
            auto_start=True,
        )
        await services.sessions.start(session.id)
        people = {"presenter": SessionRole.PRESENTER} | {
            f"learner {number}": SessionRole.LEARNER for number in range(learners)
        }
        now_s = time.time_ns() // 1_000_000_000
        return {
            name: services.tokens.issue(
                org.id,
                SessionGrant(session.id, role, None, guest_id=name, guest_name=name),
                now_s=now_s,
                ttl_s=3600,
            )
            for name, role in people.items()
        }

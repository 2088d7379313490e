"""What the scenes of a run share: the server, the people, the one real browser, and how busy the load is."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page

from lectern.app.consent import VERSION as CONSENT
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from loadtests.class_.crowd import Crowd, cpu_s
from loadtests.class_.house import House
from loadtests.class_.reader import Arrivals, Seat
from loadtests.figures import Figure
from tests.scripted_lesson.chromium import Browsers
from tests.scripted_lesson.processes import usage
from tests.scripted_lesson.server import CHECKOUT

MOST_BUSY = 0.8


@dataclass(slots=True)
class Acting:
    """The Locust process. It starts users when told, and reports what they saw."""

    process: asyncio.subprocess.Process
    users: int = 0
    late_ms: float = 0.0
    """How late it was itself, p99 of the worst half second since this was set to 0."""

    async def order(self, **what: Any) -> dict[str, Any]:
        """Give an order, and return its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        await self.process.stdin.drain()
        line = await self.process.stdout.readline()
        assert line, "Locust ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def report(self) -> dict[str, dict[str, Any]]:
        """Return what was counted since the last report; says aloud what failed."""
        answer = await self.order(do="report")
        for fault in answer["faults"]:
            print(f"    acting user: {fault}", file=sys.stderr, flush=True)
        self.late_ms = max(self.late_ms, answer["late_p99_ms"])
        found: dict[str, dict[str, Any]] = answer["stats"]
        return found

    @property
    def cpu_s(self) -> float:
        """What it has used."""
        found = usage(self.process.pid)
        return 0.0 if found is None else found.cpu_s


@asynccontextmanager
async def acting(url: str) -> AsyncIterator[Acting]:
    """Run Locust, on the load's core."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtests.class_.acting", url),
        cwd=CHECKOUT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    try:
        yield Acting(process)
    finally:
        process.kill()
        await process.wait()


@dataclass(slots=True)
class Stage:
    """A running class. `learners` is how many there are to be, all kinds of clients together."""

    house: House
    crowd: Crowd
    actors: Acting
    browsers: Browsers
    learners: int
    acting_users: int
    presenter: Seat = field(init=False)
    page: Page | None = None
    busiest: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def auth(self, token: str, **more: Any) -> dict[str, Any]:
        """Return what a client says of itself."""
        return {"token": token, "consent": CONSENT, "device": "pc", "after": None, **more}

    async def command(self, type_: str, **data: Any) -> dict[str, Any]:
        """Have the presenter give a command; its whole acknowledgement."""
        answer = await self.presenter.call("command", {"id": new_id(), "type": type_, "data": data})
        assert "ok" in answer, f"{type_} was refused: {answer}"
        return answer

    async def take_presenter(self) -> Seat:
        """Return a new connection of the presenter's; its arrivals are nobody's measure."""
        auth = self.auth(self.house.token(SessionRole.PRESENTER, "Gu Ming"))
        return await Seat.taken(-1, Arrivals(), self.house.server.port, auth=auth)

    async def open_page(self) -> None:
        """Let one learner come with a real browser."""
        token = self.house.token(SessionRole.LEARNER, "In a browser")
        page = await self.browsers.on_pc("en")
        session = self.house.session_id
        await page.add_init_script(f"sessionStorage.setItem('lectern.consent.{session}', '{CONSENT}')")
        await page.goto(f"{self.house.server.url}/room/{session}#t={token}")
        await page.get_by_test_id("room").wait_for()
        await page.wait_for_load_state("networkidle")
        self.page = page

    @asynccontextmanager
    async def measured(self, name: str) -> AsyncIterator[None]:
        """Note how busy the load's processes were in the block."""
        began, cpu = time.monotonic(), cpu_s() + self.actors.cpu_s
        yield
        self.busiest[name] = (cpu_s() + self.actors.cpu_s - cpu) / (time.monotonic() - began)

    def load_figures(self) -> list[Figure]:
        """Return how busy the generator was in each scene; a void one says so by not holding."""
        return [
            Figure(f"generator's CPU, {name} (reader and Locust)", busy * 100, "%", MOST_BUSY * 100)
            for name, busy in self.busiest.items()
        ]

"""The people of one scripted lesson, what they did and when: the truth that it is measured against."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Locator, Page

from tests.scripted_lesson.chromium import Browsers
from tests.scripted_lesson.class_client import ClassClient
from tests.scripted_lesson.server import PASSWORD, Server

ROSTER = "工号,姓名\r\nL001,王芳\r\nL002,李伟\r\nL003,张敏\r\n".encode("gb18030")
TITLE = "新品上市培训"
GUEST = "陈访客"


def now_ms() -> int:
    """Wall clock of this machine, which is also the server's."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """Something happened not before `first` and not after `last` (wall clock, ms)."""

    first: int
    last: int

    def is_near(self, moment: int, slack_ms: int) -> bool:
        """Whether `moment` can be when it happened, give or take."""
        return self.first - slack_ms <= moment <= self.last + slack_ms


@dataclass(slots=True)
class Truth:
    """What the script did and when, as exactly as a script in another process can know it."""

    joined: dict[str, list[Span]] = field(default_factory=dict)
    left: dict[str, list[Span]] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)

    @contextmanager
    def joining(self, who: str) -> Iterator[None]:
        """Somebody's connection comes to be inside the block."""
        first = now_ms()
        yield
        self.joined.setdefault(who, []).append(Span(first, now_ms()))

    @contextmanager
    def leaving(self, who: str) -> Iterator[None]:
        """Somebody's connection ends inside the block."""
        first = now_ms()
        yield
        self.left.setdefault(who, []).append(Span(first, now_ms()))

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """`what` happens inside the block."""
        first = now_ms()
        yield
        self.spans[what] = Span(first, now_ms())

    def present_ms(self, who: str) -> tuple[int, int]:
        """Return the least and the most time that somebody was there while the lesson was live."""
        started, ended = self.spans["started"], self.spans["ended"]
        stays = list(zip(self.joined[who], self.left[who], strict=True))
        least = sum(min(w.first, ended.first) - max(c.last, started.last) for c, w in stays)
        most = sum(min(w.last, ended.last) - max(c.first, started.first) for c, w in stays)
        return least, most


@dataclass(slots=True)
class Story:
    """One lesson: its server, its pages, and the truth about it."""

    server: Server
    browsers: Browsers
    truth: Truth = field(default_factory=Truth)
    session_id: str = ""
    presenter: Page = field(init=False)
    wang: Page = field(init=False)
    guest: Page = field(init=False)
    li: Page = field(init=False)
    host: ClassClient = field(init=False)
    admin: Page = field(init=False)
    phone: Page = field(init=False)
    replay_id: str = ""
    clip_id: str = ""
    clip_length_s: float = 0.0
    played_s: dict[str, float] = field(default_factory=dict)

    @property
    def learners(self) -> tuple[Page, Page, Page]:
        """The pages of those who learn."""
        return self.wang, self.li, self.guest

    async def open(self, page: Page, path: str) -> None:
        """Go to a page of the server; whatever goes wrong inside it fails the test's output, not silently."""
        await page.goto(f"{self.server.url}{path}")

    async def sign_in(self, page: Page, login: str) -> None:
        """Sign in through the page."""
        await self.open(page, "/sign-in")
        await on(page, "login").fill(login)
        await on(page, "password").fill(PASSWORD)
        await on(page, "sign-in").click()
        await page.wait_for_url(f"{self.server.url}/")

    async def rest(self, page: Page, method: str, path: str, **what: Any) -> Any:
        """Ask the API with the cookie of a page; returns the decoded answer.

        `data` is the body: a document, or bytes with `headers`.
        """
        headers = {"X-Lectern": "1", **what.pop("headers", {})}
        answer = await page.request.fetch(
            f"{self.server.url}/api/v1{path}", method=method, headers=headers, **what
        )
        assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
        return (
            await answer.json() if "json" in answer.headers.get("content-type", "") else await answer.body()
        )


def on(page: Page, testid: str) -> Locator:
    """What a `data-testid` names."""
    return page.get_by_test_id(testid)


async def until(
    what: str, probe: Callable[[], Awaitable[Any]], within_s: float = 20.0, every_s: float = 0.1
) -> Any:
    """Ask again and again until the answer is true in Python's sense, and return it."""
    last: Any = None
    try:
        async with asyncio.timeout(within_s):
            while True:
                last = await probe()
                if last:
                    return last
                await asyncio.sleep(every_s)
    except TimeoutError:
        message = f"not within {within_s} s: {what} (last answer: {last!r})"
        raise AssertionError(message) from None


async def clock_of(page: Page, testid: str) -> int | None:
    """The drawn clock in a video of the page (ms of wall time), or None."""
    seen: dict[str, Any] | None = await page.evaluate("id => window.drawnClock.of(id)", testid)
    return None if seen is None else int(seen["ms"])


async def picture_moves(page: Page, testid: str, within_s: float = 20.0) -> int:
    """Wait until a video shows a running clock; return how old its picture was (ms)."""
    first = await until(f"{testid} shows a clock", lambda: clock_of(page, testid), within_s)

    async def later() -> int | None:
        seen = await clock_of(page, testid)
        return seen if seen is not None and seen > first + 400 else None

    seen = await until(f"the clock in {testid} runs", later, within_s)
    return now_ms() - int(seen)

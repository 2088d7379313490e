"""The demo organisation with more in it: forty learners, held lessons, prepared questions, feedback."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.scripted_lesson.class_client import ClassClient, class_client
from tests.scripted_lesson.server import Server

LEARNERS = [f"L{number:03}" for number in range(1, 43)]
_LONG_NAMES = (
    "欧阳娜娜·阿卜杜热合曼·买买提",
    "Maximilian Alexander von Hohenzollern-Sigmaringen",
    "Nguyễn Thị Phương Thảo",
    "司马相如",
    "María Fernanda Rodríguez García",
    "陈小明",
    "Tom",
    "诸葛孔明",
    "Priya Raghunathan-Subramaniam",
    "慕容雪",
    "محمد بن عبد الله الفيصل",
    "<b>Bo</b> & Söhne",
)
_DEPARTMENTS = ("Production 生产部", "华东大区旗舰店运营与客户体验部 East China flagship stores")
QUIZ = """\
1、灭火器多久检查一次？【限时600秒，手动公布】
A、每月（正确）
B、每年
C、每三年，由持证的消防维保公司上门检查、拍照存档，并在楼层平面图上贴好下一次检查的日期
解析：每月检查一次，每年维修一次。
知识点：灭火器

2. You smell smoke in the stockroom behind the counter while two customers are still trying on shoes: \
put the steps in the order in which you would take them [ranking, when published]
A. Warn the customers and lead them out
B. Press the nearest call point
C. Close the stockroom door
Answer: B > A > C

3. How safe do you feel at work? [rating 1-5, anonymous]

4. 你觉得店里还缺什么？
"""
_ASKED: tuple[tuple[str, tuple[str, ...], int, str], ...] = (
    ("灭火器多久检查一次？", ("每月", "每年", "每三年，由持证的消防维保公司上门检查"), 0, "灭火器"),
    ("Which extinguisher is right for a burning laptop?", ("Water", "CO₂", "Foam"), 1, "Electrical fires"),
    ("火警时电梯可以用吗？", ("可以", "不可以"), 1, "疏散"),
)
_SAID = (
    "节奏有点快，案例很好。希望下次能多讲一点儿门店夜间值班时怎么办，尤其是只有一个人在店里的时候。",
    "Great examples! But the slides were hard to read on my phone.",
    "声音中途断了两次",
    "Could we get the slides afterwards?",
)
_COME, _LATE_ONES, _SKILLS = 36, 7, (0.35, 0.6, 0.85)


@dataclass(slots=True)
class Office:
    """The API, as somebody who signed in."""

    url: str
    http: aiohttp.ClientSession

    async def ask(
        self, method: str, path: str, data: Any = None, csv: str | None = None, bearer: str | None = None
    ) -> Any:
        """Ask; the decoded answer."""
        headers = {"X-Lectern": "1"} | ({} if bearer is None else {"Authorization": f"Bearer {bearer}"})
        body: dict[str, Any] = {} if data is None else {"json": data}
        if csv is not None:
            body, headers = {"data": csv.encode()}, headers | {"Content-Type": "text/csv"}
        async with self.http.request(method, f"{self.url}/api/v1{path}", headers=headers, **body) as answer:
            assert answer.status < 400, f"{method} {path}: {answer.status} {await answer.text()}"
            return await answer.json() if answer.content_type == "application/json" else None

    async def tokens(self, session_id: str, role: str, numbers: Sequence[str]) -> list[str]:
        """Join tokens for people by their staff numbers."""
        path = f"/sessions/{session_id}/join-tokens"
        made = [await self.ask("POST", path, {"role": role, "external_id": number}) for number in numbers]
        return [str(one["token"]) for one in made]

    async def plan(self, title: str, starts_utc_ms: int | None = None) -> str:
        """Plan a session that expects everybody."""
        sent = {"title": title, "guests_allowed": True}
        if starts_utc_ms is not None:
            sent |= {"starts_utc_ms": starts_utc_ms}
        session_id = str((await self.ask("POST", "/sessions", sent))["id"])
        await self.ask(
            "POST", f"/sessions/{session_id}/roster", csv="\n".join(["external_id", *LEARNERS, ""])
        )
        return session_id


def passwords(server: Server) -> dict[str, str]:
    """Return the demo's passwords by login."""
    listed = json.loads((server.data / "demo-sign-ins.json").read_text(encoding="utf-8"))
    return {one["login"]: one["password"] for one in listed}


@asynccontextmanager
async def office(server: Server, login: str) -> AsyncIterator[Office]:
    """The API, signed in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        door = Office(server.url, http)
        await door.ask("POST", "/sign-in", {"login": login, "password": passwords(server)[login]})
        yield door


@asynccontextmanager
async def crowd(url: str, tokens: Sequence[str]) -> AsyncIterator[list[ClassClient]]:
    """Many learners in a class, without browsers."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(class_client(url, token, "phone" if at % 2 else "pc"))
            for at, token in enumerate(tokens)
        ]


async def _held(door: Office, title: str, skill: float, dice: random.Random) -> str:
    session_id = await door.plan(title)
    tokens = await door.tokens(session_id, "learner", LEARNERS[:_COME])
    (staff,) = await door.tokens(session_id, "host", ["S003"])
    await door.ask("POST", f"/sessions/{session_id}/start")
    async with class_client(door.url, staff) as host, crowd(door.url, tokens) as people:
        opened = await host.command("checkin_open", message="到齐了吗？", seconds=120)
        there = [one for at, one in enumerate(people) if at % _LATE_ONES]
        await asyncio.gather(*(one.command("checkin_answer", id=opened["id"]) for one in there))
        await host.command("checkin_close", id=opened["id"])
        for question, options, right, point in _ASKED:
            asked = await host.command(
                "poll_open",
                question=question,
                options=list(options),
                right=[right],
                points=[point],
                show="after_close",
                seconds=600,
            )
            picks = [right if dice.random() < skill else dice.randrange(len(options)) for _ in people]
            await asyncio.gather(
                *(
                    one.command("poll_vote", id=asked["id"], option=pick)
                    for one, pick in zip(people, picks, strict=True)
                )
            )
            await host.command("poll_publish", id=asked["id"])
    await door.ask("POST", f"/sessions/{session_id}/end")
    for at, token in enumerate(tokens):
        form: dict[str, Any] = {
            "teacher": dice.choice((5, 5, 4, 4, 3)),
            "course": dice.choice((5, 4, 4, 3)),
            "organisation": dice.choice((5, 4, 3, 2)),
            "recommend": dice.choice((10, 9, 9, 8, 7, 6, 3)),
        } | ({"text": _SAID[at]} if at < len(_SAID) else {})
        await door.ask("POST", f"/sessions/{session_id}/my-feedback", form, bearer=token)
    return session_id


async def fill(server: Server) -> str:
    """Add people and three lessons of one course, unless they are there; return the id of the last."""
    filled = server.data / "pictures-lesson"
    if await asyncio.to_thread(filled.exists):
        return await asyncio.to_thread(filled.read_text)
    lines = [
        f"L{31 + at:03},{name},{_DEPARTMENTS[at % 2]},user{at}@example.com"
        for at, name in enumerate(_LONG_NAMES)
    ]
    async with office(server, "admin") as door:
        await door.ask("POST", "/people/import", csv="\n".join(["工号,姓名,部门,邮箱", *lines, ""]))
    dice = random.Random(4)  # the same answers in every run
    async with office(server, "presenter") as door:
        await door.ask(
            "POST", "/question-sets", {"title": "消防安全基础测验 · Fire safety basics", "text": QUIZ}
        )
        held = [
            await _held(door, f"消防安全 Fire safety {number}", skill, dice)
            for number, skill in enumerate(_SKILLS, start=1)
        ]
        await door.plan("叉车安全 Forklifts: what everybody at the dock has to know", _in(days=2))
        await door.ask("POST", f"/sessions/{await door.plan('已取消的场次 Called off', _in(days=3))}/cancel")
    await asyncio.to_thread(filled.write_text, held[-1])
    return held[-1]


def _in(days: int) -> int:
    return time.time_ns() // 1_000_000 + days * 24 * 3600 * 1000


async def past_lesson(server: Server, within_s: float = 240.0) -> None:
    """Wait until the demo has held its lesson: its replay and microcourse are there."""
    held = Path(server.data / "demo-lesson-held")
    async with asyncio.timeout(within_s):
        while not await asyncio.to_thread(held.exists):
            await asyncio.sleep(1)

"""One lesson with forty learners: what staff, learners, a screen and phones before it see, act by act."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page

from tests.pictures.lens import DENSE, PHONE, TV, Lens
from tests.pictures.office_walk import LANGUAGES, signed_in
from tests.pictures.organisation import LEARNERS, crowd, office
from tests.scripted_lesson.chromium import Browsers
from tests.scripted_lesson.class_client import ClassClient, class_client
from tests.scripted_lesson.server import Server
from tests.whole_lesson.story import on

TITLE = "门店安全：从一次真实的火警说起 · Store safety: what a real fire alarm taught us"
_LONG = (
    "You smell smoke in the stockroom behind the counter while two customers are still trying on shoes "
    "and your colleague has just gone for lunch: what do you do first?"
)
_OPTIONS = (
    "Warn the customers and lead them out by the front door",
    "按下最近的报警按钮",
    "Call a colleague",
)
_ARRIVES_S = 1.2


@dataclass(slots=True)
class Stage:
    """The lesson, its staff and learners at pages of both languages, and a crowd without browsers."""

    lens: Lens
    browsers: Browsers
    server: Server
    session_id: str
    host: ClassClient
    crowd: list[ClassClient]
    staff: dict[str, Page] = field(default_factory=dict)
    learners: dict[str, Page] = field(default_factory=dict)

    async def look(self, name: str, pages: dict[str, Page], tab: str | None = None, **how: Any) -> None:
        """Take the same picture in both languages."""
        await asyncio.sleep(_ARRIVES_S)
        for lang, page in pages.items():
            if tab is not None:
                await on(page, f"tab-{tab}").click()
            await self.lens.take(page, f"{name}-{lang}", **how)


async def before(lens: Lens, browsers: Browsers, server: Server, session_id: str) -> None:
    """The studio's devices, the lobby, the waiting room."""
    for lang in LANGUAGES:
        studio = await signed_in(browsers, server, lang, "presenter")
        await studio.goto(f"{server.url}/studio/{session_id}")
        await on(studio, "consent").click()
        await on(studio, "preview").wait_for()
        await lens.take(studio, f"studio-before-{lang}", whole=True)
        await studio.context.close()
        guest = await browsers.on_pc(lang)
        await guest.goto(f"{server.url}/room/{session_id}")
        await on(guest, "guest-name").fill("Ann")
        await lens.take(guest, f"lobby-{lang}")
        await on(guest, "join").click()
        await on(guest, "waiting").wait_for()
        await lens.take(guest, f"waiting-{lang}")
        await guest.context.close()


async def _check_in(stage: Stage) -> None:
    await stage.look("studio-people", stage.staff, "people")
    await stage.look("room-empty", stage.learners, "chat")
    opened = await stage.host.command(
        "checkin_open", message="到齐了吗？", seconds=300, late_after_seconds=60
    )
    answers = (one.command("checkin_answer", id=opened["id"]) for at, one in enumerate(stage.crowd) if at % 6)
    await asyncio.gather(*answers)
    await stage.look("room-checkin", stage.learners)
    for page in stage.staff.values():
        await on(page, "tab-checkin").click()
        await on(page, "checkin-missing").click()
    await stage.look("studio-checkin", stage.staff)
    await stage.host.command("checkin_close", id=opened["id"])
    await stage.host.command("lottery_draw", round=opened["id"], winners=3)
    await stage.look("room-draw", stage.learners)


async def _polls(stage: Stage) -> None:
    kinds: tuple[dict[str, Any], ...] = (
        {"kind": "single", "question": _LONG, "options": list(_OPTIONS), "right": [1]},
        {"kind": "multiple", "question": "Which are ways out?", "options": list(_OPTIONS), "right": [0, 1]},
        {"kind": "ranking", "question": "按正确顺序排列", "options": list(_OPTIONS), "right": [1, 0, 2]},
        {"kind": "rating", "question": "对你有多大帮助？", "low": 1, "high": 5},
        {"kind": "text", "question": "你还想了解什么？"},
        {
            "kind": "matching",
            "question": "What goes where?",
            "options": ["Paper", "Petrol and other liquids"],
            "matches": ["Class A", "Class B"],
            "right": [0, 1],
        },
    )
    for kind in kinds:
        asked = await stage.host.command("poll_open", show="after_close", seconds=300, **kind)
        await stage.look(f"room-poll-{kind['kind']}", stage.learners, "chat")
        if kind["kind"] == "single":
            votes = (
                one.command("poll_vote", id=asked["id"], option=at % len(_OPTIONS))
                for at, one in enumerate(stage.crowd)
            )
            await asyncio.gather(*votes)
            await stage.look("studio-poll", stage.staff, "polls")
        await stage.host.command("poll_publish", id=asked["id"])
    await stage.look("room-polls", stage.learners, "polls")
    await stage.look("studio-polls", stage.staff, "polls")


async def _talk(stage: Stage) -> None:
    said = (
        "大家好！",
        "The picture is a little dark, is it just me?",
        "https://example.com/a/very/long/address",
    )
    for at, text in enumerate(said):
        await stage.crowd[at].command("chat_send", text=text, group=None)
    asked = []
    for at, text in enumerate(
        ("叉车谁可以开？需要持证上岗吗？", "Is the alarm heard in the cold store?", _LONG)
    ):
        asked.append((await stage.crowd[at].command("question_ask", text=text, anonymous=False))["id"])
    for question in asked[:2]:
        await stage.host.command("question_publish", id=question)
    await stage.host.command("question_pin", id=asked[0])
    await stage.host.command("question_answer", id=asked[1], text="Yes. There is a flashing light as well.")
    for one in stage.crowd[3:6]:
        await one.command("hand_raise")
    await stage.host.command("hand_grant", participant=stage.crowd[3].participant_id)
    for tab in ("people", "chat", "questions"):
        await stage.look(f"studio-{tab}-busy", stage.staff, tab)
        await stage.look(f"room-{tab}-busy", stage.learners, tab)
    await stage.look("room-small", stage.learners, sizes=DENSE)
    await stage.look("studio-small", stage.staff, sizes=DENSE)


async def _screen(stage: Stage) -> None:
    staff = stage.staff["en"]
    await on(staff, "tab-checkin").click()
    await on(staff, "screen-desk").locator("summary").click()
    await on(staff, "screen-make").click()
    code = await on(staff, "screen-code").inner_text()
    tv = await stage.browsers.on_pc()
    await tv.goto(f"{stage.server.url}/screen")
    await on(tv, "screen-code").fill(code)
    await on(tv, "screen-name").fill("12 号门店三楼会议室")
    await on(tv, "screen-go").click()
    await on(tv, "qr").wait_for()
    address = await on(tv, "qr").get_attribute("data-url")
    assert address is not None
    seated: dict[str, Page] = {}
    for lang in LANGUAGES:
        seated[lang] = await stage.browsers.on_phone(lang)
        await seated[lang].goto(address)
        await on(seated[lang], "guest-name").fill("赵前排")
        await stage.lens.take(seated[lang], f"seat-lobby-{lang}", sizes={"phone": PHONE})
        await on(seated[lang], "join").click()
        await on(seated[lang], "seated").wait_for()
    opened = await stage.host.command("checkin_open", message="还在吗？", seconds=60, forced=True)
    await stage.look("tv-checkin", {"zh-CN": tv}, sizes={"tv": TV}, dark=False)
    await stage.look("seat-checkin", seated, sizes={"phone": PHONE})
    await stage.host.command("checkin_close", id=opened["id"])
    asked = await stage.host.command("poll_open", question=_LONG, options=list(_OPTIONS), show="live")
    await stage.look("tv-poll", {"zh-CN": tv}, sizes={"tv": TV}, dark=False)
    await stage.host.command("poll_close", id=asked["id"])
    for page in (tv, *seated.values()):
        await page.context.close()


async def _groups(stage: Stage) -> None:
    for page in stage.staff.values():
        await on(page, "tab-groups").click()
        await on(page, "breakout-count").fill("5")
        await on(page, "breakout-deal").click()
        await on(page, "breakout-task-0").fill("写出三个卖点，并选一位同学汇报")
    await stage.look("studio-plan", stage.staff)
    await on(stage.staff["zh-CN"], "breakout-open").click()
    await stage.look("room-group-card", stage.learners)
    for page in stage.learners.values():
        if await on(page, "group-go").is_visible():
            await on(page, "group-go").click()
        await on(page, "group-help").click()
    await stage.look("room-group", stage.learners)
    await stage.look("studio-groups", stage.staff)
    for page in stage.learners.values():
        await on(page, "group-reporter").click()
        await on(page, "group-report").click()
        await on(page, "report-text").fill("叉车、湿地面、高架。每周五由值班同事检查一次。")
    await stage.look("room-report", stage.learners)
    for page in stage.learners.values():
        await on(page, "report-send").click()
    await stage.host.command("breakout_close")
    await stage.look("studio-results", stage.staff)
    await on(stage.staff["en"], "result-show").first.click()
    await stage.look("room-result", stage.learners)


async def _end(stage: Stage) -> None:
    await stage.host.command("lesson_end")
    await stage.look("studio-after", stage.staff)
    await stage.look("room-after", stage.learners, whole=True)


ACTS: tuple[Callable[[Stage], Awaitable[None]], ...] = (_check_in, _polls, _talk, _screen, _groups, _end)


async def lesson(lens: Lens, browsers: Browsers, server: Server) -> None:
    """Hold the lesson and look at each act; an act that fails is told, and the next goes on."""
    async with office(server, "presenter") as door:
        session_id = await door.plan(TITLE)
        tokens = await door.tokens(session_id, "learner", LEARNERS)
        (staff,) = await door.tokens(session_id, "host", ["S003"])
    await before(lens, browsers, server, session_id)
    async with class_client(server.url, staff) as host, crowd(server.url, tokens[:-2]) as people:
        await host.command("lesson_start")
        stage = Stage(lens, browsers, server, session_id, host, people)
        for lang, token in zip(LANGUAGES, tokens[-2:], strict=True):
            page = stage.staff[lang] = await signed_in(browsers, server, lang, "presenter")
            await page.goto(f"{server.url}/studio/{session_id}")
            await on(page, "consent").click()
            await on(page, "go-live").click()
            await on(page, "studio").wait_for()
            page = stage.learners[lang] = await browsers.on_pc(lang)
            await page.goto(f"{server.url}/room/{session_id}#t={token}")
            await on(page, "join").click()
            await on(page, "room").wait_for()
        for act in ACTS:
            try:
                await act(stage)
            except Exception as trouble:  # noqa: BLE001 (pictures of the other acts are still wanted)
                lens.found.append(f"{act.__name__}: {str(trouble).splitlines()[0]}")

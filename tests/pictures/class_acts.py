"""Check-ins, a lottery, and polls of every kind: asked, half answered, closed, explained."""

import asyncio
from typing import Any

from tests.pictures.lens import DENSE, SIZES
from tests.pictures.stage import LONG, OPTIONS, Stage
from tests.whole_lesson.story import on

_WHY = "人命第一：先让顾客离开，再按报警器。People first, then the alarm."
_KINDS: tuple[dict[str, Any], ...] = (
    {
        "kind": "single",
        "question": LONG,
        "options": OPTIONS,
        "right": [1],
        "explanation": _WHY,
        "seconds": 90,
    },
    {"kind": "multiple", "question": "Which are ways out?", "options": OPTIONS, "right": [0, 1], "most": 2},
    {"kind": "ranking", "question": "按正确顺序排列", "options": OPTIONS, "right": [1, 0, 2]},
    {"kind": "rating", "question": "对你有多大帮助？", "low": 0, "high": 10, "anonymous": True},
    {"kind": "text", "question": "你还想了解什么？ What else do you want to know?"},
    {
        "kind": "matching",
        "question": "What goes where?",
        "options": ["Paper", "Petrol and other liquids", "电器"],
        "matches": ["Class A", "Class B", "E 类"],
        "right": [0, 1, 2],
        "partial": True,
    },
)
_TEXTS = ("怎么用灭火毯？", "<script>alert(1)</script>", "مرحبا، أين مخرج الطوارئ؟", "Nothing", "x" * 120)


async def check_in(stage: Stage) -> None:
    """A round from both sides, who is missing, and a lottery."""
    await stage.look("studio-people", stage.staff, "people", sizes=SIZES | DENSE)
    await stage.look("room-empty", stage.learners, "chat", sizes=SIZES | DENSE)
    opened = await stage.host.command(
        "checkin_open", message="到齐了吗？", seconds=300, late_after_seconds=60
    )
    answers = (one.command("checkin_answer", id=opened["id"]) for at, one in enumerate(stage.crowd) if at % 6)
    await asyncio.gather(*answers)
    await stage.look("room-checkin", stage.learners, sizes=SIZES | DENSE)
    for page in stage.staff.values():
        await on(page, "tab-checkin").click()
        await on(page, "checkin-missing").first.click()
    await stage.look("studio-checkin", stage.staff)
    await stage.host.command("checkin_close", id=opened["id"])
    await stage.host.command("lottery_draw", round=opened["id"], winners=3)
    await stage.look("room-draw", stage.learners)
    await stage.look("studio-draw", stage.staff, "checkin")
    forced = await stage.host.command("checkin_open", message="还在吗？", seconds=60, forced=True)
    await stage.look("room-forced", stage.learners, dark=False)
    for page in stage.learners.values():
        await on(page, "forced-answer").click()
    await stage.host.command("checkin_close", id=forced["id"])


def _answer(kind: str, at: int) -> dict[str, Any]:
    match kind:
        case "single":
            return {"option": at % 3}
        case "rating":
            return {"picks": [(at * 7) % 11], "secret": f"{at:032}"}
        case "multiple":
            return {"picks": [0, 1 + at % 2]}
        case "text":
            return {"text": _TEXTS[at % len(_TEXTS)]}
        case _:
            return {"picks": [[0, 1, 2], [1, 0, 2], [2, 1, 0]][at % 3]}


async def polls(stage: Stage) -> None:
    """Each kind: asked, answered by most, then published; at last all in the list."""
    for page in stage.staff.values():
        await on(page, "tab-polls").click()
    await stage.look("studio-polls-none", stage.staff, dark=False)
    for sent in _KINDS:
        kind = sent["kind"]
        asked = await stage.host.command("poll_open", **{"show": "after_close", "seconds": 600, **sent})
        await stage.look(f"room-poll-{kind}", stage.learners, "chat", sizes=SIZES | DENSE)
        votes = (
            one.command("poll_vote", id=asked["id"], **_answer(kind, at))
            for at, one in enumerate(stage.crowd[:-4])
        )
        await asyncio.gather(*votes)
        for page in stage.learners.values():
            with stage.lens.trying(f"answering {kind}"):
                if kind in {"single", "rating"}:
                    await on(page, "poll-vote-0" if kind == "single" else "poll-rate-7").click()
                else:
                    if kind == "multiple":
                        await on(page, "poll-tick-0").check()
                    if kind == "text":
                        await on(page, "poll-text").fill("Where is the assembly point?")
                    if kind == "matching":
                        for place in range(3):
                            await on(page, f"poll-match-{place}").select_option(str(place))
                    await on(page, "poll-send").click()
        await stage.look(f"room-voted-{kind}", stage.learners, dark=False)
        await stage.look(f"studio-poll-{kind}", stage.staff, "polls", dark=False)
        await stage.host.command("poll_publish", id=asked["id"])
        await stage.look(f"room-result-{kind}", stage.learners, "polls", dark=False)
    await stage.look("room-polls", stage.learners, "polls", sizes=SIZES | DENSE)
    await stage.look("studio-polls", stage.staff, "polls", sizes=SIZES | DENSE)
    for page in stage.staff.values():
        await page.get_by_test_id("prepared").scroll_into_view_if_needed(timeout=2000)
    await stage.look("studio-prepared", stage.staff)

"""Groups: planned with and without dragging, at work with notes and a report, and shown to all."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.pictures.lens import DENSE, SIZES
from tests.pictures.stage import Stage
from tests.whole_lesson.story import on

_TASK = "写出三个卖点，并选一位同学汇报。Write down three reasons, and choose somebody who reports."


async def groups(stage: Stage) -> None:
    """A plan, the work, what a group hands in, and its result before the class."""
    for page in stage.staff.values():
        await on(page, "tab-groups").click()
    await stage.look("studio-plan-empty", stage.staff, dark=False)
    for page in stage.staff.values():
        await on(page, "breakout-count").fill("5")
        await on(page, "breakout-deal").click()
        await on(page, "breakout-task-0").fill(_TASK)
    await stage.look("studio-plan", stage.staff, sizes=SIZES | DENSE)
    for page in stage.staff.values():
        await on(page, "breakout-place").nth(20).scroll_into_view_if_needed()
    await stage.look("studio-plan-people", stage.staff)
    page = stage.staff["zh-CN"]
    await on(page, "breakout-material-0").evaluate("(e) => e.closest('details').open = true")
    await on(page, "breakout-material-0").fill("手册 https://example.com/handbook/fire-safety/2026 第三章")
    for at in range(1, 5):
        await on(page, f"breakout-task-{at}").fill(_TASK)
    await on(page, "breakout-open").click()
    await stage.look("room-group-card", stage.learners, sizes=SIZES | DENSE)
    for page in stage.learners.values():
        if await on(page, "group-go").is_visible():
            await on(page, "group-go").click()
        await on(page, "group-help").click()
    await stage.host.command("breakout_tell", text="还有五分钟。Five more minutes: choose who reports.")
    await stage.look("room-group", stage.learners, sizes=SIZES | DENSE)
    await stage.look("studio-groups", stage.staff, sizes=SIZES | DENSE)
    for page in stage.learners.values():
        await on(page, "tab-notes").click()
        await on(page, "notes-text").fill("1. Fire doors stay shut.\n2. 每周检查一次。\n3. Who calls?\n")
    await stage.look("room-notes", stage.learners, "notes", sizes=SIZES | DENSE)
    for page in stage.staff.values():
        await on(page, "group-notes").first.click()
    await stage.look("studio-notes", stage.staff, dark=False)
    for page in stage.learners.values():
        with stage.lens.trying("report"):
            await on(page, "group-reporter").click(timeout=3000)
            await on(page, "group-report").click()
            await on(page, "report-text").fill("叉车、湿地面、高架。每周五由值班同事检查一次。")
    await stage.look("room-report", stage.learners, "chat")
    for page in stage.learners.values():
        with stage.lens.trying("report sent"):
            await on(page, "report-send").click(timeout=3000)
    await stage.host.command("breakout_close")
    await stage.look("studio-results", stage.staff, "groups")
    await on(stage.staff["en"], "result-show").first.click()
    await stage.look("room-result", stage.learners, "chat")
    await stage.look("studio-result-shown", stage.staff, dark=False)
    await _own_choice(stage)


async def _own_choice(stage: Stage) -> None:
    plan = [
        {"name": f"{name}", "task": _TASK, "members": [], "most": 12} for name in ("消防 Fire", "仓库", "B2B")
    ]
    await stage.host.command("breakout_open", groups=plan, seconds=600, late="choose", staying=[])
    for one in stage.crowd[:12]:
        await one.until("the groups to choose from", lambda one=one: _to_choose(one.entities))
        await one.command("breakout_choose", group=_to_choose(one.entities)[0])
    await stage.look("room-choose", stage.learners)
    await stage.look("studio-choose", stage.staff, dark=False)
    await stage.host.command("breakout_close")


def _to_choose(entities: Mapping[str, Any]) -> Sequence[str]:
    """Ids of the groups, once the class may choose one."""
    breakout = entities.get("breakout") or {}
    return breakout.get("groups", ()) if breakout.get("late") == "choose" else ()

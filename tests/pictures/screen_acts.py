"""A screen in a meeting room, and the phones before it."""

from playwright.async_api import Page

from tests.pictures.lens import PHONE, SIZES, SMALL, TV
from tests.pictures.stage import LONG, OPTIONS, Stage
from tests.whole_lesson.story import on


async def screen(stage: Stage) -> None:
    """The code, the TV, who sits before it, and what both show of a check-in and a poll."""
    for page in stage.staff.values():
        await on(page, "tab-checkin").click()
        await on(page, "screen-desk").locator("summary").click()
    staff = stage.staff["en"]
    await on(staff, "screen-make").click()
    code = await on(staff, "screen-code").inner_text()
    await on(staff, "screen-desk").scroll_into_view_if_needed()
    await stage.look("studio-screens", stage.staff)
    tvs: dict[str, Page] = {}
    seated: dict[str, Page] = {}
    for lang in stage.staff:
        tv = tvs[lang] = await stage.browsers.on_pc(lang)
        await tv.goto(f"{stage.server.url}/screen")
        await on(tv, "screen-code").fill(code)
        await on(tv, "screen-name").fill("12 号门店三楼会议室 Meeting room on the third floor")
        await on(tv, "screen-go").click()
        await on(tv, "qr").wait_for()
        address = await on(tv, "qr").get_attribute("data-url")
        assert address is not None
        seated[lang] = await stage.browsers.on_phone(lang)
        await seated[lang].goto(address)
        await on(seated[lang], "guest-name").fill("赵前排")
        await stage.lens.take(seated[lang], f"seat-lobby-{lang}", sizes={"phone": PHONE, "360": SMALL})
        await on(seated[lang], "join").click()
        await on(seated[lang], "seated").wait_for()
    await stage.look("tv", tvs, sizes={"tv": TV, "pc": SIZES["pc"]}, dark=False)
    await stage.look("seat", seated, sizes={"phone": PHONE, "360": SMALL})
    opened = await stage.host.command("checkin_open", message="还在吗？", seconds=60)
    await stage.look("tv-checkin", tvs, sizes={"tv": TV}, dark=False)
    await stage.look("seat-checkin", seated, sizes={"phone": PHONE, "360": SMALL}, dark=False)
    await stage.host.command("checkin_close", id=opened["id"])
    asked = await stage.host.command("poll_open", question=LONG, options=list(OPTIONS), show="live")
    for at, one in enumerate(stage.crowd[:20]):
        await one.command("poll_vote", id=asked["id"], option=at % 3)
    await stage.look("tv-poll", tvs, sizes={"tv": TV}, dark=False)
    await stage.look("seat-poll", seated, sizes={"phone": PHONE, "360": SMALL}, dark=False)
    await stage.host.command("poll_close", id=asked["id"])
    for page in (*tvs.values(), *seated.values()):
        await page.context.close()

"""Days before: a plan, a roster, a set of questions, and what learners already want to know."""

from playwright.async_api import expect

from tests.whole_class.people import GUEST, SITE, TITLE, School, join, tab
from tests.whole_lesson.story import ROSTER, on, picture_moves

QUIZ = """\
1、灭火器多久检查一次？【限时600秒，手动公布】
A、每月（正确）
B、每年
解析：按规定每月一次。

2. How sure do you feel? [rating 1-5, anonymous]
"""
ASKED = "叉车谁可以开？"


async def plan(school: School) -> None:
    """The presenter plans a session with a roster, and writes the questions for it."""
    page = school.presenter = await school.browsers.on_pc()
    await school.sign_in(page, "presenter")
    host = school.host_page = await school.browsers.on_pc("en", dark=True)
    await school.sign_in(host, "host")
    host_id = (await school.rest(host, "GET", "/me"))["person"]["id"]
    planned = {"title": TITLE, "guests_allowed": True, "host_person_id": host_id}
    session = await school.rest(page, "POST", "/sessions", data=planned)
    school.session_id = session["id"]
    await school.rest(
        page,
        "POST",
        f"/sessions/{school.session_id}/roster",
        data=ROSTER,
        headers={"Content-Type": "text/csv"},
    )
    await school.open(page, "/admin/questions/new")
    await on(page, "set-title").fill("安全")
    await on(page, "question-text").fill(QUIZ)
    await on(page, "set-save").click()
    await expect(on(page, "set-delete")).to_be_visible()


async def ask_early(school: School) -> None:
    """李伟 asks on his phone before there is a lesson; the host publishes it and puts it on the run sheet."""
    school.phone = await school.browsers.on_phone()
    await school.sign_in(school.phone, "li")
    pool = f"/questions/{school.session_id}"
    await school.open(school.phone, pool)
    await on(school.phone, "join").click()
    await on(school.phone, "question-input").fill(ASKED)
    await on(school.phone, "question-send").click()
    host = school.host_page
    await school.open(host, pool)
    await on(host, "join").click()
    await on(host, "question-publish").click()
    await expect(on(host, "funnel")).to_contain_text("1 published")
    await on(host, "question-more").click()
    await on(host, "run-add").click()
    await school.look("pool", host, school.phone)


async def go_live(school: School) -> None:
    """Camera on; the host, a learner at a PC and a phone come in."""
    studio = school.presenter
    await school.open(studio, f"/studio/{school.session_id}")
    await on(studio, "consent").click()
    await on(studio, "prepare-questions").click()
    await on(studio, "library-set").locator("input").check()
    await studio.keyboard.press("Escape")
    await on(studio, "go-live").click()
    await expect(on(studio, "studio")).to_be_visible()
    await school.open(school.host_page, f"/studio/{school.session_id}")
    await expect(on(school.host_page, "studio")).to_be_visible()
    school.wang = await school.browsers.on_pc("en")
    await school.wang.goto((await school.invited("learner", "L001"))["url"])
    await school.open(school.phone, f"/room/{school.session_id}")
    for page in school.own_devices:
        await join(page)
        await picture_moves(page, "video-camera", within_s=20)


async def gather_round_a_screen(school: School) -> None:
    """A TV comes in by a short code, somebody before it with a phone that receives no media."""
    host = school.host_page
    await tab(host, "checkin")
    await on(host, "screen-desk").locator("summary").click()
    await on(host, "screen-make").click()
    code = await on(host, "screen-code").inner_text()
    tv = school.screen = await school.browsers.on_pc()
    await tv.set_viewport_size({"width": 1920, "height": 1080})
    await school.open(tv, "/screen")
    await on(tv, "screen-code").fill(code)
    await on(tv, "screen-name").fill(SITE)
    await on(tv, "screen-go").click()
    await expect(on(tv, "qr")).to_be_visible()
    address = await on(tv, "qr").get_attribute("data-url")
    assert address is not None
    seated = school.seated = await school.browsers.on_phone("en")
    await seated.goto(address)
    await on(seated, "guest-name").fill(GUEST)
    await on(seated, "join").click()
    await expect(on(seated, "seated")).to_be_visible()
    await picture_moves(tv, "video-camera", within_s=20)
    assert await seated.evaluate("window.__lectern.media().path") == "off"
    await school.look("in-class", school.presenter, host, school.wang, school.phone, seated, tv)

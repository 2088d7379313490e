"""After the lesson: feedback, one's attendance and an objection, the verdicts, closing and amending."""

from playwright.async_api import Page

from tests.pictures.lens import DENSE, SIZES
from tests.pictures.office_walk import LANGUAGES, signed_in, walk
from tests.pictures.stage import Stage
from tests.whole_lesson.story import on


async def after(stage: Stage) -> None:
    """The lesson ends: the learner's page, then the office's."""
    await stage.host.command("lesson_end")
    await stage.look("studio-after", stage.staff, whole=True)
    await stage.look("room-after", stage.learners, whole=True, sizes=SIZES | DENSE)
    for page in stage.learners.values():
        with stage.lens.trying("attendance"):
            await on(page, "own-attendance-card").locator("summary").click()
            await on(page, "own-attendance").wait_for()
    await stage.look("room-after-attendance", stage.learners, whole=True)
    for page in stage.learners.values():
        with stage.lens.trying("objecting"):
            await on(page, "object").click(timeout=3000)
            await on(page, "objection").fill("我一直在，只是签到时网络断了。I was there all the time.")
    await stage.look("room-objecting", stage.learners, whole=True, dark=False)
    for page in stage.learners.values():
        with stage.lens.trying("objection sent"):
            await on(page, "send-objection").click(timeout=3000)
            await on(page, "own-objection").wait_for()
        for testid in ("grade-teacher-5", "grade-recommend-9"):
            await on(page, testid).check(force=True)
        await on(page, "feedback-call").check()
        await on(page, "feedback-text").fill("很实用。Could you do this every year?")
    await stage.look("room-feedback", stage.learners, whole=True)
    for page in stage.learners.values():
        await on(page, "feedback-send").click()
        await on(page, "feedback-thanks").wait_for()
    await stage.look("room-thanks", stage.learners, whole=True, dark=False)
    for lang in LANGUAGES:
        page = await signed_in(stage.browsers, stage.server, lang, "admin")
        with stage.lens.trying(f"closing-{lang}"):
            await _close(stage, page, lang)
        session = f"/admin/sessions/{stage.session_id}"
        paths = {"activity": f"{session}/groups", "all-kinds": f"{session}/polls", "links": "/admin/audit"}
        await walk(stage.lens, page, stage.server.url, lang, paths)
        await page.context.close()


async def _close(stage: Stage, page: Page, lang: str) -> None:
    """Look at objections, close (or, the second time, amend) and look at the proof."""
    lens, first = stage.lens, lang == LANGUAGES[0]
    await page.goto(f"{stage.server.url}/admin/sessions/{stage.session_id}")
    await on(page, "closing").wait_for()
    await lens.take(page, f"verdicts-{lang}", whole=True)
    if not first:
        await on(page, "closing-again").click()
        await on(page, "amend-reason").fill("签到名单有误")
        await on(page, "closing").scroll_into_view_if_needed()
        await lens.take(page, f"amend-asked-{lang}")
        await on(page, "amend-begin").click()
        await on(page, "amending").wait_for()
        await on(page, "open-person").first.click()
        await on(page, "decision-verdict").last.select_option(index=1)
        await on(page, "decision-reason").last.fill("名单核对后更正")
        await on(page, "decision-save").last.click()
        await on(page, "closing-changed").wait_for()
        await on(page, "amendment").scroll_into_view_if_needed()
        await lens.take(page, f"amending-{lang}")
    for box in await on(page, "closing").get_by_role("checkbox").all():
        await box.check()
    await on(page, "closing-close").scroll_into_view_if_needed()
    await lens.take(page, f"closing-{lang}")
    await on(page, "closing-close").click()
    await on(page, "closing-head").wait_for()
    await on(page, "closing").scroll_into_view_if_needed()
    await lens.take(page, f"closing-making-{lang}", dark=False)
    await page.wait_for_timeout(4000)
    await lens.take(page, f"closed-{lang}")

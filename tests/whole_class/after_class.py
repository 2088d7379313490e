"""After the lesson: feedback, notices, the verdict with an objection and its decision, the closed record."""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Page, expect

from tests.scripted_lesson.server import CHECKOUT
from tests.whole_class.people import School
from tests.whole_lesson.story import on

FEWEST = 3
"""Of how many forms feedback shows anything: here as many as there are learners."""
_LECTERN = "from lectern.app.cli import main; main()"


async def end(school: School) -> None:
    """The presenter ends the lesson; everybody sees that it is over."""
    await on(school.presenter, "end-session").click()
    await on(school.presenter, "confirm-end").click()
    for page in school.hands:
        await expect(on(page, "over")).to_be_visible()


async def give_feedback(school: School) -> None:
    """The form comes by itself; with the last one there is something to see, and a text to act on."""
    await on(school.phone, "feedback-text").fill("叉车部分讲得太快")
    for page, grade in zip(school.hands, (5, 4, 3), strict=True):
        for question in ("teacher", "course", "organisation"):
            await page.locator("label", has=on(page, f"grade-{question}-{grade}")).click()
        await page.locator("label", has=on(page, f"grade-recommend-{2 * grade}")).click()
        await on(page, "feedback-send").click()
        await expect(on(page, "feedback-thanks")).to_be_visible()
    studio = school.presenter
    await on(studio, "open-feedback").click()
    await expect(on(studio, "feedback-figure").first).to_contain_text("4")
    await expect(on(studio, "work-item")).to_contain_text("太快")
    await school.look("feedback", studio, school.wang, school.phone, school.seated)


async def be_told(school: School) -> None:
    """The bell of whoever asked: the question was answered."""
    phone = school.phone
    await school.open(phone, "/")
    await on(phone, "notice-bell").click()
    await expect(on(phone, "notice").filter(has_text="问题已答复").first).to_be_visible()
    await school.look("notices", phone)


async def object_and_be_heard(school: School) -> None:
    """李伟 reads his verdict and objects; the presenter decides with a reason that he can read."""
    phone, studio = school.phone, school.presenter
    await school.open(phone, "/")
    await on(phone, "open-own-attendance").click()
    await expect(on(phone, "own-attendance").get_by_test_id("verdict").first).to_be_visible()
    await on(phone, "object").click()
    await on(phone, "objection").fill("中途断网，我一直在听。")
    await on(phone, "send-objection").click()
    await expect(on(phone, "own-objection")).to_have_attribute("data-state", "open")
    await school.open(studio, f"/admin/sessions/{school.session_id}")
    await on(studio, "tally-objections").click()
    await on(studio, "open-person").click()
    await expect(on(studio, "objection-text")).to_contain_text("断网")
    await on(studio, "answer-text").fill("日志可以证实。")
    await on(studio, "answer-accept").click()
    await expect(on(studio, "answer-form")).to_be_hidden()
    await phone.reload()
    await expect(on(phone, "own-answer")).to_contain_text("日志可以证实")
    await school.look("attendance", phone, studio)


async def close_the_record(school: School, folder: Path) -> None:
    """The attendance is closed; the signed PDF holds before the command that checks it without the server."""
    studio = school.presenter
    await school.open(studio, f"/admin/sessions/{school.session_id}")
    await expect(on(studio, "closing-close")).to_be_visible()
    for box in await on(studio, "closing").get_by_role("checkbox").all():
        await box.check()
    await on(studio, "closing-close").click()
    await expect(on(studio, "closing-version")).to_contain_text("第 1 版")
    head = await on(studio, "closing-head").inner_text()
    await school.look("closing", studio)
    pdf = await _downloaded(studio, folder / "record.pdf")
    damaged = folder / "damaged.pdf"
    damaged.write_bytes(pdf.read_bytes().replace(b"/Type /Page", b"/Type /Pagf", 1))
    (good, holds), (bad, fails) = await asyncio.gather(_verified(pdf, head), _verified(damaged, head))
    assert holds == 0, good
    assert fails != 0, bad


async def _downloaded(page: Page, path: Path) -> Path:
    async with page.expect_download() as waiting:
        await on(page, "closing-pdf").click()
    await (await waiting.value).save_as(path)
    return path


async def _verified(file: Path, head: str) -> tuple[str, int | None]:
    """Run `lectern attendance verify`, as somebody without a server does."""
    checking = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _LECTERN, "attendance", "verify", str(file), "--head", head),
        cwd=CHECKOUT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await checking.communicate()
    return said.decode(), checking.returncode

"""An administrator brings an intro, chooses it, and sees in the console what became of it; PC and phone."""

import asyncio
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from playwright.async_api import Page, expect

from lectern.app.wiring import built
from lectern.jobs.job import JobFailed, NewJob
from lectern.jobs.store import JobStore
from lectern.kernel.clock import utc_ms
from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, Server, running_server
from tests.web.test_accessibility import violations

pytestmark = pytest.mark.browser
_PATIENCE_MS = 90_000


def _clip(target: Path) -> Path:
    source = ("-f", "lavfi", "-i", "testsrc=s=320x180:r=25:d=1", "-c:v", "libx264", "-preset", "ultrafast")
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(target)], check=True)
    return target


async def _fail_a_job(server: Server) -> None:
    """A cut that met a full disk, as its row then is."""
    store = JobStore()
    async with built(server.settings()) as services, services.database.write() as tx:
        org = await services.accounts.store.org(tx)
        assert org is not None
        args = {"session_id": "s", "microcourse_id": "m", "version": 1, "title": "接待第一次来访的客户"}
        job = await store.enqueue(
            tx, NewJob(org.id, "microcourse", "m", args | {"start_ms": 0, "end_ms": 9_000}), utc_ms()
        )
        held = (await store.claim(tx, ["microcourse"], "studio-pc:4711", utc_ms())).job
        assert held is not None
        assert held.lease_owner is not None
        full = JobFailed("disk_error", "The disk of the media worker is full or broken.", hold=True)
        assert await store.fail(tx, job.id, held.lease_owner, full, utc_ms())


async def _sign_in(page: Page, server: Server) -> None:
    await page.request.post(
        f"{server.url}/api/v1/sign-in",
        data={"login": "admin", "password": PASSWORD},
        headers={"X-Lectern": "1"},
    )


async def _looks_of_a_studio(page: Page) -> None:
    """Make a look like the organisation's, change it, give it to a presenter, retire it and take it back."""
    await page.get_by_test_id("new-look").click()
    await page.get_by_test_id("look-name").fill("Sales academy")
    await page.get_by_test_id("create-look").click()
    await expect(page.get_by_test_id("look-open")).to_have_text("Sales academy")
    await expect(page.get_by_test_id("accent")).to_have_value("#ff8800")  # it begins like the other
    await expect(page.get_by_test_id("intro").locator("option:checked")).to_have_text("片头.mp4")
    await page.get_by_test_id("accent").fill("#00aa55")
    await page.get_by_test_id("look").first.click()
    await expect(page.get_by_test_id("look-leave")).to_be_visible()  # nothing that was chosen is lost unasked
    await page.get_by_role("button", name="Stay here").click()
    await page.get_by_test_id("save-branding").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await page.get_by_test_id("look-person-field").fill("顾明")
    await page.get_by_test_id("look-person-field-option").first.click()
    await page.get_by_test_id("give-look").click()
    await expect(page.get_by_test_id("look-person")).to_contain_text("顾明")
    await page.get_by_test_id("look-retire").click()
    assert await violations(page) == []
    await page.get_by_test_id("look-sure").click()
    await expect(page.get_by_test_id("look").last).to_contain_text("Retired")
    await page.get_by_test_id("look-again").click()
    await expect(page.get_by_test_id("look-retire")).to_be_visible()
    assert await violations(page) == []
    await take_picture(page, "admin-looks-pc")
    await page.reload()  # which look is open stands in the address
    await expect(page.get_by_test_id("accent")).to_have_value("#00aa55")


@pytest.mark.timeout(300)
async def test_an_intro_is_brought_chosen_and_seen_in_the_console(tmp_path: Path) -> None:
    clip = await asyncio.to_thread(_clip, tmp_path / "片头.mp4")
    async with running_server(tmp_path / "server") as server, browsers() as chromium:
        await _fail_a_job(server)
        page = await chromium.on_pc("en")
        await _sign_in(page, server)
        await page.goto(f"{server.url}/admin/branding")
        no_video = {"name": "notes.mp4", "mimeType": "video/mp4", "buffer": b"not a video at all " * 99}
        await page.get_by_test_id("clip-file").set_input_files(no_video)  # type: ignore[arg-type] # as documented
        await expect(page.get_by_role("alert")).to_contain_text(
            "no video that can be read", timeout=_PATIENCE_MS
        )
        await page.get_by_test_id("clip-file").set_input_files(clip)
        await expect(page.get_by_test_id("clip")).to_contain_text("片头.mp4", timeout=_PATIENCE_MS)
        intro = page.get_by_test_id("intro")
        await expect(intro.locator("option")).to_have_count(2, timeout=_PATIENCE_MS)  # made ready meanwhile
        await intro.select_option(label="片头.mp4")
        await page.get_by_test_id("accent").fill("#ff8800")
        await page.get_by_test_id("save-branding").click()
        await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
        await expect(page.get_by_test_id("card")).to_have_js_property("complete", value=True)
        assert await violations(page) == []
        await take_picture(page, "admin-branding-pc")
        await page.reload()
        await expect(intro.locator("option:checked")).to_have_text("片头.mp4")

        await _looks_of_a_studio(page)

        await page.goto(f"{server.url}/admin/media-jobs")
        jobs = page.get_by_test_id("media-job")
        await expect(jobs).to_have_count(2)
        await expect(jobs.filter(has_text="片头.mp4")).to_contain_text("Done")
        held = jobs.filter(has_text="接待")
        await expect(held).to_contain_text("Why: The disk of the worker is full or broken.")
        await expect(held).to_contain_text("What to do: Free space on the worker")
        await expect(page.get_by_test_id("worker")).to_contain_text("beside the server")
        await page.get_by_test_id("token-name").fill("Studio PC")
        await page.get_by_role("button", name="Make a token").click()
        await expect(page.get_by_test_id("token-made")).to_contain_text("lw_")
        assert await violations(page) == []
        await take_picture(page, "admin-media-jobs-pc")
        await held.get_by_test_id("job-cancel").click()
        await page.get_by_test_id("job-cancel-sure").click()
        await expect(held).to_contain_text("Failed")

        phone = await chromium.on_phone("zh-CN")
        await _sign_in(phone, server)
        await phone.goto(f"{server.url}/admin/media-jobs")
        ended = phone.get_by_test_id("media-job").filter(has_text="接待")
        await expect(ended).to_contain_text("失败")
        await expect(ended).to_contain_text("原因：这项任务已取消。")
        assert await violations(phone) == []
        await take_picture(phone, "admin-media-jobs-phone")
        await phone.goto(f"{server.url}/admin/branding")
        await phone.get_by_test_id("look").last.tap()
        await expect(phone.get_by_test_id("look-open")).to_have_text("Sales academy")
        await expect(phone.get_by_test_id("clip")).to_contain_text("可以使用")
        assert await violations(phone) == []
        await take_picture(phone, "admin-branding-phone")

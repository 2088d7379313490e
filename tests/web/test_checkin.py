"""Check-in as people live it: forced, missed, drawn, made up for after the end; on a PC and on phones."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import Browsers, browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, Server, running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import ROSTER, on

pytestmark = pytest.mark.browser


async def _sign_in(page: Page, server: Server, login: str) -> None:
    await page.goto(f"{server.url}/sign-in")
    await on(page, "login").fill(login)
    await on(page, "password").fill(PASSWORD)
    await on(page, "sign-in").click()
    await page.wait_for_url(f"{server.url}/")


async def _goes_live(page: Page, server: Server) -> str:
    """Plan a session with a roster and guests, and go live; returns its id."""
    await _sign_in(page, server, "presenter")
    api, header = f"{server.url}/api/v1/sessions", {"X-Lectern": "1"}
    session = {"title": "门店安全规范", "guests_allowed": True}
    made = await page.request.post(api, data=session, headers=header)
    session_id = str((await made.json())["id"])
    csv = {**header, "Content-Type": "text/csv"}
    assert (await page.request.post(f"{api}/{session_id}/roster", data=ROSTER, headers=csv)).ok
    await page.goto(f"{server.url}/studio/{session_id}")
    await on(page, "consent").click()
    await expect(on(page, "preview")).to_be_visible()
    await on(page, "go-live").click()
    await expect(on(page, "studio")).to_be_visible()
    await on(page, "tab-checkin").click()
    return session_id


async def _joins(page: Page, server: Server, session_id: str, guest: str | None = None) -> None:
    await page.goto(f"{server.url}/room/{session_id}")
    if guest is not None:
        await on(page, "guest-name").fill(guest)
    await on(page, "join").click()
    await expect(on(page, "room")).to_be_visible()


async def _a_forced_round(presenter: Page, wang: Page, guest: Page) -> None:
    """Wang answers what stands in the way; the guest does not, and is counted as missing."""
    await on(presenter, "checkin-message").fill("还在看吗？")
    await on(presenter, "checkin-more").click()
    await on(presenter, "checkin-forced").check()
    await take_picture(presenter, "checkin-studio-form")
    await on(presenter, "checkin-open").click()
    await expect(on(wang, "forced-answer")).to_be_focused()
    await wang.keyboard.press("Escape")
    await wang.keyboard.press("Escape")
    await expect(on(wang, "forced-checkin")).to_be_visible()
    await expect(on(guest, "forced-checkin")).to_be_visible()
    await take_picture(guest, "checkin-forced-phone")
    await on(wang, "forced-answer").click()
    await expect(on(wang, "forced-checkin")).to_be_hidden()
    await expect(on(presenter, "checkin-count")).to_contain_text("1")
    await on(presenter, "checkin-missing").click()
    lines = on(presenter, "register-line")
    await expect(lines).to_have_count(4)
    await expect(lines.filter(has_text="张敏")).to_contain_text("没有进来")
    await expect(lines.filter(has_text="陈访客")).to_contain_text("在课堂里")
    await expect(lines.filter(has_text="王芳")).to_contain_text("准时")
    await on(presenter, "checkin-extend").click()
    await take_picture(presenter, "checkin-studio-register")


async def _missed_and_asked(presenter: Page, guest: Page) -> None:
    """The round closes without the guest, who asks to be counted."""
    await on(presenter, "checkin-close").click()
    await expect(on(guest, "missed-checkin")).to_be_visible()
    await take_picture(guest, "checkin-missed-phone")
    await on(guest, "make-up-reason").fill("手机没电了")
    await on(guest, "make-up-ask").click()
    await expect(on(presenter, "checkin-requests")).to_contain_text("1")
    await expect(on(presenter, "register-line").filter(has_text="手机没电了")).to_be_visible()


async def _draw(presenter: Page, wang: Page, guest: Page) -> None:
    """Only Wang can be drawn; everybody sees it."""
    await on(presenter, "draw-count").fill("3")
    await on(presenter, "draw-go").click()
    await expect(on(wang, "winner")).to_contain_text("王芳")
    await expect(on(guest, "winner")).to_have_text("王芳")
    await take_picture(wang, "checkin-draw-pc")
    await on(presenter, "draw-go").click()
    await expect(presenter.get_by_role("alert")).to_be_visible()


async def _a_screen(presenter: Page, chromium: Browsers, server: Server) -> Page:
    """A TV comes in by the code that the presenter reads out, and shows the lesson with a code to scan."""
    await on(presenter, "screen-desk").locator("summary").click()
    await on(presenter, "screen-make").click()
    code = await on(presenter, "screen-code").inner_text()
    tv = await chromium.on_pc()
    await tv.set_viewport_size({"width": 1920, "height": 1080})
    await tv.goto(f"{server.url}/screen")
    assert await violations(tv) == []
    await on(tv, "screen-code").fill("1234 5678")
    await on(tv, "screen-name").fill("12 号门店")
    await on(tv, "screen-go").click()
    await expect(tv.get_by_role("alert")).to_be_visible()
    await on(tv, "screen-code").fill(code)
    await on(tv, "screen-go").click()
    await expect(on(tv, "qr")).to_be_visible()
    await expect(on(presenter, "site")).to_contain_text("12 号门店")
    return tv


async def _phones_before_it(tv: Page, presenter: Page, chromium: Browsers) -> Page:
    """A phone scans and takes part without media; an old code says what to do."""
    url = await on(tv, "qr").get_attribute("data-url")
    assert url is not None
    stale = await chromium.on_phone("en")
    await stale.goto(url[:-4] + "AAAA")
    await expect(on(stale, "stale-code")).to_contain_text("Scan the code")
    phone = await chromium.on_phone()
    await phone.goto(url)
    await expect(on(phone, "seat")).to_contain_text("12 号门店")
    assert "#" not in phone.url
    await take_picture(phone, "screen-phone-lobby")
    await on(phone, "guest-name").fill("赵前排")
    await on(phone, "join").click()
    await expect(on(phone, "seated")).to_be_visible()
    await expect(on(presenter, "site-heads")).to_contain_text("1")
    await on(presenter, "site-extra").fill("4")
    await on(presenter, "site-extra").press("Enter")
    await expect(on(tv, "heads")).to_contain_text("5")
    return phone


async def _a_round_on_the_screen(presenter: Page, tv: Page, phone: Page) -> None:
    """The TV asks in large letters, the phone answers, the TV counts."""
    await on(presenter, "checkin-message").fill("到齐了吗？")
    await on(presenter, "checkin-open").click()
    await expect(on(tv, "screen-checkin")).to_be_visible()
    await on(phone, "checkin-answer").click()
    await expect(on(phone, "checkin-done")).to_be_visible()
    await expect(on(presenter, "checkin-count").first).to_contain_text("0 / 3")
    await take_picture(tv, "screen-tv-checkin")
    await take_picture(phone, "screen-phone-seated")
    await take_picture(presenter, "screen-studio")
    path = await phone.evaluate("window.__lectern.media().path")
    assert path == "off"
    assert await violations(phone) == []
    await on(presenter, "checkin-close").first.click()


async def _make_up_after_the_end(server: Server, chromium: Browsers, session_id: str, guest: Page) -> None:
    """Li, who never came, asks by himself; HR decides both requests, and the table shows it."""
    await expect(on(guest, "my-checkin").first).to_contain_text("已申请")
    await take_picture(guest, "checkin-over-phone")
    li = await chromium.on_phone("en")
    await _sign_in(li, server, "li")
    await li.goto(f"{server.url}/room/{session_id}")
    await on(li, "make-up-reason").first.fill("I sat beside Wang")
    await on(li, "make-up-ask").first.click()
    await expect(on(li, "my-checkin").first).to_contain_text("Asked")
    assert await violations(li) == []
    admin = await chromium.on_pc("en", dark=True)
    await _sign_in(admin, server, "admin")
    await admin.goto(f"{server.url}/admin/sessions/{session_id}")
    await on(admin, "checkin-round").first.locator("summary").click()
    await expect(on(admin, "make-up-grant")).to_have_count(2)
    await take_picture(admin, "checkin-record-admin")
    await on(admin, "make-up-grant").first.click()
    await expect(on(admin, "make-up-grant")).to_have_count(1)
    await on(admin, "make-up-grant").click()
    rows = on(admin, "attendance-row")
    await expect(rows.filter(has_text="李伟")).to_contain_text(
        "Late"
    )  # made up for the first, missed the other
    await expect(rows.filter(has_text="赵前排")).to_contain_text("12 号门店")
    assert await violations(admin) == []
    await guest.reload()
    await expect(on(guest, "my-checkin").first).to_contain_text("补签")
    await admin.goto(f"{server.url}/admin/audit")
    await expect(admin.get_by_text("after: Made up").first).to_be_visible()


@pytest.mark.timeout(300)
async def test_a_check_in_from_its_start_to_the_last_make_up(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        presenter, wang = await chromium.on_pc(), await chromium.on_pc(dark=True)
        guest = await chromium.on_phone()
        session_id = await _goes_live(presenter, server)
        await _sign_in(wang, server, "wang")
        await _joins(wang, server, session_id)
        await _joins(guest, server, session_id, "陈访客")
        try:
            await _a_forced_round(presenter, wang, guest)
            await _missed_and_asked(presenter, guest)
            await _draw(presenter, wang, guest)
            tv = await _a_screen(presenter, chromium, server)
            phone = await _phones_before_it(tv, presenter, chromium)
            await _a_round_on_the_screen(presenter, tv, phone)
            await on(presenter, "end-session").click()
            await on(presenter, "confirm-end").click()
            await _make_up_after_the_end(server, chromium, session_id, guest)
        except BaseException:
            await chromium.take_pictures("checkin-trouble")
            raise

"""Attendance as people live it: HR reads and corrects, a learner objects, a page says how attentive it is."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from accounts.store import Person
from interactions.chat.events import ChatSent
from interactions.checkin.events import CheckinAnswered, CheckinClosed, CheckinOpened
from interactions.page_state.events import Attended, PageStatesReported
from lectern.app.wired.services import Services
from lectern.app.wiring import built
from lectern.kernel.clock import UtcMs, utc_ms
from lectern.timeline.event import NewEvent, ParticipantJoined, SessionEnded, SessionStarted
from sessions.presence.idea import ConnectionClosed, ConnectionOpened
from tests.scripted_lesson.chromium import Browsers, browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, Server, running_server
from tests.web.test_accessibility import NARROW, violations
from tests.whole_lesson.story import on, until

pytestmark = pytest.mark.browser
MINUTE_MS = 60_000


class Told:
    """Writes a lesson of an hour that ended ten minutes ago, minute by minute."""

    def __init__(self, services: Services, session_id: str) -> None:
        self.services, self.session_id = services, session_id
        self.began = utc_ms() - 70 * MINUTE_MS

    async def at(self, minute: float, *events: NewEvent) -> None:
        """Append events of one minute."""
        now = UtcMs(self.began + round(minute * MINUTE_MS))
        self.services.engine.clock = lambda: now
        async with self.services.engine.change(self.session_id) as change:
            change.append(*events)

    def utc(self, minute: float) -> int:
        """Return when a minute of the lesson was."""
        return self.began + round(minute * MINUTE_MS)


def _comes(person: Person) -> Iterable[NewEvent]:
    id_ = f"p-{person.external_id}"
    joined = ParticipantJoined(
        participant=id_, kind="person", role="learner", person=person.id, name_ref=f"n-{id_}"
    )
    yield NewEvent(payload=joined, actor=id_, texts={f"n-{id_}": person.name})
    opened = ConnectionOpened(connection=f"c-{person.external_id}", participant=id_, device="pc")
    yield NewEvent(payload=opened, actor=id_)


def _goes(person: Person, told: Told, minute: float) -> NewEvent:
    closed = ConnectionClosed(
        connection=f"c-{person.external_id}",
        participant=f"p-{person.external_id}",
        at_utc_ms=told.utc(minute),
        reason="left",
    )
    return NewEvent(payload=closed, actor=f"p-{person.external_id}")


def _answers(person: Person, round_: str) -> NewEvent:
    return NewEvent(payload=CheckinAnswered(id=round_, status="on_time"), actor=f"p-{person.external_id}")


async def _an_hour(server: Server) -> str:
    """Wang is there and looks away for a while, Li leaves after half an hour, Zhang never comes."""
    async with built(server.settings()) as services:
        org = await services.accounts.org()
        async with services.database.read() as tx:
            known = await services.accounts.store.persons_by_external_id(
                tx, org.id, ["L001", "L002", "L003", "S002"]
            )
        wang, li = known["L001"], known["L002"]
        session = await services.sessions.create(
            org_id=org.id,
            title="门店安全规范",
            starts_utc_ms=utc_ms() - 70 * MINUTE_MS,
            zone=org.zone,
            presenter_person_id=known["S002"].id,
            host_person_id=None,
            guests_allowed=True,
        )
        await services.sessions.expect(session, [known[number].id for number in ("L001", "L002", "L003")])
        told = Told(services, session.id)
        await told.at(0, NewEvent(payload=SessionStarted()), *_comes(wang), *_comes(li))
        seen = ((told.utc(0), "watching"), (told.utc(20), "away"), (told.utc(27), "watching"))
        reported = Attended(participant="p-L001", connection="c-L001", changes=seen)
        await told.at(28, NewEvent(payload=PageStatesReported(people=(reported,))))
        for minute, round_, who in ((10, "r1", (wang, li)), (50, "r2", (wang,))):
            due = UtcMs(told.utc(minute + 1))
            opened = CheckinOpened(id=round_, message_ref=None, late_after_utc_ms=due, closes_utc_ms=due)
            await told.at(minute, NewEvent(payload=opened), *(_answers(person, round_) for person in who))
            await told.at(minute + 1, NewEvent(payload=CheckinClosed(id=round_, reason="closed")))
        said = ChatSent(id="m1", group=None, text_ref="t1")
        await told.at(52, NewEvent(payload=said, actor="p-L001", texts={"t1": "明白了"}))
        await told.at(60, _goes(li, told, 30), NewEvent(payload=SessionEnded()), _goes(wang, told, 60))
    return session.id


async def _sign_in(page: Page, server: Server, login: str) -> None:
    await page.goto(f"{server.url}/sign-in")
    await on(page, "login").fill(login)
    await on(page, "password").fill(PASSWORD)
    await on(page, "sign-in").click()
    await page.wait_for_url(f"{server.url}/")


async def _hr_reads(admin: Page, server: Server, session_id: str) -> None:
    """The table says what happened; every number narrows it, and the address keeps that."""
    await admin.goto(f"{server.url}/admin/sessions/{session_id}")
    rows = on(admin, "attendance-row")
    await expect(rows).to_have_count(3)
    for name, verdict in (("王芳", "出席"), ("李伟", "部分出席"), ("张敏", "缺席")):
        await expect(rows.filter(has_text=name).get_by_test_id("verdict")).to_have_text(verdict)
    await expect(on(admin, "sign-in-rate")).to_contain_text("67%")
    await take_picture(admin, "attendance-admin-pc")
    assert await violations(admin) == []
    await on(admin, "tally-absent").click()
    await expect(rows).to_have_count(1)
    await admin.wait_for_url("**verdict=absent")
    await admin.reload()
    await expect(rows).to_have_count(1)
    await on(admin, "tally-absent").click()


async def _a_stricter_rule(admin: Page) -> None:
    """Sixty minutes were planned and all check-ins asked: Wang's minutes of looking away now matter."""
    await on(admin, "open-rule").click()
    await on(admin, "rule-percent").fill("95")
    await on(admin, "rule-planned").fill("60")
    await take_picture(admin, "attendance-rule-pc")
    assert await violations(admin) == []
    await on(admin, "rule-save").click()
    await expect(on(admin, "rule-summary")).to_contain_text("95%")
    wang = on(admin, "attendance-row").filter(has_text="王芳")
    await expect(wang.get_by_test_id("verdict")).to_have_text("部分出席")


async def _excused(admin: Page) -> None:
    """Zhang was ill."""
    zhang = on(admin, "attendance-row").filter(has_text="张敏")
    await zhang.get_by_test_id("open-person").click()
    await on(admin, "decision-verdict").select_option("excused")
    await on(admin, "decision-reason").fill("病假")
    await take_picture(admin, "attendance-decision-pc")
    assert await violations(admin) == []
    await on(admin, "decision-save").click()
    await expect(zhang.get_by_test_id("verdict")).to_have_text("请假")


async def _objects(wang: Page, server: Server) -> None:
    """On her phone Wang finds her verdict, reads why, and objects."""
    await _sign_in(wang, server, "wang")
    await on(wang, "open-own-attendance").click()
    own = on(wang, "own-attendance")
    await expect(own.get_by_test_id("verdict")).to_have_text("部分出席")
    await expect(own).to_contain_text("7 分钟")
    await take_picture(wang, "attendance-own-phone")
    assert await violations(wang) == []
    await on(wang, "object").click()
    await on(wang, "objection").fill("我在另一个窗口看讲义，一直在听。")
    await on(wang, "send-objection").click()
    await expect(on(wang, "own-objection")).to_have_attribute("data-state", "open")


async def _answered(admin: Page, wang: Page) -> None:
    """HR finds the objection, accepts it, and Wang reads the answer."""
    await admin.reload()
    await on(admin, "tally-objections").click()
    await expect(on(admin, "attendance-row")).to_have_count(1)
    await on(admin, "open-person").click()
    await expect(on(admin, "objection-text")).to_contain_text("一直在听")
    await on(admin, "answer-text").fill("日志可以证实，已更正。")
    await take_picture(admin, "attendance-answer-pc")
    await on(admin, "answer-accept").click()
    await expect(on(admin, "answer-form")).to_be_hidden()  # once it was taken
    await wang.reload()
    await expect(on(wang, "own-attendance").get_by_test_id("verdict").first).to_have_text("出席")
    await expect(on(wang, "own-answer")).to_contain_text("日志可以证实")
    await take_picture(wang, "attendance-answered-phone")
    await wang.set_viewport_size(NARROW)
    assert await violations(wang) == []


async def _a_page_reports_itself(server: Server, chromium: Browsers, admin: Page) -> None:
    """A learner in a running room: the page says that it is in view, and the timeline has it."""
    header = {"X-Lectern": "1"}
    api = f"{server.url}/api/v1/sessions"
    made = await admin.request.post(api, data={"title": "Live", "guests_allowed": True}, headers=header)
    session_id = (await made.json())["id"]
    assert (await admin.request.post(f"{api}/{session_id}/start", headers=header)).ok
    guest = await chromium.on_pc("en")
    await guest.goto(f"{server.url}/room/{session_id}")
    await on(guest, "guest-name").fill("Ann")
    await on(guest, "join").click()
    await expect(on(guest, "room")).to_be_visible()

    async def reported() -> bool:
        timeline = await (await admin.request.get(f"{api}/{session_id}/timeline")).json()
        found = [event["payload"] for event in timeline["items"] if event["type"] == "page_states_reported"]
        return any(
            change[1] == "watching" for event in found for p in event["people"] for change in p["changes"]
        )

    await until("the page says that it is in view", reported, within_s=30)
    assert (await admin.request.post(f"{api}/{session_id}/end", headers=header)).ok
    await on(guest, "own-attendance-card").locator("summary").click()
    await expect(on(guest, "own-attendance").get_by_test_id("verdict")).to_be_visible()
    await take_picture(guest, "attendance-over-pc")


@pytest.mark.timeout(300)
async def test_from_the_verdict_to_the_answer(tmp_path: Path) -> None:
    async with running_server(tmp_path / "data") as server, browsers() as chromium:
        try:
            session_id = await _an_hour(server)
            admin, wang = await chromium.on_pc(), await chromium.on_phone()
            await _sign_in(admin, server, "admin")
            await _hr_reads(admin, server, session_id)
            await _a_stricter_rule(admin)
            await _excused(admin)
            await _objects(wang, server)
            await _answered(admin, wang)
            await admin.set_viewport_size({"width": 390, "height": 844})
            await take_picture(admin, "attendance-admin-phone")
            assert await violations(admin) == []
            await _a_page_reports_itself(server, chromium, admin)
        except BaseException:
            await chromium.take_pictures("attendance-failed")
            raise

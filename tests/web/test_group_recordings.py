"""Groups that are recorded, in browsers: chosen, told to its members, played by staff, shown to the class."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from lectern.manifest import Fragment, ManifestReader, TrackStarted
from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.web.test_group_pool import a_screen
from tests.web.test_groups import goes_live
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, on, until

pytestmark = pytest.mark.browser
HEARD_MS = 3_000


async def _is_heard(server_data: Path, session: str) -> bool:
    """Whether some seconds of sound of groups are recorded."""
    manifest = server_data / "sessions" / session / "rec" / "1" / "manifest.jsonl"
    lines = ManifestReader(manifest).poll()
    tracks = {line.track for line in lines if isinstance(line, TrackStarted) and line.group}
    heard = [line.duration_ms for line in lines if isinstance(line, Fragment) and line.track in tracks]
    return sum(heard) > HEARD_MS


async def _plays(page: Page) -> None:
    """Its time goes on."""
    await on(page, "replay-play").click()
    await until(
        "it plays",
        lambda: page.evaluate(
            "[...document.querySelectorAll('video, audio')].some((e) => e.currentTime > 0.3)"
        ),
    )


async def _are_counted(studio: Page, phone: Page) -> None:
    """Whoever runs the lesson sees who watched: the learner, and themselves; the learner does not."""
    for page in (studio, phone):
        await on(page, "replay-play").click()  # a pause is reported at once
    await expect(on(phone, "group-viewers")).to_have_count(0)

    async def counted() -> bool:
        await on(studio, "group-viewers-again").click()
        return "2 人看过" in await on(studio, "group-viewers-sum").inner_text()

    await until("both are counted", counted)
    await on(studio, "group-viewers").locator("summary").click()
    await expect(on(studio, "group-viewer").filter(has_text="王芳")).to_be_visible()
    await take_picture(studio, "group-viewers-pc")
    assert await violations(studio) == []


async def _is_told_on_the_screen(studio: Page, tv: Page) -> None:
    """A site with a screen works as a group: whoever sits there reads what its members read."""
    await expect(on(tv, "screen-group")).to_have_count(0)
    await on(studio, "screens-without-group").get_by_test_id("group-move").select_option(label="第 1 组")
    await expect(on(tv, "screen-group")).to_contain_text("第 1 组")
    await expect(on(tv, "group-recorded")).to_contain_text("会被录制")
    await take_picture(tv, "groups-recorded-tv")
    assert await violations(tv) == []


@pytest.mark.timeout(300)
async def test_a_group_is_recorded_and_shown(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as opened:
        story = Story(server, opened)
        studio = await goes_live(story)
        token = await learner_token(story, "L001")
        phone = await opened.on_phone("en")
        await story.open(phone, f"/room/{story.session_id}#t={token}")
        await on(phone, "join").click()
        await expect(on(phone, "room")).to_be_visible()

        tv = await a_screen(studio, await opened.on_pc("zh-CN"), server.url)

        await on(studio, "tab-groups").click()
        await expect(studio.locator("label.person")).to_have_count(1)
        await on(studio, "breakout-count").fill("1")
        await on(studio, "breakout-task-0").fill("写出三个卖点")
        await on(studio, "breakout-recorded").check()
        await take_picture(studio, "groups-recorded-plan-pc")
        assert await violations(studio) == []
        await on(studio, "breakout-open").click()
        await expect(on(studio, "groups-recorded")).to_be_visible()

        # Told before anything is said: on the card that brings them there, then above the group.
        await expect(on(phone, "invitation")).to_contain_text("What you say here is recorded")
        await take_picture(phone, "groups-recorded-card-phone")
        await on(phone, "group-go").click()
        await expect(on(phone, "invitation")).to_be_hidden()
        await expect(on(phone, "group-recorded")).to_be_visible()
        await _is_told_on_the_screen(studio, tv)
        await on(phone, "mic").click()
        await until("the group is heard", lambda: _is_heard(server.data, story.session_id), within_s=60)
        await take_picture(phone, "groups-recorded-room-phone")
        await take_picture(studio, "groups-recorded-at-work-pc")
        for page in (studio, phone):
            assert await violations(page) == []
        await on(studio, "breakout-close").click()
        await story.rest(studio, "POST", f"/sessions/{story.session_id}/end")

        async def is_ready() -> bool:
            [replay] = (await story.rest(studio, "GET", "/replays"))["items"]
            story.replay_id = replay["id"]
            return bool((await story.rest(studio, "GET", f"/replays/{replay['id']}"))["has_groups"])

        await until("the replay is ready", is_ready, within_s=60)
        await story.open(studio, f"/replay/{story.replay_id}")
        await expect(on(studio, "group-recordings")).to_contain_text("写出三个卖点")
        await take_picture(studio, "groups-recorded-replay-pc")
        assert await violations(studio) == []
        await on(studio, "group-recording").click()
        await expect(on(studio, "group-shown-to")).to_have_value("staff")
        await _plays(studio)
        await take_picture(studio, "group-replay-pc")
        assert await violations(studio) == []

        await story.open(phone, f"/replay/{story.replay_id}#t={token}")
        await expect(phone.get_by_role("heading", level=1)).to_be_visible()
        await expect(on(phone, "group-recordings")).to_have_count(0)
        await on(studio, "group-shown-to").select_option("class")
        await expect(on(studio, "group-shown-said")).not_to_be_empty()
        await phone.reload()
        await on(phone, "group-recording").click()
        await expect(on(phone, "to-replay")).to_be_visible()
        await expect(on(phone, "group-shown-to")).to_have_count(0)
        await _plays(phone)
        await take_picture(phone, "group-replay-phone")
        assert await violations(phone) == []
        await _are_counted(studio, phone)

        # It would go with the replay: whoever deletes that reads so before.
        await on(studio, "to-replay").click()
        await on(studio, "replay-delete").click()
        uses = on(studio, "group-uses")
        await expect(uses).to_contain_text("1 个小组的录制随回放一起移走，到期一起清除")
        await expect(uses).to_contain_text("能看回放的人都可见")
        assert await violations(studio) == []
        await take_picture(studio, "replay-delete-groups-pc")
        await studio.set_viewport_size({"width": 390, "height": 844})
        await take_picture(studio, "replay-delete-groups-phone")

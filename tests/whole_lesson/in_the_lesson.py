"""Act 2: the class answers, asks, talks, splits into groups, loses somebody and gets them back."""

import asyncio
from typing import Any

from playwright.async_api import Dialog, Page, expect

from tests.scripted_lesson.chromium import take_picture
from tests.scripted_lesson.class_client import ClassClient, class_client
from tests.whole_lesson.story import GUEST, Story, on, picture_moves, until

QUESTION = "哪一款先上架？"
OPTIONS = ("轻薄款", "旗舰款")
ASKED = "老用户可以以旧换新吗？"
ANSWER = "可以，下周一开始。"


async def li_joins(story: Story) -> None:
    """李伟 comes through the front door in English: signs in, sees the lesson, joins it."""
    page = story.li = await story.browsers.on_pc("en", dark=True)
    await story.sign_in(page, "li")
    await expect(on(page, "session-card")).to_be_visible()
    await take_picture(page, "home-learner-pc-en-dark")
    await on(page, "open-room").click()
    with story.truth.joining("李伟"):
        await on(page, "join").click()
        await expect(on(page, "room")).to_be_visible()
    await picture_moves(page, "video-screen")


async def check_in(story: Story) -> None:
    """Two rounds: one from the studio, one from the host, in which 李伟 comes late and the guest never."""
    page = story.presenter
    await on(page, "tab-checkin").click()
    await on(page, "checkin-message").fill("请签到")
    await on(page, "checkin-open").click()
    await take_picture(story.guest, "room-checkin-phone")
    await asyncio.gather(*(on(p, "checkin-answer").click() for p in (story.wang, story.li)))
    await expect(on(story.wang, "checkin-done")).to_be_visible()
    await expect(on(page, "checkin-count")).to_contain_text("2")
    await take_picture(page, "studio-checkin-pc")
    await on(page, "checkin-close").click()
    await expect(on(story.guest, "invitation")).to_be_hidden()

    await story.host.command("checkin_open", message="第二轮", seconds=20, late_after_seconds=2)
    await on(story.wang, "checkin-answer").click()
    await asyncio.sleep(2.2)
    await on(story.li, "checkin-answer").click()
    await expect(on(story.li, "checkin-done")).to_contain_text("late")
    opened = next(
        path
        for path, entity in story.host.entities.items()
        if path.startswith("checkin/") and entity["state"] == "open"
    )
    await story.host.command("checkin_close", id=opened.removeprefix("checkin/"))


async def vote(story: Story) -> None:
    """A poll from the studio; the presenter sees the votes as they come, the learners the result."""
    page = story.presenter
    await on(page, "tab-polls").click()
    await on(page, "poll-question").fill(QUESTION)
    for at, option in enumerate(OPTIONS):
        await on(page, f"poll-option-{at}").fill(option)
    with story.truth.during("poll"):
        await on(page, "poll-start").click()
        await expect(on(story.guest, "poll-vote-0")).to_be_visible()
    await take_picture(story.guest, "room-poll-phone")
    await take_picture(story.li, "room-poll-pc-en-dark")
    await on(story.wang, "poll-vote-0").click()
    await expect(on(page, "poll-voters")).to_contain_text("1")
    await on(story.guest, "poll-vote-0").click()
    await on(story.li, "poll-vote-1").click()
    await expect(on(page, "poll-voters")).to_contain_text("3")
    await until("the host sees both bars", lambda: _counts(story.host))
    await take_picture(page, "studio-poll-pc")
    await take_picture(story.wang, "room-poll-result-pc")
    await on(page, "poll-close").click()
    await expect(on(story.wang, "invitation")).to_be_hidden()


async def _counts(host: ClassClient) -> bool:
    polls = [entity for path, entity in host.entities.items() if path.startswith("poll/")]
    return [poll["counts"] for poll in polls] == [[2, 1]]


async def ask(story: Story) -> None:
    """The guest asks, the presenter publishes, 王芳 lifts it, the presenter answers."""
    await on(story.guest, "tab-questions").click()
    await on(story.guest, "question-input").fill(ASKED)
    await on(story.guest, "question-send").click()
    await on(story.presenter, "tab-questions").click()
    await on(story.presenter, "question-publish").click()
    await on(story.wang, "tab-questions").click()
    await on(story.wang, "question-upvote").click()
    await expect(on(story.presenter, "desk-question")).to_contain_text("1")
    await on(story.presenter, "question-answer-text").fill(ANSWER)
    await take_picture(story.presenter, "studio-questions-pc")
    await on(story.presenter, "question-answer").click()
    await expect(on(story.guest, "question")).to_contain_text(ANSWER)
    await take_picture(story.guest, "room-questions-phone")


async def talk(story: Story) -> None:
    """Chat reaches everybody."""
    await on(story.wang, "tab-chat").click()
    await on(story.guest, "tab-chat").click()
    await on(story.presenter, "tab-chat").click()
    await on(story.wang, "chat-input").fill("大家好！")
    await on(story.wang, "chat-send").click()
    await on(story.guest, "chat-input").fill("听得很清楚。")
    await on(story.guest, "chat-send").click()
    for page in (story.presenter, story.li, story.guest):
        await expect(on(page, "chat-message")).to_have_count(2)
    await take_picture(story.guest, "room-chat-phone")
    await take_picture(story.wang, "room-chat-pc")


async def raise_a_hand(story: Story) -> None:
    """王芳 may speak when the presenter lets her, and is heard by all."""
    await on(story.wang, "hand").click()
    await on(story.presenter, "tab-people").click()
    await on(story.presenter, "hand-grant").click()
    await expect(on(story.wang, "mic")).to_be_visible()
    before = await voices(story.li)
    await on(story.wang, "mic").click()
    await until("李伟 hears a second voice", lambda: _more_voices(story.li, before))
    await take_picture(story.presenter, "studio-hands-pc")
    await take_picture(story.wang, "room-speaking-pc")
    await on(story.presenter, "hand-lower").click()
    await expect(on(story.wang, "mic")).to_be_hidden()


async def voices(page: Page) -> dict[str, float]:
    """Packets of sound by slot since the page was opened."""
    found: dict[str, float] = await page.evaluate(_SOUND_PACKETS)
    return found


async def voices_now(page: Page) -> int:
    """How many slots bring sound right now."""
    before = await voices(page)
    await asyncio.sleep(0.6)
    after = await voices(page)
    return sum(count > before.get(mid, 0) + 10 for mid, count in after.items())


async def _more_voices(page: Page, before: dict[str, float]) -> bool:
    return (
        await voices_now(page) > sum(count > 0 for count in before.values()) or (await voices_now(page)) >= 2
    )


_SOUND_PACKETS = """async () => {
  const found = {}
  for (const peer of window.peers) {
    if (peer.connectionState !== 'connected') continue
    for (const report of (await peer.getStats()).values())
      if (report.type === 'inbound-rtp' && report.kind === 'audio') found[report.mid] = report.packetsReceived
  }
  return found
}"""


async def split_into_groups(story: Story) -> None:
    """王芳 with 李伟, the guest alone. Each group has its own talk and sound; nobody negotiates again."""
    offers = [await page.evaluate("window.offers") for page in story.learners]
    page = story.presenter
    await on(page, "tab-groups").click()
    await on(page, "breakout-task-0").fill("写出三个卖点")
    for name, group in (("王芳", "0"), ("李伟", "0"), (GUEST, "1")):
        row = page.locator("label.person").filter(has_text=name)
        await row.get_by_test_id("breakout-place").select_option(group)
    await take_picture(page, "studio-groups-pc")
    await on(page, "breakout-open").click()
    for learner in story.learners:
        await expect(on(learner, "group")).to_be_visible()
    await take_picture(story.guest, "room-group-invitation-phone")
    for learner in story.learners:
        await on(learner, "group-go").click()
    await on(story.wang, "mic").click()
    await until("李伟 hears 王芳 and nobody else", lambda: _hears_exactly(story.li, 1))
    assert await voices_now(story.guest) == 0
    await on(story.wang, "chat-input").fill("我们从价格说起")
    await on(story.wang, "chat-send").click()
    await expect(on(story.li, "chat-message").last).to_contain_text("价格")
    await take_picture(story.wang, "room-group-pc")
    assert "价格" not in str(await story.guest.evaluate("window.__lectern.entities()"))
    await take_picture(page, "studio-groups-open-pc")
    await on(page, "breakout-close").click()
    for learner in story.learners:
        await expect(on(learner, "group")).to_be_hidden()
        await picture_moves(learner, "video-screen")
    await until("the presenter is heard again", lambda: _hears_exactly(story.guest, 1))
    assert [await page.evaluate("window.offers") for page in story.learners] == offers
    assert await story.guest.evaluate("window.peers.length") == 1


async def _hears_exactly(page: Page, count: int) -> bool:
    return await voices_now(page) == count


async def drop_out(story: Story) -> None:
    """The guest's phone loses its network. The class goes on; then everything they missed is there."""
    phone = story.guest
    with story.truth.leaving(GUEST):
        await phone.context.set_offline(True)
        await expect(on(phone, "banner-offline")).to_be_visible()
    await take_picture(phone, "room-offline-phone")
    await on(story.wang, "tab-chat").click()
    await on(story.wang, "chat-input").fill("你掉线了吗？")
    await on(story.wang, "chat-send").click()
    await expect(on(story.li, "chat-message").last).to_contain_text("掉线")
    with story.truth.joining(GUEST):
        await phone.context.set_offline(False)
        await expect(on(phone, "banner-offline")).to_be_hidden(timeout=15_000)
    await expect(on(phone, "chat-message").last).to_contain_text("掉线")
    await picture_moves(phone, "video-screen", within_s=15)
    await same_as_the_server_says(story, phone)


async def same_as_the_server_says(story: Story, page: Page) -> None:
    """All that changed for the page since it came back is what the server tells this person now."""
    token = await page.evaluate("id => sessionStorage.getItem(`lectern.token.${id}`)", story.session_id)
    async with class_client(story.server.url, token, "phone") as twin:

        async def compared() -> bool:
            since = await page.evaluate("window.__lectern.since()")
            answer = await twin.socket.call("resync", {"after": since}, namespace="/class", timeout=10)
            told = await page.evaluate("window.__lectern.events()")
            return "events" in answer and changes(told) == changes(answer["events"]) != {}

        await until("the page knows what the server says", compared)
        entities = await page.evaluate("window.__lectern.entities()")
        seq = await page.evaluate("window.__lectern.seq()")
        if seq == twin.seq:
            assert entities == twin.entities


def changes(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What wire events leave at each path; how they are coalesced on the way is the server's affair."""
    return {path: entity for event in events for path, entity in event["put"]}


async def _leave_anyway(dialog: Dialog) -> None:
    await dialog.accept()


async def reload_the_studio(story: Story) -> None:
    """The presenter's browser starts anew: the same session goes on, and so does the recording."""
    page = story.presenter
    page.once("dialog", _leave_anyway)
    await page.reload()
    await on(page, "go-live").click()
    await expect(on(page, "studio")).to_be_visible()
    await picture_moves(story.wang, "video-camera", within_s=15)
    await on(page, "share-screen").click()
    await picture_moves(story.guest, "video-screen", within_s=15)


async def end(story: Story) -> None:
    """End: confirmed once, final for everybody."""
    page = story.presenter
    await on(page, "end-session").click()
    await take_picture(page, "studio-end-pc")
    with story.truth.during("ended"):
        await on(page, "confirm-end").click()
        await expect(on(story.wang, "over")).to_be_visible()

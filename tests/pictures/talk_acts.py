"""A lively class: hundreds of messages, questions, long names, markup and right-to-left text; hands."""

import asyncio
from itertools import cycle

from tests.pictures.lens import DENSE, SIZES
from tests.pictures.stage import LONG, Stage
from tests.scripted_lesson.class_client import ClassClient
from tests.whole_lesson.story import on

_SAID = (
    "大家好！",
    "The picture is a little dark, is it just me?",
    "https://example.com/a/very/long/address/that/has/no/place/to/break/in/a/narrow/column/of/text",
    "<b>bold?</b> <img src=x onerror=alert(1)> &amp; **stars**",
    "مرحبا بالجميع، هل يمكنكم سماع الصوت؟ (test) 123",
    "Zwei\nZeilen, und noch eine\ndritte",
    "听得很清楚👍👍",
    "\u202eright to left override\u202c and back",
    "W" * 90,
)
_ASKED = (
    "叉车谁可以开？需要持证上岗吗？",
    "Is the alarm heard in the cold store?",
    LONG,
    "<i>Who</i> pays for the & gloves?",
    "أين مخرج الطوارئ في المستودع؟",
    "夜班只有一个人时怎么办？",
)
_MESSAGES = 300


async def _say(one: ClassClient, texts: list[str]) -> None:
    for text in texts:
        await one.command("chat_send", text=text, group=None, within_s=120)


async def talk(stage: Stage) -> None:
    """Chat, questions in every state, and hands with somebody on stage."""
    texts = cycle(_SAID)
    each = _MESSAGES // len(stage.crowd) + 1
    await asyncio.gather(*(_say(one, [next(texts) for _ in range(each)]) for one in stage.crowd))
    await stage.host.command("chat_rules", open=True, moderated=True)
    for one in stage.crowd[:3]:
        await one.command("chat_send", text=LONG, group=None)
    await stage.look("room-chat-busy", stage.learners, "chat", sizes=SIZES | DENSE)
    await stage.look("studio-chat-busy", stage.staff, "chat", sizes=SIZES | DENSE)
    await stage.host.command("chat_rules", open=False, moderated=False)
    await stage.look("room-chat-closed", stage.learners, "chat", dark=False)
    await _questions(stage)
    await _hands(stage)


async def _questions(stage: Stage) -> None:
    await stage.look("room-questions-none", stage.learners, "questions", dark=False)
    await stage.host.command("question_rules", open=True, anonymous=True)
    asked = []
    for at, text in enumerate(_ASKED):
        sent = await stage.crowd[at + 20].command("question_ask", text=text, anonymous=at == 1)
        asked.append(sent["id"])
    for question in asked[:5]:
        await stage.host.command("question_publish", id=question)
    await asyncio.gather(*(one.command("question_upvote", id=asked[1], on=True) for one in stage.crowd[:15]))
    await stage.host.command("question_answer", id=asked[1], text="Yes. There is a flashing light as well.")
    await stage.host.command("question_answer", id=asked[3], text=None)
    await stage.host.command("question_pin", id=asked[0])
    for page in stage.learners.values():
        await on(page, "tab-questions").click()
        await on(page, "question-input").fill("How do I turn the pump on?")
        await on(page, "question-send").click()
    await stage.look("room-questions-busy", stage.learners, "questions", sizes=SIZES | DENSE)
    await stage.look("studio-questions-busy", stage.staff, "questions", sizes=SIZES | DENSE)
    for page in stage.staff.values():
        await on(page, "question-more").first.click()
    await stage.look("studio-question-more", stage.staff)


async def _hands(stage: Stage) -> None:
    for one in stage.crowd[3:9]:
        await one.command("hand_raise")
    await stage.host.command("hand_grant", participant=stage.crowd[3].participant_id)
    for page in stage.learners.values():
        await on(page, "hand").click()
    await stage.look("room-hand", stage.learners, "people")
    await stage.look("studio-hands", stage.staff, "people", sizes=SIZES | DENSE)
    for page in stage.staff.values():
        await page.get_by_test_id("hand-grant-camera").last.click()
    await stage.look("room-on-stage", stage.learners, "people", sizes=SIZES | DENSE)
    await stage.look("studio-on-stage", stage.staff, "people", dark=False)
    for page in stage.learners.values():
        await on(page, "react-more").click()
    await stage.look("room-reactions", stage.learners, dark=False)
    for page in stage.learners.values():
        await on(page, "react-more").click()
        await on(page, "hand").click()
    for one in stage.crowd[3:9]:
        await one.command("hand_lower")
    for page in stage.staff.values():
        await on(page, "end-session").click()
    await stage.look("studio-end", stage.staff, dark=False)
    for page in stage.staff.values():
        await page.keyboard.press("Escape")
        await on(page, "open-stream-keys").click()
    await stage.look("studio-keys", stage.staff, dark=False)
    for page in stage.staff.values():
        await page.keyboard.press("Escape")

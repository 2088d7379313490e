"""What people do in the demo's past lesson: come, check in, answer a quiz twice, ask, leave, say how it was.

They are clients like any other: Socket.IO in the lesson, HTTP after it.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp
import socketio

from accounts.store import Person
from interactions.question_sets.store import Item
from lectern.app.demo_quiz import GRADES, GREETING, QUESTIONS, WORDS
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group

ATTENDING = 24
_ARRIVAL_S = 0.3
_READING_S = 2.0


class DemoLessonFailed(Exception):
    """The past lesson could not be held; the demo works without it."""


@dataclass(frozen=True, slots=True)
class _Cues:
    """What learners wait for: the open check-in, the quiz, the quiz once more."""

    checkin: str
    before: "asyncio.Future[str]"
    after: "asyncio.Future[str]"
    asked: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)


@dataclass(frozen=True, slots=True)
class DemoClass:
    """The class of one session at `url`; `token` lets a person in."""

    url: str
    session_id: str
    consent: str
    token: Callable[[Person, SessionRole], str]

    @asynccontextmanager
    async def seat(self, person: Person, role: SessionRole) -> AsyncIterator[socketio.AsyncClient]:
        """Hold a person's connection to the class."""
        async with aiohttp.ClientSession() as http:
            client = socketio.AsyncClient(reconnection=False, http_session=http)
            auth = {
                "token": self.token(person, role),
                "device": "phone" if _number(person) % 2 else "pc",
                "consent": self.consent,
                "source": "demo",
            }
            await client.connect(
                self.url, namespaces=["/class"], auth=auth, transports=["websocket"], wait_timeout=20
            )
            try:
                yield client
            finally:
                await client.disconnect()

    async def command(self, client: socketio.AsyncClient, name: str, **data: Any) -> dict[str, Any]:
        """Give a command and return its result.

        Raises:
            DemoLessonFailed: the class refused it.
        """
        message = {"id": uuid.uuid4().hex, "type": name, "data": data}
        answer = await client.call("command", message, namespace="/class", timeout=20)
        if "error" in answer:
            msg = f"{name}: {answer['error']['code']}"
            raise DemoLessonFailed(msg)
        result: dict[str, Any] = answer["result"]
        return result

    async def take_part(
        self, staff: socketio.AsyncClient, learners: Sequence[Person], quiz: Item, slide_s: float
    ) -> None:
        """Play the class while four slides are shown, each for `slide_s` seconds."""
        checkin = await self.command(
            staff, "checkin_open", message=GREETING, seconds=30, late_after_seconds=5
        )
        loop = asyncio.get_running_loop()
        cues = _Cues(checkin["id"], loop.create_future(), loop.create_future())
        async with task_group() as tasks:
            for number, person in enumerate(learners[:ATTENDING]):
                tasks.create_task(self._learner(number, person, cues))
            await asyncio.sleep(slide_s * 1.5)
            opened = await self.command(staff, "poll_open", **_as_asked(quiz))
            cues.before.set_result(opened["id"])
            await asyncio.sleep(slide_s * 0.6)
            await self.command(staff, "poll_close", id=opened["id"])
            answered, waiting = await cues.asked.get(), await cues.asked.get()
            for question in (answered, waiting):
                await self.command(staff, "question_publish", id=question)
            await self.command(
                staff, "question_answer", id=answered, text="当天回访 · Call back the same day"
            )
            await asyncio.sleep(slide_s * 0.7)
            again = await self.command(staff, "poll_run_again", id=opened["id"])
            cues.after.set_result(again["id"])
            await asyncio.sleep(slide_s * 0.8)
            await self.command(staff, "poll_publish", id=again["id"])
            await asyncio.sleep(slide_s * 0.4)

    async def _learner(self, number: int, person: Person, cues: _Cues) -> None:
        """Come, answer, and go; every seventh goes before the quiz is asked again."""
        await asyncio.sleep(_ARRIVAL_S * number)
        async with self.seat(person, SessionRole.LEARNER) as client:
            if number % 8 != 7:
                await self.command(client, "checkin_answer", id=cues.checkin)
            if number in QUESTIONS:
                asked = await self.command(client, "question_ask", text=QUESTIONS[number])
                await cues.asked.put(asked["id"])
            if number % 5 == 1:
                await self.command(client, "chat_send", text="大家好 · Hello everybody", group=None)
            if number % 3 == 0:
                await self.command(client, "react", counts={"like": 1 + number % 4})
            await self._answer(client, await asyncio.shield(cues.before), number, right=number % 5 < 2)
            if number % 7 == 6:
                return
            await self._answer(client, await asyncio.shield(cues.after), number, right=number % 6 > 0)
            await asyncio.sleep(number % 4)

    async def _answer(self, client: socketio.AsyncClient, poll: str, number: int, *, right: bool) -> None:
        await asyncio.sleep(_READING_S * (1 + number % 3) / 2)
        option = 1 if right else number % 2 * 2
        await self.command(client, "poll_vote", id=poll, option=option)

    async def give_feedback(self, learners: Sequence[Person]) -> None:
        """Hand in the forms, one after another; as in life, not everybody does.

        Raises:
            DemoLessonFailed: a form was refused.
        """
        async with aiohttp.ClientSession(self.url) as http:
            for number, person in enumerate(learners[:ATTENDING]):
                if number % 6 == 5:
                    continue
                form = asdict(GRADES[number % len(GRADES)]) | {"text": WORDS.get(number)}
                await self._hand_in(http, person, form)

    async def _hand_in(self, http: aiohttp.ClientSession, person: Person, form: Mapping[str, Any]) -> None:
        path = f"/api/v1/sessions/{self.session_id}/my-feedback"
        headers = {"Authorization": f"Bearer {self.token(person, SessionRole.LEARNER)}"}
        async with http.post(path, json=form, headers=headers) as answer:
            if not answer.ok:
                msg = f"feedback: {answer.status}"
                raise DemoLessonFailed(msg)


def _number(person: Person) -> int:
    return int(person.external_id[1:])


def _as_asked(quiz: Item) -> dict[str, Any]:
    """The fields of `poll_open` that ask this prepared question."""
    return {
        "question": quiz.question,
        "options": list(quiz.options),
        "right": list(quiz.right),
        "explanation": quiz.explanation,
        "points": list(quiz.points),
        "show": quiz.show,
        "item": quiz.id,
    }

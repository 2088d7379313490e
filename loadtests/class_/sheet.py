"""The attendance table of a big session (2,000 people, 20,000 events) over HTTP: over, twice as big, live."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import aiohttp

from interactions.chat.events import ChatSent
from interactions.checkin.events import CheckinAnswered, CheckinClosed, CheckinOpened
from lectern.app.settings import Settings
from lectern.app.wiring import built
from lectern.kernel.access import ALLOWED, Principal
from lectern.kernel.clock import UtcMs
from lectern.kernel.ids import new_id
from lectern.kernel.roles import OrgRole
from lectern.timeline.event import NewEvent, ParticipantJoined, SessionEnded, SessionStarted
from loadtests.class_.house import House
from loadtests.figures import Figure
from sessions.presence.idea import ConnectionClosed, ConnectionOpened
from tests.scripted_lesson.server import PASSWORD

PEOPLE = 2_000
EVENTS = 20_000
ASKED = 7


@dataclass(frozen=True, slots=True)
class BigSession:
    """A session with everybody in it. `is_live`: it goes on, and everybody is still there."""

    id: str
    people: int
    is_live: bool

    @property
    def name(self) -> str:
        """What figures call it."""
        lesson = "a live lesson of " if self.is_live else ""
        return f"attendance of {lesson}{self.people} people, {self.people * EVENTS // PEOPLE} events"


async def hold_big_sessions(settings: Settings) -> list[BigSession]:
    """Write a session of `PEOPLE` that is over, one of twice as many, and one of `PEOPLE` that goes on."""
    return [
        await hold_big_session(settings),
        await hold_big_session(settings, 2),
        await hold_big_session(settings, is_live=True),
    ]


async def hold_big_session(settings: Settings, times: int = 1, *, is_live: bool = False) -> BigSession:
    """Write a session with everybody in it."""
    async with built(settings) as services:
        org = await services.accounts.org()
        roles = frozenset({OrgRole.ADMIN})
        admin = Principal(org.id, new_id(), ALLOWED[OrgRole.ADMIN], roles)
        numbers = [f"B{number:05}" for number in range(times * PEOPLE)]
        people = "\n".join(f"{number},Person {number},Stores" for number in numbers)
        await services.accounts.import_people(admin, f"external_id,name,department\n{people}\n".encode())
        async with services.database.read() as tx:
            known = await services.accounts.store.persons_by_external_id(tx, org.id, numbers)
        session = await services.sessions.create(
            org_id=org.id,
            title="Everybody",
            starts_utc_ms=None,
            zone=org.zone,
            presenter_person_id=None,
            host_person_id=None,
            guests_allowed=True,
            auto_start=True,
        )
        await services.sessions.expect(session, [person.id for person in known.values()])
        persons, now = [person.id for person in known.values()], services.engine.clock()
        events = list(_happenings(persons, now, times * EVENTS, is_live=is_live))
        for start in range(0, len(events), 2_000):
            async with services.engine.change(session.id) as change:
                change.append(*events[start : start + 2_000])
    return BigSession(session.id, len(persons), is_live)


def _happenings(persons: list[str], now: UtcMs, events: int, *, is_live: bool) -> Iterator[NewEvent]:
    """Everybody comes, drops out once and comes back, checks in twice and says the rest of the events."""
    yield NewEvent(payload=SessionStarted())
    rounds = [new_id(), new_id()]
    lines = [(person, new_id(), new_id(), new_id()) for person in persons]
    for person, participant, first, _ in lines:
        ref = new_id()
        joined = ParticipantJoined(
            participant=participant, kind="person", role="learner", person=person, name_ref=ref
        )
        yield NewEvent(payload=joined, actor=participant, texts={ref: person})
        yield _opened(participant, first)
    due = UtcMs(now + 60_000)
    for round_ in rounds:
        yield NewEvent(
            payload=CheckinOpened(
                id=round_,
                message_ref=None,
                late_after_utc_ms=due,
                closes_utc_ms=due,
            )
        )
        for _, participant, _, _ in lines:
            yield NewEvent(payload=CheckinAnswered(id=round_, status="on_time"), actor=participant)
        yield NewEvent(payload=CheckinClosed(id=round_, reason="closed"))
    for _, participant, first, second in lines:
        yield _closed(participant, first, now)
        yield _opened(participant, second)
    people = len(persons)
    spent = 1 + 2 * people + 2 * (people + 2) + 2 * people + (0 if is_live else people + 1)
    for number in range(events - spent):
        ref = new_id()
        said = ChatSent(id=new_id(), group=None, text_ref=ref)
        yield NewEvent(payload=said, actor=lines[number % people][1], texts={ref: "x"})
    if is_live:
        return
    for _, participant, _, second in lines:
        yield _closed(participant, second, now)
    yield NewEvent(payload=SessionEnded())


def _opened(participant: str, connection: str) -> NewEvent:
    opened = ConnectionOpened(connection=connection, participant=participant, device="pc")
    return NewEvent(payload=opened, actor=participant)


def _closed(participant: str, connection: str, now: int) -> NewEvent:
    closed = ConnectionClosed(connection=connection, participant=participant, at_utc_ms=now, reason="left")
    return NewEvent(payload=closed, actor=participant)


async def attendance(house: House, sessions: list[BigSession]) -> list[Figure]:
    """Ask for the tables as an administrator's page does: first, again and again, and after a decision."""
    url = f"{house.server.url}/api/v1"
    figures: list[Figure] = []
    async with aiohttp.ClientSession(
        headers={"X-Lectern": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as page:
        async with page.post(f"{url}/sign-in", json={"login": "admin", "password": PASSWORD}) as answer:
            assert answer.status == 200, await answer.text()

        async def ask(session: BigSession) -> tuple[float, str]:
            began = time.monotonic()
            async with page.get(f"{url}/sessions/{session.id}/attendance") as answer:
                table = await answer.json()
            took_ms = (time.monotonic() - began) * 1000
            assert len(table["rows"]) == session.people
            return took_ms, str(table["rows"][0]["subject"])

        medians: list[float] = []
        for session in sessions:
            first_ms, subject = await ask(session)
            again_ms = [(await ask(session))[0] for _ in range(ASKED)]
            after_ms = []
            for number in range(ASKED):
                decision = {"subject": subject, "verdict": "excused", "reason": f"{number}"}
                decide = f"{url}/sessions/{session.id}/attendance/decisions"
                async with page.post(decide, json=decision) as done:
                    assert done.status == 204, await done.text()
                after_ms.append((await ask(session))[0])
            medians.append(median(again_ms))
            name, goal = session.name, 300 if session.people == PEOPLE else None
            figures += [
                Figure(f"{name}, median of {ASKED}", medians[-1], "ms", goal),
                Figure(f"{name}, median of {ASKED} right after a decision", median(after_ms), "ms", goal),
                Figure(f"{name}, the first time since the server started", first_ms, "ms"),
            ]
        figures.append(Figure("attendance table: twice the people ÷ once", medians[1] / medians[0], "×"))
    return figures

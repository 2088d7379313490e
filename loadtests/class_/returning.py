"""The server dies in the middle of a poll, and is started again; clients come back by themselves."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from lectern.kernel.ids import new_id
from lectern.kernel.tasks import task_group
from loadtests.class_.house import restart
from loadtests.class_.reader import Refused, Seat
from loadtests.class_.scenes import VOTE_WITHIN_S, stored
from loadtests.class_.stage import Stage
from loadtests.figures import Figure, percentile

FIRST_DELAY_S = 0.4
LONGEST_DELAY_S = 2.5
JITTER = 0.5
"""How long clients wait before they try again: the web client's own settings."""
KILL_AFTER_S = 4.0


@dataclass(slots=True)
class Comeback:
    """Keeps the seats of a class taken."""

    stage: Stage
    back_at_s: dict[int, float] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def return_to(self, lost: Seat) -> None:
        """Connect again as the web client does, with the cursor that was reached."""
        port = self.stage.house.server.port
        auth = self.stage.auth(lost.resume_token, after=lost.cursor)
        for attempt in range(60):
            delay_s = FIRST_DELAY_S * 2 ** min(attempt, 10) * random.uniform(1 - JITTER, 1 + JITTER)
            await asyncio.sleep(min(delay_s, LONGEST_DELAY_S))
            try:
                seat = await Seat.taken(lost.number, self.stage.crowd.arrivals, port, auth=auth)
            except (Refused, OSError):
                continue
            self.back_at_s[lost.number] = time.monotonic()
            async with self.changed:
                self.stage.crowd.seats[lost.number] = seat
                self.changed.notify_all()
            return

    async def vote(self, number: int, poll: str) -> None:
        """Vote once, under one id, however often the connection goes."""
        await asyncio.sleep(random.uniform(0, VOTE_WITHIN_S))
        message = {
            "id": new_id(),
            "type": "poll_vote",
            "data": {"id": poll, "option": random.randrange(3)},
        }
        while True:
            seat = self.stage.crowd.seats[number]
            try:
                answer = await seat.call("command", message)
            except ConnectionError:
                async with self.changed:
                    while self.stage.crowd.seats[number] is seat:
                        await self.changed.wait()
                continue
            assert "ok" in answer, answer
            return


async def kill(stage: Stage) -> list[Figure]:
    """Kill the server four seconds into a poll of ten."""
    await stage.actors.report()
    opened = await stage.command("poll_open", question="Still there?", options=["A", "B", "C"], show="live")
    poll = opened["result"]["id"]
    comeback = Comeback(stage)
    async with task_group() as tasks:

        def return_to(lost: Seat) -> None:
            tasks.create_task(comeback.return_to(lost))

        for seat in stage.crowd.seats:
            seat.on_lost = return_to
        for number in range(len(stage.crowd.seats)):
            tasks.create_task(comeback.vote(number, poll))
        await asyncio.sleep(KILL_AFTER_S)
        killed = time.monotonic()
        await stage.house.server.kill()
        listening = tasks.create_task(_listens(stage))
        await restart(stage.house.server)
    up, used_before = listening.result()
    spent = stage.house.used.cpu_s - used_before
    for seat in stage.crowd.seats:
        seat.on_lost = None
    stage.presenter = await stage.take_presenter()
    votes = [event for event in await stored(stage.house) if event.type == "poll_voted"]
    counted = Counter(event.actor for event in votes if event.raw["poll"] == poll)
    expected = len(stage.crowd.seats)
    lost = expected - sum(1 for count in counted.values() if count >= 1)
    return [
        Figure("killed in a poll: acknowledged votes lost", max(0, lost), "", 0),
        Figure("killed in a poll: votes stored twice", sum(c - 1 for c in counted.values()), "", 0),
        Figure("killed in a poll: server away", up - killed, "s"),
        Figure("killed in a poll: all back after it listens", max(comeback.back_at_s.values()) - up, "s", 5),
        Figure(
            "killed in a poll: half of them back",
            percentile(list(comeback.back_at_s.values()), 0.5) - up,
            "s",
        ),
        Figure("killed in a poll: server's CPU from then on", spent / expected * 1000, "ms each"),
        Figure("killed in a poll: clients that did not come back", expected - len(comeback.back_at_s), "", 0),
    ]


async def _listens(stage: Stage) -> tuple[float, float]:
    """Return when the server takes connections again, and the CPU seconds that it has used for its start."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", stage.house.server.port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return time.monotonic(), stage.house.used.cpu_s

"""Gathering reactions: commands wait up to a second and become one event for all of them.

What is acknowledged is on the timeline: a command is answered when the transaction that counts it has been
committed, and an answer that got lost may be asked for again by the same id, at any process. What a process
held when it died was never acknowledged; the client sends it again. Several processes take turns: the
state says when the last event of a session was, so there is at most one a second however many there are.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from interactions.reaction.commands import COMMANDS, React, Waiting, count, wait_ms
from interactions.reaction.idea import REACTION
from lectern.kernel.errors import Forbidden, LecternError, Overloaded, ProtocolViolation
from lectern.kernel.tasks import task_group
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import Actor
from lectern.timeline.store import FirstResult

MOST_WAITING = 10_000
"""Commands of one session in one process; further ones are refused at once."""
_IDLE_S = 30.0
_PAUSE_AFTER_FAULT_S = 0.5

_log = structlog.get_logger()
(_COMMAND,) = COMMANDS
REACT = _COMMAND.name


@dataclass(slots=True)
class _Session:
    """What waits for one session's next event."""

    waiting: list[Waiting] = field(default_factory=list)
    answers: list[asyncio.Future[FirstResult]] = field(default_factory=list)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_served: bool = False

    def take(self) -> tuple[list[Waiting], list[asyncio.Future[FirstResult]]]:
        """Return everything that waits, and wait for more."""
        taken = (self.waiting, self.answers)
        self.waiting, self.answers = [], []
        self.woken.clear()
        return taken


class ReactionGatherer:
    """All reactions that this process was sent. Counts only while `run()` runs."""

    def __init__(self, engine: TimelineEngine) -> None:
        self._engine = engine
        self._sessions: dict[str, _Session] = {}
        self._opened = asyncio.Event()

    async def take(self, session_id: str, actor: Actor, command_id: str, raw: Any) -> FirstResult:
        """Count a `react` command with the next event, and return when that is on the timeline.

        Cancelling the wait takes nothing back.

        Raises:
            ProtocolViolation: data of the wrong shape (`command_invalid`).
            Rejected: refused by role or by state, or too fast.
        """
        if actor.role not in _COMMAND.roles:
            raise Forbidden("not_allowed", "Your role in this session does not allow this.")
        try:
            data = msgspec.convert(raw, React)
        except msgspec.ValidationError as error:
            raise ProtocolViolation(
                "command_invalid", "The command's data is not valid.", reason=str(error)
            ) from None
        session = self._sessions.setdefault(session_id, _Session())
        if len(session.waiting) >= MOST_WAITING:
            raise Overloaded("too_fast", "Too much at once. Please wait a moment.", retry_after_s=1.0)
        answer: asyncio.Future[FirstResult] = asyncio.get_running_loop().create_future()
        session.waiting.append(Waiting(actor, command_id, data.by_kind))
        session.answers.append(answer)
        session.woken.set()
        self._opened.set()
        return await answer

    async def run(self) -> None:
        """Serve sessions as reactions come; ends by cancellation, and then what waits is not counted."""
        try:
            async with task_group() as tasks:
                while True:
                    self._opened.clear()
                    for session_id, session in self._sessions.items():
                        if not session.is_served:
                            session.is_served = True
                            tasks.create_task(self._serve(session_id, session))
                    await self._opened.wait()
        finally:
            for session in self._sessions.values():
                for answer in session.take()[1]:
                    answer.cancel()

    async def _serve(self, session_id: str, session: _Session) -> None:
        while await _woken(session.woken):
            try:
                wait_s = await self._flush(session_id, session)
            except Exception as error:  # noqa: BLE001 (a store that is away: those who wait were told, others come)
                _log.warning("reactions_not_counted", session_id=session_id, error=repr(error))
                wait_s = _PAUSE_AFTER_FAULT_S
            await asyncio.sleep(wait_s)
        del self._sessions[session_id]

    async def _flush(self, session_id: str, session: _Session) -> float:
        """Count what waits, if its time has come. Return how long to wait before the next time."""
        taken: list[Waiting] = []
        answers: Sequence[asyncio.Future[FirstResult]] = ()
        try:
            async with self._engine.change(session_id) as change:
                left_ms = wait_ms(change.state.of(REACTION), change.now)
                if left_ms > 0:
                    return left_ms / 1_000
                taken, answers = session.take()
                decided = count(change.state, taken)
                if decided.event is not None:
                    change.append(decided.event)
                first = FirstResult({}, change.head.seq + len(change.pending))
        except BaseException as fault:
            told = fault if isinstance(fault, LecternError) else None
            for answer in answers:
                _tell(
                    answer, told or Overloaded("too_fast", "Please try again in a moment.", retry_after_s=1.0)
                )
            raise
        for at, answer in enumerate(answers):
            _tell(answer, decided.refused.get(at, first))
        return 0.0


def _tell(answer: asyncio.Future[FirstResult], what: FirstResult | LecternError) -> None:
    if answer.done():
        return
    if isinstance(what, FirstResult):
        answer.set_result(what)
    else:
        answer.set_exception(what)


async def _woken(event: asyncio.Event) -> bool:
    """Wait for `event`; False when nothing came for long."""
    try:
        async with asyncio.timeout(_IDLE_S):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True

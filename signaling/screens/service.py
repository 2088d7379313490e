"""What can be done with screens: their short codes, and who sits before which."""

import secrets
from collections.abc import Callable
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.kernel.access import SessionGrant
from lectern.kernel.clock import Clock
from lectern.kernel.errors import Conflict, Forbidden, Gone, NotFound, Rejected
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from signaling.entry.facts import Doors, SessionFacts
from signaling.entry.join_tokens import JoinTokens
from signaling.entry.presence import Seats
from signaling.screens import store
from signaling.screens.passes import ScreenPasses, Use
from signaling.screens.store import ScreenCode

CODE_DIGITS = 8
"""Typed with a remote control; a hundred million codes against a few tries a minute from one address."""


class ScreenNames(Protocol):
    """Knows the screens of a class."""

    async def name_of_screen(self, session_id: str, participant_id: str) -> str | None:
        """Return a screen's name; None if there is no such screen, or it was removed."""


class Screens:
    """Codes and passes of screens."""

    def __init__(
        self,
        database: Database,
        tokens: JoinTokens,
        passes: ScreenPasses,
        *,
        doors: Doors,
        seats: Seats,
        names: ScreenNames,
        clock: Clock,
    ) -> None:
        self._database = database
        self._doors = doors
        self._seats = seats
        self._names = names
        self._tokens = tokens
        self._passes = passes
        self._clock = clock

    @property
    def _now_s(self) -> int:
        return self._clock() // 1_000

    async def code_of(self, session_id: str) -> ScreenCode | None:
        """Return the code that a session has."""
        async with self._database.read() as tx:
            return await store.of_session(tx, session_id)

    async def new_code(
        self,
        session: SessionFacts,
        *,
        by_roster: bool,
        by: str,
        choose: Callable[[int], int] = secrets.randbelow,
    ) -> ScreenCode:
        """Give a session a code, in place of the one before. `choose` draws below a number.

        Raises:
            Conflict: it is over (`session_over`).
        """
        if session.state == "ended":
            raise Conflict("session_over", "This session is over.")
        async with self._database.write() as tx:
            text = f"{choose(10**CODE_DIGITS):0{CODE_DIGITS}}"
            while await store.by_code(tx, text) is not None:
                text = f"{choose(10**CODE_DIGITS):0{CODE_DIGITS}}"
            code = ScreenCode(session.id, session.org_id, text, by_roster, by, self._clock())
            await store.put(tx, code)
            await self._note(tx, session, by, "screen_code_created")
        return code

    async def drop_code(self, session: SessionFacts, by: str) -> None:
        """Let no further screen in; those that show the lesson go on."""
        async with self._database.write() as tx:
            await store.drop(tx, session.id)
            await self._note(tx, session, by, "screen_code_dropped")

    async def _note(self, tx: AsyncConnection, session: SessionFacts, by: str, action: str) -> None:
        await self._doors.audit(tx, org_id=session.org_id, actor=by, action=action, target=session.id)

    async def admit(self, code: str, name: str) -> tuple[str, str]:
        """Return the session behind a code, and a token for a screen of that name.

        Raises:
            NotFound: no session has it (`screen_code_unknown`). Gone: it is over (`session_over`).
            Rejected: the name is empty (`name_missing`).
        """
        if not name.strip():
            raise Rejected("name_missing", "Say where this screen stands.")
        async with self._database.read() as tx:
            found = await store.by_code(tx, "".join(digit for digit in code if digit.isdigit()))
        if found is None:
            raise NotFound("screen_code_unknown", "No lesson has this code. Compare it with the presenter's.")
        session = await self._doors.session(found.session_id)
        if session.state == "ended":
            raise Gone("session_over", "This session is over.")
        grant = SessionGrant(session.id, SessionRole.SCREEN, None, guest_id=new_id(), guest_name=name.strip())
        return session.id, self._tokens.issue(session.org_id, grant, now_s=self._now_s)

    async def qr_of(self, grant: SessionGrant) -> str:
        """Return what the code of this screen says now.

        Raises:
            Forbidden: not a screen. Conflict: it is not in the class yet (`not_joined`).
        """
        if grant.role is not SessionRole.SCREEN:
            raise Forbidden("not_allowed", "Only a screen shows a code to scan.")
        participant = grant.participant_id or await self._seats.participant_of(grant)
        if participant is None:
            raise Conflict("not_joined", "Join the class first.")
        return self._passes.issue(Use.QR, grant.session_id, participant, now_s=self._now_s)

    async def scan(self, session_id: str, qr: str) -> tuple[str, str]:
        """Exchange what was scanned for a pass, and return it with the screen's name.

        Raises:
            Unauthenticated: `qr_expired` or `qr_invalid`.
        """
        screen = self._passes.read(Use.QR, session_id, qr, now_s=self._now_s)
        name = await self._names.name_of_screen(session_id, screen)
        if name is None:
            raise screen_gone()
        return self._passes.issue(Use.PASS, session_id, screen, now_s=self._now_s), name

    async def seat_of(self, session_id: str, pass_: str) -> str:
        """Return the screen that a pass was given for.

        A pass is good for a quarter of an hour, but not after its screen was removed.

        Raises:
            Unauthenticated: `qr_expired` or `qr_invalid`. NotFound: the screen is gone (`screen_gone`).
        """
        screen = self._passes.read(Use.PASS, session_id, pass_, now_s=self._now_s)
        if await self._names.name_of_screen(session_id, screen) is None:
            raise screen_gone()
        return screen

    async def by_roster(self, session_id: str) -> bool:
        """Tell whether people before a screen may come in by number and name."""
        code = await self.code_of(session_id)
        return code is not None and code.by_roster


def screen_gone() -> NotFound:
    """Return the refusal of what was scanned from a screen that is no longer there."""
    return NotFound("screen_gone", "This screen has left the lesson. Ask the host for a link.")

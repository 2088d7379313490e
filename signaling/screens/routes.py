"""Screens over HTTP."""

from collections.abc import Callable

from pydantic import BaseModel, Field

from lectern.edge.routes import Request, Route
from lectern.kernel.errors import Forbidden, Overloaded
from lectern.kernel.rate import RateLimit, origin_of
from signaling.entry.facts import Doors, SessionFacts, session_run_by
from signaling.screens.passes import QR_TTL_S, QR_TURN_S
from signaling.screens.picture import picture
from signaling.screens.service import Screens


class NewScreen(BaseModel):
    """A TV: the code that the presenter shows, and where it stands."""

    code: str = Field(max_length=20)
    name: str = Field(max_length=100)


class ScreenModel(BaseModel):
    """What the TV connects with."""

    session_id: str
    token: str


class NewScreenCode(BaseModel):
    """`by_roster`: people before a screen may come in with staff number and name, without signing in."""

    by_roster: bool = False


class ScreenCodeModel(BaseModel):
    """A session's code for screens, if it has one; `url` is where a TV types it, or opens it at once."""

    code: str | None
    url: str
    by_roster: bool


class QrModel(BaseModel):
    """The code to show: an SVG path in a square of `size` units. Ask again in `next_in_s`."""

    url: str
    size: int
    path: str
    expires_in_s: int
    next_in_s: int


class Scan(BaseModel):
    """What a phone read."""

    qr: str = Field(max_length=200)


class ScanModel(BaseModel):
    """A pass for `enter`, good for a quarter of an hour, and before which screen it is."""

    screen_pass: str
    screen: str
    by_roster: bool


class ScreenRoutes:
    """The handlers. `mono_s` measures rates."""

    def __init__(
        self, screens: Screens, doors: Doors, *, public_url: str, mono_s: Callable[[], float]
    ) -> None:
        self._screens = screens
        self._doors = doors
        self._public_url = public_url
        self._mono_s = mono_s
        self._codes = RateLimit(per_s=0.2, burst=20)  # a rack of TVs may stand behind one address
        self._scans = RateLimit(per_s=5, burst=300)

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        one = "/api/v1/sessions/{id}"
        code = f"{one}/screen-code"
        return [
            Route(
                "POST", "/api/v1/screens", self.admit, "Let a TV in by a short code", ScreenModel, NewScreen,
                status=201, public=True, credentials=False,
            ),
            Route("GET", code, self.code, "A session's code for screens", ScreenCodeModel),
            Route("POST", code, self.new_code, "Make a code for screens", ScreenCodeModel, NewScreenCode),
            Route("DELETE", code, self.drop_code, "Let no further screen in"),
            Route("GET", f"{one}/screen-qr", self.qr, "The QR code that a screen shows now", QrModel),
            Route(
                "POST", f"{one}/scans", self.scan, "Exchange a scanned code for a pass", ScanModel, Scan,
                public=True, credentials=False,
            ),
        ]  # fmt: skip

    async def admit(self, request: Request) -> ScreenModel:
        """A TV comes in."""
        self._slow_down(self._codes, request)
        session_id, token = await self._screens.admit(request.body.code, request.body.name)
        return ScreenModel(session_id=session_id, token=token)

    async def code(self, request: Request) -> ScreenCodeModel:
        """The code that there is."""
        session = await self._run(request)
        found = await self._screens.code_of(session.id)
        return self._said(found.code if found else None, by_roster=found is not None and found.by_roster)

    async def new_code(self, request: Request) -> ScreenCodeModel:
        """A new code; the old one opens nothing any more."""
        session = await self._run(request)
        made = await self._screens.new_code(
            session, by_roster=request.body.by_roster, by=request.who.subject_id
        )
        return self._said(made.code, by_roster=made.by_roster)

    async def drop_code(self, request: Request) -> None:
        """No code any more."""
        await self._screens.drop_code(await self._run(request), request.who.subject_id)

    async def qr(self, request: Request) -> QrModel:
        """What to show."""
        grant = request.who.grant
        if grant is None or grant.session_id != request.path["id"]:
            raise Forbidden("not_allowed", "Only a screen shows a code to scan.")
        text = await self._screens.qr_of(grant)
        url = f"{self._public_url}/room/{grant.session_id}#q={text}"
        drawn = picture(url)
        return QrModel(url=url, size=drawn.size, path=drawn.path, expires_in_s=QR_TTL_S, next_in_s=QR_TURN_S)

    async def scan(self, request: Request) -> ScanModel:
        """A phone stood before a screen a moment ago."""
        self._slow_down(self._scans, request)
        session_id = request.path["id"]
        pass_, name = await self._screens.scan(session_id, request.body.qr)
        return ScanModel(screen_pass=pass_, screen=name, by_roster=await self._screens.by_roster(session_id))

    def _said(self, code: str | None, *, by_roster: bool) -> ScreenCodeModel:
        url = f"{self._public_url}/screen" + (f"#c={code}" if code else "")
        return ScreenCodeModel(code=code, url=url, by_roster=by_roster)

    def _slow_down(self, limit: RateLimit, request: Request) -> None:
        wait_s = limit.wait_s(origin_of(request.client_ip), self._mono_s())
        if wait_s > 0:
            raise Overloaded(
                "too_many_tries", "Too many tries. Please wait a moment.", retry_after_s=round(wait_s + 0.5)
            )

    async def _run(self, request: Request) -> SessionFacts:
        """The session, for whoever runs it."""
        return await session_run_by(request.who, self._doors, request.path["id"], by_link=True)

"""Join tokens over HTTP: for whoever is signed in, for guests, and for integrators."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal, SessionGrant
from lectern.kernel.errors import Forbidden, NotFound, Overloaded, Rejected, Unauthenticated
from lectern.kernel.ids import new_id
from lectern.kernel.rate import RateLimit, origin_of
from lectern.kernel.roles import OrgRole, SessionRole
from signaling.entry.facts import Doors, Links, MadeLink, Seating, SessionFacts, session_run_by
from signaling.entry.join_tokens import JOIN_TTL_S, JoinTokens

MAX_TTL_S = 30 * 86_400


class Enter(BaseModel):
    """A guest gives a name; somebody who is signed in need not.

    With `screen_pass` they sit before a screen and come without media; where its host allows it, `name` and
    `external_id` of the roster stand in for signing in.
    """

    name: str | None = Field(None, max_length=100)
    screen_pass: str | None = Field(None, max_length=200)
    external_id: str | None = Field(None, max_length=120)


class Entered(BaseModel):
    """A token to connect with."""

    token: str
    role: str
    name: str


class NewJoinToken(BaseModel):
    """For whom: a person by HR number, or a guest by name.

    It is good for `ttl_s` seconds, or until `expires_utc_ms`; `label` is what its maker calls it.
    """

    role: Literal["presenter", "host", "learner", "screen"]
    external_id: str | None = Field(None, max_length=120)
    name: str | None = Field(None, max_length=100)
    ttl_s: int = Field(JOIN_TTL_S, ge=60, le=MAX_TTL_S)
    expires_utc_ms: int | None = Field(None, ge=0, lt=2**53)
    label: str | None = Field(None, max_length=100)


class JoinTokenModel(BaseModel):
    """A token, and the link that carries it in its fragment."""

    token: str
    url: str


class LinkModel(BaseModel):
    """A link that was made for somebody. `name` is the guest's, or the person's.

    `held_by` looks after it since whoever made it was replaced. `uses` counts how often it was opened.
    """

    id: str
    role: str
    person_id: str | None
    name: str | None
    label: str | None
    made_by: str
    made_by_name: str | None
    held_by: str | None
    held_by_name: str | None
    made_utc_ms: int
    expires_utc_ms: int
    ended_utc_ms: int | None
    uses: int
    used_utc_ms: int | None
    state: Literal["open", "expired", "ended"]


class ByLinkModel(BaseModel):
    """Which link a participant came by."""

    participant: str
    link: str
    role: str
    name: str | None
    label: str | None
    made_by_name: str | None


class ByLinkPage(BaseModel):
    """Everybody who came by a link."""

    items: list[ByLinkModel]


class LinkPage(BaseModel):
    """A page of links, the newest first."""

    items: list[LinkModel]
    next: str | None


class LinkQuery(BaseModel):
    """Which links: those that still open the session, or (`ended`) all of them."""

    cursor: str = Field("", max_length=64)
    limit: int = Field(50, ge=1, le=200)
    ended: bool = False


class EntryRoutes:
    """The handlers. `now_s` is the wall clock; `mono_s` measures rates."""

    def __init__(
        self,
        doors: Doors,
        tokens: JoinTokens,
        screens: Seating,
        links: Links,
        *,
        public_url: str,
        now_s: Callable[[], int],
        mono_s: Callable[[], float],
    ) -> None:
        self._doors = doors
        self._tokens = tokens
        self._screens = screens
        self._links = links
        self._public_url = public_url
        self._now_s = now_s
        self._mono_s = mono_s
        self._names_by_address = RateLimit(per_s=0.5, burst=60)
        self._guests_by_address = RateLimit(per_s=5, burst=300)  # a whole office may join behind one address

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        one = "/api/v1/sessions/{id}"
        return [
            Route(
                "POST",
                f"{one}/enter",
                self.enter,
                "Get a join token for oneself",
                Entered,
                Enter,
                public=True,
            ),
            Route(
                "POST",
                f"{one}/join-tokens",
                self.create,
                "Make a join token for somebody",
                JoinTokenModel,
                NewJoinToken,
                status=201,
            ),
            Route(
                "GET",
                f"{one}/join-tokens",
                self.made,
                "Links that were made for somebody",
                LinkPage,
                query=LinkQuery,
            ),
            Route("DELETE", f"{one}/join-tokens/{{link}}", self.end, "Take a link back"),
            Route("POST", f"{one}/join-tokens/{{link}}/show", self.show, "Show a link again", JoinTokenModel),
            Route("GET", f"{one}/came-by-link", self.arrivals, "Who came by which link", ByLinkPage),
        ]

    async def enter(self, request: Request) -> Entered:
        """A token for the signed-in person, or for a guest."""
        session = await self._doors.session(request.path["id"])
        who: Principal | None = request.who
        wanted: Enter = request.body
        screen = None
        if wanted.screen_pass is not None:
            screen = await self._screens.seat_of(session.id, wanted.screen_pass)
        if who is not None and who.person_id is not None and who.grant is None:
            role = await self._role_of(who, session)
            name = await self._doors.name_of(who.person_id) or ""
            grant = SessionGrant(session.id, role, who.person_id)
        elif screen is not None and who is not None and _sat_before(who, session):
            assert who.grant is not None
            grant, name = (
                who.grant,
                who.grant.guest_name or await self._doors.name_of(who.person_id or "") or "",
            )
        elif screen is not None and wanted.external_id:
            grant, name = await self._by_roster(request, session)
        else:
            grant, name = self._guest(request, session)
        grant = replace(grant, screen_id=screen)
        token = self._tokens.issue(session.org_id, grant, now_s=self._now_s())
        return Entered(token=token, role=grant.role, name=name)

    async def _role_of(self, who: Principal, session: SessionFacts) -> SessionRole:
        if who.org_id != session.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        role = session.role_of(who.person_id)
        if role is not None:
            return role
        if OrgRole.ADMIN in who.roles:
            return SessionRole.HOST
        if session.guests_allowed or await self._doors.expects(session.id, who.person_id or ""):
            return SessionRole.LEARNER
        raise Forbidden("not_invited", "You are not on this session's list. Ask the presenter or HR.")

    async def _by_roster(self, request: Request, session: SessionFacts) -> tuple[SessionGrant, str]:
        """Somebody before a screen who says their number and their name as they stand on the roster.

        Raises:
            Unauthenticated: this session's screens want people to sign in. Forbidden: no such pair
            (`not_on_list`); which of the two is wrong is not said.
        """
        wanted: Enter = request.body
        if not await self._screens.by_roster(session.id):
            raise Unauthenticated("sign_in_required", "This session is for invited people. Please sign in.")
        wait = self._names_by_address.wait_s(origin_of(request.client_ip), self._mono_s())
        if wait > 0:
            raise Overloaded("too_many_tries", "Too many people at once.", retry_after_s=round(wait + 0.5))
        person_id = await self._doors.person_by_external_id(
            session.org_id, (wanted.external_id or "").strip()
        )
        name = await self._doors.name_of(person_id) if person_id is not None else None
        said = "".join((wanted.name or "").split()).casefold()
        if (
            person_id is None
            or name is None
            or "".join(name.split()).casefold() != said
            or not await self._doors.expects(session.id, person_id)
        ):
            raise Forbidden(
                "not_on_list", "This number and name are not on the session's list. Check both, or ask HR."
            )
        return SessionGrant(session.id, SessionRole.LEARNER, person_id), name

    def _guest(self, request: Request, session: SessionFacts) -> tuple[SessionGrant, str]:
        if not session.guests_allowed:
            raise Unauthenticated("sign_in_required", "This session is for invited people. Please sign in.")
        name = (request.body.name or "").strip()
        if not name:
            raise Rejected("name_missing", "Please tell the class your name.")
        wait = self._guests_by_address.wait_s(origin_of(request.client_ip), self._mono_s())
        if wait > 0:
            raise Overloaded("too_many_tries", "Too many people at once.", retry_after_s=round(wait + 0.5))
        grant = SessionGrant(session.id, SessionRole.LEARNER, None, guest_id=new_id(), guest_name=name)
        return grant, name

    async def create(self, request: Request) -> JoinTokenModel:
        """A token for somebody else."""
        session = await self._led(request)
        token = await self.issue(session, request.body, request.who.subject_id)
        return self._as_link(session, SessionRole(request.body.role), token)

    def _as_link(self, session: SessionFacts, role: SessionRole, token: str) -> JoinTokenModel:
        page = "studio" if role.is_staff else "screen" if role is SessionRole.SCREEN else "room"
        return JoinTokenModel(token=token, url=f"{self._public_url}/{page}/{session.id}#t={token}")

    async def made(self, request: Request) -> LinkPage:
        """Links that were made for somebody."""
        session = await self._led(request)
        query: LinkQuery = request.query
        found = await self._links.page(session.id, query.cursor, query.limit, ended=query.ended)
        items = [_model(link, self._now_s() * 1_000) for link in found]
        return LinkPage(items=items, next=found[-1].id if len(found) == query.limit else None)

    async def show(self, request: Request) -> JoinTokenModel:
        """Show a link that was made before: the same token, made again from what is known of it.

        Whoever sees it could come in as the person it is for, so it is audited as making it was.
        """
        session = await self._led(request)
        link = await self._links.show(session.id, request.path["link"], request.who.subject_id)
        return self._as_link(session, SessionRole(link.role), self._token_of(link))

    def _token_of(self, link: MadeLink) -> str:
        role, guest_id = SessionRole(link.role), link.id if link.person_id is None else None
        grant = SessionGrant(
            link.session_id,
            role,
            link.person_id,
            guest_id=guest_id,
            guest_name=link.name if guest_id else None,
            link_id=link.id,
        )
        ttl_s = (link.expires_utc_ms - link.made_utc_ms) // 1_000
        return self._tokens.issue(link.org_id, grant, now_s=link.made_utc_ms // 1_000, ttl_s=ttl_s)

    async def arrivals(self, request: Request) -> ByLinkPage:
        """Who came by which link, for the register."""
        session = await self._led(request)
        items = [
            ByLinkModel(
                participant=came.participant_id,
                link=came.link.id,
                role=came.link.role,
                name=came.link.name,
                label=came.link.label,
                made_by_name=came.link.made_by_name,
            )
            for came in await self._links.arrivals(session.id)
        ]
        return ByLinkPage(items=items)

    async def end(self, request: Request) -> None:
        """Take a link back: whoever came by it is staff no longer, a guest is out."""
        session = await self._led(request)
        await self._links.end(session.id, request.path["link"], request.who.subject_id)

    async def _led(self, request: Request) -> SessionFacts:
        """Return the session, for whoever runs it, administrators and keys; no token opens this."""
        return await session_run_by(request.who, self._doors, request.path["id"], by_link=False)

    async def issue(self, session: SessionFacts, wanted: NewJoinToken, by: str) -> str:
        """Return a token for a person or a guest, made by somebody (a person, a key, or a command).

        Raises:
            NotFound: nobody has this HR number.
            Rejected: neither a number nor a name, or an end that cannot be (`link_end_wrong`).
        """
        link_id, person_id, name = new_id(), None, None
        if wanted.external_id:
            person_id = await self._doors.person_by_external_id(session.org_id, wanted.external_id)
            if person_id is None:
                raise NotFound("person_unknown", "Nobody has this employee number.")
        elif wanted.name and wanted.name.strip():
            name = wanted.name.strip()
        else:
            raise Rejected("name_missing", "Give the employee number of a person or the name of a guest.")
        now_s = self._now_s()
        link = MadeLink(
            id=link_id,
            session_id=session.id,
            org_id=session.org_id,
            role=wanted.role,
            person_id=person_id,
            name=name,
            made_by=by,
            made_utc_ms=now_s * 1_000,
            expires_utc_ms=(now_s + _ttl_s(wanted, now_s)) * 1_000,
            label=(wanted.label or "").strip() or None,
        )
        await self._links.keep(link)
        return self._token_of(link)


def _ttl_s(wanted: NewJoinToken, now_s: int) -> int:
    """Return for how long a link is to be good.

    Raises:
        Rejected: its end is past, or too far away (`link_end_wrong`).
    """
    if wanted.expires_utc_ms is None:
        return wanted.ttl_s
    ttl_s = wanted.expires_utc_ms // 1_000 - now_s
    if not 60 <= ttl_s <= MAX_TTL_S:
        days = MAX_TTL_S // 86_400
        raise Rejected("link_end_wrong", f"A link is good for a minute to {days} days from now.", days=days)
    return ttl_s


def _model(link: MadeLink, now_utc_ms: int) -> LinkModel:
    is_past = link.expires_utc_ms <= now_utc_ms
    return LinkModel(
        id=link.id,
        role=link.role,
        person_id=link.person_id,
        name=link.name,
        label=link.label,
        made_by=link.made_by,
        made_by_name=link.made_by_name,
        held_by=link.held_by,
        held_by_name=link.held_by_name,
        made_utc_ms=link.made_utc_ms,
        expires_utc_ms=link.expires_utc_ms,
        ended_utc_ms=link.ended_utc_ms,
        uses=link.uses,
        used_utc_ms=link.used_utc_ms,
        state="ended" if link.ended_utc_ms is not None else "expired" if is_past else "open",
    )


def _sat_before(who: Principal, session: SessionFacts) -> bool:
    """Tell whether a phone that scans (again) brings the token of the learner it was here before."""
    grant = who.grant
    return grant is not None and grant.session_id == session.id and grant.role is SessionRole.LEARNER

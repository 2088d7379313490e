"""Join tokens over HTTP: for whoever is signed in, for guests, and for integrators."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal, SessionGrant, insist_on_running
from lectern.kernel.errors import Forbidden, NotFound, Overloaded, Rejected, Unauthenticated
from lectern.kernel.ids import new_id
from lectern.kernel.rate import RateLimit, origin_of
from lectern.kernel.roles import OrgRole, SessionRole
from signaling.entry.facts import Doors, Links, MadeLink, Seating, SessionFacts
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
    """For whom: a person by HR number, or a guest by name."""

    role: Literal["presenter", "host", "learner", "screen"]
    external_id: str | None = Field(None, max_length=120)
    name: str | None = Field(None, max_length=100)
    ttl_s: int = Field(JOIN_TTL_S, ge=60, le=MAX_TTL_S)


class JoinTokenModel(BaseModel):
    """A token, and the link that carries it in its fragment."""

    token: str
    url: str


class LinkModel(BaseModel):
    """A link that was made for somebody. `name` is the guest's, or the person's."""

    id: str
    role: str
    person_id: str | None
    name: str | None
    made_by: str
    made_utc_ms: int
    expires_utc_ms: int


class LinkPage(BaseModel):
    """A page of links that still open the session, the newest first."""

    items: list[LinkModel]
    next: str | None


class LinkQuery(BaseModel):
    """Which links."""

    cursor: str = Field("", max_length=64)
    limit: int = Field(50, ge=1, le=200)


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
        role = SessionRole(request.body.role)
        page = "studio" if role.is_staff else "screen" if role is SessionRole.SCREEN else "room"
        return JoinTokenModel(token=token, url=f"{self._public_url}/{page}/{session.id}#t={token}")

    async def made(self, request: Request) -> LinkPage:
        """Links that still open the session."""
        session = await self._led(request)
        query: LinkQuery = request.query
        found = await self._links.page(session.id, query.cursor, query.limit)
        items = [
            LinkModel(
                id=link.id,
                role=link.role,
                person_id=link.person_id,
                name=link.name,
                made_by=link.made_by,
                made_utc_ms=link.made_utc_ms,
                expires_utc_ms=link.expires_utc_ms,
            )
            for link in found
        ]
        return LinkPage(items=items, next=found[-1].id if len(found) == query.limit else None)

    async def end(self, request: Request) -> None:
        """Take a link back: whoever came by it is staff no longer, a guest is out."""
        session = await self._led(request)
        await self._links.end(session.id, request.path["link"], request.who.subject_id)

    async def _led(self, request: Request) -> SessionFacts:
        """Return the session, for whoever runs it, administrators and keys; no token opens this."""
        who: Principal = request.who
        session = await self._doors.session(request.path["id"])
        if session.org_id != who.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        insist_on_running(who, (session.presenter_person_id, session.host_person_id))
        return session

    async def issue(self, session: SessionFacts, wanted: NewJoinToken, by: str) -> str:
        """Return a token for a person or a guest, made by somebody (a person, a key, or a command).

        Raises:
            NotFound: nobody has this HR number.
            Rejected: neither a number nor a name.
        """
        role, link_id = SessionRole(wanted.role), new_id()
        if wanted.external_id:
            person_id = await self._doors.person_by_external_id(session.org_id, wanted.external_id)
            if person_id is None:
                raise NotFound("person_unknown", "Nobody has this employee number.")
            grant = SessionGrant(session.id, role, person_id)
        elif wanted.name and wanted.name.strip():
            grant = SessionGrant(session.id, role, None, guest_id=link_id, guest_name=wanted.name.strip())
        else:
            raise Rejected("name_missing", "Give the employee number of a person or the name of a guest.")
        now_s = self._now_s()
        link = MadeLink(
            id=link_id,
            session_id=session.id,
            org_id=session.org_id,
            role=role.value,
            person_id=grant.person_id,
            name=grant.guest_name,
            made_by=by,
            made_utc_ms=now_s * 1_000,
            expires_utc_ms=(now_s + wanted.ttl_s) * 1_000,
        )
        await self._links.keep(link)
        grant = replace(grant, link_id=link.id)
        return self._tokens.issue(session.org_id, grant, now_s=now_s, ttl_s=wanted.ttl_s)


def _sat_before(who: Principal, session: SessionFacts) -> bool:
    """Tell whether a phone that scans (again) brings the token of the learner it was here before."""
    grant = who.grant
    return grant is not None and grant.session_id == session.id and grant.role is SessionRole.LEARNER

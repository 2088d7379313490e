"""Join tokens over HTTP: for whoever is signed in, for guests, and for integrators."""

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, Field

from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal, SessionGrant
from lectern.kernel.errors import Forbidden, NotFound, Overloaded, Rejected, Unauthenticated
from lectern.kernel.ids import new_id
from lectern.kernel.rate import RateLimit, origin_of
from lectern.kernel.roles import OrgRole, SessionRole
from signaling.entry.facts import Doors, SessionFacts
from signaling.entry.join_tokens import JOIN_TTL_S, JoinTokens

MAX_TTL_S = 30 * 86_400


class Enter(BaseModel):
    """A guest gives a name; somebody who is signed in need not."""

    name: str | None = Field(None, max_length=100)


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


class EntryRoutes:
    """The handlers. `now_s` is the wall clock; `mono_s` measures rates."""

    def __init__(
        self,
        doors: Doors,
        tokens: JoinTokens,
        *,
        public_url: str,
        now_s: Callable[[], int],
        mono_s: Callable[[], float],
    ) -> None:
        self._doors = doors
        self._tokens = tokens
        self._public_url = public_url
        self._now_s = now_s
        self._mono_s = mono_s
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
        ]

    async def enter(self, request: Request) -> Entered:
        """A token for the signed-in person, or for a guest."""
        session = await self._doors.session(request.path["id"])
        who: Principal | None = request.who
        if who is not None and who.person_id is not None and who.grant is None:
            role = await self._role_of(who, session)
            name = await self._doors.name_of(who.person_id) or ""
            grant = SessionGrant(session.id, role, who.person_id)
        else:
            grant, name = self._guest(request, session)
        token = self._tokens.issue(session.org_id, grant, now_s=self._now_s())
        return Entered(token=token, role=grant.role, name=name)

    async def _role_of(self, who: Principal, session: SessionFacts) -> SessionRole:
        if who.org_id != session.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        if who.person_id == session.presenter_person_id:
            return SessionRole.PRESENTER
        if who.person_id == session.host_person_id or OrgRole.ADMIN in who.roles:
            return SessionRole.HOST
        if session.guests_allowed or await self._doors.expects(session.id, who.person_id or ""):
            return SessionRole.LEARNER
        raise Forbidden("not_invited", "You are not on this session's list. Ask the presenter or HR.")

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
        who: Principal = request.who
        who.require(Permission.SESSIONS_WRITE)
        session = await self._doors.session(request.path["id"])
        if session.org_id != who.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        runs_it = who.person_id in (session.presenter_person_id, session.host_person_id)
        if not (runs_it or who.allows(Permission.ADMIN) or who.person_id is None):
            raise Forbidden(
                "not_your_session", "Only its presenter, its host or an administrator may do this."
            )
        token = await self.issue(session, request.body)
        await self._doors.audit(who.org_id, who.subject_id, "join_token_created", session.id)
        page = "studio" if SessionRole(request.body.role).is_staff else "room"
        return JoinTokenModel(token=token, url=f"{self._public_url}/{page}/{session.id}#t={token}")

    async def issue(self, session: SessionFacts, wanted: NewJoinToken) -> str:
        """Return a token for a person or a guest.

        Raises:
            NotFound: nobody has this HR number.
            Rejected: neither a number nor a name.
        """
        role = SessionRole(wanted.role)
        if wanted.external_id:
            person_id = await self._doors.person_by_external_id(session.org_id, wanted.external_id)
            if person_id is None:
                raise NotFound("person_unknown", "Nobody has this employee number.")
            grant = SessionGrant(session.id, role, person_id)
        elif wanted.name and wanted.name.strip():
            grant = SessionGrant(session.id, role, None, guest_id=new_id(), guest_name=wanted.name.strip())
        else:
            raise Rejected("name_missing", "Give the employee number of a person or the name of a guest.")
        return self._tokens.issue(session.org_id, grant, now_s=self._now_s(), ttl_s=wanted.ttl_s)

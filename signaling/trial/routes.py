"""`/api/v1/connection-test`: for the page that says what a network blocks. Nobody needs to be signed in."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, Field

from lectern.edge.routes import Request, Route
from lectern.kernel.errors import Overloaded
from lectern.kernel.rate import RateLimit, origin_of
from signaling.entry.turn import Turn
from signaling.trial.trials import Trials

MAX_SDP_CHARACTERS = 32 * 1024
MAX_PROCESS = 1023


class TrialFacts(BaseModel):
    """What there is to test: relays, and how many media processes.

    Relay credentials are for people whom the server knows, not for anybody.
    """

    turn_urls: list[str]
    ice_servers: list[dict[str, Any]]
    processes: int


class TrialOffer(BaseModel):
    """An SDP offer that only receives, the way of its answer, and which media process to try."""

    sdp: str = Field(max_length=MAX_SDP_CHARACTERS)
    way: Literal["udp", "tcp"]
    process: int = Field(default=0, ge=0, le=MAX_PROCESS)


class TrialAnswer(BaseModel):
    """The SDP answer; its transport ends by itself after a quarter of a minute."""

    sdp: str


class TrialRoutes:
    """The handlers. `now_s` is the wall clock; `mono_s` measures rates."""

    def __init__(
        self, trials: Trials, turn: Turn, *, now_s: Callable[[], int], mono_s: Callable[[], float]
    ) -> None:
        self._trials = trials
        self._turn = turn
        self._now_s = now_s
        self._mono_s = mono_s
        self._by_address = RateLimit(per_s=1, burst=60)  # a whole office may test behind one address

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        path = "/api/v1/connection-test"
        return [
            Route("GET", path, self.facts, "What a connection test can test", TrialFacts, public=True),
            Route("POST", path, self.offer, "Test one way to media", TrialAnswer, TrialOffer, public=True),
        ]

    async def facts(self, request: Request) -> TrialFacts:
        """The TURN servers, with credentials for whoever is signed in or holds a session's token."""
        servers = []
        if request.who is not None:
            servers = self._turn.ice_servers(request.who.subject_id, self._now_s())
        return TrialFacts(
            turn_urls=list(self._turn.urls), ice_servers=servers, processes=self._trials.processes
        )

    async def offer(self, request: Request) -> TrialAnswer:
        """Answer one offer."""
        origin, body = origin_of(request.client_ip), request.body
        wait = self._by_address.wait_s(origin, self._mono_s())
        if wait > 0:
            raise Overloaded("too_many_tries", "Too many tests at once.", retry_after_s=round(wait + 0.5))
        return TrialAnswer(sdp=await self._trials.begin(body.sdp, body.way, origin, body.process))

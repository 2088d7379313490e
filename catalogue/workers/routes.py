"""The HTTP of media workers: what their token opens, and what administrators do with tokens."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import hdrs, web

from catalogue.serving import served
from catalogue.workers.door import Asking, Door, Sent
from catalogue.workers.models import (
    Addresses,
    AddressesBody,
    ClaimBody,
    ClaimedModel,
    CompleteBody,
    FailBody,
    HandedIn,
    HeartbeatBody,
    LeaseBody,
    ListedFile,
    Listing,
    ListingBody,
    NewWorkerToken,
    SentFile,
    WorkerTokenList,
    WorkerTokenModel,
)
from catalogue.workers.tokens import WorkerToken, WorkerTokens
from lectern.edge.routes import Request, Route, json_response
from lectern.jobs.job import JobFailed, Measured
from lectern.kernel.access import Permission
from lectern.kernel.errors import ProtocolViolation
from lectern.storage.files import Files

_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class WorkerRoutes:
    """The handlers. Those of workers are public: their token is checked here, and nowhere else."""

    door: Door
    tokens: WorkerTokens
    files: Files

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        api, job = "/api/v1", "/api/v1/worker/jobs/{id}"
        made = WorkerTokenModel
        administration = [
            Route("GET", f"{api}/worker-tokens", self.listed, "List workers' tokens", WorkerTokenList),
            Route(
                "POST", f"{api}/worker-tokens", self.make, "Make a worker's token", made, NewWorkerToken,
                status=201,
            ),
            Route("DELETE", f"{api}/worker-tokens/{{id}}", self.revoke, "Take a worker's token back"),
        ]  # fmt: skip
        work = [
            Route("POST", f"{api}/worker/claim", self.claim, "Claim a job", ClaimedModel, ClaimBody),
            Route("POST", f"{job}/heartbeat", self.heartbeat, "Renew a lease", body=HeartbeatBody),
            Route("POST", f"{job}/listing", self.listing, "List files", Listing, ListingBody),
            Route("POST", f"{job}/addresses", self.addresses, "Sign", Addresses, AddressesBody),
            Route("POST", f"{job}/complete", self.complete, "Hand in", HandedIn, CompleteBody),
            Route("POST", f"{job}/fail", self.fail, "Hand in a failure", HandedIn, FailBody),
            Route("POST", f"{job}/release", self.release, "Give back", body=LeaseBody),
            *(
                Route(method, f"{api}/worker/files/{{address}}", handler, "A job's file")
                for method, handler in (("GET", self.read), ("HEAD", self.read), ("PUT", self.write))
            ),
        ]
        return [*administration, *(replace(route, public=True, credentials=False) for route in work)]

    async def listed(self, request: Request) -> WorkerTokenList:
        """List tokens."""
        request.who.require(Permission.ADMIN)
        found = await self.tokens.listed(request.who.org_id)
        return WorkerTokenList(items=[_token_model(token) for token in found])

    async def make(self, request: Request) -> WorkerTokenModel:
        """Make a token and show it once."""
        request.who.require(Permission.ADMIN)
        token, text = await self.tokens.make(request.who, request.body.name)
        return _token_model(token, text)

    async def revoke(self, request: Request) -> None:
        """Take a token back."""
        request.who.require(Permission.ADMIN)
        await self.tokens.revoke(request.who, request.path["id"])

    async def claim(self, request: Request) -> web.Response:
        """Answer with a job, or with 204 if there was none for so long."""
        token = await self._token(request)
        asked: ClaimBody = request.body
        asking = Asking(asked.worker, asked.version, asked.kinds, asked.wait_s)
        claimed = await self.door.claim(token, asking, lambda: _is_connected(request))
        if claimed is None:
            return web.Response(status=204)
        job = claimed.job
        assert job.lease_owner is not None
        return json_response(
            ClaimedModel(
                id=job.id,
                org_id=job.org_id,
                kind=job.kind,
                lease=job.lease_owner,
                lease_ms=self.door.lease_ms,
                attempts=job.attempts,
                max_attempts=job.max_attempts,
                root=claimed.order.root,
                media=dict(claimed.order.media),
            )
        )

    async def heartbeat(self, request: Request) -> None:
        """Renew a lease."""
        said: HeartbeatBody = request.body
        token = await self._token(request)
        measure = Measured(said.progress, said.estimate_s)
        await self.door.heartbeat(token, request.path["id"], said.lease, measure)

    async def listing(self, request: Request) -> Listing:
        """List the files of a folder of the job."""
        asked: ListingBody = request.body
        token = await self._token(request)
        found = await self.door.listing(token, request.path["id"], asked.lease, asked.folder)
        return Listing(items=[ListedFile(key=file.key, size_bytes=file.size_bytes) for file in found])

    async def addresses(self, request: Request) -> Addresses:
        """Sign addresses."""
        asked: AddressesBody = request.body
        token = await self._token(request)
        read, write = await self.door.addresses(
            token,
            request.path["id"],
            asked.lease,
            read=asked.read,
            write=_sent(asked.write),
            direct=asked.direct,
        )
        return Addresses(read=read, write=write)

    async def complete(self, request: Request) -> HandedIn:
        """Take a result."""
        said: CompleteBody = request.body
        token = await self._token(request)
        state = await self.door.complete(token, request.path["id"], said.lease, _sent(said.files))
        return HandedIn(state=state)

    async def fail(self, request: Request) -> HandedIn:
        """Take a failure."""
        said: FailBody = request.body
        token = await self._token(request)
        reason = "".join(character if character.isprintable() else " " for character in said.reason)
        failure = JobFailed(said.code, reason, retry=said.retry, hold=said.hold)
        return HandedIn(state=await self.door.fail(token, request.path["id"], said.lease, failure))

    async def release(self, request: Request) -> None:
        """Take a job back."""
        token = await self._token(request)
        await self.door.release(token, request.path["id"], request.body.lease)

    async def read(self, request: Request) -> web.StreamResponse:
        """Serve a file of a job; the address is the credential."""
        found = await self.door.found(request.path["address"])
        headers = {"Content-Type": "application/octet-stream", "Cache-Control": "no-store"}
        return await served(self.files, found, headers, request.http)

    async def write(self, request: Request) -> None:
        """Take a file of a result in; the address is the credential."""
        await self.door.receive(request.path["address"], _body(request.http), request.http.content_length)

    async def _token(self, request: Request) -> WorkerToken:
        return await self.tokens.check(request.http.headers.get(hdrs.AUTHORIZATION, ""))


async def _body(http: web.Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in http.content.iter_chunked(_CHUNK):
            yield chunk
    except web.RequestPayloadError:
        raise ProtocolViolation("body_broken", "The request's body does not arrive as announced.") from None


def _is_connected(request: Request) -> bool:
    transport = request.http.transport
    return transport is not None and not transport.is_closing()


def _sent(files: list[SentFile]) -> list[Sent]:
    return [Sent(file.name, file.size_bytes) for file in files]


def _token_model(token: WorkerToken, text: str | None = None) -> WorkerTokenModel:
    return WorkerTokenModel(
        id=token.id,
        name=token.name,
        created_utc_ms=token.created_utc_ms,
        revoked_utc_ms=token.revoked_utc_ms,
        token=text,
    )

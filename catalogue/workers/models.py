"""What workers and the server say to each other, and what administrators see of tokens."""

from typing import Any

from pydantic import BaseModel, Field

_LEASE = 128


class NewWorkerToken(BaseModel):
    """A token to make."""

    name: str = Field(min_length=1, max_length=100)


class WorkerTokenModel(BaseModel):
    """A token; `token` is its text and comes only once, when it is made."""

    id: str
    name: str
    created_utc_ms: int
    revoked_utc_ms: int | None
    token: str | None = None


class WorkerTokenList(BaseModel):
    """All tokens."""

    items: list[WorkerTokenModel]


class ClaimBody(BaseModel):
    """Who asks for which kinds of job, and how long it waits for one."""

    worker: str = Field(min_length=1, max_length=48, pattern=r"^[A-Za-z0-9_.:\-]+$")
    version: str = Field("", max_length=32)
    kinds: list[str] = Field(min_length=1, max_length=10)
    wait_s: float = Field(0.0, ge=0, le=25)


class ClaimedModel(BaseModel):
    """A job of this worker's. `lease` is said again with every word about it, at least each `lease_ms`."""

    id: str
    org_id: str
    kind: str
    lease: str
    lease_ms: int
    attempts: int
    max_attempts: int
    root: str
    media: dict[str, Any]


class LeaseBody(BaseModel):
    """Whose word it is."""

    lease: str = Field(max_length=_LEASE)


class HeartbeatBody(LeaseBody):
    """How far the work is, 0..1, and the seconds that remain, if that can be said."""

    progress: float = Field(ge=0, le=1)
    estimate_s: int | None = Field(None, ge=0, le=10_000_000)


class ListingBody(LeaseBody):
    """Which folder."""

    folder: str = Field(max_length=500)


class ListedFile(BaseModel):
    """A file of the job."""

    key: str
    size_bytes: int


class Listing(BaseModel):
    """The files below a folder."""

    items: list[ListedFile]


class SentFile(BaseModel):
    """A file of the result."""

    name: str = Field(max_length=200)
    size_bytes: int = Field(ge=0)


class AddressesBody(LeaseBody):
    """Which files; `direct` asks for the bucket's own addresses where there are such."""

    read: list[str] = Field(default=[], max_length=500)
    write: list[SentFile] = Field(default=[], max_length=100)
    direct: bool = True


class Addresses(BaseModel):
    """An address for each, in the same order; those that begin with / are this server's."""

    read: list[str]
    write: list[str]


class CompleteBody(LeaseBody):
    """Every file of the result; none, if a former attempt has handed it in."""

    files: list[SentFile] = Field(max_length=2_000)


class FailBody(LeaseBody):
    """Why it could not be done, in words for its owner."""

    code: str = Field(pattern=r"^[a-z_]{1,64}$")
    reason: str = Field(min_length=1, max_length=500)
    retry: bool = False
    hold: bool = False


class HandedIn(BaseModel):
    """What became of the job."""

    state: str

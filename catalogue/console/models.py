"""Media jobs as administrators see them."""

from typing import Literal

from pydantic import BaseModel, Field

from lectern.jobs.states import JobState

Act = Literal["resume", "hold", "cancel"]


class JobQuery(BaseModel):
    """Which jobs; `state` may be `open`: not done."""

    state: Literal["", "open", "queued", "running", "done", "failed", "held"] = ""
    cursor: str = Field("", max_length=64)


class MediaJobModel(BaseModel):
    """A job. `step` is what is being done, `step_share` how much of it (0..1); `worker` names the process."""

    id: str
    kind: str
    title: str
    session_id: str | None
    state: JobState
    step: str | None
    step_share: float
    progress: float
    estimate_s: int | None
    attempts: int
    max_attempts: int
    worker: str | None
    reason_code: str | None
    reason: str | None
    created_utc_ms: int
    started_utc_ms: int | None
    finished_utc_ms: int | None
    acts: list[Act]


class WorkerModel(BaseModel):
    """A worker that was heard of in the last minute; `token` is the name of its token, null for one that has
    the database."""

    name: str
    token: str | None
    version: str
    seen_utc_ms: int
    jobs: int


class MediaJobs(BaseModel):
    """A page of jobs, the newest first."""

    items: list[MediaJobModel]
    workers: list[WorkerModel]
    counts: dict[str, int]
    next: str | None

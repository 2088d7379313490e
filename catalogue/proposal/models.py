"""Signals and proposals on the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictInt

State = Literal["none", "working", "ready", "failed"]


class SignalsModel(BaseModel):
    """What a worker heard and saw in a replay.

    `state` is `none` while the replay is not ready, or has nothing in it. `peaks` and `bucket_ms`: the
    waveform, 0..255 each. `lacks`: codes of what is missing in it.
    """

    state: State
    progress: float = 0.0
    reason: str | None = None
    bucket_ms: int = 0
    peaks: list[int] = Field(default_factory=list)
    utterances: list[tuple[int, int]] = Field(default_factory=list)
    scenes: list[tuple[int, float]] = Field(default_factory=list)
    lacks: list[str] = Field(default_factory=list)


class ReasonModel(BaseModel):
    """One thing that speaks for a cut; `ref` is a poll's, question's or round's id, `length_ms` a pause's."""

    code: str
    at_ms: int
    ref: str | None
    length_ms: int | None


class ReasonsModel(BaseModel):
    """Why a lesson begins and ends where it does, the strongest reason first."""

    start: list[ReasonModel]
    end: list[ReasonModel]


class ProposedLessonModel(BaseModel):
    """A proposed lesson; `title` is empty where nothing in it has words, `score` 0..1."""

    start_ms: int
    end_ms: int
    title: str
    score: float
    reasons: ReasonsModel


class NoteModel(BaseModel):
    """What the editor should know about a stretch of the proposal."""

    code: str
    from_ms: int
    to_ms: int


class ProposalModel(BaseModel):
    """Where a replay could be cut."""

    state: State
    progress: float = 0.0
    reason: str | None = None
    lessons: list[ProposedLessonModel] = Field(default_factory=list)
    notes: list[NoteModel] = Field(default_factory=list)


class AsideModel(BaseModel):
    """Where the proposed lessons begin that one has put aside."""

    starts_ms: list[int]


class PutAside(BaseModel):
    """Proposed lessons to be put aside, by where they begin."""

    starts_ms: list[Annotated[StrictInt, Field(ge=0, le=2**53)]] = Field(max_length=200)

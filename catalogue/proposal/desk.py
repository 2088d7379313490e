"""Signals and proposals for editors: asks for the job where there was none, reads what it left."""

import asyncio
from dataclasses import asdict, dataclass

import msgspec

from catalogue.access import insist_on_edit
from catalogue.bin.store import tell_deleted
from catalogue.edit_store import EditStore
from catalogue.media import Replay
from catalogue.proposal.ground import Happening, Reason
from catalogue.proposal.happened import READ, happened_of
from catalogue.proposal.lessons import Proposal, propose
from catalogue.proposal.models import (
    NoteModel,
    ProposalModel,
    ProposedLessonModel,
    ReasonModel,
    ReasonsModel,
    SignalsModel,
    State,
)
from catalogue.replay_chapters import chapters_of
from catalogue.replays import ReplayKeeper
from catalogue.states import ReplayState
from catalogue.work import SIGNALS, SignalsArgs, signals_job
from lectern.edge.routes import Request, Route
from lectern.jobs.job import Job
from lectern.jobs.states import JobState
from lectern.kernel.access import Principal
from lectern.kernel.errors import NotFound
from lectern.manifest.signals import Signals
from lectern.timeline.idea import Audience, Viewer

_ANY_LEARNER = Viewer("", Audience.LEARNER)


@dataclass(frozen=True, slots=True)
class _Found:
    """How far the job is; `signals` where it is done."""

    state: State
    progress: float = 0.0
    reason: str | None = None
    signals: Signals | None = None


@dataclass(frozen=True, slots=True)
class ProposalDesk:
    """Answers editors of a session's replay; for all others it does not exist, or is forbidden."""

    keeper: ReplayKeeper
    edits: EditStore

    def routes(self) -> list[Route]:
        """Return both routes."""
        one = "/api/v1/replays/{id}"
        return [
            Route("GET", f"{one}/signals", self.signals, "What is heard and seen in it", SignalsModel),
            Route("GET", f"{one}/proposal", self.proposal, "Where it could be cut, and why", ProposalModel),
        ]

    async def signals(self, request: Request) -> SignalsModel:
        """Return the signals of a replay, or how far they are."""
        found = await self._found(await self._mine(request.who, request.path["id"]))
        told = SignalsModel(state=found.state, progress=found.progress, reason=found.reason)
        if found.signals is None:
            return told
        heard = found.signals
        return told.model_copy(
            update={
                "bucket_ms": heard.bucket_ms,
                "peaks": list(heard.peaks),
                "utterances": list(heard.utterances),
                "scenes": list(heard.scenes),
                "lacks": list(heard.lacks),
            }
        )

    async def proposal(self, request: Request) -> ProposalModel:
        """Return the proposal for a replay as its class and its marks are now."""
        replay = await self._mine(request.who, request.path["id"])
        found = await self._found(replay)
        told = ProposalModel(state=found.state, progress=found.progress, reason=found.reason)
        if found.signals is None or replay.recorded is None:
            return told
        view = await self.keeper.engine.view(replay.session_id, _ANY_LEARNER, None)
        async with self.keeper.database.read() as tx:
            moments = await self.keeper.store.moments(tx, replay.session_id, READ)
        happened = happened_of(moments, view.entities or {}, replay.recorded.clock_map)
        # What follows from the class by itself is among what happened: only an editor's own say more.
        chapters = await chapters_of(self.keeper.database, self.edits, replay, ())
        happened += [Happening("chapter", c.at_ms, c.at_ms, "", c.title) for c in chapters if c.kind == "own"]
        # Hours of a lesson are tenths of a second of work: a class that runs beside it must not wait.
        proposed = await asyncio.to_thread(propose, found.signals, happened)
        return told.model_copy(update=_drawn(proposed))

    async def _mine(self, who: Principal, replay_id: str) -> Replay:
        async with self.keeper.database.read() as tx:
            try:
                replay = await self.keeper.store.replay(tx, replay_id)
            except NotFound:
                await tell_deleted(tx, who, "replay", replay_id)
                raise
        insist_on_edit(who, replay.org_id, replay.session_id)
        return replay

    async def _found(self, replay: Replay) -> _Found:
        if replay.state is not ReplayState.READY or replay.duration_ms == 0:
            return _Found("none")
        async with self.keeper.database.read() as tx:
            job = await self.keeper.jobs.newest(tx, SIGNALS, replay.id)
        if not _is_of(job, replay):
            job = await self._asked(replay, None)
        assert job is not None
        if job.state is JobState.DONE:
            signals = await self._read(job)
            if signals is not None:
                return _Found("ready", 1.0, None, signals)
            job = await self._asked(replay, job)
        if job.state in (JobState.FAILED, JobState.HELD):
            return _Found("failed", job.progress, job.reason)
        return _Found("working", job.progress, job.reason)

    async def _asked(self, replay: Replay, instead_of: Job | None) -> Job:
        """Have it made, once, however many ask at the same time: of an older replay, or anew."""
        async with self.keeper.database.write() as tx:
            await self.keeper.store.replay(tx, replay.id, lock=True)
            job = await self.keeper.jobs.newest(tx, SIGNALS, replay.id)
            if job is not None and _is_of(job, replay) and (instead_of is None or job.id != instead_of.id):
                return job
            return await self.keeper.jobs.enqueue(tx, signals_job(replay), self.keeper.clock())

    async def _read(self, job: Job) -> Signals | None:
        """What a job left; None where it is gone, damaged, or of another release's format."""
        args = msgspec.convert(job.args, SignalsArgs)
        try:
            content = await self.keeper.files.get(f"sessions/{args.session_id}/{args.folder}/result.json")
            return msgspec.json.decode(content, type=Signals)
        except (NotFound, msgspec.DecodeError):
            return None


def _is_of(job: Job | None, replay: Replay) -> bool:
    return job is not None and msgspec.convert(job.args, SignalsArgs).version == replay.version


def _drawn(proposal: Proposal) -> dict[str, object]:
    return {
        "lessons": [
            ProposedLessonModel(
                start_ms=lesson.start_ms,
                end_ms=lesson.end_ms,
                title=lesson.title,
                score=lesson.score,
                reasons=ReasonsModel(start=_told(lesson.start_reasons), end=_told(lesson.end_reasons)),
            )
            for lesson in proposal.lessons
        ],
        "notes": [NoteModel.model_validate(asdict(note)) for note in proposal.notes],
    }


def _told(reasons: tuple[Reason, ...]) -> list[ReasonModel]:
    return [ReasonModel.model_validate(asdict(reason)) for reason in reasons]

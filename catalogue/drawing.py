"""Replays and microcourses as a viewer gets them: with signed addresses made for that viewer. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath

import msgspec

from catalogue.access import may_edit, viewer_of
from catalogue.brand.look import NamedLook
from catalogue.chapters import Chapter
from catalogue.edit_store import MadeOf
from catalogue.gaps import ReplayGap
from catalogue.marks import Remembered
from catalogue.media import Limits, Microcourse, Replay, hls_folder
from catalogue.models import (
    BroadcastModel,
    ChapterModel,
    DownloadModel,
    GapModel,
    JobModel,
    LadderModel,
    LookOfCourse,
    MarkModel,
    MicrocourseModel,
    PageOfPastModel,
    PastModel,
    ReplayModel,
    VideoModel,
    WrittenQuestionModel,
)
from catalogue.play_grant import BROADCAST, CLASS, GROUP, MEMBER, REPLAY, WORK, PlayGrant, PlaySigner
from catalogue.states import CUT
from catalogue.window import ALWAYS, Window
from catalogue.work import (
    DOWNLOAD,
    LADDER,
    LADDER_PICTURES,
    LADDER_SOUND,
    THUMBNAIL,
    TILES,
    VIDEO,
    download_folder,
)
from lectern.jobs.job import Job
from lectern.jobs.states import JobState
from lectern.kernel.access import Principal
from lectern.kernel.clock import UtcMs
from lectern.manifest.groups import group_folder
from lectern.manifest.replay import ReplayGroup
from lectern.manifest.so_far import SoFar


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws for one viewer at one moment; addresses run out `ttl_ms` later.

    Where the signer seals, what plays goes out encrypted, and whole files in the clear are for editors alone.
    """

    signer: PlaySigner
    limits: Limits
    who: Principal
    now: UtcMs
    ttl_ms: int

    def until(self, end_utc_ms: int | None) -> "Drawing":
        """Return the same, with addresses that run out at `end_utc_ms` at the latest."""
        if end_utc_ms is None:
            return self
        return replace(self, ttl_ms=min(self.ttl_ms, end_utc_ms - self.now))

    def closed_replay(self, replay: Replay, window: Window) -> ReplayModel:
        """Draw a replay that is shown at other times: without any address."""
        return self.replay(replace(replay, ready_utc_ms=None), None, Remembered(), 0, window=window)

    def replay(
        self,
        replay: Replay,
        download: Job | None,
        of_class: Remembered,
        position_ms: int,
        chapters: Sequence[Chapter] = (),
        *,
        window: Window = ALWAYS,
        here_alone: bool = False,
    ) -> ReplayModel:
        """Draw a replay; without addresses while it is not ready, without a file if it is to be watched
        `here_alone`."""
        recorded = replay.recorded if replay.ready_utc_ms is not None else None
        hls = self._grant(self._replay(replay), hls_folder(replay.session_id))
        videos = () if recorded is None else recorded.videos
        audio = recorded.audio if recorded and recorded.has_sound else None
        program = recorded.program if recorded else None
        return ReplayModel(
            id=replay.id,
            session_id=replay.session_id,
            title=replay.title,
            state=replay.state,
            duration_ms=replay.duration_ms,
            videos=[
                VideoModel(
                    source=v.source,
                    url=self.signer.url(hls, v.playlist),
                    spans=[(span.start_ms, span.end_ms) for span in v.spans],
                )
                for v in videos
            ],
            audio_url=self.signer.url(hls, audio) if audio else None,
            program_url=self.signer.url(hls, program) if program else None,
            download=self._download(replay, download, here_alone=here_alone),
            ladder=self._ladder(replay, download),
            marks=[
                MarkModel.model_validate(
                    {
                        "at_ms": m.at_ms,
                        "end_ms": m.end_ms,
                        "kind": m.kind,
                        "id": m.id,
                        "title": m.title,
                        "data": m.data,
                    }
                )
                for m in of_class.marks
            ],
            questions=[
                WrittenQuestionModel.model_validate(
                    {name: question.get(name) for name in WrittenQuestionModel.model_fields}
                )
                for question in of_class.questions
            ],
            gaps=[GapModel.model_validate(asdict(gap)) for gap in of_class.gaps],
            chapters=drawn_chapters(chapters),
            position_ms=position_ms,
            version=replay.version,
            created_utc_ms=replay.created_utc_ms,
            from_utc_ms=window.from_utc_ms,
            to_utc_ms=window.to_utc_ms,
            held=window.held,
            until_utc_ms=hls.expires_utc_ms,
            has_groups=recorded is not None and bool(recorded.groups),
        )

    def group(
        self,
        replay: Replay,
        group: ReplayGroup,
        title: str,
        gaps: Sequence[ReplayGap],
        *,
        is_member: bool,
        window: Window = ALWAYS,
    ) -> ReplayModel:
        """Draw what a group of the class recorded, as a replay without download and marks.

        A learner's addresses say as what they see it: as a member, or as one of the class.
        """
        works = may_edit(self.who, replay.org_id, replay.session_id)
        shown = f"{GROUP}/{replay.id}/{group.id}/{MEMBER if is_member else CLASS}"
        folder = f"{hls_folder(replay.session_id)}{group_folder(group.id)}/"
        hls = self._grant(f"{WORK}/{replay.id}" if works else shown, folder)
        videos = [
            VideoModel(
                source=v.source,
                url=self.signer.url(hls, v.playlist),
                spans=[(span.start_ms, span.end_ms) for span in v.spans],
            )
            for v in group.videos
        ]
        return ReplayModel(
            id=replay.id,
            session_id=replay.session_id,
            title=title,
            state=replay.state,
            duration_ms=group.duration_ms,
            videos=videos,
            audio_url=self.signer.url(hls, "audio/index.m3u8") if group.has_sound else None,
            program_url=self.signer.url(hls, "program.m3u8"),
            download=DownloadModel(state="none", progress=0.0, url=None),
            marks=[],
            gaps=[GapModel.model_validate(asdict(gap)) for gap in gaps],
            position_ms=0,
            version=replay.version,
            created_utc_ms=group.utc_ms,
            from_utc_ms=window.from_utc_ms,
            to_utc_ms=window.to_utc_ms,
            held=window.held,
            until_utc_ms=hls.expires_utc_ms,
        )

    def broadcast(
        self,
        session_id: str,
        videos: dict[str, str],
        *,
        audio: str | None,
        program: str | None,
        so_far: SoFar | None,
    ) -> BroadcastModel:
        """Draw the live HLS; paths are relative to the session's `hls/`."""
        works = may_edit(self.who, self.who.org_id, session_id)
        medium = f"{WORK if works else BROADCAST}/{session_id}"
        hls = self._grant(medium, hls_folder(session_id), live=True)
        return BroadcastModel(
            videos=[VideoModel(source=s, url=self.signer.url(hls, path)) for s, path in videos.items()],
            audio_url=self.signer.url(hls, audio) if audio else None,
            program_url=self.signer.url(hls, program) if program else None,
            past=self._past(hls, so_far) if so_far else None,
            until_utc_ms=hls.expires_utc_ms,
        )

    def _past(self, hls: PlayGrant, so_far: SoFar) -> PastModel | None:
        pages = {track: self.signer.url(hls, f"{track}/page-{{page}}.m3u8") for track in so_far.tracks}
        if "audio" not in pages:
            return None
        return PastModel(
            page_ms=so_far.page_ms,
            media_ms=so_far.media_ms,
            utc_ms=so_far.utc_ms,
            videos=[PageOfPastModel(source=s, url=url) for s, url in pages.items() if s != "audio"],
            audio_url=pages["audio"],
        )

    def microcourse(
        self,
        microcourse: Microcourse,
        job: Job | None,
        position_ms: int,
        made_of: MadeOf | None = None,
        *,
        editing: bool,
        may: Sequence[str] = (),
        look: NamedLook | None = None,
        source_gone: bool = False,
        here_alone: bool = False,
    ) -> MicrocourseModel:
        """Draw a microcourse; with `editing` also how its job goes, and its look, which is `look` now.

        What is to be watched `here_alone` has no address of a file for viewers.
        """
        finished = microcourse.state in CUT
        folder = self._grant(f"microcourse/{microcourse.id}", microcourse.folder)
        whole = (microcourse.start_ms, microcourse.end_ms)
        ranges = [whole] if made_of is None else list(made_of.content.ranges)
        return MicrocourseModel(
            until_utc_ms=folder.expires_utc_ms,
            id=microcourse.id,
            replay_id=microcourse.replay_id,
            session_id=microcourse.session_id,
            title=microcourse.title,
            start_ms=microcourse.start_ms,
            end_ms=microcourse.end_ms,
            ranges=ranges,
            chapters=[] if made_of is None else drawn_chapters(made_of.chapters),
            state=microcourse.state,
            job=_job(job) if editing and job is not None else None,
            duration_ms=microcourse.duration_ms,
            video_url=self._video(
                folder, job, withheld=(folder.sealed or here_alone) and not (editing or may)
            )
            if finished
            else None,
            thumbnail_url=self._picture(folder) if finished else None,
            ladder=self._ladder_in(folder, job) if finished else None,
            version=microcourse.version,
            warning=self.limits.warning(sum(end - start for start, end in ranges)),
            position_ms=position_ms,
            live_version=microcourse.live_version,
            may=list(may),
            look=_look(microcourse, look) if editing else None,
            source_gone=source_gone and editing,
        )

    def thumbnail(self, replay: Replay, job: Job | None) -> str | None:
        """Return the address of a replay's picture, once it is finished."""
        if job is None or job.state is not JobState.DONE:
            return None
        prefix = f"sessions/{replay.session_id}/{download_folder(replay.version)}/"
        return self._picture(self._grant(self._replay(replay), prefix))

    def course_thumbnail(self, microcourse: Microcourse) -> str | None:
        """Return the address of a microcourse's picture, once it is cut."""
        if microcourse.state not in CUT:
            return None
        grant = self._grant(f"microcourse/{microcourse.id}", microcourse.folder)
        return self._picture(grant)

    def _picture(self, folder: PlayGrant) -> str:
        return self.signer.url(msgspec.structs.replace(folder, without_file=True), THUMBNAIL)

    def _download(self, replay: Replay, job: Job | None, *, here_alone: bool) -> DownloadModel:
        edits = may_edit(self.who, replay.org_id, replay.session_id)
        if job is None or ((self.signer.seals or here_alone) and not edits):
            over = job is not None and job.state in {JobState.FAILED, JobState.HELD}
            return DownloadModel(state=job.state if job and over else "none", progress=0.0, url=None)
        url = None
        if job.state is JobState.DONE:
            prefix = f"sessions/{replay.session_id}/{download_folder(replay.version)}/"
            grant = self._grant(self._replay(replay), prefix, filename=f"{_plain(replay.title)}.mp4")
            url = self.signer.url(grant, DOWNLOAD)
        return DownloadModel(
            state=job.state,
            progress=job.progress,
            url=url,
            estimate_s=job.estimate_s if edits else None,
            reason_code=job.reason_code if edits else None,
        )

    def _video(self, folder: PlayGrant, job: Job | None, *, withheld: bool) -> str | None:
        """Return the address of a microcourse's one file, in the clear also where media is sealed; `withheld`
        only where there is something else to play (it was not cut before there were ladders)."""
        if withheld and self._ladder_in(folder, job) is not None:
            return None
        return self.signer.url(msgspec.structs.replace(folder, sealed=False), VIDEO)

    def _ladder(self, replay: Replay, job: Job | None) -> LadderModel | None:
        folder = f"sessions/{replay.session_id}/{download_folder(replay.version)}/"
        return self._ladder_in(self._grant(self._replay(replay), folder), job)

    def _ladder_in(self, folder: PlayGrant, job: Job | None) -> LadderModel | None:
        """Draw what a job left in `folder`; None where it was made before there were ladders."""
        if job is None or job.state is not JobState.DONE or not (job.result or {}).get("ladder"):
            return None
        folder = msgspec.structs.replace(folder, without_file=True)
        return LadderModel(
            master_url=self.signer.url(folder, LADDER),
            pictures_url=self.signer.url(folder, LADDER_PICTURES),
            sound_url=self.signer.url(folder, LADDER_SOUND),
            tiles_url=self.signer.url(folder, TILES),
        )

    def _replay(self, replay: Replay) -> str:
        """Return what the grants of a replay are called: an editor's open it while it is held, too."""
        works = may_edit(self.who, replay.org_id, replay.session_id)
        return f"{WORK if works else REPLAY}/{replay.id}"

    def _grant(
        self, medium: str, prefix: str, *, live: bool = False, filename: str | None = None
    ) -> PlayGrant:
        subject = viewer_of(self.who) or self.who.subject_id
        grant = PlayGrant(subject, medium, prefix, self.now + self.ttl_ms, live, filename)
        if not self.signer.seals or filename is not None:
            return grant
        link = self.who.grant and replace(self.who.grant, guest_name=None)  # no names in addresses
        return msgspec.structs.replace(
            grant, sealed=True, org_id=self.who.org_id, sign_in=self.who.sign_in, link=link
        )


def drawn_chapters(chapters: Sequence[Chapter]) -> list[ChapterModel]:
    """Draw chapters."""
    return [
        ChapterModel.model_validate({"at_ms": c.at_ms, "title": c.title, "kind": c.kind}) for c in chapters
    ]


def _look(microcourse: Microcourse, look: NamedLook | None) -> LookOfCourse | None:
    if microcourse.look_id is None:
        return None
    now = look or NamedLook(microcourse.look_id, microcourse.org_id)
    version = microcourse.look_version or 0
    return LookOfCourse(id=now.id, name=now.name, version=version, newest=version == now.version)


def _job(job: Job) -> JobModel:
    return JobModel(
        state=job.state,
        progress=job.progress,
        reason_code=job.reason_code,
        reason=job.reason,
        estimate_s=job.estimate_s,
    )


def _plain(title: str) -> str:
    """Return `title` as a file name of any system may be."""
    kept = "".join(c if c.isalnum() or c in " -_.()" else "_" for c in title).strip(" .")
    return PurePosixPath(kept[:100] or "replay").name

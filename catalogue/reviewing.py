"""From a finished cut to what learners see: review, publish, retire; each act with its audit entry.

What is published goes on playing while a next version is made, reviewed and published in its place.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import may_edit
from catalogue.bin.store import tell_deleted
from catalogue.media import Microcourse, Released
from catalogue.neighbours import News, People, ReviewNews
from catalogue.publishing import insist_on_publication
from catalogue.publishing_store import PublishingStore
from catalogue.review import (
    Point,
    Review,
    Terms,
    Verdict,
    checked_review,
    insist_on_review,
    may_review,
)
from catalogue.review_store import ReviewStore
from catalogue.states import MICROCOURSE_TABLE, MicrocourseEvent, MicrocourseState, after
from catalogue.store import CatalogueStore
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, Forbidden, LecternError, NotFound
from lectern.kernel.ids import new_id

_UNREVIEWED = frozenset({MicrocourseState.READY, MicrocourseState.SENT_BACK, MicrocourseState.IN_REVIEW})
_ACTS: Mapping[str, MicrocourseEvent] = {
    "ask": MicrocourseEvent.REVIEW_ASKED,
    "take_back": MicrocourseEvent.TAKEN_BACK,
    "approve": MicrocourseEvent.APPROVED,
    "send_back": MicrocourseEvent.SENT_BACK,
    "publish": MicrocourseEvent.PUBLISHED,
}


@dataclass(frozen=True, slots=True)
class History:
    """What became of a microcourse, newest first; `names` of the people in it, by id."""

    reviews: list[Review]
    releases: list[Released]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """What editors and reviewers do with a cut. What somebody may not see does not exist for them."""

    database: Database
    store: CatalogueStore
    people: People
    trail: Trail
    news: News
    reviews: ReviewStore = field(default_factory=ReviewStore)
    publishing: PublishingStore = field(default_factory=PublishingStore)
    clock: Clock = utc_ms

    async def ask(self, who: Principal, microcourse_id: str, *, reviewer: str | None) -> Microcourse:
        """Have a finished version reviewed, by `reviewer` or whoever comes first.

        Raises:
            Conflict: it cannot be reviewed now. NotFound: no such reviewer (`reviewer_unknown`).
        """
        async with self.database.write() as tx:
            work = await self._editable(tx, who, microcourse_id)
            reviewers = await self.people.reviewers(tx, who.org_id)
            if reviewer is not None and reviewer not in reviewers:
                raise NotFound("reviewer_unknown", "This person does not review. Choose another.")
            state = after(MICROCOURSE_TABLE, work.state, MicrocourseEvent.REVIEW_ASKED)
            review = Review(
                id=new_id(),
                org_id=work.org_id,
                microcourse_id=work.id,
                version=work.version,
                verdict=Verdict.WAITING,
                asked_by=who.subject_id,
                asked_utc_ms=self.clock(),
                reviewer=reviewer,
            )
            await self.reviews.add(tx, review)
            await self._move(tx, who, work, state, "microcourse_review_asked")
            told = {reviewer} if reviewer else set(reviewers) - _hands(work, review)
            await self.news.review_asked(tx, _news(work, review), told)
            return await self.store.microcourse(tx, work.id)

    async def take_back(self, who: Principal, microcourse_id: str) -> Microcourse:
        """Ask for no review after all.

        Raises:
            Conflict: it does not wait for one.
        """
        async with self.database.write() as tx:
            work = await self._editable(tx, who, microcourse_id)
            state = after(MICROCOURSE_TABLE, work.state, MicrocourseEvent.TAKEN_BACK)
            waiting = await self.reviews.waiting(tx, work)
            if waiting is not None:
                ended = msgspec.structs.replace(waiting, verdict=Verdict.TAKEN_BACK)
                await self.reviews.conclude(tx, ended)
                await self.news.reviewed(tx, _news(work, ended), ())
            await self._move(tx, who, work, state, "microcourse_review_taken_back")
            return await self.store.microcourse(tx, work.id)

    async def judge(
        self,
        who: Principal,
        microcourse_id: str,
        *,
        version: int,
        approves: bool,
        comment: str,
        points: Sequence[tuple[str, int | None]],
    ) -> Microcourse:
        """Approve the version in work, or send it back with what has to be changed.

        Raises:
            Conflict: it cannot be reviewed now, or `version` is not the one in work any more.
            Forbidden: no reviewer, or their own work. Rejected: what is said cannot be kept.
        """
        async with self.database.write() as tx:
            work = await self._visible(tx, who, microcourse_id)
            if version != work.version:
                raise Conflict(
                    "microcourse_changed", "Somebody else has just changed this. Look at it again."
                )
            event = MicrocourseEvent.APPROVED if approves else MicrocourseEvent.SENT_BACK
            state = after(MICROCOURSE_TABLE, work.state, event)
            said, kept = checked_review(comment, points, work.duration_ms or 0, sends_back=not approves)
            review = await self._conclude(tx, who, work, approves=approves, comment=said, points=kept)
            action = "microcourse_approved" if approves else "microcourse_sent_back"
            await self._move(tx, who, work, state, action)
            about = _news(work, review)
            await self.news.reviewed(tx, about, _hands(work, review) - {who.subject_id})
            return await self.store.microcourse(tx, work.id)

    async def publish(self, who: Principal, microcourse_id: str) -> Microcourse:
        """Show the reviewed version to learners, in place of the one that they see now.

        Where nobody else is left to review it, or no review is needed, what is ready may be published.

        Raises:
            Conflict: it is not ready, nobody has approved it (`microcourse_not_reviewed`), or the replay that
                it was cut from is held (`replay_held`).
        """
        async with self.database.write() as tx:
            work = await self._visible(tx, who, microcourse_id)
            if work.state is MicrocourseState.PUBLISHED:
                return work
            insist_on_publication(await self.publishing.decision(tx, work.session_id))
            state = after(MICROCOURSE_TABLE, work.state, MicrocourseEvent.PUBLISHED)
            reviewed_by = await self._approved_by(tx, who, work)
            now = self.clock()
            assert work.duration_ms is not None, "what is cut has a length"
            if work.live_version != work.version:
                await self.store.forget_positions(tx, "microcourse", work.id)
            released = Released(
                work.id,
                work.version,
                work.org_id,
                work.title,
                work.start_ms,
                work.end_ms,
                work.duration_ms,
                reviewed_by,
                who.subject_id,
                now,
                job_id=work.job_id,
            )
            await self.reviews.release(tx, released)
            shown = {"live_version": work.version, "published_utc_ms": now}
            await self._move(tx, who, work, state, "microcourse_published", **shown)
            return await self.store.microcourse(tx, work.id)

    async def retire(self, who: Principal, microcourse_id: str) -> Microcourse:
        """Show it to learners no more. A next version that is in work stays in work.

        Raises:
            Conflict: no version of it is shown.
        """
        async with self.database.write() as tx:
            work = await self._visible(tx, who, microcourse_id)
            state = work.state
            if work.live_version is None or state is MicrocourseState.PUBLISHED:
                state = after(MICROCOURSE_TABLE, state, MicrocourseEvent.RETIRED)
            await self.reviews.withdraw(tx, work.id, self.clock())
            await self._move(tx, who, work, state, "microcourse_retired", live_version=None)
            return await self.store.microcourse(tx, work.id)

    async def history(self, who: Principal, microcourse_id: str) -> "History":
        """Return the reviews and the published versions of a microcourse, newest first."""
        async with self.database.read() as tx:
            work = await self._visible(tx, who, microcourse_id, lock=False)
            reviews = await self.reviews.of(tx, work.id)
            releases = await self.reviews.releases(tx, work.id)
            people = {id_ for review in reviews for id_ in (review.asked_by, review.reviewer) if id_}
            people |= {id_ for each in releases for id_ in (each.reviewed_by, each.published_by) if id_}
            names = await self.people.names(tx, work.org_id, people)
        return History(reviews, releases, names)

    async def reviewers(self, who: Principal) -> Mapping[str, str]:
        """Return the names of those who review, by person."""
        async with self.database.read() as tx:
            return await self.people.reviewers(tx, who.org_id)

    async def acts(self, who: Principal, found: Collection[Microcourse]) -> dict[str, list[str]]:
        """Return what `who` may do now with each of these microcourses, by id."""
        if not any(sees_work(who, work) for work in found):
            return {}
        async with self.database.read() as tx:
            terms = await self.reviews.terms(tx, who.org_id)
            latest = await self.reviews.latest(tx, [work.id for work in found])
            reviewers = await self.people.reviewers(tx, who.org_id)
        return {
            work.id: list(_acts(who, work, terms, reviewers, latest.get(work.id)))
            for work in found
            if sees_work(who, work)
        }

    async def _approved_by(self, tx: AsyncConnection, who: Principal, work: Microcourse) -> str | None:
        """Return who approved what is to be published; `who` does, where they may and nobody has."""
        if work.state is not MicrocourseState.READY:
            reviews = await self.reviews.of(tx, work.id)
            mine = (r for r in reviews if r.version == work.version and r.verdict is Verdict.APPROVED)
            return next((review.reviewer for review in mine), None)
        if not (await self.reviews.terms(tx, work.org_id)).review_needed:
            return None
        try:
            insist_on_review(who, work, await self.people.reviewers(tx, work.org_id), None)
        except Forbidden:
            raise Conflict(
                "microcourse_not_reviewed",
                "Somebody has to approve this microcourse first. Ask for a review.",
            ) from None
        return (await self._conclude(tx, who, work, approves=True, comment="", points=())).reviewer

    async def _conclude(
        self,
        tx: AsyncConnection,
        who: Principal,
        work: Microcourse,
        *,
        approves: bool,
        comment: str,
        points: tuple[Point, ...],
    ) -> Review:
        waiting = await self.reviews.waiting(tx, work)
        asked_by = None if waiting is None else waiting.asked_by
        insist_on_review(who, work, await self.people.reviewers(tx, work.org_id), asked_by)
        review = Review(
            id=new_id() if waiting is None else waiting.id,
            org_id=work.org_id,
            microcourse_id=work.id,
            version=work.version,
            verdict=Verdict.APPROVED if approves else Verdict.SENT_BACK,
            asked_by=asked_by,
            asked_utc_ms=None if waiting is None else waiting.asked_utc_ms,
            reviewer=who.person_id,
            reviewed_utc_ms=self.clock(),
            comment=comment,
            points=points,
        )
        await (self.reviews.add if waiting is None else self.reviews.conclude)(tx, review)
        return review

    async def _visible(
        self, tx: AsyncConnection, who: Principal, microcourse_id: str, *, lock: bool = True
    ) -> Microcourse:
        try:
            work = await self.store.microcourse(tx, microcourse_id, lock=lock)
        except NotFound:
            await tell_deleted(tx, who, "microcourse", microcourse_id)
            raise
        if who.org_id != work.org_id:
            raise NotFound("microcourse_not_found", "There is no such microcourse.")
        if not sees_work(who, work):
            raise Forbidden("not_allowed", "You are not allowed to edit recordings. Ask an administrator.")
        return work

    async def _editable(self, tx: AsyncConnection, who: Principal, microcourse_id: str) -> Microcourse:
        work = await self._visible(tx, who, microcourse_id)
        if not may_edit(who, work.org_id, work.session_id):
            raise Forbidden("not_allowed", "You are not allowed to edit recordings. Ask an administrator.")
        return work

    async def _move(
        self,
        tx: AsyncConnection,
        who: Principal,
        work: Microcourse,
        state: MicrocourseState,
        action: str,
        **values: Any,
    ) -> None:
        await self.store.change_microcourse(tx, work.id, state=state, **values)
        details = {"session_id": work.session_id, "version": work.version}
        await self.trail.write(tx, who, action, work.id, details)


def sees_work(who: Principal, work: Microcourse) -> bool:
    """Tell whether `who` sees what is not published: editors and reviewers do."""
    return may_edit(who, work.org_id, work.session_id) or may_review(who, work.org_id)


def _acts(
    who: Principal, work: Microcourse, terms: Terms, reviewers: Collection[str], latest: Review | None
) -> Sequence[str]:
    """Return what `who`, who sees the work, may do with it now."""
    table = MICROCOURSE_TABLE[work.state]
    possible = {name for name, event in _ACTS.items() if event in table}
    is_asked = latest is not None and latest.version == work.version and latest.verdict is Verdict.WAITING
    try:
        insist_on_review(who, work, reviewers, latest.asked_by if is_asked and latest else None)
        judges = True
    except LecternError:
        judges = False
    if not may_edit(who, work.org_id, work.session_id):
        possible -= {"ask", "take_back"}
    if not judges:
        possible -= {"approve", "send_back"}
    if work.state is MicrocourseState.READY and terms.review_needed and not judges:
        possible.discard("publish")
    if not terms.review_needed and work.state in _UNREVIEWED and not judges:
        possible.discard("ask")
    if work.live_version is not None:
        possible.add("retire")
    return sorted(possible)


def _hands(work: Microcourse, review: Review) -> set[str]:
    """Return who had a hand in a version."""
    return {hand for hand in (work.created_by, work.made_by, review.asked_by) if hand is not None}


def _news(work: Microcourse, review: Review) -> ReviewNews:
    said = [review.comment, *(point.text for point in review.points)]
    return ReviewNews(
        work.org_id,
        review.id,
        work.session_id,
        work.id,
        work.title,
        review.verdict is Verdict.APPROVED,
        " · ".join(part for part in said if part),
    )

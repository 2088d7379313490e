"""The routes of the review desk: ask, judge, publish, retire, and what was said before."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import BaseModel, Field

from catalogue.media import Microcourse
from catalogue.models import MicrocourseModel
from catalogue.review import MOST_POINTS
from catalogue.reviewing import ReviewDesk
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal

Draw = Callable[[Principal, Microcourse], Awaitable[MicrocourseModel]]


class PointModel(BaseModel):
    """Something to be changed, at a moment of the video, or (null) in all of it."""

    text: str = Field(max_length=2_000)
    at_ms: int | None = Field(default=None, ge=0)


class ReviewModel(BaseModel):
    """A review; names are null where the person is not known any more."""

    id: str
    version: int
    verdict: str
    asked_by_name: str | None
    asked_utc_ms: int | None
    reviewer: str | None
    reviewer_name: str | None
    reviewed_utc_ms: int | None
    comment: str
    points: list[PointModel]


class ReleaseModel(BaseModel):
    """A version that was published; `replaced_utc_ms` is null while learners see it."""

    version: int
    title: str
    duration_ms: int
    reviewed_by_name: str | None
    published_by_name: str | None
    published_utc_ms: int
    replaced_utc_ms: int | None


class HistoryModel(BaseModel):
    """What became of a microcourse, newest first."""

    reviews: list[ReviewModel]
    versions: list[ReleaseModel]


class ReviewerModel(BaseModel):
    """A person who reviews."""

    id: str
    name: str


class ReviewersModel(BaseModel):
    """Those who review, by name."""

    items: list[ReviewerModel]


class AskReview(BaseModel):
    """Who shall review it; null: whoever comes first."""

    reviewer: str | None = Field(default=None, max_length=64)


class Judgement(BaseModel):
    """What a reviewer says of a version; with `publish`, what is approved is published at once."""

    version: int
    approve: bool
    comment: str = Field(default="", max_length=10_000)
    points: list[PointModel] = Field(default=[], max_length=MOST_POINTS)
    publish: bool = False


@dataclass(frozen=True, slots=True)
class ReviewRoutes:
    """The handlers; `draw` shows a microcourse to whoever asks."""

    desk: ReviewDesk
    draw: Draw

    def routes(self) -> list[Route]:
        """Return the routes."""
        one, shown = "/api/v1/microcourses/{id}", MicrocourseModel
        return [
            Route("GET", "/api/v1/reviewers", self.reviewers, "Who reviews microcourses", ReviewersModel),
            Route("GET", f"{one}/reviews", self.history, "Reviews and versions", HistoryModel),
            Route("POST", f"{one}/ask-review", self.ask, "Have it reviewed", shown, body=AskReview),
            Route("POST", f"{one}/take-back", self.take_back, "Ask for no review", shown),
            Route("POST", f"{one}/review", self.judge, "Approve or send back", shown, body=Judgement),
            Route("POST", f"{one}/publish", self.publish, "Show it to learners", shown),
            Route("POST", f"{one}/retire", self.retire, "Show it no more", shown),
        ]

    async def reviewers(self, request: Request) -> ReviewersModel:
        """See `routes`."""
        who: Principal = request.who
        who.require(Permission.REPLAYS_WRITE)
        found = await self.desk.reviewers(who)
        items = [ReviewerModel(id=id_, name=name) for id_, name in found.items()]
        return ReviewersModel(items=sorted(items, key=lambda each: each.name))

    async def history(self, request: Request) -> HistoryModel:
        """See `routes`."""
        found = await self.desk.history(request.who, request.path["id"])
        names = found.names
        return HistoryModel(
            reviews=[
                ReviewModel(
                    id=review.id,
                    version=review.version,
                    verdict=review.verdict,
                    asked_by_name=names.get(review.asked_by or ""),
                    asked_utc_ms=review.asked_utc_ms,
                    reviewer=review.reviewer,
                    reviewer_name=names.get(review.reviewer or ""),
                    reviewed_utc_ms=review.reviewed_utc_ms,
                    comment=review.comment,
                    points=[PointModel(text=point.text, at_ms=point.at_ms) for point in review.points],
                )
                for review in found.reviews
            ],
            versions=[
                ReleaseModel(
                    version=each.version,
                    title=each.title,
                    duration_ms=each.duration_ms,
                    reviewed_by_name=names.get(each.reviewed_by or ""),
                    published_by_name=names.get(each.published_by),
                    published_utc_ms=each.published_utc_ms,
                    replaced_utc_ms=each.replaced_utc_ms,
                )
                for each in found.releases
            ],
        )

    async def ask(self, request: Request) -> MicrocourseModel:
        """See `routes`."""
        body: AskReview = request.body
        return await self.draw(
            request.who, await self.desk.ask(request.who, request.path["id"], reviewer=body.reviewer)
        )

    async def take_back(self, request: Request) -> MicrocourseModel:
        """See `routes`."""
        return await self.draw(request.who, await self.desk.take_back(request.who, request.path["id"]))

    async def judge(self, request: Request) -> MicrocourseModel:
        """See `routes`."""
        body: Judgement = request.body
        judged = await self.desk.judge(
            request.who,
            request.path["id"],
            version=body.version,
            approves=body.approve,
            comment=body.comment,
            points=[(point.text, point.at_ms) for point in body.points],
        )
        if body.approve and body.publish:
            judged = await self.desk.publish(request.who, judged.id)
        return await self.draw(request.who, judged)

    async def publish(self, request: Request) -> MicrocourseModel:
        """See `routes`."""
        return await self.draw(request.who, await self.desk.publish(request.who, request.path["id"]))

    async def retire(self, request: Request) -> MicrocourseModel:
        """See `routes`."""
        return await self.draw(request.who, await self.desk.retire(request.who, request.path["id"]))

"""Rankings over HTTP."""

from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel

from analytics.chance import Share
from analytics.neighbours import Audit, MediumKind, Reaction, Reactions
from analytics.ranking import Advice, Bounds, Ranking, Standing, ranking_of
from analytics.ranking_sheets import ranking_tables
from analytics.view_reports import MOST_IN_FILE, ViewReports
from analytics.view_routes import PeriodFileQuery, PeriodQuery
from analytics.workbook import csv_file, disposition, xlsx_file
from lectern.edge.downloads import download, language_of, made
from lectern.edge.routes import Request, Route

_NO_REACTION = Reaction()


class ShareModel(BaseModel):
    """A share with its numbers, and between what the true one lies (95 %)."""

    hits: int
    of: int
    rate: float | None
    low: float
    high: float


class RankedModel(BaseModel):
    """One medium of a period; `places` are percentiles (click, completion, feedback), `score` their mean."""

    medium: MediumKind
    id: str
    version: int
    session_id: str
    title: str | None
    duration_ms: int
    viewers: int
    click: ShareModel
    completion: ShareModel
    feedback: ShareModel
    positive: ShareModel
    places: list[float | None]
    score: float | None
    advice: Advice


class RankingModel(BaseModel):
    """The lists of a period. `ranked` of its `media` were watched by at least `fewest` people."""

    period: str
    media: int
    people: int
    ranked: int
    weak_below: float
    promote_from: float
    fewest: int
    top: list[RankedModel]
    retire: list[RankedModel]
    promote: list[RankedModel]


@dataclass(frozen=True, slots=True)
class RankingRoutes:
    """The handlers."""

    reports: ViewReports
    reactions: Reactions
    audit: Audit
    limits: Bounds = field(default_factory=Bounds)

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        path = "/api/v1/view-rankings"
        return [
            Route("GET", path, self.read, "Top, weak and strong media", RankingModel, query=PeriodQuery),
            Route("GET", f"{path}.csv", self.csv, "Top media (table)", query=PeriodFileQuery),
            Route("GET", f"{path}.xlsx", self.xlsx, "Rankings (Excel)", query=PeriodFileQuery),
        ]

    async def read(self, request: Request) -> RankingModel:
        """The lists of a month, a quarter or a year."""
        found = await self._ranking(request)
        return RankingModel(
            period=found.period,
            media=found.media,
            people=found.people,
            ranked=found.ranked,
            weak_below=found.limits.weak_below,
            promote_from=found.limits.promote_from,
            fewest=found.limits.fewest,
            top=[_standing(each) for each in found.top],
            retire=[_standing(each) for each in found.retire],
            promote=[_standing(each) for each in found.promote],
        )

    async def csv(self, request: Request) -> web.Response:
        """The top, as a table."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: csv_file(ranking_tables(found, lang)[0]))
        return download(content, "csv", disposition("top", found.period, ending="csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """All three lists as sheets."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: xlsx_file(ranking_tables(found, lang)))
        return download(content, "xlsx", disposition("rankings", found.period, ending="xlsx"))

    async def _exported(self, request: Request) -> Ranking:
        found = await self._ranking(request)
        rows = {"period": found.period, "media": found.ranked}
        await self.audit.audit(request.who, "view_statistics_exported", request.who.org_id, rows)
        return found

    async def _ranking(self, request: Request) -> Ranking:
        who, period = request.who, request.query.period
        report = await self.reports.period(who, period, limit=MOST_IN_FILE)
        sessions = {line.medium.session_id for line in report.lines}
        said = await self.reactions.of(who.org_id, sessions)

        def ranked() -> Ranking:
            def reaction(session_id: str) -> Reaction:
                return said.get(session_id, _NO_REACTION)

            return ranking_of(period, report.people, report.lines, reaction, self.limits)

        return await made(ranked)


def share_model(share: Share) -> ShareModel:
    """Return a share as it goes out."""
    low, high = share.interval
    rate = share.rate
    return ShareModel(
        hits=share.hits,
        of=share.of,
        rate=None if rate is None else round(rate, 4),
        low=round(low, 4),
        high=round(high, 4),
    )


def _standing(each: Standing) -> RankedModel:
    medium = each.line.medium
    return RankedModel(
        medium=medium.named.listed,
        id=medium.named.medium_id,
        version=medium.named.version,
        session_id=medium.session_id,
        title=each.line.title,
        duration_ms=medium.terms.duration_ms,
        viewers=each.line.sums.viewers,
        click=share_model(each.click),
        completion=share_model(each.completion),
        feedback=share_model(each.feedback),
        positive=share_model(each.positive),
        places=[None if place is None else round(place, 4) for place in each.places],
        score=None if each.score is None else round(each.score, 4),
        advice=each.advice,
    )

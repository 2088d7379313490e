"""The HTTP routes of attendance."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass

import msgspec
from aiohttp import web

from analytics.attendance import models as m
from analytics.attendance.cases import Cases, deciders
from analytics.attendance.drawing import drawn_judgement, drawn_report, drawn_sign_ins
from analytics.attendance.objections import DAY_MS
from analytics.attendance.report import AttendanceReport, AttendanceReports, without_words
from analytics.attendance.sheet import Lang, attendance_csv, attendance_xlsx, file_name
from analytics.attendance.verdict import Verdict
from analytics.neighbours import Audit
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden

MOST_SESSIONS = 200
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class AttendanceRoutes:
    """The handlers. `weak_below` is the sign-in rate under which a session is flagged, 0..1."""

    reports: AttendanceReports
    cases: Cases
    audit: Audit
    weak_below: float

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        table = "/api/v1/sessions/{id}/attendance"
        objection = f"{table}/objections/{{objection}}"
        return [
            Route("GET", table, self.table, "Who attended", m.AttendanceModel),
            Route("GET", f"{table}.csv", self.csv, "Who attended, as CSV", query=m.SheetQuery),
            Route("GET", f"{table}.xlsx", self.xlsx, "Who attended, as a workbook", query=m.SheetQuery),
            Route("GET", f"{table}/mine", self.mine, "One's own attendance", m.OwnAttendanceModel),
            Route("PUT", f"{table}/rule", self.set_rule, "Set what a session asks", body=m.RuleModel),
            Route("POST", f"{table}/decisions", self.decide, "Set somebody's verdict", body=m.DecisionBody),
            Route("POST", f"{table}/objections", self.object, "Object to a verdict", body=m.ObjectionBody),
            Route("POST", f"{objection}/answer", self.answer, "Answer an objection", body=m.AnswerBody),
            Route("POST", f"{objection}/withdraw", self.withdraw, "Take one's own objection back"),
            Route("GET", "/api/v1/attendance/rule", self.standard, "The organisation's rule", m.RuleModel),
            Route("PUT", "/api/v1/attendance/rule", self.set_standard, "Set it", body=m.RuleModel),
            Route(
                "GET", "/api/v1/attendance/sign-ins", self.sign_ins, "Who signed in", m.SignInsPage,
                query=m.SignInsQuery,
            ),
        ]  # fmt: skip

    async def table(self, request: Request) -> web.Response:
        """The whole list."""
        session_id = request.path["id"]
        report = await self.reports.visible(request.who, session_id)
        may_judge = await self._may_judge(request.who, session_id)
        names = await self._names(report) if may_judge else {}
        book = await self.cases.book(session_id)

        def encoded() -> bytes:
            drawn = drawn_report(report, names, may_judge=may_judge, weak_below=self.weak_below)
            return msgspec.json.encode(drawn | asdict(book))

        body = await asyncio.to_thread(encoded)
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})

    async def csv(self, request: Request) -> web.Response:
        """The list as a text file."""
        return await self._file(request, "csv", "text/csv", attendance_csv)

    async def xlsx(self, request: Request) -> web.Response:
        """The list as a workbook, with the rule on a sheet of its own."""
        return await self._file(request, "xlsx", _XLSX, attendance_xlsx)

    async def mine(self, request: Request) -> m.OwnAttendanceModel:
        """Verdict and reasons of whoever asks."""
        own = await self.cases.own(request.who, request.path["id"])
        names = await self.reports.names(own.facts.org_id, deciders([own.line]))
        until = None
        if own.facts.ended_utc_ms is not None and self.cases.may_object(own):
            until = own.facts.ended_utc_ms + self.cases.objection_days * DAY_MS
        return m.OwnAttendanceModel.model_validate(
            drawn_judgement(own.line, names)
            | {
                "title": own.facts.title,
                "zone": own.facts.zone,
                "starts_utc_ms": own.facts.starts_utc_ms,
                "live": own.course.live,
                "rule": asdict(own.rule),
                "may_object_until_utc_ms": until,
            }
        )

    async def set_rule(self, request: Request) -> None:
        """What this session asks."""
        await self.cases.set_rule(request.who, request.path["id"], request.body.rule)

    async def standard(self, request: Request) -> m.RuleModel:
        """What sessions ask that have no rule of their own."""
        return m.RuleModel(**asdict(await self.cases.standard(request.who)))

    async def set_standard(self, request: Request) -> None:
        """Set it for the organisation."""
        await self.cases.set_standard(request.who, request.body.rule)

    async def decide(self, request: Request) -> None:
        """Correct or excuse somebody."""
        body: m.DecisionBody = request.body
        await self.cases.decide(
            request.who, request.path["id"], body.subject, _verdict(body.verdict), body.reason
        )

    async def object(self, request: Request) -> None:
        """Object."""
        await self.cases.object(request.who, request.path["id"], request.body.text)

    async def answer(self, request: Request) -> None:
        """Accept or decline."""
        body: m.AnswerBody = request.body
        path = request.path
        await self.cases.answer(
            request.who, path["id"], path["objection"], verdict=_verdict(body.verdict), text=body.text
        )

    async def withdraw(self, request: Request) -> None:
        """Take it back."""
        await self.cases.withdraw(request.who, request.path["id"], request.path["objection"])

    async def sign_ins(self, request: Request) -> m.SignInsPage:
        """For lists of sessions: who sees only some departments is told of none."""
        who: Principal = request.who
        who.require(Permission.ATTENDANCE_READ)
        if not who.sees_everybody:
            return m.SignInsPage(items=[])
        wanted = list(dict.fromkeys(filter(None, request.query.sessions.split(","))))[:MOST_SESSIONS]
        found = await self.reports.sign_ins(who.org_id, wanted)
        items = [
            m.SignInsModel(**drawn_sign_ins(session, signed, self.weak_below))
            for session, signed in found.items()
        ]
        return m.SignInsPage(items=items)

    async def _may_judge(self, who: Principal, session_id: str) -> bool:
        try:
            await self.cases.insist_on_running(who, session_id)
        except Forbidden:
            return False
        return True

    async def _names(self, report: AttendanceReport) -> dict[str, str]:
        return await self.reports.names(report.facts.org_id, deciders(report.lines))

    async def _file(
        self,
        request: Request,
        ending: str,
        content_type: str,
        write: Callable[[AttendanceReport, Lang], bytes],
    ) -> web.Response:
        session_id = request.path["id"]
        report = await self.reports.visible(request.who, session_id)
        if not await self._may_judge(request.who, session_id):
            report = without_words(report)
        asked: m.SheetQuery = request.query
        chinese = request.http.headers.get("Accept-Language", "").lower().startswith("zh")
        content = await asyncio.to_thread(write, report, asked.lang or ("zh-CN" if chinese else "en"))
        rows = {"rows": len(report.lines), "as": ending}
        await self.audit.audit(request.who, "attendance_exported", session_id, rows)
        headers = {
            "Content-Disposition": file_name(report, ending),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        charset = "utf-8" if ending == "csv" else None
        return web.Response(body=content, content_type=content_type, charset=charset, headers=headers)


def _verdict(name: str | None) -> Verdict | None:
    return None if name is None else Verdict(name)

"""Puts the report of one lesson together, for whoever runs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from analytics.attendance.rates import lesson_share
from analytics.attendance.report import AttendanceReport, AttendanceReports
from analytics.attendance.verdict import stayed
from analytics.chance import Share
from analytics.lesson_coverage import LessonSums
from analytics.lesson_coverage_report import LessonCoverages
from analytics.minutes import minutes
from analytics.neighbours import Reaction, Reactions
from analytics.poll_report import PollReports
from analytics.session_report import (
    READ,
    Attending,
    SessionReport,
    Watching,
    is_active,
    present_at,
    volume_of,
)
from analytics.signals import Shares, SignalLimits, signals_of
from analytics.store import AnalyticsStore
from analytics.view_reports import ViewReports
from analytics.view_sums import Curves
from lectern.kernel.access import Permission, Principal, insist_on_running
from lectern.kernel.errors import Conflict, NotFound

_NOTHING_SAID = Reaction()


@dataclass(frozen=True, slots=True)
class SessionReports:
    """Computes a lesson's report when it is asked for; `replay_of` names its replay, None without one."""

    attending: AttendanceReports
    polls: PollReports
    views: ViewReports
    coverages: LessonCoverages
    reactions: Reactions
    replay_of: Callable[[str], Awaitable[str | None]]
    store: AnalyticsStore = field(default_factory=AnalyticsStore)
    limits: SignalLimits = field(default_factory=SignalLimits)

    async def of(self, who: Principal, session_id: str) -> SessionReport:
        """Return the report.

        Raises:
            NotFound, Forbidden: no such session, or `who` does not run it.
        """
        facts = await self.attending.sessions.facts(session_id)
        if who.org_id != facts.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        led_by = (facts.presenter_person_id, facts.host_person_id)
        insist_on_running(who, led_by, by_link_to=session_id, needs=Permission.VIEWS_READ)
        report = await self.attending.everybody(session_id)
        async with self.attending.database.read() as tx:
            happened = await self.store.happenings(tx, session_id, READ)
        answered = await self.polls.report(who, session_id)
        scored = [line.sums for line in answered.questions if line.asked.scored]
        said = await self.reactions.of(facts.org_id, [session_id])
        together, watching, curves = await self._replay(who, session_id)
        rates = report.rates
        right = Share(sum(each.right for each in scored), sum(each.answered for each in scored))
        shares = shares_of(report, right, self.attending.completed_from)
        return SessionReport(
            facts.title,
            facts.starts_utc_ms,
            facts.zone,
            _attending(report),
            volume_of((line.row for line in report.lines), happened, report.course.polls),
            said.get(session_id, _NOTHING_SAID),
            right,
            Share(rates.completed, rates.started),
            together,
            watching,
            signals_of(shares, self.limits),
            shares.departments,
            _presence(report),
            curves,
        )

    async def _replay(
        self, who: Principal, session_id: str
    ) -> tuple[LessonSums | None, Watching | None, Curves | None]:
        replay_id = await self.replay_of(session_id)
        if replay_id is None:
            return None, None, None
        try:
            lesson = await self.coverages.of_replay(who, replay_id)
            figures = await self.views.figures(who, "replay", replay_id)
        except (NotFound, Conflict):
            return None, None, None  # taken back, or not to be watched yet
        sums = figures.sums
        watching = Watching(sums.viewers, minutes(sums.effort_ms), sums.reached_80)
        return lesson.sums, watching, figures.curves


_MOMENTS = 120


def _presence(report: AttendanceReport) -> tuple[int, ...]:
    live = report.course.live
    if not live:
        return ()
    return present_at((line.row.there for line in report.lines), live[0][0], live[-1][1], _MOMENTS)


def shares_of(report: AttendanceReport, right: Share, completed_from: float) -> Shares:
    """Return what the signals of a lesson are made of; `right` are the answers that were."""
    rule = report.rule
    evidences = [line.evidence for line in report.lines]
    started = [line for line in report.lines if line.evidence.present_ms + line.evidence.replay_ms > 0]
    there = [evidence for evidence in evidences if evidence.present_ms > 0]
    departments: dict[str, Share] = {}
    for line in started:
        name = line.card.department if line.card else None
        if name is not None:
            known = departments.get(name, Share(0, 0))
            done = lesson_share(rule, line.evidence) >= completed_from
            departments[name] = Share(known.hits + done, known.of + 1)
    return Shares(
        activation=Share(sum(line.row.expected for line in started), report.expected),
        learning_time=Share(sum(stayed(rule, evidence) for evidence in there), len(there)),
        target=Share(report.rates.completed, report.rates.started),
        activity=_attending(report).activity,
        passed=right,
        participation=Share(report.rates.attended, report.expected),
        departments=departments,
    )


def _attending(report: AttendanceReport) -> Attending:
    there = [line for line in report.lines if line.row.present_ms > 0]
    signed = report.rates.sign_ins
    present_ms = sum(line.row.present_ms for line in there)
    return Attending(
        expected=report.expected,
        signed_in=signed.signed_in,
        made_up=signed.made_up,
        rounds=signed.rounds,
        attended=report.rates.attended,
        learners=len(there),
        active=sum(is_active(line.row) for line in there),
        minutes_each=minutes(round(present_ms / len(there))) if there else 0.0,
        lesson_minutes=minutes(report.course.lesson_ms),
    )

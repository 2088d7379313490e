"""Making the paper of a lesson's report: in a child process, signed with the key that signs attendance."""

from dataclasses import dataclass

import msgspec

from analytics.closing.neighbours import Keys, Lessons
from analytics.closing.press import Press, Tell
from analytics.paper.content import paper_of
from analytics.session_report import SessionReport
from analytics.session_reports import SessionReports
from analytics.sheet_words import Lang
from lectern.edge.downloads import made
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, utc_ms


@dataclass(frozen=True, slots=True)
class Papers:
    """Makes papers, one at a time."""

    reports: SessionReports
    lessons: Lessons
    keys: Keys
    press: Press
    clock: Clock = utc_ms

    async def make(
        self, who: Principal, session_id: str, lang: Lang, tell: Tell
    ) -> tuple[SessionReport, bytes]:
        """Return a report and its PDF file; `tell` hears how many of its parts are drawn.

        Raises:
            NotFound, Forbidden: no such session, or `who` does not run it. Overloaded: others are being made.
            Conflict: this one is being made for `who` already. InternalFault: it could not be made.
        """
        found = await self.reports.of(who, session_id)
        lesson = await self.lessons.lesson(session_id)
        key, now = await self.keys.current(lesson.organisation), self.clock()
        content = await made(lambda: msgspec.json.encode(paper_of(found, lesson.organisation, lang, now)))
        whose = (who.subject_id, session_id, "report", lang)
        return found, await self.press.make("report", lang, content, key, now, whose=whose, tell=tell)

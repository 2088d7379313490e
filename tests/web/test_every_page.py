"""No page of the router is without a browser test that asks axe-core about it."""

import re

import pytest

from tests.scripted_lesson.server import CHECKOUT

JUDGED = {
    "/": "web/test_accessibility.py",
    "/sign-in": "web/test_accessibility.py",
    "/notices": "web/test_notices.py",
    "/unsubscribe/:token": "web/test_notices.py",
    "/connection-test": "web/test_accessibility.py",
    "/studio/:id": "web/test_polls.py",
    "/room/:id": "whole_class/test_whole_class.py",
    "/questions/:id": "whole_class/test_whole_class.py",
    "/feedback/:id": "web/test_feedback.py",
    "/screen": "web/test_checkin.py",
    "/screen/:id": "whole_class/test_whole_class.py",
    "/attendance/:id": "web/test_attendance.py",
    "/replay/:id": "whole_lesson/after_the_lesson.py",
    "/replay/:id/group/:group": "web/test_group_recordings.py",
    "/embed/replay/:id": "web/test_player.py",
    "/embed/microcourse/:id": "web/test_player.py",
    "/editor/:id": "whole_lesson/after_the_lesson.py",
    "/watch": "web/test_accessibility.py",
    "/series/:id": "web/test_series.py",
    "/watch/:id": "whole_lesson/after_the_lesson.py",
    "/admin/sessions": "web/test_accessibility.py",
    "/admin/sessions/:id": "web/test_attendance.py",
    "/admin/people": "web/test_accessibility.py",
    "/admin/sessions/:id/polls": "web/test_polls.py",
    "/admin/sessions/:id/report": "web/test_viewing.py",
    "/admin/sessions/:id/groups": "web/test_notes.py",
    "/admin/sessions/:id/feedback": "web/test_feedback.py",
    "/admin/growth": "web/test_polls.py",
    "/admin/feedback": "web/test_feedback.py",
    "/admin/questions": "web/test_polls.py",
    "/admin/questions/:id": "web/test_polls.py",
    "/admin/replays": "web/test_accessibility.py",
    "/admin/bin": "web/test_series.py",
    "/admin/microcourses": "web/test_accessibility.py",
    "/admin/microcourses/:id": "web/test_series.py",
    "/admin/library": "web/test_series.py",
    "/admin/series": "web/test_series.py",
    "/admin/series/:id": "web/test_series.py",
    "/admin/viewing/:medium/:id": "web/test_viewing.py",
    "/admin/statistics": "web/test_viewing.py",
    "/admin/statistics/measures": "web/test_answers.py",
    "/admin/notices": "web/test_notices.py",
    "/admin/api-keys": "web/test_accessibility.py",
    "/admin/media-jobs": "web/test_media_jobs.py",
    "/admin/branding": "web/test_media_jobs.py",
    "/admin/audit": "web/test_accessibility.py",
    "/:rest(.*)*": "web/test_accessibility.py",
}
"""Route: the test that judges it (others may, too)."""
_ROUTE = re.compile(r"path: '(?P<path>[^']*)',(?P<kind>\s*(?:component|redirect): )")


def _routes() -> list[str]:
    """Return the paths of `router.ts` that show a page, those of the administration in full."""
    found = []
    for match in _ROUTE.finditer((CHECKOUT / "web" / "src" / "router.ts").read_text(encoding="utf-8")):
        path = match["path"]
        if "redirect" in match["kind"] or path == "/admin":
            continue
        found.append(path if path.startswith("/") else f"/admin/{path}")
    return found


def test_every_page_is_judged() -> None:
    routes = _routes()
    assert len(routes) > 25, "the router is written in another way now"
    assert sorted(routes) == sorted(JUDGED), "say here which browser test asks axe-core about a new page"


@pytest.mark.parametrize("judge", sorted(set(JUDGED.values())))
def test_judges_judge(judge: str) -> None:
    text = (CHECKOUT / "tests" / judge).read_text(encoding="utf-8")
    assert "violations(" in text or "school.found == []" in text

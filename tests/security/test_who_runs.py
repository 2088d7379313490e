"""Every route below a session has its place in a table of who may come in; a new one must be put there."""

from typing import Any

from lectern.app.wiring import operations
from lectern.kernel.roles import SessionRole
from tests.installation import Installation

ANY: dict[str, Any] = {}
WHOM = {"person": "p"}
RUN: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", ""): {"title": "T"},
    ("POST", "/start"): ANY,
    ("POST", "/end"): ANY,
    ("POST", "/cancel"): ANY,
    ("POST", "/roster"): ANY,
    ("POST", "/roster/people"): {"external_id": "L1"},
    ("DELETE", "/roster/{person}"): {"reason": "r"},
    ("POST", "/join-tokens"): {"role": "learner", "name": "G"},
    ("GET", "/join-tokens"): ANY,
    ("DELETE", "/join-tokens/{link}"): ANY,
    ("POST", "/join-tokens/{link}/show"): ANY,
    ("GET", "/came-by-link"): ANY,
    ("POST", "/reminders"): ANY,
    ("GET", "/asides"): ANY,
    ("DELETE", "/asides"): ANY,
    ("POST", "/attendance-record"): {"after": 0},
    ("POST", "/attendance-record/amendment"): {"after": 1, "reason": "r"},
    ("DELETE", "/attendance-record/amendment"): ANY,
}
"""For whoever runs the session, administrators and keys; no link opens these. With a valid body."""

RUN_OR_LINK: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/screen-code"): ANY,
    ("POST", "/screen-code"): {"by_roster": False},
    ("DELETE", "/screen-code"): ANY,
    ("GET", "/stream-keys"): ANY,
    ("POST", "/stream-keys"): {"name": "OBS"},
    ("DELETE", "/stream-keys/{key}"): ANY,
    ("GET", "/feedback"): ANY,
    ("PUT", "/feedback"): {"on": True},
    ("GET", "/feedback.csv"): ANY,
    ("GET", "/feedback.xlsx"): ANY,
    ("GET", "/report"): ANY,
    ("GET", "/report.csv"): ANY,
    ("GET", "/report.xlsx"): ANY,
    ("GET", "/report.pdf"): ANY,
    ("POST", "/attendance/decisions"): {"subject": "s", "verdict": None, "reason": "r"},
    ("POST", "/attendance/objections/{objection}/answer"): {"verdict": None, "text": "t"},
    ("GET", "/replay-rules"): ANY,
    ("PUT", "/replay-rules"): {"by_decision": True},
    ("PUT", "/replay-publication"): {"published": True},
    ("POST", "/checkins/{round}/withdraw"): ANY,
    ("POST", "/checkins/{round}/corrections"): WHOM | {"status": "on_time", "reason": "r"},
    ("POST", "/checkins/{round}/refusals"): WHOM,
}
"""For the same, and for staff with a link to this very session."""

RULE = ("PUT", "/attendance/rule")
"""As those, with a body of many fields: it is taken from what the table of attendance says."""

OTHERS = {
    *(("GET", path) for path in ("", "/lobby", "/roster", "/timeline", "/screen-qr", "/question-sets")),
    *(("GET", path) for path in ("/broadcast", "/incidents", "/lesson.ics", "/my-feedback", "/my-checkins")),
    *(("GET", path) for path in ("/checkins", "/checkins/{round}", "/attendance", "/attendance/mine")),
    *(("GET", f"/{name}{end}") for name in ("groups", "poll-results") for end in ("", ".csv", ".xlsx")),
    *(("GET", f"/attendance.{end}") for end in ("csv", "xlsx")),
    ("GET", "/poll-results/{poll}/written"),
    ("GET", "/attendance-record"),
    *(("GET", f"/attendance-record/{{edition}}.{end}") for end in ("jsonl", "csv", "xlsx", "pdf")),
    *(("POST", path) for path in ("/enter", "/scans", "/my-feedback", "/checkins/{round}/make-up")),
    *(("POST", f"/attendance/objections{end}") for end in ("", "/{objection}/withdraw")),
    ("PUT", "/question-sets"),
}
"""Public, for oneself, or for reading: each is tested where it lives."""

ROOT = "/api/v1/sessions/{id}"


async def test_every_route_of_a_session_has_its_place(house: Installation) -> None:
    found = [
        (route.method, route.path.removeprefix(ROOT))
        for route in operations(house.services)
        if route.path.startswith(ROOT)
    ]
    assert sorted(found) == sorted([*RUN, *RUN_OR_LINK, RULE, *OTHERS])


async def test_who_runs_a_session_and_nobody_else(house: Installation) -> None:
    session, other = await house.plan(), await house.plan()
    rule = (await house.ask("GET", "/api/v1/attendance/rule", by="admin")).data
    rule = rule.get("rule", rule)
    tables = [(key, body, False) for key, body in RUN.items()]
    tables += [(key, body, True) for key, body in [*RUN_OR_LINK.items(), (RULE, rule)]]
    strangers: dict[str, dict[str, Any]] = {
        "another presenter": {"by": "other_presenter"},
        "a learner": {"by": "learner"},
        "a line manager": {"by": "manager"},
        "a learner's link": {"token": house.token(session, SessionRole.LEARNER, person="learner")},
        "a host's link as a learner": {"token": house.token(session, SessionRole.LEARNER, person="host")},
        "a screen": {"token": house.token(session, SessionRole.SCREEN, guest="tv")},
        "staff of another session": {"token": house.token(other, SessionRole.HOST, person="host")},
        "nobody": {},
    }
    staff: dict[str, Any] = {"token": house.token(session, SessionRole.HOST, person="host")}
    host: dict[str, Any] = {"by": "host"}
    at = ROOT.format(id=session.id)
    for (method, path), body, by_link in tables:
        for name, who in strangers.items() if by_link else [*strangers.items(), ("staff's link", staff)]:
            where = at + path.format(link="x", key="x", objection="x", round="x", person="x")
            sent: dict[str, Any] = {"data": b"external_id\nL1\n"} if path == "/roster" else {"json": body}
            answer = await house.ask(method, where, **sent, **who)
            assert answer.status in ((401,) if name == "nobody" else (403, 404)), (method, path, name)
            assert answer.status != 404 or answer.code == "session_not_found", (method, path, name)
        if method == "GET":
            answer = await house.ask(method, at + path, **(staff if by_link else host))
            assert answer.status == 200, (method, path)

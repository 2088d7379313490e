"""Who may do what with a session: role by operation, as one table."""

from typing import Any

import pytest

from lectern.kernel.access import Permission
from lectern.kernel.roles import SessionRole
from tests.installation import PEOPLE, Answer, Installation

OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "list": ("GET", "/api/v1/sessions", {}),
    "create": ("POST", "/api/v1/sessions", {"json": {"title": "New"}}),
    "get": ("GET", "/api/v1/sessions/{id}", {}),
    "patch": ("PATCH", "/api/v1/sessions/{id}", {"json": {"title": "Changed"}}),
    "start": ("POST", "/api/v1/sessions/{id}/start", {}),
    "end": ("POST", "/api/v1/sessions/{id}/end", {}),
    "lobby": ("GET", "/api/v1/sessions/{id}/lobby", {}),
    "roster": ("GET", "/api/v1/sessions/{id}/roster", {}),
    "import": ("POST", "/api/v1/sessions/{id}/roster", {"data": b"external_id\nL3\n"}),
    "expect": ("POST", "/api/v1/sessions/{id}/roster/people", {"json": {"external_id": "L3"}}),
    "unexpect": ("DELETE", "/api/v1/sessions/{id}/roster/{person}", {}),
    "timeline": ("GET", "/api/v1/sessions/{id}/timeline", {}),
    "token": ("POST", "/api/v1/sessions/{id}/join-tokens", {"json": {"role": "learner", "name": "N"}}),
    "enter": ("POST", "/api/v1/sessions/{id}/enter", {"json": {}}),
}
ROWS = """
                  list create get patch start end  lobby roster import expect unexpect timeline token enter
admin             200  201    200 200   204   204  200   200    200    200    204      200      201   200
presenter         200  201    200 200   204   204  200   200    200    200    204      403      201   200
host              200  201    200 200   204   204  200   200    200    200    204      403      201   200
other_presenter   200  201    200 403   403   403  200   200    403    403    403      403      403   403
manager           200  403    200 403   403   403  200   200    403    403    403      403      403   403
learner           200  403    200 403   403   403  200   403    403    403    403      403      403   200
stranger          200  403    404 403   403   403  200   403    403    403    403      403      403   403
nobody            401  401    401 401   401   401  200   401    401    401    401      401      401   401
key_read          200  403    200 403   403   403  200   403    403    403    403      403      403   401
key_write         403  201    403 200   204   204  200   403    200    200    204      403      201   401
own_token         403  403    200 403   403   403  200   403    403    403    403      403      403   401
guest_token       403  403    200 403   403   403  200   403    403    403    403      403      403   401
foreign_token     403  403    404 403   403   403  200   403    403    403    403      403      403   401
"""


CODES = {
    401: {"sign_in_required"},
    403: {"not_allowed", "not_your_session", "not_invited"},
    404: {"session_not_found"},
}
EXPECTED = {
    who: dict(zip(ROWS.split("\n")[1].split(), map(int, statuses), strict=True))
    for who, *statuses in (line.split() for line in ROWS.strip().split("\n")[1:])
}


def test_the_table_covers_every_operation_and_everybody() -> None:
    assert all(expected.keys() == OPERATIONS.keys() for expected in EXPECTED.values())
    assert PEOPLE.keys() - EXPECTED.keys() == {"colleague"}  # as the learner, in another department


async def attempt(house: Installation, who: str, operation: str) -> Answer:
    session = await house.plan()
    if operation == "end":
        await house.services.sessions.start(session.id)
    method, path, sent = OPERATIONS[operation]
    path = path.format(id=session.id, person=house.people["learner"])
    if who in house.people:
        return await house.ask(method, path, by=who, **sent)
    token = None
    if who == "key_read":
        token = await house.api_key(Permission.SESSIONS_READ)
    elif who == "key_write":
        token = await house.api_key(Permission.SESSIONS_WRITE)
    elif who == "own_token":
        token = house.token(session, SessionRole.LEARNER, person="learner")
    elif who == "guest_token":
        token = house.token(session, SessionRole.LEARNER, guest="Guest")
    elif who == "foreign_token":  # of somebody on the roster, for another session without presenter or host
        other = await house.plan(by=None, host=None)
        token = house.token(other, SessionRole.LEARNER, person="learner")
    return await house.ask(method, path, token=token, **sent)


@pytest.mark.parametrize("who", EXPECTED)
async def test_role_by_operation(house: Installation, who: str) -> None:
    answers = {operation: await attempt(house, who, operation) for operation in OPERATIONS}
    assert {operation: answer.status for operation, answer in answers.items()} == EXPECTED[who]
    for answer in answers.values():
        if answer.status >= 400:
            assert answer.code in CODES[answer.status]

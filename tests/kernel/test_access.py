"""Permissions: roles, keys and tokens come down to the same questions."""

from typing import Any

import pytest

from lectern.kernel.access import ALLOWED, Permission, Principal, SessionGrant, insist_on_running, runs
from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import OrgRole, SessionRole

GRANT = SessionGrant("s", SessionRole.LEARNER, None, guest_id="g")


def test_only_the_administrator_administers() -> None:
    assert {role for role, allowed in ALLOWED.items() if Permission.ADMIN in allowed} == {OrgRole.ADMIN}
    assert ALLOWED.keys() == set(OrgRole)


def test_a_missing_permission_is_named() -> None:
    who = Principal(org_id="o", subject_id="p", permissions=frozenset(), person_id="p")
    with pytest.raises(Forbidden) as refused:
        who.require(Permission.PEOPLE_READ)
    assert (refused.value.code, refused.value.details["needs"]) == ("not_allowed", "people:read")


@pytest.mark.parametrize(
    ("who", "everybody", "own", "foreign"),
    [
        (Principal("o", "key", frozenset()), True, True, True),
        (Principal("o", "p", frozenset(), frozenset({OrgRole.PRESENTER}), person_id="p"), True, True, True),
        (
            Principal(
                "o", "p", frozenset(), frozenset({OrgRole.LINE_MANAGER}), frozenset({"own"}), person_id="p"
            ),
            False,
            True,
            False,
        ),
        (Principal("o", "p", frozenset(), frozenset({OrgRole.LEARNER}), person_id="p"), False, False, False),
        (Principal("o", "p", frozenset(), person_id="p"), False, False, False),
        (Principal("o", "g", frozenset(), grant=GRANT), False, False, False),
    ],
    ids=["api key", "presenter", "line manager", "learner", "person without role", "guest token"],
)
def test_whose_people_are_seen(who: Principal, *, everybody: bool, own: bool, foreign: bool) -> None:
    assert who.sees_everybody is everybody
    assert who.sees_department("own") is own
    assert who.sees_department("foreign") is foreign
    assert who.sees_department(None) is everybody


@pytest.mark.parametrize(
    ("who", "anyhow", "with_links"),
    [
        ({"person_id": "presenter"}, True, True),
        ({"person_id": "host"}, True, True),
        ({"person_id": "other"}, False, False),
        ({"person_id": "other", "permissions": frozenset({Permission.ADMIN})}, True, True),
        ({"person_id": None}, True, True),  # a key
        ({"grant": SessionGrant("s", SessionRole.HOST, "host"), "person_id": "host"}, False, True),
        ({"grant": SessionGrant("s", SessionRole.PRESENTER, None, guest_id="g")}, False, True),
        ({"grant": SessionGrant("s", SessionRole.LEARNER, "host"), "person_id": "host"}, False, False),
        ({"grant": SessionGrant("s", SessionRole.SCREEN, None, guest_id="g")}, False, False),
        ({"grant": SessionGrant("t", SessionRole.HOST, "host"), "person_id": "host"}, False, False),
        ({"grant": SessionGrant("t", SessionRole.PRESENTER, None, guest_id="g")}, False, False),
    ],
)
def test_who_runs_a_session(who: dict[str, Any], *, anyhow: bool, with_links: bool) -> None:
    principal = Principal("org", "subject", who.pop("permissions", frozenset()), **who)
    led_by = ("presenter", "host")
    assert runs(principal, led_by) is anyhow
    assert runs(principal, led_by, by_link_to="s") is with_links
    assert not runs(Principal("org", "x", frozenset(), person_id="x"), (None, None))


def test_running_needs_the_permission_but_of_links() -> None:
    person = Principal("org", "host", frozenset(), person_id="host")
    with pytest.raises(Forbidden, match="not_allowed"):
        insist_on_running(person, ("host",))
    linked = Principal("org", "g", frozenset(), grant=SessionGrant("s", SessionRole.HOST, None, guest_id="g"))
    insist_on_running(linked, (None,), by_link_to="s")
    for link_to, code in ((None, "not_allowed"), ("t", "not_your_session")):
        with pytest.raises(Forbidden, match=code):
            insist_on_running(linked, (None,), by_link_to=link_to)

"""Permissions: roles, keys and tokens come down to the same questions."""

import pytest

from lectern.kernel.access import ALLOWED, Permission, Principal, SessionGrant
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

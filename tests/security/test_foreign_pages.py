"""What a page of somebody else can make a visitor's browser send, and that it achieves nothing."""

import json

import pytest

from lectern.kernel.roles import OrgRole
from tests.installation import Installation


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None]
)
async def test_a_form_elsewhere_signs_nobody_in_as_the_attacker(
    house: Installation, kind: str | None
) -> None:
    await house.services.accounts.add_person(
        house.org.id,
        external_id="X1",
        name="Mallory",
        department_id=None,
        roles=(OrgRole.LEARNER,),
        login="mallory",
        password="known to both",
    )
    body = json.dumps({"login": "mallory", "password": "known to both"}).encode()
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await house.ask("POST", "/api/v1/sign-in", data=body, headers=headers)
    assert (answer.status, answer.code) == (400, "content_type_invalid")
    assert "Set-Cookie" not in answer.headers
    proper = {"Content-Type": "application/json"}
    assert (await house.ask("POST", "/api/v1/sign-in", data=body, headers=proper)).status == 200

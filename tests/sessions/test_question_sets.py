"""The library of questions through the door: kept, changed, attached to a session, and whose it is."""

import asyncio
import time
from typing import Any

import pytest

from interactions.question_sets.reading import MOST_CHARS
from lectern.kernel.roles import SessionRole
from tests.installation import Installation

SETS = "/api/v1/question-sets"
TEXT = "1. Which exit? [60s]\nA. Door\n*B. Window\nPoints: fire\n\n2. How was it? [rating 0-10]"


async def kept(house: Installation, **more: Any) -> Any:
    """Keep a set and return it."""
    made = await house.ask("POST", SETS, by="presenter", json={"title": "Fire", "text": TEXT} | more)
    assert made.status == 201
    return made.data


async def test_a_set_is_kept_found_changed_and_deleted(house: Installation) -> None:
    made = await kept(house)
    assert [q["kind"] for q in made["questions"]] == ["single", "rating"]
    assert made["questions"][0]["right"] == [1]
    assert (made["version"], made["text"].splitlines()[0]) == (1, "1. [single, 60s] Which exit?")
    found = (await house.ask("GET", f"{SETS}?q=fir", by="host")).data["items"]
    assert [(line["title"], line["count"]) for line in found] == [("Fire", 2)]
    assert (await house.ask("GET", f"{SETS}?q=%25", by="host")).data["items"] == []

    one = f"{SETS}/{made['id']}"
    changed = {"title": "Fire 2", "text": "1. New?\n\n2. which exit?\nA. Roof\n*B. Window", "version": 1}
    answer = await house.ask("PUT", f"{one}?lang=zh-CN", by="host", json=changed)
    assert (answer.status, answer.data["version"]) == (200, 2)
    assert answer.data["questions"][1]["id"] == made["questions"][0]["id"]  # still the same question
    assert answer.data["text"].startswith("1．[简答] New?")
    late = await house.ask("PUT", one, by="presenter", json=changed)
    assert (late.status, late.code) == (409, "set_changed")

    assert (await house.ask("DELETE", one, by="host")).status == 204
    assert (await house.ask("GET", one, by="host")).code == "set_not_found"
    audit = (await house.ask("GET", "/api/v1/audit", by="admin")).data["items"]
    assert (audit[0]["action"], audit[0]["target"]) == ("question_set_deleted", made["id"])


async def test_a_preview_keeps_nothing_and_names_lines(house: Installation) -> None:
    read = await house.ask("POST", f"{SETS}/read", by="host", json={"text": TEXT + "\n\n3. Half\nA. a"})
    assert [each["line"] for each in read.data["questions"]] == [1, 6]
    assert [(e["line"], e["code"]) for e in read.data["errors"]] == [(8, "options_count_invalid")]
    assert (await house.ask("GET", SETS, by="host")).data["items"] == []
    refused = await house.ask("POST", SETS, by="host", json={"title": "T", "text": "1. Half\nA. a"})
    assert (refused.status, refused.code) == (422, "questions_unclear")
    assert refused.data["error"]["details"]["errors"][0]["line"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "", "text": TEXT}, 400),
        ({"title": "\x07", "text": TEXT}, 422),
        ({"title": "T"}, 422),
        ({"title": "T", "questions": [{"question": "Q", "options": ["A"]}]}, 422),
        ({"title": "T", "questions": [{"question": "Q", "kind": "essay"}]}, 400),
        ({"title": "T", "text": "x" * 300_000}, 400),
    ],
)
async def test_sets_that_make_no_sense(house: Installation, body: dict[str, Any], status: int) -> None:
    assert (await house.ask("POST", SETS, by="presenter", json=body)).status == status


async def test_a_session_gets_its_questions_and_its_staff_read_them(house: Installation) -> None:
    made, other = await kept(house), await kept(house, title="Other")
    session = await house.plan()
    prepared = f"/api/v1/sessions/{session.id}/question-sets"
    wanted = {"set_ids": [other["id"], made["id"]]}
    assert (await house.ask("PUT", prepared, by="presenter", json=wanted)).status == 200
    host = house.token(session, SessionRole.HOST, guest="Helper")
    listed = await house.ask("GET", prepared, token=host)
    assert [set_["title"] for set_ in listed.data["items"]] == ["Other", "Fire"]
    gone = {"set_ids": [made["id"], "nothing"]}
    assert (await house.ask("PUT", prepared, by="presenter", json=gone)).code == "set_not_found"
    assert len((await house.ask("GET", prepared, token=host)).data["items"]) == 2
    await house.ask("DELETE", f"{SETS}/{other['id']}", by="host")
    assert len((await house.ask("GET", prepared, token=host)).data["items"]) == 1


async def test_questions_are_for_those_who_teach(house: Installation) -> None:
    made = await kept(house)
    session, another = await house.plan(), await house.plan()
    for by in ("learner", "manager"):
        assert (await house.ask("GET", SETS, by=by)).status == 403
        assert (await house.ask("GET", f"{SETS}/{made['id']}", by=by)).status == 403
        assert (await house.ask("DELETE", f"{SETS}/{made['id']}", by=by)).status == 403
    prepared = f"/api/v1/sessions/{session.id}/question-sets"
    assert (await house.ask("GET", prepared, by="learner")).status == 403
    for token in (
        house.token(session, SessionRole.LEARNER, person="learner"),
        house.token(another, SessionRole.HOST, guest="Helper"),
    ):
        assert (await house.ask("GET", prepared, token=token)).status == 403
        assert (await house.ask("GET", SETS, token=token)).status == 403
    read = f"{SETS}/read"
    assert (await house.ask("POST", read, json={"text": "Q"})).status == 401
    learner = house.token(session, SessionRole.LEARNER, person="learner")
    assert (await house.ask("POST", read, token=learner, json={"text": "Q"})).status == 403
    host = house.token(session, SessionRole.HOST, guest="Helper")
    assert (await house.ask("POST", read, token=host, json={"text": "Q"})).status == 200


ENDLESS = "1. q\nA. b\nExplanation: y\n" + "x\n" * ((MOST_CHARS - 30) // 2)


async def test_whether_somebody_may_is_asked_before_a_text_is_read(house: Installation) -> None:
    session = await house.plan(guests=True)
    entered = await house.ask("POST", f"/api/v1/sessions/{session.id}/enter", json={"name": "Nobody"})
    kept = await house.ask("POST", SETS, json={"title": "t", "text": "1. Half\nA. a"}, by="presenter")
    assert (kept.status, kept.code) == (422, "questions_unclear")
    for who in ({"token": entered.data["token"]}, {"by": "learner"}):
        for method, path in (("POST", SETS), ("PUT", f"{SETS}/any"), ("POST", f"{SETS}/read")):
            refused = await house.ask(method, path, json={"title": "t", "text": ENDLESS}, **who)
            assert (refused.status, refused.code) == (403, "not_allowed"), (method, path)


async def test_the_worst_text_stops_nobody(house: Installation) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    async with asyncio.TaskGroup() as tasks:
        heart = tasks.create_task(beat())
        began = time.process_time()
        read = await house.ask("POST", f"{SETS}/read", json={"text": ENDLESS}, by="presenter")
        used_s = time.process_time() - began
        heart.cancel()
    assert (read.status, len(read.data["errors"])) == (200, 1)
    assert used_s < 5  # of a linear reader; copying the rest of the text for every line takes longer
    assert beats > 3


async def test_texts_are_read_at_a_measured_rate(house: Installation) -> None:
    answers = [
        await house.ask("POST", f"{SETS}/read", json={"text": ENDLESS}, by="presenter") for _ in range(6)
    ]
    assert [answer.status for answer in answers[:2]] == [200, 200]
    assert (answers[-1].status, answers[-1].code) == (429, "too_fast")
    other = await house.ask("POST", f"{SETS}/read", json={"text": "1. q"}, by="other_presenter")
    assert other.status == 200

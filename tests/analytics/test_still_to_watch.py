"""Who has still to watch: everybody a lesson expected, in the right place, and shown to the right people."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.neighbours import PersonCard
from analytics.still_to_watch import still_to_watch
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import OrgRole
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.analytics.conftest import READERS, Film, Office, person
from tests.analytics.test_attendance_routes import closed, joined, opened
from tests.analytics.test_view_routes import interval, report
from tests.lesson import START

PATH = "/api/v1/still-to-watch"


def with_its_department(card: PersonCard) -> PersonCard:
    return PersonCard(card.id, card.external_id, card.name, card.department_id, card.department_id)


CARDS = st.lists(
    st.builds(
        PersonCard,
        st.uuids().map(str),
        st.text(max_size=3),
        st.text(max_size=3),
        department_id=st.sampled_from([None, "d1", "d2"]),
        department=st.none(),
    ).map(with_its_department),
    unique_by=lambda card: card.id,
)


@given(cards=CARDS, data=st.data())
def test_everybody_is_once_in_the_list_and_in_one_department(
    cards: list[PersonCard], data: st.DataObject
) -> None:
    shares = {card.id: data.draw(st.floats(0, 1)) for card in cards if data.draw(st.booleans())}
    found = still_to_watch(cards, shares | {"somebody else": 1.0}, 0.8)
    assert sorted(one.card.id for one in found.people) == sorted(card.id for card in cards)
    assert sum(one.expected for one in found.departments) == len(cards)
    assert sum(one.done for one in found.departments) == found.done
    assert all(one.done + one.begun <= one.expected for one in found.departments)
    assert found.done == sum(shares.get(card.id, 0) >= 0.8 for card in cards)
    done = [one.done for one in found.people]
    assert done == sorted(done), "who is not done comes first"


async def test_live_and_replay_make_somebody_done(office: Office) -> None:
    at = office.lesson.at
    await at(0, SessionStarted(), joined("p_ann", "ann", "Ann"), opened("p_ann", "c1", "pc"))
    await at(60, closed("p_ann", "c1", 60))
    await at(100, SessionEnded())
    office.now = UtcMs(START + 3_600_000)
    office.replay_clock = ClockMap((ClockPiece(0, 0, 100_000),))
    await report(office, "ann", interval("a", 55, 90, 1_000))
    await report(office, "bob", interval("b", 0, 50, 1_000))
    status, found = await office.call("GET", f"{PATH}/replay/film", "admin")
    assert (status, found["expected"], found["done"]) == (200, 3, 1)
    people = [(one["person"]["external_id"], one["share"], one["done"]) for one in found["people"]]
    assert people == [("E3", 0.0, False), ("E2", 0.5, False), ("E1", 0.9, True)]
    assert found["departments"] == [
        {"department": "Laboratory", "expected": 2, "done": 0, "begun": 1},
        {"department": "Shops", "expected": 1, "done": 1, "begun": 0},
    ]
    _, found = await office.call("GET", f"{PATH}/replay/film", "manager")
    assert [one["person"]["external_id"] for one in found["people"]] == ["E3", "E2"]


async def test_any_version_of_a_microcourse_counts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    find = office.find

    async def earlier(*asked: Any, **rest: Any) -> Film:
        return replace(await find(*asked), version=1)

    with monkeypatch.context() as before:
        before.setattr(office, "find", earlier)
        await report(office, "ann", interval("a", 0, 85, 0), medium="microcourse", version=1)
    await report(office, "ann", interval("b", 90, 100, 200), medium="microcourse")
    _, found = await office.call("GET", f"{PATH}/microcourse/film", "admin")
    assert [(one["share"], one["done"]) for one in found["people"]] == [
        (0.0, False),
        (0.0, False),
        (0.85, True),
    ], "the best of them, not their sum: another version is another film"


@pytest.mark.parametrize(
    ("who", "status"), [("ann", 403), ("stranger", 404), ("other_host", 403), ("host", 200)]
)
async def test_only_who_may_see_it_sees_it(office: Office, who: str, status: int) -> None:
    assert (await office.call("GET", f"{PATH}/replay/film", who))[0] == status


async def test_without_a_roster_nobody_is_expected(office: Office) -> None:
    office.roster.clear()
    await report(office, "ann", interval("a", 0, 85, 0))
    _, found = await office.call("GET", f"{PATH}/replay/film", "admin")
    assert found == {"expected": 0, "done": 0, "departments": [], "people": []}
    assert (await office.call("GET", f"{PATH}/film/film", "admin"))[0] == 404


async def test_it_leaves_as_files_and_the_trail_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(READERS, "eve", person("eve", OrgRole.LEARNER))
    await report(office, "eve", interval("a", 0, 90, 0))
    answer = await office.raw("GET", f"{PATH}/replay/film/people.csv?lang=zh-CN", "admin")
    lines = (await answer.read()).decode("utf-8-sig").splitlines()
    assert lines[0] == "姓名,工号,部门,看过的比例,已完成"
    assert lines[-1] == "'=HYPERLINK(1),E3,Laboratory,0.9,是"
    workbook = await office.raw("GET", f"{PATH}/replay/film/people.xlsx", "admin")
    assert (await workbook.read())[:2] == b"PK"
    assert office.audit_log.count(("admin", "still_to_watch_exported", "film")) == 2
    assert (await office.raw("GET", f"{PATH}/replay/film/people.csv", "ann")).status == 403


async def test_whom_it_is_not_for_is_not_expected(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 90, 0))
    _, everybody = await office.call("GET", f"{PATH}/replay/film", "admin")
    assert everybody["expected"] > 1
    office.inside_only = "ann"
    _, found = await office.call("GET", f"{PATH}/replay/film", "admin")
    assert (found["expected"], [one["person"]["id"] for one in found["people"]]) == (1, ["ann"])

"""From a finished cut to what learners see: who reviews, what is sent back, and versions that stay."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.media import Microcourse
from catalogue.review import Terms, insist_on_review
from catalogue.review_store import ReviewStore
from catalogue.states import MICROCOURSE_TABLE, MicrocourseState
from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import OrgRole
from tests.catalogue.conftest import PEOPLE, SESSION, House, person

CUT = {"title": "Valves in five minutes", "start_ms": 60_000, "end_ms": 240_000}


async def made(house: House, who: str = "presenter") -> str:
    """Have a microcourse cut, and return its address."""
    replay_id = await house.ready_replay()
    _, cut = await house.call("POST", f"/api/v1/replays/{replay_id}/microcourses", who, json=CUT)
    await house.work("microcourse", {"duration_ms": 183_000})
    return f"/api/v1/microcourses/{cut['id']}"


async def code_of(house: House, path: str, who: str, **arguments: Any) -> str:
    _, body = await house.call("POST", path, who, **arguments)
    code: str = body["error"]["code"]
    return code


async def test_what_is_sent_back_comes_again_and_is_published_by_its_maker(house: House) -> None:
    path = await made(house)
    assert await code_of(house, path + "/publish", "presenter") == "microcourse_not_reviewed"
    status, asked = await house.call("POST", path + "/ask-review", json={})
    assert (status, asked["state"], asked["may"]) == (200, "in_review", ["take_back"])
    assert house.told == [("review_asked", ["admin", "manager"])]
    _, seen = await house.call("GET", path, "manager")
    assert (seen["state"], seen["may"]) == ("in_review", ["approve", "send_back"])
    said = {
        "version": 1,
        "approve": False,
        "comment": "Nearly.",
        "points": [{"text": "Louder", "at_ms": 9_000}],
    }
    assert (await house.call("POST", path + "/review", "manager", json=said))[1]["state"] == "sent_back"
    assert house.told[-1] == ("sent_back", ["presenter"])
    await house.call("PATCH", path, json={"end_ms": 200_000})
    await house.work("microcourse", {"duration_ms": 143_000})
    await house.call("POST", path + "/ask-review", json={"reviewer": "manager"})
    assert house.told[-1] == ("review_asked", ["manager"])
    stale = {"version": 1, "approve": True}
    assert await code_of(house, path + "/review", "manager", json=stale) == "microcourse_changed"
    await house.call(
        "POST", path + "/review", "manager", json={"version": 2, "approve": True, "comment": "Good"}
    )
    _, ready = await house.call("GET", path)
    assert (ready["state"], ready["may"]) == ("reviewed", ["publish"])
    _, published = await house.call("POST", path + "/publish")
    assert (published["state"], published["live_version"], published["may"]) == ("published", 2, ["retire"])
    _, history = await house.call("GET", path + "/reviews")
    assert [(r["verdict"], r["reviewer_name"], r["version"]) for r in history["reviews"]] == [
        ("approved", "Manager", 2),
        ("sent_back", "Manager", 1),
    ]
    assert history["reviews"][1]["points"] == [{"text": "Louder", "at_ms": 9_000}]
    [version] = history["versions"]
    assert (version["reviewed_by_name"], version["published_by_name"]) == ("Manager", "Presenter")
    assert [action for _, action in house.audit_log] == [
        "microcourse_review_asked",
        "microcourse_sent_back",
        "microcourse_review_asked",
        "microcourse_approved",
        "microcourse_published",
    ]


async def test_nobody_reviews_their_own_unless_nobody_else_is_left(house: House) -> None:
    path = await made(house, "admin")
    own = {"version": 1, "approve": True}
    assert await code_of(house, path + "/review", "admin", json=own) == "review_own"
    assert await code_of(house, path + "/publish", "admin") == "microcourse_not_reviewed"
    house.reviewing.remove("manager")
    status, published = await house.call("POST", path + "/publish", "admin")
    assert (status, published["state"]) == (200, "published")
    _, history = await house.call("GET", path + "/reviews", "admin")
    assert [review["reviewer"] for review in history["reviews"]] == ["admin"]


async def test_those_who_only_teach_do_not_review(house: House) -> None:
    path = await made(house)
    body = {"version": 1, "approve": True}
    assert await code_of(house, path + "/review", "presenter", json=body) == "not_a_reviewer"
    assert await code_of(house, path + "/review", "learner", json=body) == "not_allowed"
    assert await code_of(house, path + "/review", "stranger", json=body) == "microcourse_not_found"
    unknown = {"reviewer": "learner"}
    assert await code_of(house, path + "/ask-review", "presenter", json=unknown) == "reviewer_unknown"
    assert (await house.call("POST", path + "/take-back"))[0] == 409
    await house.call("POST", path + "/ask-review", json={})
    assert (await house.call("POST", path + "/take-back"))[1]["state"] == "ready"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "review_empty"),
        ({"points": [{"text": "x", "at_ms": 183_001}]}, "point_outside"),
        ({"comment": "x" * 2_001}, "review_too_long"),
    ],
)
async def test_what_cannot_be_kept_is_refused(house: House, said: dict[str, Any], code: str) -> None:
    path = await made(house)
    body = {"version": 1, "approve": False} | said
    assert await code_of(house, path + "/review", "admin", json=body) == code
    assert house.told == []


async def test_an_organisation_may_do_without_reviews(house: House) -> None:
    path = await made(house)
    async with house.database.write() as tx:
        await ReviewStore().set_terms(tx, "org", Terms(review_needed=False), house.now)
    assert (await house.call("GET", path))[1]["may"] == ["publish"]
    assert (await house.call("POST", path + "/publish"))[1]["state"] == "published"


async def test_a_published_version_plays_on_while_the_next_is_made(house: House) -> None:
    path = await made(house)
    microcourse_id = path.rsplit("/", 1)[1]
    await house.publish(microcourse_id)
    row = {"org_id": "org", "subject": "learner", "medium": "microcourse", "medium_id": microcourse_id}
    async with house.database.write() as tx:
        await house.store.remember_positions(tx, [row | {"position_ms": 90_000, "updated_utc_ms": house.now}])
    status, changed = await house.call("PATCH", path, json={"title": "Valves, anew", "end_ms": 180_000})
    assert (status, changed["version"], changed["live_version"], changed["state"]) == (
        200,
        2,
        1,
        "processing",
    )
    for who in ("learner", "presenter"):  # nobody finds nothing while the new one is in the making
        _, seen = await house.call("GET", path, who)
        assert (seen["version"], seen["title"], seen["state"]) == (1, CUT["title"], "published")
        assert "/1/" not in seen["video_url"]
    assert (await house.call("GET", path, params={"version": "2"}))[1]["state"] == "processing"
    assert (await house.call("GET", path, "learner", params={"version": "2"}))[0] == 404
    await house.work("microcourse", {"duration_ms": 123_000})
    _, page = await house.call("GET", "/api/v1/microcourses", "learner")
    assert [(item["version"], item["position_ms"]) for item in page["items"]] == [(1, 90_000)]
    await house.publish(microcourse_id)
    _, seen = await house.call("GET", path, "learner")
    assert (seen["version"], seen["title"], seen["position_ms"]) == (2, "Valves, anew", 0)
    _, history = await house.call("GET", path + "/reviews")
    assert [(v["version"], v["replaced_utc_ms"]) for v in history["versions"]] == [(2, None), (1, house.now)]
    watching = house.deps().watching
    for version, length in ((1, 183_000), (2, 123_000), (None, 123_000)):
        found = await watching.find(PEOPLE["learner"], "microcourse", microcourse_id, version=version)
        assert (found.version, found.duration_ms) == (version or 2, length)


async def test_what_is_retired_is_gone_for_learners_and_can_come_back(house: House) -> None:
    path = await made(house)
    microcourse_id = path.rsplit("/", 1)[1]
    assert await code_of(house, path + "/retire", "presenter") == "microcourse_not_published"
    await house.publish(microcourse_id)
    _, retired = await house.call("POST", path + "/retire")
    assert (retired["state"], retired["live_version"], retired["may"]) == ("retired", None, ["publish"])
    assert (await house.call("GET", path, "learner"))[0] == 404
    assert (await house.call("GET", "/api/v1/microcourses", "learner"))[1]["items"] == []
    assert (await house.call("GET", path))[1]["video_url"] is not None
    _, again = await house.call("POST", path + "/publish")
    assert (again["state"], again["live_version"]) == ("published", 1)
    await house.call("PATCH", path, json={"title": "Next"})
    _, withdrawn = await house.call("POST", path + "/retire")
    assert (withdrawn["state"], withdrawn["live_version"]) == ("processing", None)


async def test_an_erased_one_takes_its_reviews_along_and_leaves_what_was_published(house: House) -> None:
    path, reviews = await made(house), ReviewStore()
    gone = path.rsplit("/", 1)[1]
    await house.publish(gone)
    await house.call("DELETE", path)
    async with house.database.read() as tx:
        assert (len(await reviews.of(tx, gone)), len(await reviews.releases(tx, gone))) == (1, 1), (
            "in the bin"
        )
    assert (await house.call("DELETE", f"/api/v1/bin/microcourse/{gone}", "admin"))[0] == 204
    assert await house.eraser().step() == 1
    async with house.database.read() as tx:
        # Who watched that version has a record of it: what it was stays.
        assert (await reviews.of(tx, gone), len(await reviews.releases(tx, gone))) == ([], 1)


def of(created_by: str, made_by: str) -> Microcourse:
    """Return a microcourse that two people had a hand in."""
    return Microcourse(
        "m", "org", "r", SESSION, "t", 0, 1_000, MicrocourseState.READY, 1, None, 1_000, created_by, 0, None,
        made_by=made_by,
    )  # fmt: skip


NAMES = st.sampled_from(["a", "b", "c", "d"])


@given(st.sets(NAMES), NAMES, NAMES, NAMES, NAMES)
def test_whoever_judges_had_no_hand_in_it_while_somebody_else_could(
    reviewers: set[str], who: str, created_by: str, made_by: str, asked_by: str
) -> None:
    hands = {created_by, made_by, asked_by}
    judge = person(who, OrgRole.ADMIN)
    try:
        insist_on_review(judge, of(created_by, made_by), reviewers, asked_by)
    except Forbidden as refusal:
        refused = refusal.code
    else:
        refused = ""
    assert refused == ("review_own" if who in hands and reviewers - hands else "")


def test_nothing_that_plays_is_lost_on_the_way() -> None:
    """Whatever was cut can be edited, in whatever state it is."""
    for state in set(MicrocourseState) - {MicrocourseState.DRAFT}:
        assert "edited" in MICROCOURSE_TABLE[state]

"""Looks: an organisation has several, some are somebody's by themselves; what was made in one stays in it."""

from typing import Any

import pytest

from catalogue.brand.look import Look, LookStore, NamedLook
from lectern.db.engine import Database
from lectern.kernel.errors import Conflict, NotFound
from tests.catalogue.conftest import PEOPLE, House
from tests.catalogue.test_drafts import begun, say

STORE = LookStore()


async def made_look(house: House, id_: str, org_id: str = "org") -> str:
    """A look of which somebody has made a version."""
    async with house.database.write() as tx:
        await STORE.add(tx, NamedLook(id_, org_id, id_.title(), 0, "admin", house.now))
        await STORE.add_version(tx, org_id, Look(id_, 0, "#111111"), "admin", house.now)
    return id_


async def change(house: House, id_: str, accent: str) -> None:
    """The next version of a look."""
    async with house.database.write() as tx:
        look = await STORE.named(tx, "org", id_, lock=True)
        await STORE.add_version(tx, "org", Look(id_, look.version, accent), "admin", house.now)


async def give(house: House, subject: str, look_id: str) -> None:
    """Let a look be somebody's."""
    async with house.database.write() as tx:
        await STORE.give(tx, "org", subject, look_id, "admin", house.now)


async def retire(house: House, look_id: str) -> None:
    """Let it be chosen no more."""
    async with house.database.write() as tx:
        await STORE.change(tx, look_id, retired_utc_ms=house.now)


async def by_itself(house: House, who: str) -> str:
    """The look that somebody's microcourse of the lesson has."""
    async with house.database.read() as tx:
        return await house.deps().looks.by_itself(tx, PEOPLE[who], "org", "s1")


async def produce(house: House, draft: Any, **more: Any) -> tuple[int, Any]:
    """Have a draft made as it stands."""
    _, now = await house.call("GET", f"/api/v1/edits/{draft['id']}")
    body = {"revision": now["revision"]} | more
    return await house.call("POST", f"/api/v1/edits/{draft['id']}/produce", json=body)


async def made_in(house: House, draft: Any, **more: Any) -> tuple[str, int, bool]:
    """Have it made; returns what the worker is told: the look, its version, and whether it is in one."""
    status, answer = await produce(house, draft, **more)
    assert status == 200, answer
    args = (await house.work("microcourse", {"duration_ms": 163_000})).args
    return args.get("look", ""), args.get("look_version", 0), args.get("branded", True)


async def retitled(house: House, draft: Any, title: str) -> Any:
    """The draft with another title: something to make anew for."""
    _, now = await house.call("GET", f"/api/v1/edits/{draft['id']}")
    return (await say(house, now, {"kind": "name", "title": title}))[1]


async def test_whose_look_a_microcourse_has_by_itself(house: House) -> None:
    assert await by_itself(house, "host") == "org"  # as it is while nobody has chosen anything
    for look in ("standard", "academy", "editing"):
        await made_look(house, look)
    await give(house, "org", "standard")
    assert await by_itself(house, "host") == "standard"
    await give(house, "host", "editing")
    assert (await by_itself(house, "host"), await by_itself(house, "other")) == ("editing", "standard")
    await give(house, "presenter", "academy")  # who gave the lesson goes before who cuts it
    assert await by_itself(house, "host") == "academy"
    await retire(house, "academy")
    assert (await by_itself(house, "host"), await by_itself(house, "presenter")) == ("editing", "standard")


async def test_what_was_made_stays_in_its_look_until_the_newest_is_wanted(house: House) -> None:
    draft = await begun(house)
    await made_look(house, "academy")
    await give(house, "presenter", "academy")
    assert await made_in(house, draft) == ("academy", 1, True)
    await change(house, "academy", "#222222")
    await made_look(house, "other")
    await give(house, "presenter", "other")
    await retitled(house, draft, "Valves again")
    assert await made_in(house, draft) == ("academy", 1, True)
    [shown] = (await house.call("GET", "/api/v1/microcourses"))[1]["items"]
    assert shown["look"] == {"id": "academy", "name": "Academy", "version": 1, "newest": False}
    assert await made_in(house, draft, newest_look=True) == ("other", 1, True)  # nothing else has changed
    [shown] = (await house.call("GET", "/api/v1/microcourses"))[1]["items"]
    assert (shown["version"], shown["look"]["newest"]) == (3, True)
    await house.publish(shown["id"])
    [seen] = (await house.call("GET", "/api/v1/microcourses", "learner"))[1]["items"]
    assert seen["look"] is None  # how it was made is for editors
    # by API: a title alone changes no look, and what failed is tried again as it was
    await change(house, "other", "#333333")
    _, renamed = await house.call("PATCH", f"/api/v1/microcourses/{shown['id']}", json={"title": "Other"})
    assert (renamed["version"], renamed["look"]["version"]) == (4, 1)


async def test_an_editor_chooses_a_look_and_it_can_be_retired(house: House) -> None:
    draft = await begun(house)
    for look in ("academy", "service"):
        await made_look(house, look)
    await give(house, "presenter", "academy")
    _, chosen = await say(house, draft, {"kind": "brand", "branded": True, "look": "service"})
    assert (chosen["content"]["branded"], chosen["content"]["look"]) == (True, "service")
    assert await made_in(house, draft) == ("service", 1, True)
    await retire(house, "service")
    await retitled(house, draft, "Again")
    assert await made_in(house, draft) == ("service", 1, True)  # what was made in it can be made again
    await retitled(house, draft, "Once more")
    status, refused = await produce(house, draft, newest_look=True)
    assert (status, refused["error"]["code"]) == (409, "look_retired")
    _, plain = await say(house, await retitled(house, draft, "Plain"), {"kind": "brand", "branded": False})
    assert plain["content"]["look"] == ""
    assert await made_in(house, draft) == ("", 0, False)
    _, auto = await say(house, plain, {"kind": "brand", "branded": True})
    assert await made_in(house, draft) == ("academy", 1, True)
    for look, answer in (("service", (409, "look_retired")), ("none", (404, "look_not_found"))):
        status, refused = await say(house, auto, {"kind": "brand", "branded": True, "look": look})
        assert (status, refused["error"]["code"]) == answer
    await made_look(house, "theirs", "elsewhere")
    status, refused = await say(house, auto, {"kind": "brand", "branded": True, "look": "theirs"})
    assert (status, refused["error"]["code"]) == (404, "look_not_found")


async def test_rows_of_looks(database: Database) -> None:
    """The contract of the store, on both databases."""
    async with database.write() as tx:
        own = await STORE.named(tx, "org", "org")
        assert (own.version, own.name, await STORE.all(tx, "org")) == (0, "", [own])
        with pytest.raises(NotFound):
            await STORE.named(tx, "org", "none")
        kept = await STORE.named(tx, "org", "org", lock=True, now=7)
        first = await STORE.add_version(tx, "org", Look("org", 0, "#123456", logo=b"\x89PNG"), "a", 8)
        for name in ("b", "a"):
            await STORE.add(tx, NamedLook(name, "org", name.upper(), 0, "a", 9))
        await STORE.add(tx, NamedLook("c", "elsewhere", "C", 0, "a", 9))
    assert (kept.created_utc_ms, first.version) == (7, 1)
    async with database.write() as tx:
        assert [look.id for look in await STORE.all(tx, "org")] == ["org", "a", "b"]
        assert set(await STORE.many(tx, ["a", "c", "none"])) == {"a", "c"}
        assert await STORE.look(tx, "org", 1) == first
        assert (await STORE.look(tx, "org", 2)).accent == Look().accent
        await STORE.give(tx, "org", "p", "a", "x", 1)
        await STORE.give(tx, "org", "p", "b", "x", 2)
        await STORE.give(tx, "org", "q", "a", "x", 2)
        assert await STORE.given(tx, "org") == {"p": "b", "q": "a"}
        await STORE.change(tx, "a", retired_utc_ms=5)
        assert await STORE.given_to(tx, "org", ["p", "q", "r"]) == {"p": "b"}
        with pytest.raises(Conflict):
            await STORE.usable(tx, "org", "a")
        with pytest.raises(NotFound):
            await STORE.usable(tx, "org", "c")
        assert (await STORE.usable(tx, "org", "b")).name == "B"
        await STORE.take(tx, "org", ["p"])
        await STORE.delete(tx, "a")
        assert await STORE.given(tx, "org") == {}
        assert not await STORE.is_used(tx, "org", "b")


async def test_a_look_that_something_names_is_used(house: House) -> None:
    draft = await begun(house)
    for look in ("academy", "b", "free"):
        await made_look(house, look)
    _, named = await say(house, draft, {"kind": "brand", "branded": True, "look": "academy"})
    await say(house, named, {"kind": "brand", "branded": True, "look": "b"})
    assert (await made_in(house, draft))[0] == "b"
    async with house.database.read() as tx:
        used = {look: await STORE.is_used(tx, "org", look) for look in ("academy", "b", "free", "acad")}
        assert used == {"academy": True, "b": True, "free": False, "acad": False}
        assert await STORE.uses(tx, "org") == {"b": 1}
        assert await STORE.uses(tx, "elsewhere") == {}

"""Shared notes over real sockets: who reads and writes, what is kept, and what becomes of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from interactions.breakout.idea import BREAKOUT
from interactions.deadlines import Deadlines
from interactions.notes import desk, store
from interactions.notes.tables import changes
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, SessionEnded
from lectern.timeline.idea import Actor, Audience, Viewer
from tests.interactions.class_server import (
    SESSION,
    WAIT_S,
    ClassServer,
    Client,
    begin,
    class_server,
    connected,
    engine_over,
    two_engines,
)
from tests.interactions.pens import Pen, as_message

H = Actor("h", SessionRole.HOST)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ClassServer]:
    database = Database(f"sqlite:///{tmp_path / 'lectern.db'}")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    engine = engine_over(database)
    await begin(engine)
    async with class_server(engine) as running:
        yield running
    await database.close()


class Reader:
    """A client with a group's notes open."""

    def __init__(self, client: Client) -> None:
        self.client, self.pen, self.n = client, Pen(), 0
        self.by: list[str] = []
        self.changed = asyncio.Condition()
        client.socket.on("notes", self._receive, namespace="/class")

    async def _receive(self, frame: dict[str, Any]) -> None:
        async with self.changed:
            assert frame["from"] <= self.n
            self.pen.receive(frame)
            self.n = frame["to"]
            self.by += frame["by"]
            self.changed.notify_all()

    async def open(self, group: str) -> dict[str, Any]:
        """Open the notes, and take in what stands there."""
        answer = await self.client.call("notes_open", {"group": group, "after": self.n})
        if "error" not in answer:
            self.pen.receive(answer)
            self.n = answer["n"]
        return answer

    async def shows(self, text: str) -> None:
        """Wait until the page shows this."""
        async with asyncio.timeout(WAIT_S), self.changed:
            await self.changed.wait_for(lambda: self.pen.text == text)


async def split(server: ClassServer, *, id_: str = "split", **more: Any) -> list[str]:
    """Split the class: l1 and l2 are in the first group; return the groups' ids."""
    groups = [{"name": "One", "members": ["l1", "l2"]}, {"name": "Two"}]
    await server.engine.execute(SESSION, H, id_, "breakout_open", {"groups": groups, **more})
    live = await server.engine.current(SESSION)
    return list(live.state.of(BREAKOUT).groups)


def code(answer: dict[str, Any]) -> str | None:
    """Return why something was refused; None if it was not."""
    return None if "error" not in answer else str(answer["error"]["code"])


async def outcome(
    server: ClassServer, group: str, who: str = "h", audience: Audience = Audience.STAFF
) -> Any:
    """Return a group's result as somebody sees it."""
    view = await server.engine.view(SESSION, Viewer(who, audience), None)
    return (view.entities or {}).get(f"outcome/{group}")


async def test_members_write_together_and_the_host_looks_on(server: ClassServer) -> None:
    one, _ = await split(server)
    async with (
        connected(server.url, "learner:l1") as l1,
        connected(server.url, "learner:l2") as l2,
        connected(server.url, "host:h") as host,
    ):
        ann, bob, eye = Reader(l1), Reader(l2), Reader(host)
        for reader in (ann, bob, eye):
            assert await reader.open(one) == {"n": 0, "updates": [], "limit": 8_000}
        first = ann.pen.write(0, "省电 😀")
        assert await l1.call("notes_write", as_message(one, first)) == {"n": 1}
        await bob.shows("省电 😀")
        both = ann.pen.write(4, "!"), bob.pen.write(0, "1. ")
        await asyncio.gather(
            l1.call("notes_write", as_message(one, both[0])), l2.call("notes_write", as_message(one, both[1]))
        )
        for reader in (ann, bob, eye):
            await reader.shows("1. 省电 😀!")
        assert set(eye.by) == {"l1", "l2"}
        mine = Pen()
        assert code(await host.call("notes_write", as_message(one, mine.write(0, "?")))) == "notes_read_only"
        await host.command("breakout_visit", group=one)
        assert (
            code(await host.call("notes_write", as_message(one, mine.write(1, "!")))) == "notes_out_of_step"
        )
        assert await host.call("notes_write", as_message(one, Pen().write(0, "?"))) == {"n": 4}


async def test_others_neither_read_nor_write(server: ClassServer) -> None:
    one, two = await split(server, late="choose")
    async with connected(server.url, "learner:l3") as l3, connected(server.url, "learner:l1") as l1:
        reader = Reader(l3)
        assert code(await reader.open(one)) == "group_not_found"
        assert code(await l3.call("notes_write", as_message(one, Pen().write(0, "x")))) == "group_not_found"
        assert code(await l3.call("notes_open", {"group": "none"})) == "group_not_found"
        await l3.command("breakout_choose", group=two)
        assert code(await reader.open(two)) is None
        assert code(await l1.call("notes_open", {"group": two})) == "group_not_found"
        await server.engine.execute(SESSION, H, "mute", "chat_mute", {"participant": "l3", "on": True})
        assert code(await l3.call("notes_write", as_message(two, Pen().write(0, "x")))) == "chat_muted"


async def test_who_is_moved_in_the_middle_of_a_word_reads_on_no_further(server: ClassServer) -> None:
    one, two = await split(server)
    async with connected(server.url, "learner:l1") as l1, connected(server.url, "learner:l2") as l2:
        ann, bob = Reader(l1), Reader(l2)
        await ann.open(one)
        await bob.open(one)
        await l1.call("notes_write", as_message(one, ann.pen.write(0, "a")))
        await bob.shows("a")
        await server.engine.execute(SESSION, H, "move", "breakout_move", {"participant": "l2", "group": two})
        late = await l2.call("notes_write", as_message(one, bob.pen.write(1, "b")))
        assert code(late) == "group_not_found"
        await l1.call("notes_write", as_message(one, ann.pen.write(1, "c")))
        await ann.shows("ac")
        other = Reader(l2)
        await other.open(two)
        await l2.call("notes_write", as_message(two, other.pen.write(0, "new")))
        await other.shows("new")
        assert bob.pen.text == "ab"  # what was written in the old group never came


async def test_what_was_written_offline_merges_and_a_repetition_counts_once(server: ClassServer) -> None:
    one, _ = await split(server)
    ann = Pen()
    async with connected(server.url, "learner:l1") as l1:
        reader = Reader(l1)
        reader.pen = ann
        await reader.open(one)
        await l1.call("notes_write", as_message(one, ann.write(0, "start ")))
    away = [ann.write(6, "offline "), ann.erase(0, 1), ann.write(0, "S")]
    async with connected(server.url, "learner:l2") as l2:
        bob = Reader(l2)
        await bob.open(one)
        await l2.call("notes_write", as_message(one, bob.pen.write(6, "meanwhile ")))
    async with connected(server.url, "learner:l1") as l1:
        reader = Reader(l1)
        reader.pen, reader.n = ann, 1
        assert (await reader.open(one))["n"] == 2
        for update in [*away, away[0], away[2]]:
            answer = await l1.call("notes_write", as_message(one, update))
        assert answer == {"n": 5}
        async with server.engine.database.read() as tx:
            assert (await store.chars(tx, SESSION))[one] == {"l1": 15, "l2": 10}
    async with connected(server.url, "host:h") as host:
        eye = Reader(host)
        await eye.open(one)
        assert eye.pen.text == ann.text
        assert sorted(eye.pen.text.split()) == ["Start", "meanwhile", "offline"]


@pytest.mark.parametrize("ends", ["host", "time", "lesson"])
async def test_the_notes_end_with_the_groups_and_stay_with_the_result(server: ClassServer, ends: str) -> None:
    one, two = await split(server, seconds=10)
    async with connected(server.url, "learner:l1") as l1:
        ann = Reader(l1)
        await ann.open(one)
        await l1.call("notes_write", as_message(one, ann.pen.write(0, "省电, 安静")))
        match ends:
            case "host":
                await server.engine.execute(SESSION, H, "close", "breakout_close", {})
            case "time":
                clock = server.engine.clock
                server.engine.clock = lambda: type(clock())(clock() + 11_000)
                await Deadlines(server.engine).close_due()
            case _:
                async with server.engine.change(SESSION) as change:
                    change.append(NewEvent(payload=SessionEnded(), actor="p"))
        refused = code(await l1.call("notes_write", as_message(one, ann.pen.write(0, "late "))))
        assert refused in {"breakout_closed", "session_over"}
        assert code(await ann.open(one)) == refused
    await Deadlines(server.engine).close_due()
    shown = await outcome(server, one)
    assert (shown["notes"], shown["text"], shown["author"]) == ("省电, 安静", None, None)
    assert await outcome(server, two) is None
    assert await outcome(server, one, "l2", Audience.LEARNER) == shown  # a member, though not shown to all
    assert await outcome(server, one, "l9", Audience.LEARNER) is None
    async with server.engine.database.read() as tx:
        assert (await tx.execute(changes.select())).all() == []
    if ends == "host":
        await server.engine.execute(SESSION, H, "show", "breakout_show", {"id": one, "on": True})
        assert (await outcome(server, one, "l9", Audience.LEARNER))["notes"] == "省电, 安静"
    seq = (await server.engine.current(SESSION)).state.seq
    await Deadlines(server.engine).close_due()
    assert (await server.engine.current(SESSION)).state.seq == seq


async def test_a_killed_server_has_lost_nothing_that_was_acknowledged(
    server: ClassServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHANGES_KEPT", 5)
    monkeypatch.setattr(desk, "WRITE_BURST", 100.0)
    one, _ = await split(server)
    async with class_server(server.engine) as first, connected(first.url, "learner:l1") as l1:
        ann = Reader(l1)
        await ann.open(one)
        for n in range(12):
            assert await l1.call("notes_write", as_message(one, ann.pen.write(2 * n, f"{n % 10} "))) == {
                "n": n + 1
            }
        async with server.engine.database.read() as tx:
            assert [change.author for change in await store.since(tx, one, 0)] == [None, "l1", "l1"]
            assert len(await store.since(tx, one, 11)) == 1
    fresh = engine_over(server.engine.database)  # knows nothing of what the first one held
    async with class_server(fresh) as second, connected(second.url, "learner:l2") as l2:
        bob = Reader(l2)
        await bob.open(one)
        assert bob.pen.text == ann.pen.text
        assert await l2.call("notes_write", as_message(one, bob.pen.write(0, "!"))) == {"n": 13}


async def test_an_attacker_is_refused_and_hurts_nobody(server: ClassServer) -> None:
    one, _ = await split(server)
    async with connected(server.url, "learner:l1") as l1, connected(server.url, "learner:l2") as l2:
        ann = Reader(l1)
        await ann.open(one)
        await l1.call("notes_write", as_message(one, ann.pen.write(0, "fine")))
        assert (
            code(await l2.call("notes_write", {"group": one, "update": "no base 64!"}))
            == "notes_update_invalid"
        )
        assert code(await l2.call("notes_write", as_message(one, b"\xff" * 9))) == "notes_update_invalid"
        assert code(await l2.call("notes_write", {"group": one, "update": "A" * 61_000})) == "message_invalid"
        assert code(await l2.call("notes_write", as_message(one, bytes(42_000)))) == "notes_update_too_large"
        full = await l2.call("notes_write", as_message(one, Pen().write(0, "x" * 8_001)))
        assert code(full) == "notes_full"
        answers = [await l2.call("notes_write", as_message(one, Pen().write(0, "x"))) for _ in range(16)]
        assert code(answers[-1]) == "too_fast"
        accepted = sum(code(answer) is None for answer in answers)
        written = await l1.call("notes_write", as_message(one, ann.pen.write(0, "!")))
        assert written == {"n": 2 + accepted}
        late = Reader(l1)
        await late.open(one)
        assert late.pen.text.replace("x", "") == "!fine"
        assert late.pen.text.count("x") == accepted


@pytest.mark.services
async def test_two_servers_have_the_same_notes(postgres_url: str, redis_url: str) -> None:
    async with (
        two_engines(postgres_url, redis_url) as (first, second),
        class_server(first) as a,
        class_server(second) as b,
        connected(a.url, "learner:l1") as l1,
        connected(b.url, "learner:l2") as l2,
    ):
        one, _ = await split(a)
        await second.current(SESSION)
        ann, bob = Reader(l1), Reader(l2)
        await ann.open(one)
        await bob.open(one)
        for n in range(4):
            await asyncio.gather(
                l1.call("notes_write", as_message(one, ann.pen.write(0, f"a{n} "))),
                l2.call("notes_write", as_message(one, bob.pen.write(0, f"b{n} "))),
            )
        async with asyncio.timeout(WAIT_S):
            while ann.pen.text != bob.pen.text or len(ann.pen.text) < 24:
                await asyncio.sleep(0.05)
        await first.execute(SESSION, H, "close", "breakout_close", {})
        await asyncio.gather(Deadlines(first).close_due(), Deadlines(second).close_due())
        kept = await outcome(b, one)
        assert kept["notes"] == ann.pen.text.strip()
        types = [event.type for event in await _events(b)]
        assert types.count("breakout_kept") == 1


async def _events(server: ClassServer) -> list[Any]:
    async with server.engine.database.read() as tx:
        return list(await server.engine.store.read(tx, SESSION, 0))

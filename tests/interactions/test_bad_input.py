"""Bad input that no other test holds (docs/requirements.md): one clear error or none, no count is wrong."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from interactions.live.server import MAX_TRANSPORT_BYTES
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved
from tests.interactions.class_server import ClassServer, begin, class_server, connected, engine_over
from tests.interactions.lesson import live_lesson, refused
from tests.interactions.test_breakout import groups, split
from tests.interactions.test_group_poll import ASK, leader, poll_of


def test_a_learner_in_no_group_takes_part_in_all_but_groups() -> None:
    proof = live_lesson()
    one, _ = split(proof)
    proof.join("l4", SessionRole.LEARNER)
    leader(proof, "l1", group=one)
    of_group = proof.command("l1", "poll_open", **ASK, group=one)["id"]
    of_all = proof.command("h", "poll_open", **ASK, by_group=True)["id"]
    before = proof.state.seq
    for code, command, data in (
        ("group_not_found", "chat_send", {"text": "hello", "group": one}),
        ("group_not_found", "breakout_help", {"on": True}),
        ("group_not_found", "breakout_help", {"on": True, "group": one}),
        ("group_not_found", "breakout_report", {"text": "ours"}),
        ("group_not_found", "breakout_report", {"text": "ours", "group": one}),
        ("group_not_found", "breakout_reporter", {"participant": "l4"}),
        ("group_not_found", "poll_open", {**ASK, "group": one}),
        ("poll_not_found", "poll_vote", {"id": of_group, "option": 0}),
        ("choice_not_offered", "breakout_choose", {"group": one}),
    ):
        refused(proof, code, "l4", command, **data)
    assert proof.state.seq == before
    proof.command("l4", "chat_send", text="in the main room")
    proof.command("l4", "poll_vote", id=of_all, option=1)
    assert poll_of(proof, "h", of_group)["voters"] == 0
    everybody = poll_of(proof, "h", of_all)
    assert (everybody["counts"], everybody["voters"]) == ([0, 1], 1)
    assert [group["voters"] for group in everybody["groups"]] == [0, 0]


def test_a_group_emptied_keeps_its_counts_and_takes_people_again() -> None:
    proof = live_lesson()
    one, two = split(proof)
    leader(proof, "l1", group=one)
    of_group = proof.command("l1", "poll_open", **ASK, group=one)["id"]
    of_all = proof.command("h", "poll_open", **ASK, by_group=True)["id"]
    for poll in (of_group, of_all):
        proof.command("l1", "poll_vote", id=poll, option=0)
    proof.command("l2", "poll_vote", id=of_all, option=1)
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    assert [group["members"] for group in groups(proof, "h")] == [[], ["l2", "l3"]]

    def counted() -> list[Any]:
        """Of the group's own poll, of everybody's, and of everybody's by group."""
        own, every = poll_of(proof, "h", of_group), poll_of(proof, "h", of_all)
        return [own["counts"], every["counts"], *(group["counts"] for group in every["groups"])]

    assert counted() == [[1, 0], [1, 1], [1, 0], [0, 1]], "who was sent out has answered all the same"
    proof.command("h", "breakout_visit", group=one)
    proof.command("h", "chat_send", text="Anybody here?", group=one)
    proof.command("h", "breakout_move", participant="l2", group=one)
    assert [group["members"] for group in groups(proof, "h")] == [["l2"], ["l3"]]
    proof.command("l2", "poll_vote", id=of_group, option=1)
    assert counted() == [[1, 1], [1, 1], [1, 0], [0, 1]]
    refused(proof, "group_not_found", "l2", "breakout_help", on=True, group=two)
    proof.command("h", "breakout_close")
    assert poll_of(proof, "h", of_group)["state"] == "closed"
    assert counted() == [[1, 1], [1, 1], [1, 0], [0, 1]]


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


async def test_a_megabyte_of_chat_ends_its_own_connection_and_says_nothing(server: ClassServer) -> None:
    """By either transport; what is long, but no packet too many, is refused with its limit."""
    megabyte = "x" * 1_000_000
    async with connected(server.url, "learner:l1") as learner, connected(server.url, "learner:l2") as other:
        long = await learner.command("chat_send", text="x" * (MAX_TRANSPORT_BYTES // 2))
        assert (long["error"]["code"], "limit_bytes" in long["error"]["details"]) == (
            "message_too_large",
            True,
        )
        await learner.socket.emit("command", {"text": megabyte}, namespace="/class")
        await learner.ends()
        async with connected(server.url, "learner:l3", transports=["polling"]) as polling:
            url = f"{server.url}/socket.io/?EIO=4&transport=polling&sid={polling.socket.eio.sid}"
            async with aiohttp.ClientSession() as http, http.post(url, data=f"42/class,{megabyte}") as answer:
                assert answer.status in (400, 413)
        sent = await other.command("chat_send", text="all well")
        await other.reaches(sent["seq"])
        said = [entity["text"] for path, entity in other.entities.items() if path.startswith("message/")]
        assert said == ["all well"]

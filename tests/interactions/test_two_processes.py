"""The class on two server processes over real PostgreSQL and Redis, with clients of both."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lectern.timeline.event import NewEvent, ParticipantJoined, ParticipantRemoved
from lectern.timeline.idea import Audience, Viewer
from tests.interactions.class_server import SESSION, ClassServer, class_server, connected, two_engines

pytestmark = pytest.mark.services


@pytest.fixture
async def servers(postgres_url: str, redis_url: str) -> AsyncIterator[tuple[ClassServer, ClassServer]]:
    async with (
        two_engines(postgres_url, redis_url) as (first, second),
        class_server(first) as a,
        class_server(second) as b,
    ):
        yield a, b


async def test_a_class_over_two_servers_is_one_class(servers: tuple[ClassServer, ClassServer]) -> None:
    a, b = servers
    async with (
        connected(a.url, "presenter:p") as presenter,
        connected(a.url, "learner:l1") as l1,
        connected(b.url, "learner:l2") as l2,
        connected(b.url, "host:h") as host,
    ):
        opened = await presenter.command("poll_open", question="Q", options=["A", "B"], show="live")
        poll = opened["result"]["id"]
        await l2.reaches(opened["seq"])
        assert l2.entities[f"poll/{poll}"]["state"] == "open"
        votes = await asyncio.gather(
            l1.command("poll_vote", id=poll, option=0),
            l2.command("poll_vote", id=poll, option=1),
            *(client.command("chat_send", text="hi") for client in (l1, l2, host, presenter)),
        )
        last = max(vote["seq"] for vote in votes)
        for client, audience in (
            (presenter, Audience.STAFF),
            (host, Audience.STAFF),
            (l1, Audience.LEARNER),
            (l2, Audience.LEARNER),
        ):
            await client.reaches(last)
            assert client.entities[f"poll/{poll}"]["counts"] == [1, 1]
            viewer = Viewer(client.welcomed["participant_id"], audience)
            for server in servers:
                assert (await server.engine.view(SESSION, viewer, None)).entities == client.entities
            seqs = [event["seq"] for event in client.events]
            assert seqs == sorted(set(seqs))


async def test_a_client_moves_to_another_server_and_misses_nothing(
    servers: tuple[ClassServer, ClassServer],
) -> None:
    a, b = servers
    async with connected(a.url, "presenter:p") as presenter:
        async with connected(a.url, "learner:l1") as learner:
            sent = await learner.command("chat_send", "c1", text="first")
            await learner.reaches(sent["seq"])
        await presenter.command("chat_send", text="meanwhile")
        async with connected(b.url, "learner:l1", continues=learner) as moved:
            assert [event["type"] for event in moved.welcomed["events"]] == ["chat_sent"]
            assert await moved.command("chat_send", "c1", text="first") == sent


async def test_somebody_removed_through_one_server_leaves_the_other(
    servers: tuple[ClassServer, ClassServer],
) -> None:
    a, b = servers
    async with connected(b.url, "learner:l2") as learner:
        async with a.engine.change(SESSION) as change:
            change.append(NewEvent(payload=ParticipantRemoved(participant="l2"), actor="p"))
        await learner.ends()
        assert learner.over == [{"code": "removed"}]


async def test_a_host_who_is_relieved_through_one_server_loses_the_other_at_once(
    servers: tuple[ClassServer, ClassServer],
) -> None:
    a, b = servers
    async with connected(b.url, "host:h") as host, connected(b.url, "presenter:p") as presenter:
        lowered = ParticipantJoined(
            participant="h", kind="person", role="learner", person=None, name_ref="name-of-h"
        )
        async with a.engine.change(SESSION) as change:
            change.append(NewEvent(payload=lowered))
        await host.ends()
        assert host.over == [{"code": "role_changed"}]
        assert presenter.over == []

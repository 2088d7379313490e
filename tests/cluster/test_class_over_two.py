"""The class over two server processes between which every hint is lost."""

import time
from collections.abc import AsyncIterator

import pytest

from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import Audience, Viewer
from tests.interactions.class_server import SESSION, begin, class_server, connected, engine_over

pytestmark = pytest.mark.services


@pytest.fixture
async def engines(postgres_url: str) -> AsyncIterator[tuple[TimelineEngine, TimelineEngine]]:
    """Without Redis between them: every hint is lost."""
    first, second = Database(postgres_url), Database(postgres_url)
    try:
        async with first.write() as tx:
            await tx.run_sync(metadata.create_all)
        made = engine_over(first), engine_over(second)
        await begin(made[0])
        yield made
    finally:
        await first.close()
        await second.close()


async def test_a_lost_hint_is_made_good_by_looking(engines: tuple[TimelineEngine, TimelineEngine]) -> None:
    a, b = engines
    async with (
        class_server(a) as at_a,
        class_server(b) as at_b,
        connected(at_a.url, "presenter:p") as presenter,
        connected(at_b.url, "learner:l2") as learner,
    ):
        for text in ("first", "second"):
            sent = await presenter.command("chat_send", text=text)
            begun = time.monotonic()
            await learner.reaches(sent["seq"])
            assert time.monotonic() - begun < 10  # LOOK_INTERVAL_S is 2 s; the machine may be busy
        assert learner.entities == (await a.view(SESSION, _viewer(learner.welcomed), None)).entities
        # And the other way: a command at the server that has heard nothing sees everything.
        assert (await learner.command("chat_send", text="third"))["seq"] == sent["seq"] + 1


def _viewer(welcomed: dict[str, str]) -> Viewer:
    return Viewer(welcomed["participant_id"], Audience.LEARNER)

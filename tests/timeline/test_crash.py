"""`kill -9` in the middle of commands: what was acknowledged is there afterwards, once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lectern.db.engine import Database
from lectern.kernel.roles import SessionRole
from lectern.timeline.idea import Actor
from lectern.timeline.store import FirstResult
from tests.interactions.class_server import SESSION, begin, engine_over

ROOT = Path(__file__).parents[2]


def acknowledged_before_death(url: str, count: int) -> list[tuple[str, str, int]]:
    """Run the process, kill it after `count` acknowledgements, and return all that it still said."""
    command = [sys.executable, "-m", "tests.timeline.dying_process", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(count)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    # A last line may be cut short by the kill; nobody has read that acknowledgement.
    return [(w[0], w[1], int(w[2])) for line in lines if line.endswith("\n") and len(w := line.split()) == 3]


@pytest.mark.parametrize("count", [1, 57])
async def test_what_was_acknowledged_survives_a_kill(
    database: Database, database_url: str, count: int
) -> None:
    await begin(engine_over(database))
    acknowledged = acknowledged_before_death(database_url, count)
    assert len(acknowledged) >= count
    engine = engine_over(database)
    async with database.read() as tx:
        events = await engine.store.read(tx, SESSION, 0)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    said = {event.seq: (event.actor, *event.texts.values()) for event in events if event.type == "chat_sent"}
    for name, id_, seq in acknowledged:
        assert said[seq] == (name, id_)
    assert len({text for _, text in said.values()}) == len(said)
    name, id_, seq = acknowledged[-1]
    again = await engine.execute(
        SESSION, Actor(name, SessionRole.LEARNER), id_, "chat_send", {"text": "again"}
    )
    assert isinstance(again, FirstResult)
    assert again.seq == seq
    following = await engine.execute(
        SESSION, Actor("a", SessionRole.LEARNER), "x", "chat_send", {"text": "x"}
    )
    assert following.seq == len(events) + 1

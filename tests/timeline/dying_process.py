"""A process that takes commands until it is killed: `python -m tests.timeline.dying_process URL`.

It says `command id, seq` on standard output for each command that it has acknowledged.
"""

import asyncio
import itertools
import sys

from lectern.db.engine import Database
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from lectern.timeline.idea import Actor
from tests.interactions.class_server import SESSION, engine_over


async def take_commands(url: str) -> None:
    """Let four learners chat as fast as they can."""
    engine = engine_over(Database(url))

    async def chat(name: str) -> None:
        actor = Actor(name, SessionRole.LEARNER)
        for number in itertools.count():
            id_ = f"{name}-{number}"
            first = await engine.execute(SESSION, actor, id_, "chat_send", {"text": id_})
            print(name, id_, first.seq, flush=True)

    async with task_group() as tasks:
        for name in ("a", "b", "c", "d"):
            tasks.create_task(chat(name))


if __name__ == "__main__":
    asyncio.run(take_commands(sys.argv[1]))

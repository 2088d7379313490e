"""`lectern worker` and `lectern carry`: what runs beside the server, and needs none of it."""

import argparse

from lectern.app.settings import Settings
from lectern.app.worker import carry as carry_until_stopped
from lectern.app.worker import work, work_by_token


async def worker(arguments: argparse.Namespace, settings: Settings) -> None:
    """Take media jobs and do them."""
    if arguments.server:
        settings = settings.model_copy(update={"worker_server": arguments.server})
    await (work_by_token(settings) if settings.worker_server else work(settings))


async def carry(_arguments: argparse.Namespace, settings: Settings) -> None:
    """Carry recordings into the bucket."""
    await carry_until_stopped(settings)

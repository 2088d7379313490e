"""`./script/cluster`: everything on one machine, one address, Ctrl-C ends it all.

    python -m lectern.app.cluster [--folder FOLDER] [--port PORT] [--apart]

PORT is nginx's; server processes take the next ones. What each part says is in FOLDER/log. With `--apart`
servers and media processes have a `LECTERN_DATA` each, as on machines of their own.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import structlog

from lectern.app import logs
from lectern.app.cluster.run import find_programs, load_secrets, running
from lectern.app.cluster.topology import Plan, lectern_environment
from lectern.app.demo import announce, set_up_demo
from lectern.app.settings import CHECKOUT, Settings
from lectern.app.wiring import built
from lectern.kernel.errors import LecternError


def _say(line: str) -> None:
    sys.stderr.write(f"  {line} …\n")


def settings_of(plan: Plan) -> Settings:
    """Return the settings that every server process of a cluster has."""
    fields = {
        name.removeprefix("LECTERN_").lower(): value for name, value in lectern_environment(plan).items()
    }
    return Settings(_env_file=None, **fields)  # type: ignore[arg-type] # texts, as from the environment


async def _run(plan: Plan) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(plan, _say):
        settings = settings_of(plan)
        async with built(settings) as services:
            announce(settings, await set_up_demo(services))
        sys.stderr.write(f"  What each part says: {plan.folder / 'log'}\n")
        await stop.wait()
        sys.stderr.write("  ending …\n")


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="script/cluster", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "data" / "cluster", help="all its data")
    parser.add_argument("--port", type=int, default=8080, help="of nginx; servers take the next ones")
    parser.add_argument("--apart", action="store_true", help="no folder is shared, only the bucket")
    arguments = parser.parse_args()
    logs.configure(json=False)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        plan = Plan(
            folder,
            CHECKOUT,
            find_programs(),
            load_secrets(folder),
            os.geteuid() == 0,
            port=arguments.port,
            first_server_port=arguments.port + 1,
            apart=arguments.apart,
        )
        asyncio.run(_run(plan))
    except LecternError as error:
        sys.exit(f"cluster: {error.message}")


if __name__ == "__main__":
    main()

"""`lectern serve`."""

import argparse

from lectern.app.demo import refuse_beyond_loopback
from lectern.app.serve import serve as serve_until_stopped
from lectern.app.settings import Settings


async def serve(arguments: argparse.Namespace, settings: Settings) -> None:
    """Serve until told to stop."""
    if arguments.demo:
        refuse_beyond_loopback(settings)
    await serve_until_stopped(settings, demo=arguments.demo)

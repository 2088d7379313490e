"""ffmpeg publishes by WHIP with a stream key, an aiortc peer watches by WHEP: what gets lost on the way."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from loadtests.figures import Figure, machine, report
from tests.foreign_ends.encoder import Watched, encoder, metric, planned_with_keys, said, watch
from tests.scripted_lesson.server import running_server

_SAY_EVERY_S = 60.0


async def measure(data: Path, minutes: float) -> list[Figure]:
    """Publish and watch for so long; return what was measured."""
    began = said_at = time.monotonic()

    def during(watched: Watched) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= _SAY_EVERY_S:
            said_at = time.monotonic()
            print(f"{(said_at - began) / 60:.0f} min: {watched.pictures.frames} pictures", flush=True)

    async with running_server(data) as server:
        keys = await planned_with_keys(server)
        began = said_at = time.monotonic()
        async with encoder(server, keys) as process:
            watched = await watch(server, keys, minutes * 60, during)
            received = await metric(server, "lectern_media_received_packets")
            lost = await metric(server, "lectern_media_lost_packets")
            opened = said(server, "whip_session_opened", key=keys.publish_id)
            closed = said(server, "whip_session_closed", key=keys.publish_id)
            drops = max(opened - 1, closed, process.returncode is not None)
    return [
        Figure("published", (time.monotonic() - began) / 60, "min"),
        Figure("packets received from the encoder", received, ""),
        Figure("packets lost on the way in", lost, "", 0),
        Figure("connections dropped or made anew", drops, "", 0),
        Figure("pictures that the player showed", watched.pictures.frames, ""),
        Figure("pictures missing at the player", watched.pictures.missing, "", 0),
        Figure("longest time between two pictures", watched.pictures.longest_wait_s * 1000, "ms"),
        Figure("sound frames that the player heard", watched.sound.frames, ""),
        Figure("sound frames missing at the player", watched.sound.missing, "", 0),
    ]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default 10)")
    chosen = parser.parse_args()
    about = machine()
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder:
        figures = asyncio.run(measure(Path(folder), chosen.minutes))
    print(report("whip", about, figures, chosen.json))


if __name__ == "__main__":
    main()

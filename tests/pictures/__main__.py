"""`script/pictures [office] [own] [lesson] [--to FOLDER]`: walk the demo; what it looks like, on sheets."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.pictures.lens import Lens
from tests.pictures.lesson_walk import lesson
from tests.pictures.office_walk import administration, own_pages
from tests.pictures.organisation import fill, past_lesson
from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.server import Server, new_server

AREAS = ("office", "own", "lesson")


async def _walk(server: Server, lens: Lens, areas: list[str]) -> None:
    await server.start(demo=True)
    try:
        await past_lesson(server)
        held = await fill(server)
        async with browsers() as opened:
            if "office" in areas:
                await administration(lens, opened, server, held)
            if "own" in areas:
                await own_pages(lens, opened, server, held)
            if "lesson" in areas:
                await lesson(lens, opened, server)
    finally:
        await server.end()


def main() -> None:
    """Take the pictures of the areas that were named, or all."""
    asked = argparse.ArgumentParser(prog="script/pictures", description=__doc__)
    asked.add_argument("areas", nargs="*", help="which pages; all without")
    asked.add_argument("--to", type=Path, default=Path("build/pictures"), help="where pictures and sheets go")
    wanted = asked.parse_args()
    if unknown := set(wanted.areas) - set(AREAS):
        asked.error(f"unknown: {unknown.pop()}; there are {AREAS}")
    wanted.to.mkdir(parents=True, exist_ok=True)
    lens = Lens(wanted.to)
    with tempfile.TemporaryDirectory(prefix="lectern-pictures-") as folder:
        try:
            asyncio.run(_walk(new_server(Path(folder)), lens, wanted.areas or list(AREAS)))
        finally:
            sheets = lens.write_sheets()
    print("\n".join(lens.found) or "Nothing found by axe-core, and nothing cut off.")
    print(f"{len(lens.taken)} pictures on {len(sheets)} sheets in {wanted.to}")


if __name__ == "__main__":
    main()

"""`script/pictures [office] [own] [lesson] [--acts …] [--to FOLDER] [--data FOLDER]`: the demo, on sheets."""

import argparse
import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.pictures.lens import Lens
from tests.pictures.lesson_walk import ACTS, lesson
from tests.pictures.office_walk import administration
from tests.pictures.organisation import fill, past_lesson
from tests.pictures.own_walk import own_pages
from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.server import Server, new_server

AREAS = ("office", "own", "lesson")


async def _walk(server: Server, lens: Lens, areas: list[str], acts: list[str]) -> None:
    await server.start(demo=True)
    try:
        held = await fill(server)
        if areas != ["lesson"]:
            await past_lesson(server)
        async with browsers() as opened:
            if "office" in areas:
                await administration(lens, opened, server, held)
            if "own" in areas:
                await own_pages(lens, opened, server, held)
            if "lesson" in areas:
                await lesson(lens, opened, server, acts)
    finally:
        await server.end()


def main() -> None:
    """Take the pictures of the areas that were named, or all."""
    asked = argparse.ArgumentParser(prog="script/pictures", description=__doc__)
    asked.add_argument("areas", nargs="*", metavar="AREA", help=f"which pages, of {AREAS}; all without")
    asked.add_argument("--acts", default=",".join(ACTS), help="which acts of the lesson: %(default)s")
    asked.add_argument("--to", type=Path, default=Path("build/pictures"), help="where pictures and sheets go")
    asked.add_argument("--data", type=Path, help="keep the organisation here: the next run need not fill it")
    wanted = asked.parse_args()
    acts = wanted.acts.split(",")
    if unknown := (set(wanted.areas) - set(AREAS)) | (set(acts) - set(ACTS)):
        asked.error(f"unknown: {unknown.pop()}; there are {AREAS} and the acts {tuple(ACTS)}")
    wanted.to.mkdir(parents=True, exist_ok=True)
    lens = Lens(wanted.to)
    with ExitStack() as stack:
        folder = wanted.data or stack.enter_context(tempfile.TemporaryDirectory(prefix="lectern-pictures-"))
        Path(folder).mkdir(parents=True, exist_ok=True)
        try:
            asyncio.run(_walk(new_server(Path(folder).resolve()), lens, wanted.areas or list(AREAS), acts))
        finally:
            sheets = lens.write_sheets()
            print("\n".join(lens.report()) or "Nothing found by axe-core, and nothing cut off.")
            print(f"{len(lens.taken)} pictures on {len(sheets)} sheets in {wanted.to}")


if __name__ == "__main__":
    main()

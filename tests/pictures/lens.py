"""A page in its variants: PC and phone, light and dark, zoomed; what axe-core and the edges of things say."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.async_api import Page, ViewportSize

from tests.web.test_accessibility import violations

PC: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
SMALL: ViewportSize = {"width": 360, "height": 640}
ZOOMED: ViewportSize = {"width": 640, "height": 400}
"""What a window of 1280 by 800 is at 200 % zoom."""
TV: ViewportSize = {"width": 1920, "height": 1080}
SIZES = {"pc": PC, "phone": PHONE}
DENSE = {"360": SMALL, "zoom": ZOOMED}
_SETTLES_MS = 250
"""Longer than any transition."""
_TOUCHED_WIDTH = 400
"""Below it somebody touches: what is pressed has to be 44 px high (docs of `shared/design.md`)."""
_FAULTS = Path(__file__).with_name("faults.js")
_ADDRESS = re.compile(r"http://127\S+ | data-v-[0-9a-f]+=\"\"")
_SHOWN, _PLACES = 6, ", "
_GAP, _HEAD, _MOST_HIGH = 8, 22, 860


@dataclass(slots=True)
class Lens:
    """Takes pictures into `folder`, and keeps what was `found` wrong."""

    folder: Path
    found: list[str] = field(default_factory=list)
    taken: list[Path] = field(default_factory=list)

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Go on after what fails inside the block, and tell it: the other pictures are still wanted."""
        try:
            yield
        except Exception as trouble:  # noqa: BLE001 (whatever a page does; it is told at the end)
            told = f"{type(trouble).__name__}: {trouble}".splitlines()
            self.found.append(f"{what} FAILED: {' '.join(told[:4])}")

    async def take(
        self,
        page: Page,
        name: str,
        *,
        sizes: dict[str, ViewportSize] | None = None,
        dark: bool = True,
        whole: bool = False,
    ) -> None:
        """Take the page in each size, light and dark; `whole` is all that can be scrolled to.

        Small and zoomed it is a matter of room alone: not again in the dark, nor by axe-core.
        """
        before = page.viewport_size
        for label, size in (sizes or SIZES).items():
            await page.set_viewport_size(size)
            for scheme in ("light", "dark") if dark and label not in DENSE else ("light",):
                await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                await page.wait_for_timeout(_SETTLES_MS)
                path = self.folder / f"{name}-{label}-{scheme}.png"
                await page.screenshot(path=path, full_page=whole)
                self.taken.append(path)
            if label not in DENSE:
                self.found += [f"{name}-{label}: {one}" for one in await violations(page)]
            touched = size["width"] < _TOUCHED_WIDTH
            self.found += [
                f"{name}-{label}: {one}"
                for one in await page.evaluate(_FAULTS.read_text(encoding="utf-8"), touched)
            ]
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(before or PC)

    def report(self) -> list[str]:
        """Return what was found, each with where: the same on many pages is one line."""
        places: dict[str, list[str]] = {}
        for line in self.found:
            where, _, what = line.partition(": ")
            places.setdefault(_ADDRESS.sub("", what), []).append(where)
        return [f"{what}\n    {_PLACES.join(_few(where))}" for what, where in sorted(places.items())]

    def write_sheets(self) -> list[Path]:
        """Put the pictures on sheets, so that many are looked at at once: upright ones beside each other."""
        upright: list[Path] = []
        lying: list[Path] = []
        for path in self.taken:
            with Image.open(path) as opened:
                (upright if opened.height > opened.width else lying).append(path)
        sheets: list[Path] = []
        for kind, paths, columns, each, width in (("tall", upright, 5, 5, 300), ("wide", lying, 2, 4, 700)):
            for first in range(0, len(paths), each):
                path = self.folder / f"sheet-{kind}-{first // each + 1:03}.png"
                _sheet(paths[first : first + each], columns, width).save(path)
                sheets.append(path)
        return sheets


def _few(places: list[str]) -> list[str]:
    more = [f"and {len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
    return places[:_SHOWN] + more


def _sheet(paths: list[Path], columns: int, width: int) -> Image.Image:
    pictures = []
    for path in paths:
        with Image.open(path) as opened:
            height = opened.height * width // opened.width
            small = opened.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        pictures.append((path.stem, small.crop((0, 0, width, min(height, _MOST_HIGH)))))
    rows = [pictures[at : at + columns] for at in range(0, len(pictures), columns)]
    heights = [max(picture.height for _, picture in row) + _HEAD for row in rows]
    sheet = Image.new("RGB", (columns * (width + _GAP), sum(heights)), (110, 110, 110))
    pen = ImageDraw.Draw(sheet)
    for top, row in zip([sum(heights[:at]) for at in range(len(rows))], rows, strict=True):
        for at, (name, picture) in enumerate(row):
            pen.text((at * (width + _GAP) + 2, top + 4), name, fill=(255, 255, 0))
            sheet.paste(picture, (at * (width + _GAP), top + _HEAD))
    return sheet

"""A page in its variants: PC and phone, light and dark; what axe-core and the edges of the window say."""

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
_SETTLES_MS = 150
_CUT = """() => [...document.querySelectorAll('body *')].filter((e) => {
  const clips = ['hidden', 'clip'].includes(getComputedStyle(e).overflowX)
  return clips && e.clientWidth > 4 && e.scrollWidth > e.clientWidth + 1 && e.textContent.trim() !== ''
    && !e.classList.contains('hidden-text') && !/^(INPUT|TEXTAREA|SELECT)$/.test(e.tagName)
}).map((e) => `cut off: ${e.textContent.trim().slice(0, 60)}`)"""
_GAP, _HEAD, _MOST_HIGH = 8, 22, 1500


@dataclass(slots=True)
class Lens:
    """Takes pictures into `folder`, and keeps what was `found` wrong."""

    folder: Path
    found: list[str] = field(default_factory=list)
    taken: list[Path] = field(default_factory=list)

    async def take(
        self,
        page: Page,
        name: str,
        *,
        sizes: dict[str, ViewportSize] | None = None,
        dark: bool = True,
        whole: bool = False,
    ) -> None:
        """Take the page in each size, light and dark; `whole` is all that can be scrolled to."""
        for label, size in (sizes or SIZES).items():
            await page.set_viewport_size(size)
            for scheme in ("light", "dark") if dark else ("light",):
                await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                await page.wait_for_timeout(_SETTLES_MS)
                path = self.folder / f"{name}-{label}-{scheme}.png"
                await page.screenshot(path=path, full_page=whole)
                self.taken.append(path)
            self.found += [f"{name}-{label}: {one}" for one in await violations(page)]
            self.found += [f"{name}-{label}: {one}" for one in await page.evaluate(_CUT)]
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(PC)

    def write_sheets(self, columns: int = 3, width: int = 640, each: int = 6) -> list[Path]:
        """Put the pictures on sheets, so that many are looked at at once."""
        sheets: list[Path] = []
        for first in range(0, len(self.taken), each):
            path = self.folder / f"sheet-{first // each + 1:03}.png"
            _sheet(self.taken[first : first + each], columns, width).save(path)
            sheets.append(path)
        return sheets


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

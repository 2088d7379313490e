"""Who takes part in the lesson that is looked at: pages in both languages, and a crowd without browsers."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page

from tests.pictures.lens import Lens
from tests.scripted_lesson.chromium import Browsers
from tests.scripted_lesson.class_client import ClassClient
from tests.scripted_lesson.server import Server
from tests.whole_lesson.story import on

LONG = (
    "You smell smoke in the stockroom behind the counter while two customers are still trying on shoes "
    "and your colleague has just gone for lunch: what do you do first?"
)
OPTIONS = (
    "Warn the customers and lead them out by the front door",
    "按下最近的报警按钮",
    "Call a colleague",
)
_ARRIVES_S = 1.0


@dataclass(slots=True)
class Stage:
    """The lesson, its staff and learners at pages of both languages, and a crowd without browsers."""

    lens: Lens
    browsers: Browsers
    server: Server
    session_id: str
    host: ClassClient
    crowd: list[ClassClient]
    staff: dict[str, Page] = field(default_factory=dict)
    learners: dict[str, Page] = field(default_factory=dict)

    async def look(self, name: str, pages: dict[str, Page], tab: str | None = None, **how: Any) -> None:
        """Take the same picture in both languages."""
        await asyncio.sleep(_ARRIVES_S)
        for lang, page in pages.items():
            with self.lens.trying(f"{name}-{lang}"):
                if tab is not None:
                    await on(page, f"tab-{tab}").click()
                await self.lens.take(page, f"{name}-{lang}", **how)

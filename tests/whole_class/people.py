"""The devices of one scripted class, and what every act needs."""

import asyncio
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import take_picture
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import Story, on

TITLE = "仓库安全培训"
SITE = "12 号门店"
GUEST = "赵前排"


@dataclass(slots=True)
class School(Story):
    """A story with more people: a host, a second phone, and a screen with a phone before it.

    `presenter` and `host_page` are at PCs, `wang` too; `phone` is 李伟's, `seated` a guest's before `screen`.
    """

    host_page: Page = field(init=False)
    seated: Page = field(init=False)
    screen: Page = field(init=False)
    found: list[str] = field(default_factory=list)
    """What axe-core held against a page."""

    @property
    def own_devices(self) -> tuple[Page, Page]:
        """Of those who watch on a device of their own."""
        return self.wang, self.phone

    @property
    def hands(self) -> tuple[Page, Page, Page]:
        """Everybody who answers."""
        return self.wang, self.phone, self.seated

    async def look(self, name: str, *pages: Page) -> None:
        """Take pictures for people who judge them, and let axe-core judge the pages."""

        async def judged(number: int, page: Page) -> list[str]:
            await take_picture(page, f"class-{name}-{number}")
            return [f"{name}: {violation}" for violation in await violations(page)]

        found = await asyncio.gather(*(judged(number, page) for number, page in enumerate(pages)))
        self.found += chain.from_iterable(found)

    async def invited(self, role: str, external_id: str) -> dict[str, Any]:
        """A personal link, made by the presenter."""
        link: dict[str, Any] = await self.rest(
            self.presenter,
            "POST",
            f"/sessions/{self.session_id}/join-tokens",
            data={"role": role, "external_id": external_id},
        )
        return link


async def tab(page: Page, name: str) -> None:
    """Open a tab of the studio, the room, or the console."""
    await on(page, f"tab-{name}").click()


async def join(page: Page) -> None:
    """Go into the room, through the lobby unless they have agreed to everything before."""
    await expect(on(page, "join").or_(on(page, "room"))).to_be_visible()
    if await on(page, "join").is_visible():
        await on(page, "join").click()
    await expect(on(page, "room")).to_be_visible()

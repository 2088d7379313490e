"""How each figure of a lesson is taken."""

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from playwright.async_api import Page

from tests.scripted_lesson.processes import Usage, family, usage
from tests.whole_lesson.story import Story, on, until

FIRST_FRAME_TRIES = 5
VOTES = 8
SAMPLE_EVERY_S = 2.0


async def glass_to_glass(pages: list[tuple[Page, str]], seconds: float) -> list[list[float]]:
    """Return per page the delay (ms) of each picture: its drawn clock against when it was shown."""
    script = "([video, ms]) => window.drawnClock.latencies(video, ms)"
    return list(
        await asyncio.gather(*(page.evaluate(script, [video, seconds * 1000]) for page, video in pages))
    )


async def first_frames(story: Story, token: str) -> list[float]:
    """Return ms from opening the room's page (in a new browser, consent given before) to its picture."""
    found = []
    for _ in range(FIRST_FRAME_TRIES):
        page = await story.browsers.on_pc(strict=True)
        await page.add_init_script(f"sessionStorage.setItem('lectern.consent.{story.session_id}', '2026-11')")
        await story.open(page, f"/room/{story.session_id}#t={token}")
        found.append(await until("a first picture", partial(page.evaluate, _FIRST_FRAME), 20, 0.05))
        await page.context.close()
        await asyncio.sleep(1)
    return found


_FIRST_FRAME = """() => {
  const all = performance.getEntriesByType('mark')
  const marks = all.filter((mark) => mark.name.startsWith('lectern-first-frame'))
  return marks.length === 0 ? null : Math.min(...marks.map((mark) => mark.startTime))
}"""


async def votes(story: Story) -> list[float]:
    """Return ms from a learner's click to the changed result in the studio."""
    await on(story.presenter, "tab-polls").click()
    await on(story.presenter, "poll-question").fill("Which one?")
    for at, option in enumerate(("A", "B")):
        await on(story.presenter, f"poll-option-{at}").fill(option)
    await on(story.presenter, "poll-start").click()
    await on(story.wang, "poll-vote-0").wait_for()
    found = []
    for number in range(VOTES):
        if number:
            await on(story.wang, "poll-change").click()
        await story.presenter.evaluate(_WATCH_RESULT)
        await asyncio.sleep(0.5)
        clicked: float = await story.wang.evaluate(_CLICK, f"poll-vote-{number % 2}")
        changed: float = await until(
            "the result changes", lambda: story.presenter.evaluate("window.changedMs")
        )
        found.append(changed - clicked)
        await on(story.wang, "poll-change").wait_for()
    await on(story.presenter, "poll-close").click()
    return found


_WATCH_RESULT = """() => {
  window.changedMs = null
  const seen = new MutationObserver(() => { window.changedMs ??= window.drawnClock.nowMs() })
  const poll = document.querySelector('[data-testid="desk-poll"]')
  seen.observe(poll, { subtree: true, childList: true, characterData: true, attributes: true })
}"""
_CLICK = """(testid) => {
  const now = window.drawnClock.nowMs()
  document.querySelector(`[data-testid="${testid}"]`).click()
  return now
}"""


@dataclass(slots=True)
class Meter:
    """Samples CPU and memory of a server's processes while `run` runs."""

    server_pid: int
    began: dict[int, tuple[float, Usage]] = field(default_factory=dict)
    last: dict[int, tuple[float, Usage]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    most_bytes: dict[str, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            await asyncio.to_thread(self.sample)
            await asyncio.sleep(SAMPLE_EVERY_S)

    def sample(self) -> None:
        """Look at every process once."""
        now = time.monotonic()
        for pid, name in family(self.server_pid).items():
            used = usage(pid)
            if used is None:
                continue
            self.names[pid] = name
            self.began.setdefault(pid, (now, used))
            self.last[pid] = (now, used)
            self.most_bytes[name] = max(self.most_bytes.get(name, 0), used.memory_bytes)

    def cpu_percent(self) -> dict[str, float]:
        """Return the mean share of one core per kind of process, over the time in which it was seen."""
        found: dict[str, float] = {}
        for pid, (began, first) in self.began.items():
            ended, last = self.last[pid]
            if ended > began:
                share = 100 * (last.cpu_s - first.cpu_s) / (ended - began)
                found[self.names[pid]] = found.get(self.names[pid], 0.0) + share
        return found


async def json_of(story: Story, path: str) -> Any:
    """Ask the API as the presenter."""
    return await story.rest(story.presenter, "GET", path)

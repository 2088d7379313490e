"""A lesson of a bit over three minutes with presenter, PC learner and phone learner; prints its figures."""

import asyncio
import tempfile
import time
from pathlib import Path

from lectern.kernel.tasks import task_group
from loadtests.figures import Figure, arguments, machine, percentile, report
from loadtests.lesson.measures import Meter, first_frames, glass_to_glass, json_of, votes
from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.server import running_server
from tests.whole_lesson import before_the_lesson as before
from tests.whole_lesson.story import Story, clock_of, now_ms, on, until

LESSON_S = 195.0
CLIP_MS = 180_000
WATCH_S = 20.0
PREPARE = (
    before.plan,
    before.check_devices,
    before.wait_in_the_lobby,
    before.go_live,
    before.share_the_screen,
    before.come_late,
)
_LONG_S = 300.0


async def measure(data: Path) -> list[Figure]:
    """Hold the lesson and return what was measured."""
    async with running_server(data) as server, browsers() as chromium:
        story = Story(server, chromium)
        for step in PREPARE:
            await step(story)
        began = time.monotonic()
        meter = Meter(server.pid)
        async with task_group() as tasks:
            sampling = tasks.create_task(meter.run())
            await asyncio.sleep(5)  # the encoders' first seconds are not a lesson's usual ones
            delays = await glass_to_glass(
                [(story.wang, "video-screen"), (story.wang, "video-camera"), (story.guest, "video-camera")],
                WATCH_S,
            )
            opened = await first_frames(story, await before.learner_token(story, "L003"))
            voted = await votes(story)
            await asyncio.sleep(max(0.0, LESSON_S - (time.monotonic() - began)))
            sampling.cancel()
        return [
            Figure("glass to glass, screen on PC, p50", percentile(delays[0], 0.5), "ms"),
            Figure("glass to glass, screen on PC, p95", percentile(delays[0], 0.95), "ms", 250),
            Figure("glass to glass, camera on PC, p50", percentile(delays[1], 0.5), "ms"),
            Figure("glass to glass, camera on PC, p95", percentile(delays[1], 0.95), "ms", 250),
            Figure("glass to glass, camera on phone, p95", percentile(delays[2], 0.95), "ms", 250),
            Figure("page opened to first frame, p50", percentile(opened, 0.5), "ms"),
            Figure("page opened to first frame, worst", max(opened), "ms", 2000),
            Figure("vote to presenter's result, p50", percentile(voted, 0.5), "ms"),
            Figure("vote to presenter's result, worst", max(voted), "ms", 200),
            *await _after_the_end(story),
            *(
                Figure(f"CPU of {n}, mean in the lesson", v, "%")
                for n, v in sorted(meter.cpu_percent().items())
            ),
            *(
                Figure(f"memory of {name}, most", size / 2**20, "MiB")
                for name, size in sorted(meter.most_bytes.items())
            ),
        ]


async def _after_the_end(story: Story) -> list[Figure]:
    page = story.presenter
    await on(page, "end-session").click()
    await on(page, "confirm-end").click()
    ended = now_ms()
    await on(page, "open-replay").wait_for(timeout=60_000)
    offered = now_ms()
    story.replay_id = (await on(page, "open-replay").get_attribute("href") or "").rsplit("/", 1)[1]
    await on(page, "open-replay").click()
    await on(page, "replay-play").click()
    await until("the replay plays", lambda: clock_of(page, "replay-video-screen"), 60, 0.05)
    shown = now_ms()
    await on(page, "replay-play").click()
    asked = now_ms()
    clip = await story.rest(
        page,
        "POST",
        f"/replays/{story.replay_id}/microcourses",
        data={"title": "3 min", "start_ms": 0, "end_ms": CLIP_MS},
    )

    async def is_ready() -> bool:
        found = await json_of(story, f"/microcourses/{clip['id']}")
        assert found["state"] != "failed", found
        return bool(found["state"] == "ready")

    await until("the microcourse is cut", is_ready, _LONG_S, 0.2)
    said = {"version": 1, "approve": True, "publish": True}
    reviewer = await story.browsers.on_pc()
    await story.sign_in(reviewer, "admin")
    await story.rest(reviewer, "POST", f"/microcourses/{clip['id']}/review", data=said)
    await story.open(page, f"/watch/{clip['id']}")
    await on(page, "replay-play").click()
    await until(
        "it plays", lambda: page.evaluate("document.querySelector('video').currentTime > 0"), 60, 0.05
    )
    playable = now_ms()
    return [
        Figure("End to replay offered", (offered - ended) / 1000, "s", 5),
        Figure("End to replay's first picture", (shown - ended) / 1000, "s", 5),
        Figure("publish to playable 3-minute microcourse", (playable - asked) / 1000, "s", 60),
    ]


def main() -> None:
    """Run it."""
    options = arguments(__doc__ or "")
    about = machine()
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder:
        figures = asyncio.run(measure(Path(folder)))
    print(report("lesson", about, figures, options.json))


if __name__ == "__main__":
    main()

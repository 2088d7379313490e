"""One session over several media processes: all see the same, and a death of one is mended by itself."""

import itertools
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from interactions.hand.events import HandGranted, HandRaised
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent
from signaling.plane import node
from tests.several_processes.town import Person, Town, town, until

pytestmark = pytest.mark.timeout(120)


def in_order(person: Person) -> bool:
    """Whether they saw the pictures in the order in which they were made."""
    return all(earlier < later for earlier, later in itertools.pairwise(person.seen))


async def flows(town: Town) -> Counter[str]:
    """How many transports each process has, pipes left out."""
    peers = {person.peer.transport for person in town.people.values() if person.peer is not None}
    stats = await town.stats()
    return Counter(name for name, one in stats.items() for t in one.transports if t.transport in peers)


async def test_viewers_on_both_processes_see_the_same(tmp_path: Path, migrated_file: Path) -> None:
    async with town(tmp_path, migrated_file, processes=2, viewers=2) as here:
        presenter = await here.enter("presenter", SessionRole.PRESENTER)
        near = await here.enter("near")
        far = await here.enter("far", has_mic=True)
        later = await here.enter("later")
        for viewer in (near, far, later):
            await viewer.sees_news()
        home, sibling = await presenter.process(), await far.process()
        assert await flows(here) == {home: 2, sibling: 2}
        assert await near.process() == home
        for viewer in (near, far, later):
            assert in_order(viewer)
            assert viewer.seen[-1] - viewer.seen[0] < 2 * len(viewer.seen)
        piped = [t for t in (await here.stats())[sibling].transports if t.pipe]
        assert [len(pipe.tracks) for pipe in piped] == [1]  # once, for two viewers

        # 小李 is given the microphone: what is said at the sibling is recorded at home.
        async with here.services.engine.change(here.session.id) as change:
            change.append(NewEvent(payload=HandRaised(participant=far.participant)))
            change.append(NewEvent(payload=HandGranted(participant=far.participant)))
        await until("the microphone is recorded", lambda: here.recordings() == {"1": {"camera", "mic"}})

        assert far.pc is not None
        assert later.pc is not None
        for viewer in (far, later):
            assert viewer.peer is not None
            await here.services.plane.close(viewer.peer.transport)

        async def no_pipe() -> bool:
            return not any(t.pipe for one in (await here.stats()).values() for t in one.transports)

        await until("the pipe is closed that nobody needs", no_pipe)
        await near.sees_news()


async def test_who_cannot_decode_a_picture_is_told_at_home_and_at_a_sibling(
    tmp_path: Path, migrated_file: Path
) -> None:
    async with town(tmp_path, migrated_file, processes=2, viewers=2) as here:
        presenter = await here.enter("presenter", SessionRole.PRESENTER)
        near = await here.enter("near", decodes=frozenset({"VP8"}))
        far = await here.enter("far", decodes=frozenset({"VP8"}))
        beside = await here.enter("beside")
        await beside.sees_news()
        assert await near.process() != await far.process()

        def said(person: Person) -> list[object]:
            return [slot["unplayable"] for slot in person.slots.values() if slot is not None]

        for person in (near, far):
            await until(f"{person.name} is told", lambda person=person: said(person) == ["H264"])
            assert person.seen == []
        assert said(beside) == [None]
        assert presenter.resets == []


async def test_a_siblings_death_is_felt_by_its_own_viewers_alone(tmp_path: Path, migrated_file: Path) -> None:
    async with town(tmp_path, migrated_file, processes=2, viewers=2) as here:
        await here.enter("presenter", SessionRole.PRESENTER)
        near, far = [await here.enter(name) for name in ("near", "far")]
        for viewer in (near, far):
            await viewer.sees_news()
        sibling = await far.process()
        await here.kill(sibling)
        await until("the far one is told", lambda: far.resets == ["media_restarted"])
        await far.sees_news()
        await near.sees_news()
        assert near.resets == []
        assert in_order(near)
        assert here.people["presenter"].resets == []
        await until("the process is back", lambda: here.processes[sibling].restarts == 1)
        assert set(here.recordings()) == {"1"}  # the recording never noticed


async def test_homes_death_moves_the_session_and_the_recording(tmp_path: Path, migrated_file: Path) -> None:
    async with town(tmp_path, migrated_file, processes=3, viewers=2) as here:
        presenter = await here.enter("presenter", SessionRole.PRESENTER)
        near, far = [await here.enter(name) for name in ("near", "far")]
        for viewer in (near, far):
            await viewer.sees_news()
        home = await presenter.process()
        await until("the recording has begun", lambda: here.recordings() == {"1": {"camera"}})
        await here.kill(home)
        for person in (presenter, near):
            await until(f"{person.name} is told", lambda person=person: bool(person.resets))
        for viewer in (near, far):
            await viewer.sees_news()
        assert far.resets == []  # the same transport, fed by another pipe
        assert await presenter.process() not in {home, ""}
        assert in_order(far)
        await until("the recording goes on", lambda: here.recordings().get("2") == {"camera"})


async def test_a_single_process_comes_back_with_its_sessions(tmp_path: Path, migrated_file: Path) -> None:
    async with town(tmp_path, migrated_file, processes=1, viewers=2) as here:
        presenter = await here.enter("presenter", SessionRole.PRESENTER)
        viewers = [await here.enter(name) for name in ("one", "two")]  # more than it is meant to serve
        for viewer in viewers:
            await viewer.sees_news()
        await until("the recording has begun", lambda: here.recordings() == {"1": {"camera"}})
        await here.kill("media-1")
        await until("they are told", lambda: all(person.resets for person in (presenter, *viewers)))
        for viewer in viewers:
            await viewer.sees_news()
        await until("the recording goes on", lambda: here.recordings().get("2") == {"camera"})


async def test_a_process_that_stands_still_is_left_and_taken_back(
    tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "PING_EVERY_S", 0.5)
    monkeypatch.setattr(node, "PATIENCE_S", 3.0)
    async with town(tmp_path, migrated_file, processes=2, viewers=2) as here:
        presenter = await here.enter("presenter", SessionRole.PRESENTER)
        near, far = [await here.enter(name) for name in ("near", "far")]
        for viewer in (near, far):
            await viewer.sees_news()
        home = await presenter.process()
        pid = here.halt(home)
        try:
            await until("the presenter is told", lambda: bool(presenter.resets))
            for viewer in (near, far):
                await viewer.sees_news()
            assert await presenter.process() not in {home, ""}
            assert far.resets == []
        finally:
            os.kill(pid, signal.SIGCONT)

        async def is_back() -> bool:
            stats = await here.stats()
            return home in stats and not stats[home].transports

        await until("it is taken back, and has let go of the session", is_back)
        assert here.processes[home].restarts == 0

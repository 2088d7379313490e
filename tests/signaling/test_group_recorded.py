"""Groups that are recorded, with real media: each hears its own, the lesson none of them, and rules hold."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from lectern.kernel.roles import SessionRole
from lectern.manifest import Fragment, Line, ManifestReader, RecordingEnded, TrackStarted, read_replay
from lectern.manifest.groups import group_folder
from recording.packager import Packager
from tests.full_stage.puppet import Puppet, puppet
from tests.installation import Installation
from tests.signaling.test_restart import lesson

HZ = {"presenter": 440, "ann": 1_000, "bob": 1_700}


@asynccontextmanager
async def class_of_three(house: Installation, session: Any) -> AsyncIterator[dict[str, Puppet]]:
    """A presenter and two learners who send; nobody is in a group yet."""
    url = str(house.client.make_url("")).rstrip("/")
    async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
        telling = tasks.create_task(house.services.class_namespace.run())
        stack.callback(telling.cancel)
        found = {}
        for number, (who, hz) in enumerate(HZ.items()):
            staff = who == "presenter"
            token = (
                house.token(session, SessionRole.PRESENTER, person="presenter")
                if staff
                else house.token(session, SessionRole.LEARNER, guest=who)
            )
            found[who] = await stack.enter_async_context(puppet(url, token, who, number, hz))
            found[who].speak(loud=True)
            await found[who].send()
        yield found


async def opened(people: dict[str, Puppet], *, recorded: bool) -> dict[str, str]:
    """Put each learner into a group of their own; return the groups' ids."""
    staff = people["presenter"]
    groups = [{"name": who, "members": [people[who].id]} for who in ("ann", "bob")]
    await staff.in_class.command("breakout_open", groups=groups, recorded=recorded)
    entities = staff.in_class.entities
    await staff.in_class.until("the class is split", lambda c: c.entities["breakout"]["state"] == "open")
    assert entities["breakout"]["recorded"] is recorded
    return dict(zip(("ann", "bob"), entities["breakout"]["groups"], strict=True))


@pytest.mark.timeout(180)
async def test_each_group_records_its_own_and_the_lesson_none(house: Installation) -> None:
    async with lesson(house) as (session, _), class_of_three(house, session) as people:
        folder = house.services.settings.data / "sessions" / session.id
        groups = await opened(people, recorded=True)
        await _until_recorded(folder, {"": 1.0, groups["ann"]: 3.0, groups["bob"]: 3.0})
        await people["presenter"].in_class.command(
            "breakout_move", participant=people["bob"].id, group=groups["ann"]
        )
        await _until(lambda: _who_is_in(folder, groups["ann"]) == {people["ann"].id, people["bob"].id})
        await people["presenter"].in_class.command("breakout_close")
        await _until(lambda: _heard_ms(folder)[""] > 4_000)
        await house.services.sessions.end(session.id)
        await _until(lambda: any(isinstance(line, RecordingEnded) for line in _lines(folder)))
    assert _who_is_in(folder, "") == {people["presenter"].id}  # nobody was invited on stage
    await asyncio.to_thread(Packager(folder).finish)
    assert {group.id for group in read_replay(folder / "hls" / "replay.json").groups} == set(groups.values())
    for name, hls in (
        ("presenter", "."),
        ("ann", group_folder(groups["ann"])),
        ("bob", group_folder(groups["bob"])),
    ):
        wave = await asyncio.to_thread(_wave, folder / "hls" / hls)
        assert abs(_strongest_hz(wave) - HZ[name]) < 20, name
        others = {hz for who, hz in HZ.items() if who != name and (name, who) != ("ann", "bob")}
        assert all(_strength(wave, hz) < 0.01 * _strength(wave, HZ[name]) for hz in others), name


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "rules", [None, {"learners_unheard": True}], ids=["not asked for", "left out by rules"]
)
async def test_nothing_of_a_learner_is_recorded_where_it_must_not_be(
    house: Installation, rules: dict[str, bool] | None
) -> None:
    """In a group that is not recorded; and in one that is, of a lesson that leaves learners' voices out."""
    async with lesson(house, rules) as (session, _), class_of_three(house, session) as people:
        folder = house.services.settings.data / "sessions" / session.id
        await opened(people, recorded=rules is not None)
        spoken = [
            entity for path, entity in people["ann"].in_class.entities.items() if path.startswith("track/")
        ]
        assert spoken is not None
        before = _heard_ms(folder).get("", 0.0)
        await _until(lambda: _heard_ms(folder).get("", 0.0) - before > 3_000)
    learners = {people[who].id for who in ("ann", "bob")}
    started = [line for line in _lines(folder) if isinstance(line, TrackStarted)]
    assert not learners & {line.participant for line in started}
    assert {line.group for line in started} == {""}


async def _until_recorded(folder: Path, seconds: dict[str, float]) -> None:
    await _until(lambda: all(_heard_ms(folder).get(group, 0.0) > s * 1000 for group, s in seconds.items()))


def _heard_ms(folder: Path) -> dict[str, float]:
    """How much sound of each group is recorded; "" is the main room."""
    groups: dict[str, str] = {}
    found: dict[str, float] = {}
    for line in _lines(folder):
        if isinstance(line, TrackStarted) and line.kind == "audio":
            groups[line.track] = line.group
        elif isinstance(line, Fragment) and line.track in groups:
            found[groups[line.track]] = found.get(groups[line.track], 0.0) + line.duration_ms
    return found


def _who_is_in(folder: Path, group: str) -> set[str]:
    return {
        line.participant for line in _lines(folder) if isinstance(line, TrackStarted) and line.group == group
    }


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.05)


def _lines(folder: Path) -> list[Line]:
    manifests = sorted((folder / "rec").glob("*/manifest.jsonl"))
    return [line for manifest in manifests for line in ManifestReader(manifest).poll()]


def _wave(hls: Path) -> "np.ndarray[Any, Any]":
    with av.open(str(hls / "audio" / "index.m3u8")) as sound:
        return np.concatenate([frame.to_ndarray().mean(axis=0) for frame in sound.decode(audio=0)])


def _strongest_hz(wave: "np.ndarray[Any, Any]") -> float:
    return float(np.abs(np.fft.rfft(wave)).argmax() * 48_000 / len(wave))


def _strength(wave: "np.ndarray[Any, Any]", hz: int) -> float:
    """The strongest part of the sound within 20 Hz of a pitch."""
    spectrum = np.abs(np.fft.rfft(wave))
    at, near = round(hz * len(wave) / 48_000), round(20 * len(wave) / 48_000)
    return float(spectrum[at - near : at + near].max())

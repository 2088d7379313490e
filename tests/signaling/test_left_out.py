"""Learners who are left out of the replay: seen and heard live, and nothing of them is recorded."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from lectern.kernel.roles import SessionRole
from lectern.manifest import Fragment, Line, ManifestReader, RecordingEnded, TrackStarted
from recording.packager import Packager
from signaling.plane.left_out import EVERYTHING, LeftOut, may_record
from signaling.plane.situation import Situation
from tests.full_stage.puppet import Puppet, puppet
from tests.installation import Installation
from tests.scripted_lesson.class_client import ClassClient
from tests.signaling.test_restart import lesson

PRESENTER_HZ, LEARNER_HZ = 440, 1_500
NAME = "Zhao Unmistakable"
BETWEEN_THEM = 120
"""The presenter's picture has less red, the learner's more."""


@pytest.mark.parametrize("source", ["mic", "camera", "screen"])
def test_staff_are_recorded_and_learners_as_the_rules_say(source: str) -> None:
    class_ = Situation(
        live=True,
        ended=False,
        first_started_utc_ms=0,
        groups={},
        may_speak=frozenset({"staff", "guest"}),
        removed=frozenset(),
        staff=frozenset({"staff"}),
    )
    for left_out in (LeftOut(), LeftOut(pictures=True), LeftOut(sound=True), EVERYTHING):
        assert may_record("staff", source, class_, left_out)
        is_out = left_out.sound if source == "mic" else left_out.pictures
        assert may_record("guest", source, class_, left_out) is not is_out


@pytest.mark.timeout(120)
async def test_a_learner_on_stage_is_in_no_file(house: Installation) -> None:
    """Learners' cameras and voices were left out; one of them is on stage, loud and bright."""
    rules = {"learners_unseen": True, "learners_unheard": True}
    async with lesson(house, rules) as (session, _), asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(house.services.class_namespace.run())
        url = str(house.client.make_url("")).rstrip("/")
        presenter = house.token(session, SessionRole.PRESENTER, person="presenter")
        learner = house.token(session, SessionRole.LEARNER, guest=NAME)
        async with (
            puppet(url, presenter, "Presenter", 0, PRESENTER_HZ) as staff,
            puppet(url, learner, NAME, 3, LEARNER_HZ) as guest,
        ):
            staff.speak(loud=True)
            guest.speak(loud=True)
            await staff.send()
            await staff.in_class.command("stage_invite", participant=guest.id, camera=True)
            await guest.send()
            for who, is_out in ((staff, False), (guest, True)):
                answers = [
                    await who.say("source", {"source": source, "active": True})
                    for source in ("mic", "camera")
                ]
                assert answers == [{"ok": True, "left_out": is_out}] * 2
            assert (await guest.say("source", {"source": "mic", "active": False}))["ok"]
            assert (await guest.say("source", {"source": "mic", "active": True}))["ok"]
            await _until_on_stage(staff, guest)
            folder = house.services.settings.data / "sessions" / session.id
            await _until_recorded(folder, {(staff.id, "mic"), (staff.id, "camera")}, seconds=3.0)
            guest_id = guest.id
        telling.cancel()
        await house.services.sessions.end(session.id)
        await _until(lambda: any(isinstance(line, RecordingEnded) for line in _lines(folder)))
    started = [line for line in _lines(folder) if isinstance(line, TrackStarted)]
    assert {line.participant for line in started} == {staff.id}
    await asyncio.to_thread(Packager(folder).finish)
    assert abs(await asyncio.to_thread(_heard_hz, folder) - PRESENTER_HZ) < 20
    assert await asyncio.to_thread(_reddest, folder) < BETWEEN_THEM
    for file in (path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        assert NAME.encode() not in content, file
        assert guest_id.encode() not in content, file


async def _until_on_stage(staff: Puppet, guest: Puppet) -> None:
    def on_stage(client: ClassClient) -> bool:
        tracks = [entity for path, entity in client.entities.items() if path.startswith("track/")]
        sources = {(track["participant"], track["source"]) for track in tracks if track["active"]}
        return {(who, source) for who in (staff.id, guest.id) for source in ("mic", "camera")} <= sources

    await staff.in_class.until("both are seen and heard live", on_stage, within_s=30)


async def _until_recorded(folder: Path, tracks: set[tuple[str, str]], *, seconds: float) -> None:
    """Wait until so much of these tracks was recorded since now."""
    before = _recorded_ms(folder)

    def is_recorded() -> bool:
        now = _recorded_ms(folder)
        return all(now.get(track, 0.0) - before.get(track, 0.0) >= seconds * 1000 for track in tracks)

    await _until(is_recorded)


def _recorded_ms(folder: Path) -> dict[tuple[str, str], float]:
    names: dict[str, tuple[str, str]] = {}
    found: dict[tuple[str, str], float] = {}
    for line in _lines(folder):
        if isinstance(line, TrackStarted):
            names[line.track] = line.participant, line.source
        elif isinstance(line, Fragment):
            found[names[line.track]] = found.get(names[line.track], 0.0) + line.duration_ms
    return found


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.05)


def _lines(folder: Path) -> list[Line]:
    manifests = sorted((folder / "rec").glob("*/manifest.jsonl"))
    return [line for manifest in manifests for line in ManifestReader(manifest).poll()]


def _heard_hz(folder: Path) -> float:
    """The strongest pitch of the replay."""
    with av.open(str(folder / "hls" / "audio" / "index.m3u8")) as sound:
        wave = np.concatenate([frame.to_ndarray().mean(axis=0) for frame in sound.decode(audio=0)])
    return float(np.abs(np.fft.rfft(wave)).argmax() * 48_000 / len(wave))


def _reddest(folder: Path) -> float:
    """How red the reddest picture of the replay is (its upper half, which is of one colour)."""
    with av.open(str(folder / "hls" / "camera" / "index.m3u8")) as pictures:
        frames = [frame.to_ndarray(format="rgb24") for frame in pictures.decode(video=0)]
    assert len(frames) > 5
    return max(float(frame[: len(frame) // 2, :, 0].mean()) for frame in frames)

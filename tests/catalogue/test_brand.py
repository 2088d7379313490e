"""Branding over HTTP: who may, what is taken, what is refused, and that two never overwrite each other."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import imageio_ffmpeg
import pytest
from PIL import Image

from catalogue.brand.look import LookStore, NamedLook
from catalogue.work import MICROCOURSE, MicrocourseArgs
from lectern.app.media_orders import Orders
from lectern.app.wired.services import Services
from lectern.jobs.job import JobFailed, NewJob
from lectern.jobs.store import JobStore
from lectern.kernel.clock import utc_ms
from mediaworker.media_job import Clip, Microcourse
from tests.installation import Answer, Installation, house, services

__all__ = ["house", "services"]
API = "/api/v1/branding"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    target = tmp_path_factory.mktemp("clip") / "clip.mp4"
    source = ("-f", "lavfi", "-i", "color=red:s=64x48:r=25:d=1", "-c:v", "libx264", "-preset", "ultrafast")
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(target)], check=True)
    return target.read_bytes()


def logo(size: tuple[int, int] = (40, 20)) -> bytes:
    picture = BytesIO()
    Image.new("RGB", size, "#123456").save(picture, "PNG")
    return picture.getvalue()


async def bring(house: Installation, data: Any, name: str = "片头.mp4", **headers: str) -> Answer:
    return await house.ask("POST", f"{API}/clips?name={name}", by="admin", data=data, headers=headers)


def kept(services: Services) -> list[str]:
    return [path.name for path in (services.settings.data / "branding").rglob("*") if path.is_file()]


async def test_a_clip_is_taken_made_ready_and_used(house: Installation, clip: bytes) -> None:
    services, jobs = house.services, JobStore()
    answer = await bring(house, clip, "../../evil/../片头.mp4")
    assert answer.status == 201
    [shown] = answer.data["clips"]
    assert (shown["name"], shown["state"], shown["duration_ms"]) == (
        "../../evil/../片头.mp4",
        "queued",
        1_000,
    )
    assert kept(services) == ["upload.mp4"]  # below its id; what it was called is a name for people
    assert not list((services.settings.data / "incoming").iterdir())
    wanted = {"version": 0, "accent": "#ff8800", "title_card": True, "outro_words": "谢谢"}
    wanted["intro_id"] = shown["id"]
    early = await house.ask("PUT", API, by="admin", json=wanted)
    assert (early.status, early.code) == (409, "clip_not_ready")

    async with services.database.write() as tx:
        job = (await jobs.claim(tx, ["clip"], "w", utc_ms())).job
        assert job is not None
        assert job.lease_owner is not None
        order = await Orders(services.database, "Acme").of(job)
        assert (order.root, order.media) == (f"branding/{shown['id']}", Clip(output="made"))
        await jobs.complete(tx, job.id, job.lease_owner, {"duration_ms": 1_000, "ladder": True}, utc_ms())
    done = await house.ask("PUT", API, by="admin", json=wanted)
    assert (done.status, done.data["version"], done.data["intro_id"]) == (200, 1, shown["id"])
    assert done.data["clips"][0]["video_url"].startswith("/play/")
    stale = await house.ask("PUT", API, by="admin", json=wanted)
    assert (stale.status, stale.code) == (409, "branding_changed")
    assert (await house.ask("PUT", f"{API}/logo", by="admin", data=logo())).data["version"] == 2

    for branded, intro, words in ((True, f"branding/{shown['id']}/made", "谢谢"), (False, "", "")):
        args = MicrocourseArgs("s", "m", 1, "x", 0, 2_000, branded=branded)
        async with services.database.write() as tx:
            plain = {name: getattr(args, name) for name in args.__struct_fields__}
            job = await jobs.enqueue(tx, NewJob(house.org.id, MICROCOURSE, "m", plain), utc_ms())
        order = await Orders(services.database, "Acme").of(job)
        assert isinstance(order.media, Microcourse)
        assert (order.media.intro_clip, order.media.outro) == (intro, words)
        assert (order.media.accent, bool(order.media.logo)) == (["#6EA0FF", "#ff8800"][branded], branded)
        assert (f"{intro}/720.mp4" in order.assets) is branded
    pinned = MicrocourseArgs("s", "m", 1, "x", 0, 2_000, look=house.org.id, look_version=1)
    row = {name: getattr(pinned, name) for name in pinned.__struct_fields__}
    order = await Orders(services.database, "Acme").of(replace(job, args=row))
    assert isinstance(order.media, Microcourse)
    assert (order.media.accent, order.media.logo) == ("#ff8800", b"")  # as it was before the logo came
    with pytest.raises(JobFailed):
        await Orders(services.database, "Acme").of(replace(job, kind="hologram"))
    async with services.database.read() as tx:
        log = await services.accounts.store.audit_log(tx, house.org.id, "", 9)
    assert [entry.action for entry in log] == ["branding_changed", "branding_changed", "brand_clip_added"]


async def test_what_cannot_be_used_is_refused_and_leaves_nothing(
    house: Installation, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = house.services

    async def endless(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield bytes(64 * 1024)

    refusals = [
        (await bring(house, b"MZ this is a program" * 99), 422, "clip_invalid"),
        (await bring(house, clip[:700]), 422, "clip_invalid"),
        (await bring(house, b""), 422, "upload_empty"),
    ]
    for answer, status, code in refusals:
        assert (answer.status, answer.code) == (status, code)
    assert "MP4" in refusals[0][0].data["error"]["message"]
    # Ten gigabytes are refused by what they say of themselves, before a byte of them is read.
    reader, writer = await asyncio.open_connection("127.0.0.1", house.client.port)
    cookie = "X-Lectern: 1\r\nCookie: lectern_session=cookie-of-admin"
    head = f"POST {API}/clips HTTP/1.1\r\nHost: x\r\n{cookie}\r\n"
    writer.write(f"{head}Content-Length: {10 * 2**30}\r\n\r\n".encode())
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 413")
    writer.close()
    # And by counting, if they say nothing.
    monkeypatch.setattr(services.brand.uploads, "most_bytes", 100_000)
    counted = await bring(house, endless(9))
    assert (counted.status, counted.code) == (413, "upload_too_large")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 9})())
    full = await bring(house, clip)
    assert (full.status, full.code) == (503, "disk_full")
    assert kept(services) == []
    assert not list((services.settings.data / "incoming").iterdir())


async def test_who_may_and_the_logo(house: Installation) -> None:
    assert (await house.ask("GET", API, by="learner")).status == 403
    shown = await house.ask("GET", API, by="presenter")
    assert (shown.data["may_edit"], shown.data["accent"], shown.data["logo_url"]) == (False, "#6EA0FF", None)
    change = {"version": 0, "accent": "#000000", "title_card": True}
    assert (await house.ask("PUT", API, by="presenter", json=change)).status == 403
    for method, path in (("PUT", f"{API}/logo"), ("DELETE", f"{API}/logo"), ("POST", f"{API}/clips")):
        assert (await house.ask(method, path, by="presenter", data=b"x")).status == 403, path
    for bad in (b"<svg onload=alert(1)>", logo((9_000, 9_000)), b""):
        refused = await house.ask("PUT", f"{API}/logo", by="admin", data=bad)
        assert (refused.status, refused.code) == (422, "logo_invalid")
    assert (await house.ask("PUT", f"{API}/logo", by="admin", data=bytes(300_000))).status == 400
    assert (await house.ask("PUT", API, by="admin", json={"version": 0, "accent": "red"})).status == 400
    foreign = {"version": 0, "accent": "#000000", "title_card": True, "outro_id": "nobody's"}
    assert (await house.ask("PUT", API, by="admin", json=foreign)).code == "clip_not_found"
    brought = await house.ask("PUT", f"{API}/logo", by="admin", data=logo())
    assert brought.data["logo_url"].startswith("data:image/png;base64,")
    cookie = {"Cookie": "lectern_session=cookie-of-presenter"}
    query = {"title": "接待客户", "accent": "#ff0000"}
    async with house.client.get(f"{API}/card.png", params=query, headers=cookie) as answer:
        with Image.open(BytesIO(await answer.read())) as card:
            assert card.size == (1280, 720)
            assert (255, 0, 0) in {colour for _, colour in card.getcolors(1 << 20) or []}
    assert (await house.ask("DELETE", f"{API}/logo", by="admin")).data["logo_url"] is None


LOOKS = f"{API}/looks"


async def _made(house: Installation, name: str, like: str | None = None) -> str:
    made = await house.ask("POST", LOOKS, by="admin", json={"name": name, "like": like})
    assert made.status == 201
    return str(made.data["id"])


async def test_looks_are_made_named_and_given(house: Installation) -> None:
    brought = await house.ask("PUT", f"{API}/logo", by="admin", data=logo())
    academy = await _made(house, " Sales academy ", like=house.org.id)
    one = f"{LOOKS}/{academy}"
    begun = await house.ask("GET", one, by="presenter")
    assert (begun.data["name"], begun.data["version"]) == ("Sales academy", 1)
    assert begun.data["logo_url"] == brought.data["logo_url"]
    wanted = {"version": 1, "accent": "#00ff00", "title_card": True, "name": "Academy"}
    changed = await house.ask("PUT", one, by="admin", json=wanted)
    assert (changed.data["version"], changed.data["name"]) == (2, "Academy")
    assert changed.data["accent"] == "#00ff00"
    assert (await house.ask("PUT", one, by="admin", json=wanted)).code == "branding_changed"
    renamed = await house.ask("PUT", one, by="admin", json=wanted | {"version": 2, "name": "Academy 2"})
    assert (renamed.data["version"], renamed.data["name"]) == (2, "Academy 2")  # that is no other picture
    own = await house.ask("GET", API, by="presenter")
    assert (own.data["id"], own.data["accent"], own.data["is_default"]) == (house.org.id, "#6EA0FF", True)
    cookie = {"Cookie": "lectern_session=cookie-of-presenter"}
    async with house.client.get(f"{one}/card.png", params={"title": "x"}, headers=cookie) as answer:
        with Image.open(BytesIO(await answer.read())) as card:
            assert (0, 255, 0) in {colour for _, colour in card.getcolors(1 << 20) or []}

    people = [house.people["presenter"], house.people["host"]]
    given = await house.ask("PUT", f"{one}/people", by="admin", json={"people": people})
    assert [person["name"] for person in given.data["people"]] == ["Host", "Presenter"]
    service = await _made(house, "Service")
    await house.ask("PUT", f"{LOOKS}/{service}/people", by="admin", json={"people": people[1:]})
    listed = (await house.ask("GET", LOOKS, by="presenter")).data
    assert [(look["name"], look["is_default"], look["people"]) for look in listed["items"]] == [
        ("", True, 0), ("Academy 2", False, 1), ("Service", False, 1),
    ]  # fmt: skip
    assert listed["may_edit"] is False
    unknown = await house.ask("PUT", f"{one}/people", by="admin", json={"people": ["nobody"]})
    assert (unknown.status, unknown.code) == (422, "look_person_unknown")
    await house.ask("PUT", f"{one}/people", by="admin", json={"people": []})
    assert (await house.ask("GET", one, by="admin")).data["people"] == []


async def test_looks_are_made_the_default_retired_and_deleted(house: Installation) -> None:
    academy, spare = await _made(house, "Academy"), await _made(house, "Spare")
    one = f"{LOOKS}/{academy}"
    assert (await house.ask("POST", f"{one}/make-default", by="admin", json={})).data["is_default"] is True
    assert (await house.ask("GET", API, by="presenter")).data["name"] == "Academy"
    for method, path in (("POST", f"{one}/retire"), ("DELETE", one)):
        refused = await house.ask(method, path, by="admin", json={})
        assert (refused.status, refused.code) == (409, "look_is_default")
    own = await house.ask("POST", f"{LOOKS}/{house.org.id}/retire", by="admin", json={})
    assert own.data["retired"] is True
    assert (await house.ask("DELETE", f"{LOOKS}/{house.org.id}", by="admin")).code == "look_used"
    default = await house.ask("POST", f"{LOOKS}/{house.org.id}/make-default", by="admin", json={})
    assert (default.status, default.code) == (409, "look_retired")
    again = await house.ask("POST", f"{LOOKS}/{house.org.id}/use-again", by="admin", json={})
    assert again.data["retired"] is False
    assert (await house.ask("DELETE", f"{LOOKS}/{spare}", by="admin")).status == 204
    assert (await house.ask("GET", f"{LOOKS}/{spare}", by="admin")).code == "look_not_found"
    async with house.services.database.read() as tx:
        log = await house.services.accounts.store.audit_log(tx, house.org.id, "", 9)
    assert {entry.action for entry in log} == {
        "look_created", "look_made_default", "look_retired", "look_used_again", "look_deleted",
    }  # fmt: skip


async def test_who_may_change_looks_and_whose_they_are(house: Installation) -> None:
    academy = await _made(house, "Academy")
    one = f"{LOOKS}/{academy}"
    change = {"version": 0, "accent": "#000000", "title_card": True}
    doors: list[tuple[str, str, Any]] = [
        ("POST", LOOKS, {"name": "x"}), ("PUT", one, change), ("DELETE", one, None),
        ("POST", f"{one}/retire", {}), ("POST", f"{one}/use-again", {}), ("POST", f"{one}/make-default", {}),
        ("PUT", f"{one}/people", {"people": []}),
    ]  # fmt: skip
    for method, path, body in doors:
        assert (await house.ask(method, path, by="presenter", json=body)).status == 403, (method, path)
    for path in (LOOKS, one, f"{one}/card.png"):
        assert (await house.ask("GET", path, by="learner")).status == 403, path
    async with house.services.database.write() as tx:
        await LookStore().add(tx, NamedLook("theirs", "elsewhere", "Theirs", 0, "x", 1))
    for method, path, body in doors[1:]:
        foreign = await house.ask(method, path.replace(academy, "theirs"), by="admin", json=body)
        assert (foreign.status, foreign.code) == (404, "look_not_found"), (method, path)
    assert (await house.ask("GET", f"{LOOKS}/theirs/card.png", by="admin")).status == 404
    like = await house.ask("POST", LOOKS, by="admin", json={"name": "x", "like": "theirs"})
    assert (like.status, like.code) == (404, "look_not_found")
    for name in ("", "  ", "x" * 101):
        assert (await house.ask("POST", LOOKS, by="admin", json={"name": name})).status == 400
    many = [NamedLook(f"look-{at}", house.org.id, "x", 0, "x", 1) for at in range(98)]
    async with house.services.database.write() as tx:
        for look in many:
            await LookStore().add(tx, look)
    full = await house.ask("POST", LOOKS, by="admin", json={"name": "x"})
    assert (full.status, full.code) == (422, "looks_too_many")

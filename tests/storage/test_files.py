"""Every store: what was put comes back, and nothing outside of it is ever reached."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.errors import NotFound
from lectern.storage.files import Files, StoredFile
from lectern.storage.keys import below, file_key
from lectern.storage.local import LocalFiles


async def content_of(files: Files, key: str) -> bytes:
    """What a server would send."""
    found = await files.find(key)
    if found.path is not None:
        return found.path.read_bytes()
    if found.content is not None:
        return found.content
    return b"".join([piece async for piece in files.stream(key, 0, found.size_bytes)])


async def test_put_get_range_list_delete(files: Files) -> None:
    await files.put("sessions/a/hls/replay.json", b"0123456789")
    await files.put("sessions/a/hls/replay.json", b"abcdefghij")
    await files.put("sessions/a/cover.jpg", b"x")
    assert await files.get("sessions/a/hls/replay.json") == b"abcdefghij"
    assert await files.read("sessions/a/hls/replay.json", 3, 4) == b"defg"
    assert await files.read("sessions/a/hls/replay.json", 8, 10) == b"ij"
    assert await files.read("sessions/a/hls/replay.json", 10, 10) == b""
    assert await files.list("sessions/a") == [
        StoredFile("sessions/a/cover.jpg", 1),
        StoredFile("sessions/a/hls/replay.json", 10),
    ]
    for key, content in (("sessions/a/cover.jpg", b"x"), ("sessions/a/hls/replay.json", b"abcdefghij")):
        assert (await files.find(key)).size_bytes == len(content)
        assert await content_of(files, key) == content
    assert await files.delete("sessions/a/cover.jpg") == 1
    assert await files.delete("sessions/a") == 1
    assert await files.list("sessions/a") == []
    assert await files.delete("sessions/a") == 0


async def test_a_large_file_goes_in_and_comes_out_in_parts(files: Files, tmp_path: Path) -> None:
    film = bytes(range(256)) * (80 * 1024)  # 20 MB: three parts of an upload
    (tmp_path / "film.mp4").write_bytes(film)
    await files.put_file("sessions/a/film.mp4", tmp_path / "film.mp4")
    assert (await files.find("sessions/a/film.mp4")).size_bytes == len(film)
    assert await files.read("sessions/a/film.mp4", len(film) - 3, 10) == film[-3:]
    pieces = [piece async for piece in files.stream("sessions/a/film.mp4", 1_000, 9_000_000)]
    assert b"".join(pieces) == film[1_000:9_001_000]
    await files.fetch("sessions/a/film.mp4", tmp_path / "copy" / "film.mp4")
    assert (tmp_path / "copy" / "film.mp4").read_bytes() == film
    with pytest.raises(NotFound):
        await files.put_file("sessions/a/other.mp4", tmp_path / "nothing.mp4")


async def test_a_neighbour_with_the_same_beginning_is_not_in_the_folder(files: Files) -> None:
    await files.put("sessions/a/x.jpg", b"1")
    await files.put("sessions/ab/x.jpg", b"2")
    assert [file.key for file in await files.list("sessions/a")] == ["sessions/a/x.jpg"]
    assert await files.delete("sessions/a") == 1
    assert await files.get("sessions/ab/x.jpg") == b"2"


@pytest.mark.parametrize("operation", ["get", "find", "read", "fetch"])
@pytest.mark.parametrize("key", ["nothing", "nothing.m4s", "folder", "folder/file/deeper"])
async def test_what_is_not_there_is_not_found(files: Files, tmp_path: Path, operation: str, key: str) -> None:
    await files.put("folder/file", b"x")
    arguments = {"read": (0, 1), "fetch": (tmp_path / "target",)}.get(operation, ())
    with pytest.raises(NotFound) as refusal:
        await getattr(files, operation)(key, *arguments)
    assert refusal.value.code == "file_not_found"
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "..", "a/../../b", "a//b", "a/./b", ".hidden", "a/.hidden", "a\\b", "a\0b", "a/", "ä",
     "a%2f..", "/".join("a" * 17), "a\n"],
)  # fmt: skip
async def test_a_key_that_could_escape_is_refused(files: Files, key: str) -> None:
    with pytest.raises(NotFound):
        await files.get(key)
    with pytest.raises(NotFound):
        await files.put(key, b"x")


async def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    files = LocalFiles(tmp_path / "data")
    (tmp_path / "secret").write_text("s")
    (tmp_path / "data" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound):
        await files.get("link")


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_leads_out_of_its_prefix(prefix: str, relative: str) -> None:
    root = Path("/srv/data")
    try:
        key = below("sessions/one/", relative)
    except NotFound:
        pass
    else:
        assert (root / key).is_relative_to(root / "sessions" / "one")
        assert ".." not in key.split("/")
    try:
        key = file_key(prefix)
    except NotFound:
        return
    assert not key.startswith("/")

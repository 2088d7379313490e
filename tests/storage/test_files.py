"""Files in a folder: what was put comes back, and nothing outside the folder is ever reached."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.errors import NotFound
from lectern.storage.files import LocalFiles, StoredFile
from lectern.storage.keys import below, file_key


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    return LocalFiles(tmp_path / "data")


async def test_put_get_range_list_delete(files: LocalFiles) -> None:
    await files.put("sessions/a/hls/replay.json", b"0123456789")
    await files.put("sessions/a/hls/replay.json", b"abcdefghij")
    await files.put("sessions/a/cover.jpg", b"x")
    assert await files.get("sessions/a/hls/replay.json") == b"abcdefghij"
    assert await files.read("sessions/a/hls/replay.json", 3, 4) == b"defg"
    assert await files.read("sessions/a/hls/replay.json", 8, 10) == b"ij"
    assert await files.list("sessions/a") == [
        StoredFile("sessions/a/cover.jpg", 1),
        StoredFile("sessions/a/hls/replay.json", 10),
    ]
    assert (await files.local_path("sessions/a/cover.jpg")).read_bytes() == b"x"
    assert await files.delete("sessions/a/cover.jpg") == 1
    assert await files.delete("sessions/a") == 1
    assert await files.list("sessions/a") == []
    assert await files.delete("sessions/a") == 0


@pytest.mark.parametrize("operation", ["get", "local_path", "read"])
@pytest.mark.parametrize("key", ["nothing", "folder", "folder/file/deeper"])
async def test_what_is_not_there_is_not_found(files: LocalFiles, operation: str, key: str) -> None:
    await files.put("folder/file", b"x")
    arguments = (0, 1) if operation == "read" else ()
    with pytest.raises(NotFound) as refusal:
        await getattr(files, operation)(key, *arguments)
    assert refusal.value.code == "file_not_found"


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "..", "a/../../b", "a//b", "a/./b", ".hidden", "a/.hidden", "a\\b", "a\0b", "a/", "ä",
     "a%2f..", "/".join("a" * 17), "a\n"],
)  # fmt: skip
async def test_a_key_that_could_escape_is_refused(files: LocalFiles, key: str) -> None:
    with pytest.raises(NotFound):
        await files.get(key)
    with pytest.raises(NotFound):
        await files.put(key, b"x")


async def test_a_link_does_not_lead_out(files: LocalFiles, tmp_path: Path) -> None:
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

"""Encrypted media: what leaves the server is noise without a key, and only the viewer gets the key."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given
from hypothesis import strategies as st

from catalogue.models import ReplayModel
from catalogue.play_grant import PlayGrant
from catalogue.sealed_files import SealedFiles
from catalogue.sealing import KEY_NAME, Piece, Seal, track_of
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import NotFound
from lectern.storage.local import LocalFiles
from lectern.timeline.event import SessionStarted
from mediaworker.ladder import Stretch, media_playlist
from recording.playlists import FullPlaylist, LivePlaylist, master_playlist
from recording.timeline_plan import Segment
from tests.catalogue.conftest import PEOPLE, SESSION, House
from tests.lesson import START

HLS = f"sessions/{SESSION}/hls/"
SEAL = Seal(b"s" * 32, "replay/r")


def opened(key: bytes, number: int, noise: bytes) -> bytes:
    """What a player makes of a segment (RFC 8216 §5.2), written from the text of the standard."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(number.to_bytes(16, "big"))).decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(noise) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


@dataclass
class Read:
    """What a player reads in a media playlist: (address, key address or None, number) of each piece."""

    maps: list[tuple[str, str | None]] = field(default_factory=list)
    segments: list[tuple[str, str | None, int]] = field(default_factory=list)


def read(text: str) -> Read:
    """Read the tags that matter, as RFC 8216 says: a key holds for what follows it, maps included."""
    found, key, number = Read(), None, 0
    for line in text.splitlines():
        if line.startswith("#EXT-X-MEDIA-SEQUENCE:"):
            number = int(line.partition(":")[2])
        elif line == "#EXT-X-KEY:METHOD=NONE":
            key = None
        elif line.startswith("#EXT-X-KEY:"):
            said = re.fullmatch(r'#EXT-X-KEY:METHOD=AES-128,URI="([^"]+)"', line)
            assert said, line
            key = said[1]
        elif line.startswith("#EXT-X-MAP:"):
            found.maps.append((line.partition('URI="')[2].rstrip('"'), key))
        elif line and not line.startswith("#"):
            found.segments.append((line, key, number))
            number += 1
    return found


def segments(count: int, *, breaks: int = 0) -> Iterator[Segment]:
    """Two seconds each; with `breaks`, every so many a discontinuity."""
    for number in range(count):
        apart = bool(breaks and number and number % breaks == 0)
        yield Segment(number, number * 180_000, (number + 1) * 180_000, None, apart, START + number * 2_000)


def test_every_segment_has_a_key_and_every_map_is_clear() -> None:
    playlist = FullPlaylist(lambda segment: f"init-{segment.number // 4}.mp4")
    playlist.extend(list(segments(12, breaks=4)))
    sealed = SEAL.playlist(HLS + "camera/index.m3u8", playlist.text(ended=True))
    found = read(sealed)
    assert [key for _, key, _ in found.segments] == [KEY_NAME] * 12
    assert [key for _, key in found.maps] == [None] * 3
    for at, (address, _, number) in enumerate(found.segments):
        file, _, name = address.rpartition("/")
        assert (file, number) == (f"{at:06d}.m4s", at)
        assert SEAL.piece(HLS + "camera/" + file, name) == Piece("s", at)
    times = re.compile("#(?:EXTINF|EXT-X-P|EXT-X-D|EXT-X-E).*")
    assert times.findall(sealed) == times.findall(playlist.text(ended=True))


def test_a_live_playlist_goes_from_one_track_to_another_and_back() -> None:
    playlist = LivePlaylist(lambda _: "init.mp4")
    for at, folder in enumerate(["", "", "../aside-2/camera/", ""]):
        playlist.extend([replace(next(segments(1)), number=at)], folder)
    found = read(SEAL.playlist(HLS + "camera/live.m3u8", playlist.text(ended=False)))
    aside = "../aside-2/camera/" + KEY_NAME
    assert [key for _, key, _ in found.segments] == [KEY_NAME, KEY_NAME, aside, KEY_NAME]
    address, _, number = found.segments[2]
    file, _, name = address.rpartition("/")
    assert SEAL.piece(HLS + "aside-2/camera/000002.m4s", name) == Piece("s", number)
    assert file == "../aside-2/camera/000002.m4s"


@given(st.lists(st.integers(1, 90_000), min_size=1, max_size=20), st.integers(1, 2_000))
def test_ranges_of_one_file_become_addresses_of_their_own(lengths: list[int], init: int) -> None:
    at, stretches = init, []
    for index, length in enumerate(lengths):
        stretches.append(Stretch(at, length, index * 6.0, 6.0))
        at += length
    sealed = SEAL.playlist("d/720.m3u8", media_playlist("720.mp4", init, stretches))
    assert "BYTERANGE" not in sealed
    found = read(sealed)
    [(head, key)] = found.maps
    assert (SEAL.piece("d/720.mp4", head.partition("/")[2]), key) == (Piece("i", 0, 0, init), None)
    for number, (stretch, (address, key, said)) in enumerate(zip(stretches, found.segments, strict=True)):
        piece = SEAL.piece("d/720.mp4", address.partition("/")[2])
        assert piece == Piece("s", number, stretch.offset, stretch.length)
        assert (key, said) == (f"720.mp4/{KEY_NAME}", number)


def test_a_master_playlist_stays_as_it_is() -> None:
    text = master_playlist("camera/index.m3u8", "audio/index.m3u8")
    assert SEAL.playlist(HLS + "program.m3u8", text) == text


@given(st.binary(max_size=5_000), st.integers(0, 10**12 - 1))
def test_a_player_opens_what_was_closed_and_nobody_else(clear: bytes, number: int) -> None:
    file, piece = HLS + "camera/000001.m4s", Piece("s", number)
    noise = SEAL.closed(file, piece, clear)
    assert opened(SEAL.key(track_of(file)), number, noise) == clear
    assert len(noise) == len(clear) // 16 * 16 + 16
    if len(clear) >= 16:
        assert clear not in noise
    assert SEAL.closed(file, Piece("i", number), clear) == clear


def test_keys_of_media_tracks_and_secrets_differ() -> None:
    others = (
        Seal(b"t" * 32, SEAL.medium),
        Seal(SEAL.secret, "replay/other"),
        Seal(SEAL.secret, "broadcast/r"),
    )
    keys = {one.key(track) for one in (SEAL, *others) for track in (HLS + "camera", HLS + "audio")}
    assert len(keys) == 8
    assert "ssss" not in repr(SEAL)


@given(st.data())
def test_no_changed_name_is_a_piece(data: st.DataObject) -> None:
    file = HLS + "camera/000001.m4s"
    name = SEAL.name(file, data.draw(st.builds(Piece, st.sampled_from("si"), *[st.integers(0, 10**9)] * 3)))
    at = data.draw(st.integers(0, len(name) - 5))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != name[at]))
    assert SEAL.piece(file, name[:at] + other + name[at + 1 :]) is None
    assert SEAL.piece(file + "x", name) is None


async def test_a_piece_is_encrypted_once_for_all_who_ask(
    sealed_files: tuple[LocalFiles, SealedFiles],
) -> None:
    files, sealed = sealed_files
    await files.put("a/1.m4s", b"x" * 100_000)
    pieces = await asyncio.gather(*(sealed.piece(SEAL, "a/1.m4s", Piece("s", 7)) for _ in range(50)))
    assert (sealed.made, len(set(pieces))) == (1, 1)
    await sealed.piece(SEAL, "a/1.m4s", Piece("s", 8))
    await sealed.piece(SEAL, "a/1.m4s", Piece("s", 7))
    assert sealed.made == 2


async def test_what_is_remembered_is_bounded(sealed_files: tuple[LocalFiles, SealedFiles]) -> None:
    files, sealed = sealed_files
    await files.put("a/1.m4s", b"x" * 100_000)
    for number in (1, 2, 3, 1):  # two fit
        await sealed.piece(SEAL, "a/1.m4s", Piece("s", number))
    assert sealed.made == 4
    await sealed.piece(SEAL, "a/1.m4s", Piece("s", 1))
    assert sealed.made == 4


@pytest.mark.parametrize(("offset", "length"), [(90, 20), (100, 1), (200, 0), (0, 101)])
async def test_no_piece_reaches_beyond_its_file(
    sealed_files: tuple[LocalFiles, SealedFiles], offset: int, length: int
) -> None:
    files, sealed = sealed_files
    await files.put("a/1.mp4", b"x" * 100)
    with pytest.raises(NotFound):
        await sealed.piece(SEAL, "a/1.mp4", Piece("s", 0, offset, length))


@pytest.fixture
def sealed_files(tmp_path: Path) -> tuple[LocalFiles, SealedFiles]:
    files = LocalFiles(tmp_path)
    return files, SealedFiles(files, remembered_bytes=250_000)


@pytest.fixture
async def replay(house: House) -> ReplayModel:
    """A sealed replay with one segment and its map, as the learner gets it."""
    house.signer.seals = True
    id_ = await house.ready_replay()
    head = f'{_HEAD}#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2.0,\n1.m4s\n#EXT-X-ENDLIST\n'
    await house.files.put(HLS + "camera/index.m3u8", head.encode())
    await house.files.put(HLS + "camera/init.mp4", b"init")
    await house.files.put(HLS + "tiles/1.jpg", b"picture")
    return await _shown(house, id_, "learner")


_HEAD = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n"


async def _shown(house: House, id_: str, who: str) -> ReplayModel:
    status, body = await house.call("GET", f"/api/v1/replays/{id_}", who)
    assert status == 200
    return ReplayModel.model_validate(body)


async def _playlist(house: House, shown: ReplayModel) -> tuple[str, Read]:
    """The folder of the camera's playlist, and what is in it."""
    url = shown.videos[0].url
    answer = await house.raw("GET", url, None)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-cache")
    return url.rpartition("/")[0] + "/", read(await answer.text())


async def test_the_viewer_gets_segments_and_the_key(house: House, replay: ReplayModel) -> None:
    folder, found = await _playlist(house, replay)
    [(segment, key, number)] = found.segments
    noise = await house.raw("GET", folder + segment, None)
    assert noise.headers["Content-Type"] == "video/iso.segment"
    answer = await house.raw("GET", f"{folder}{key}", "learner")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    body = await noise.read()
    assert opened(await answer.read(), number, body) == bytes(range(256))
    part = await house.raw("GET", folder + segment, None, headers={"Range": "bytes=16-31"})
    assert (part.status, await part.read()) == (206, body[16:32])
    [(head, _)] = found.maps
    assert await (await house.raw("GET", folder + head, None)).read() == b"init"
    assert await (await house.raw("GET", folder + "../tiles/1.jpg", None)).read() == b"picture"


@pytest.mark.parametrize("path", ["1.m4s", "init.mp4", "1.m4s/s0.0.0.{mac}.m4s", "1.m4s/i0.0.0.{real}.mp4"])
async def test_nothing_goes_out_in_the_clear(house: House, replay: ReplayModel, path: str) -> None:
    folder, found = await _playlist(house, replay)
    real = found.segments[0][0].split(".")[-2]
    answer = await house.raw("GET", folder + path.format(mac="0" * 24, real=real), "learner")
    assert answer.status == 404
    assert replay.download.url is None


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        (None, 401, "sign_in_required"),
        ("presenter", 403, "play_not_yours"),
        ("guest", 403, "play_not_yours"),
        ("stranger", 403, "play_not_yours"),
    ],
)
async def test_a_foreign_persons_key_request_is_refused(
    house: House, replay: ReplayModel, who: str | None, status: int, code: str
) -> None:
    folder, _ = await _playlist(house, replay)
    got, body = await house.call("GET", folder + KEY_NAME, who)
    assert (got, body["error"]["code"]) == (status, code)


async def test_a_key_goes_to_one_sign_in_as_long_as_it_holds(
    house: House, replay: ReplayModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = await _playlist(house, replay)
    elsewhere = replace(PEOPLE["learner"], sign_in="another browser")
    monkeypatch.setitem(PEOPLE, "learner", elsewhere)
    assert (await house.call("GET", folder + KEY_NAME, "learner"))[0] == 403
    own, _ = await _playlist(house, await _shown(house, replay.id, "learner"))
    assert (await house.raw("GET", own + KEY_NAME, "learner")).status == 200
    monkeypatch.setitem(PEOPLE, "learner", replace(elsewhere, permissions=frozenset()))
    assert (await house.call("GET", own + KEY_NAME, "learner"))[1]["error"]["code"] == "replay_not_found"
    house.now = UtcMs(house.now + 13 * 3_600_000)
    assert (await house.call("GET", own + KEY_NAME, "learner"))[1]["error"]["code"] == "play_expired"


async def test_a_window_that_closes_ends_the_keys(house: House, replay: ReplayModel) -> None:
    folder, _ = await _playlist(house, replay)
    window = {"own": True, "from_utc_ms": None, "to_utc_ms": house.now - 1}
    assert (await house.call("PUT", f"/api/v1/replays/{replay.id}/window", json=window))[0] == 200
    assert (await house.call("GET", folder + KEY_NAME, "learner"))[1]["error"]["code"] == "replay_over"
    staff, _ = await _playlist(house, await _shown(house, replay.id, "presenter"))
    assert (await house.raw("GET", staff + KEY_NAME, "presenter")).status == 200


async def test_an_editors_key_ends_with_the_right_to_edit(
    house: House, replay: ReplayModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = await _playlist(house, await _shown(house, replay.id, "presenter"))
    assert (await house.raw("GET", folder + KEY_NAME, "presenter")).status == 200
    learner = replace(PEOPLE["presenter"], permissions=PEOPLE["learner"].permissions)
    monkeypatch.setitem(PEOPLE, "presenter", learner)
    assert (await house.call("GET", folder + KEY_NAME, "presenter"))[1]["error"]["code"] == "replay_not_found"


async def test_who_came_by_a_link_has_the_key_while_the_link_holds(
    house: House, replay: ReplayModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = await _playlist(house, await _shown(house, replay.id, "guest"))
    assert "Guest" not in folder
    assert (await house.raw("GET", folder + KEY_NAME, None)).status == 200
    assert (await house.raw("GET", folder + KEY_NAME, "guest")).status == 200
    assert (await house.raw("GET", folder + KEY_NAME, "learner")).status == 200  # a cookie beside a link
    grant = PEOPLE["guest"].grant
    assert grant is not None
    other = replace(PEOPLE["guest"], subject_id="g2", grant=replace(grant, guest_id="g2"))
    monkeypatch.setitem(PEOPLE, "guest", other)
    assert (await house.call("GET", folder + KEY_NAME, "guest"))[1]["error"]["code"] == "play_not_yours"
    house.lapsed.add("g1")
    assert (await house.call("GET", folder + KEY_NAME, None))[1]["error"]["code"] == "removed"


async def test_where_nothing_is_encrypted_there_is_no_key(house: House) -> None:
    url = house.signer.url(PlayGrant("learner", "replay/r", HLS, START + 1_000), f"camera/{KEY_NAME}")
    assert (await house.call("GET", url, "learner"))[0] == 404


async def test_a_broadcast_goes_out_sealed_too(house: House) -> None:
    house.signer.seals = True
    await house.lesson.at(0, SessionStarted())
    await house.broadcast()
    live = f'{_HEAD}#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2.0,\n1.m4s\n'
    await house.files.put(HLS + "camera/live.m3u8", live.encode())
    await house.files.put(HLS + "camera/1.m4s", b"a picture of now" * 9)
    _, shown = await house.call("GET", f"/api/v1/sessions/{SESSION}/broadcast", "guest")
    url = shown["videos"][0]["url"]
    folder = url.rpartition("/")[0] + "/"
    playlist = await house.raw("GET", url, None)
    assert playlist.headers["Cache-Control"] == "no-store"
    [(segment, key, number)] = read(await playlist.text()).segments
    assert (await house.raw("GET", folder + "1.m4s", None)).status == 404
    noise = await (await house.raw("GET", folder + segment, None)).read()
    answer = await house.raw("GET", f"{folder}{key}", "guest")
    assert opened(await answer.read(), number, noise) == b"a picture of now" * 9
    house.lapsed.add("g1")
    assert (await house.call("GET", f"{folder}{key}", "guest"))[1]["error"]["code"] == "removed"

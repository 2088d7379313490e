"""Signed addresses: what they open, for how long, and what they never open."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from catalogue.play_grant import PlayGrant, PlaySigner
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Unauthenticated
from tests.catalogue.conftest import SESSION, House
from tests.lesson import START

SIGNER = PlaySigner({"old": b"o" * 32, "new": b"n" * 32}, "new")
GRANT = PlayGrant("me", "replay/r", f"sessions/{SESSION}/hls/", START + 1_000)


def test_a_token_says_what_was_signed_until_it_expires() -> None:
    token = SIGNER.sign(GRANT)
    assert SIGNER.open(token, UtcMs(START + 999)) == GRANT
    with pytest.raises(Unauthenticated) as refusal:
        SIGNER.open(token, UtcMs(START + 1_000))
    assert refusal.value.code == "play_expired"


def test_an_old_key_still_opens_but_a_foreign_one_does_not() -> None:
    assert SIGNER.open(PlaySigner({"old": b"o" * 32}, "old").sign(GRANT), START) == GRANT
    for foreign in (PlaySigner({"new": b"x" * 32}, "new"), PlaySigner({"else": b"n" * 32}, "else")):
        with pytest.raises(Unauthenticated):
            SIGNER.open(foreign.sign(GRANT), START)


@pytest.mark.parametrize("keys", [{"a": b"short"}, {"a.b": b"k" * 32}, {"b": b"k" * 32}])
def test_weak_keys_are_refused_at_start(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="play keys"):
        PlaySigner(keys, "a")


@given(st.data())
def test_no_changed_token_opens(data: st.DataObject) -> None:
    token = SIGNER.sign(GRANT)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != token[at]))
    changed = token[:at] + other + token[at + 1 :]
    try:
        opened = SIGNER.open(changed, START)
    except Unauthenticated:
        return
    mac = token.rsplit(".", 1)[1]  # only spare bits of the last base64 digit may differ
    again = changed.rsplit(".", 1)[1]
    pad = "=" * (-len(mac) % 4)
    assert base64.urlsafe_b64decode(mac + pad) == base64.urlsafe_b64decode(again + pad)
    assert opened == GRANT


@given(st.text(max_size=300))
def test_nonsense_is_refused_not_raised(text: str) -> None:
    with pytest.raises(Unauthenticated):
        SIGNER.open(text, START)


async def test_files_below_the_grant_are_served_with_ranges_and_types(house: House) -> None:
    await house.pack()
    url = house.signer.url(GRANT, "camera/1.m4s")
    whole = await house.raw("GET", url, None)
    assert (whole.status, await whole.read()) == (200, bytes(range(256)))
    assert whole.headers["Content-Type"] == "video/iso.segment"
    assert whole.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    part = await house.raw("GET", url, None, headers={"Range": "bytes=10-19"})
    assert (part.status, await part.read()) == (206, bytes(range(10, 20)))
    assert part.headers["Content-Range"] == "bytes 10-19/256"
    beyond = await house.raw("GET", url, None, headers={"Range": "bytes=999-"})
    assert beyond.status == 416
    head = await house.raw("HEAD", url, None)
    assert (head.status, head.headers["Content-Length"]) == (200, "256")


@pytest.mark.parametrize(("live", "cache"), [(True, "no-store"), (False, "private, no-cache")])
async def test_a_growing_playlist_is_not_kept(house: House, live: bool, cache: str) -> None:
    await house.pack()
    grant = PlayGrant("me", "m", GRANT.prefix, GRANT.expires_utc_ms, live)
    playlist = await house.raw("GET", house.signer.url(grant, "program.m3u8"), None)
    assert playlist.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert playlist.headers["Cache-Control"] == cache


@pytest.mark.parametrize(
    "path",
    [
        "../rec/1/manifest.jsonl",
        "..%2F..%2Fs2%2Fhls%2F1.m4s",
        "%2e%2e/%2e%2e/s2/hls/1.m4s",
        "/etc/passwd.mp4",
        "camera//1.m4s",
        "replay.json",
        "camera",
        "nothing.m4s",
        ".hidden.mp4",
        "camera%5C1.m4s",
        "camera/1.m4s%00.mp4",
    ],
)
async def test_nothing_else_is_served(house: House, path: str) -> None:
    await house.pack()
    await house.files.put("sessions/s2/hls/1.m4s", b"secret")
    await house.files.put(f"sessions/{SESSION}/rec/1/manifest.jsonl", b"secret")
    url = URL(f"{house.client.make_url('')}".rstrip("/") + house.signer.url(GRANT, path), encoded=True)
    response = await house.client.session.get(url)
    assert response.status == 404
    code = "not_found" if "%00" in path else "file_not_found"
    assert (await response.json())["error"]["code"] == code


@pytest.mark.parametrize(("live", "status"), [(True, 200), (False, 404)])
async def test_what_was_said_aside_is_played_live_alone(house: House, live: bool, status: int) -> None:
    await house.files.put(f"sessions/{SESSION}/hls/aside-2/camera/000001.m4s", b"aside")
    grant = PlayGrant(
        "me", f"{'broadcast' if live else 'replay'}/r", f"sessions/{SESSION}/hls/", START + 1_000, live
    )
    url = house.signer.url(grant, "aside-2/camera/000001.m4s")
    assert (await house.raw("GET", url, None)).status == status


async def test_an_expired_or_foreign_address_is_refused(house: House) -> None:
    await house.pack()
    url = house.signer.url(GRANT, "program.m3u8")
    house.now = UtcMs(START + 2_000)
    assert (await house.call("GET", url, None))[1]["error"]["code"] == "play_expired"
    foreign = PlaySigner({"1": b"x" * 32}, "1").url(GRANT, "program.m3u8")
    status, body = await house.call("GET", foreign, "presenter")
    assert (status, body["error"]["code"]) == (401, "play_invalid")

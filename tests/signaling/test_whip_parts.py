"""The pure parts of WHIP and WHEP: conditions, directions, offers as encoders write them, Link headers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.kernel.errors import ProtocolViolation
from signaling.entry.turn import TTL_S, Turn
from signaling.sdp import parse_offer
from signaling.whip.conditions import Condition, if_match
from signaling.whip.directions import as_player, as_publisher
from signaling.whip.links import links_of
from signaling.whip.offers import read_offer
from signaling.whip.sdpfrag import Credentials

OFFERS = {path.stem: path.read_text() for path in (Path(__file__).parent / "offers").glob("*.sdp")}


# ── If-Match ──


@pytest.mark.parametrize(
    ("header", "condition"),
    [
        (None, Condition.MISSING),
        ("", Condition.MISSING),
        ("  ", Condition.MISSING),
        ("*", Condition.HOLDS),
        ('"*"', Condition.HOLDS),  # as the RFC's own examples write it
        ('"abc"', Condition.HOLDS),
        ("abc", Condition.HOLDS),
        (' "old" , "abc"', Condition.HOLDS),
        ('"old"', Condition.FAILED),
        ('"abcd"', Condition.FAILED),
        ('W/"abc"', Condition.FAILED),  # RFC 9110 section 13.1.1: the strong comparison
        ('W/"*"', Condition.FAILED),
        ('"', Condition.FAILED),
        (",", Condition.FAILED),
    ],
)
def test_a_condition_on_the_ice_session(header: str | None, condition: Condition) -> None:
    assert if_match(header, '"abc"') is condition


@given(st.text(max_size=60))
def test_a_condition_without_the_tag_or_a_star_never_holds(header: str) -> None:
    if "0f1e2d3c" not in header and "*" not in header:
        assert if_match(header, '"0f1e2d3c"') is not Condition.HOLDS


@pytest.mark.timeout(20)
def test_a_header_full_of_white_space_does_not_stop_the_server() -> None:
    """It was quadratic: 8 KB, as much as a header may hold, took five seconds."""
    assert if_match('"' + " " * 100_000, '"abc"') is Condition.FAILED


# ── directions and offers ──


def directions(sdp: str) -> list[str]:
    return [line for line in sdp.splitlines() if line.startswith(("m=", "a=send", "a=recv", "a=inact"))]


BOTH_WAYS = "v=0\r\nt=0 0\r\nm=audio 9 x 1\r\na=sendrecv\r\nm=video 9 x 2\r\na=recvonly\r\nm=video 9 x 3\r\n"


def test_a_publisher_receives_nothing() -> None:
    assert directions(as_publisher(BOTH_WAYS)) == [
        *("m=audio 9 x 1", "a=sendonly", "m=video 9 x 2", "a=inactive", "m=video 9 x 3", "a=sendonly")
    ]


def test_a_player_sends_nothing_that_it_may_also_receive() -> None:
    sends = BOTH_WAYS.replace("a=sendrecv", "a=sendonly")
    assert directions(as_player(sends)) == [
        *("m=audio 9 x 1", "a=sendonly", "m=video 9 x 2", "a=recvonly", "m=video 9 x 3", "a=recvonly")
    ]


def test_an_m_line_without_a_direction_has_that_of_the_session() -> None:
    for_all = BOTH_WAYS.replace("t=0 0", "t=0 0\r\na=recvonly")
    assert directions(as_publisher(for_all))[-2:] == ["m=video 9 x 3", "a=inactive"]


@pytest.mark.parametrize("name", ["obs", "ffmpeg", "gstreamer", "phone_encoder"])
def test_offers_as_encoders_write_them(name: str) -> None:
    offer = parse_offer(read_offer(OFFERS[name], publishes=True).sdp)
    sent = {s.kind: (s.direction, s.codecs[0].name) for s in offer.remote.media}
    assert sent == {"audio": ("publish", "opus"), "video": ("publish", "H264")}


ROLES = {"obs": "server", "gstreamer": "server", "ffmpeg": "client", "phone_encoder": "server"}


@pytest.mark.parametrize("name", ROLES)
def test_either_end_may_open_dtls(name: str) -> None:
    """`dtls_role` is the encoder's: actpass and active ones are clients, passive ones servers."""
    offer = parse_offer(read_offer(OFFERS[name], publishes=True).sdp)
    ours = "server" if offer.remote.dtls_role == "client" else "client"
    assert ours == ROLES[name]


def test_the_credentials_are_those_of_the_bundle() -> None:
    assert read_offer(OFFERS["obs"], publishes=True).credentials == Credentials(
        "Xy3T", "abcdefghijklmnopqrstuv"
    )


REFUSED: dict[str, tuple[bool, Callable[[str], str], str, str | None]] = {
    "nothing at all": (True, lambda _: "", "offer_missing", None),
    "a player that waits for our offer": (False, lambda _: " \r\n", "offer_missing", None),
    "no SDP": (True, lambda _: "hello", "sdp_invalid", "not_sdp"),
    "a publisher that only receives": (
        True,
        lambda s: s.replace("a=sendonly", "a=recvonly"),
        "sdp_invalid",
        "wrong_direction",
    ),
    "a player that sends nothing and receives nothing": (
        False,
        lambda s: s.replace("a=sendonly", "a=inactive"),
        "sdp_invalid",
        "wrong_direction",
    ),
    "H.265, of which only the sound could be taken": (
        True,
        lambda s: s.replace("H264", "H265"),
        "no_common_codec",
        None,
    ),
    "a picture outside the bundle": (
        True,
        lambda s: s.replace("BUNDLE 0 1", "BUNDLE 0"),
        "no_common_codec",
        None,
    ),
    "no codec that anybody knows": (
        True,
        lambda s: s.replace("H264", "H265").replace("opus", "G729"),
        "no_common_codec",
        "no_common_codec",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_offers_that_are_refused_say_why(name: str) -> None:
    publishes, change, code, reason = REFUSED[name]
    with pytest.raises(ProtocolViolation) as caught:
        read_offer(change(OFFERS["obs"]), publishes=publishes)
    assert (caught.value.code, caught.value.details.get("reason")) == (code, reason)


def test_a_player_may_write_sendrecv() -> None:
    offer = parse_offer(read_offer(OFFERS["obs"].replace("sendonly", "sendrecv"), publishes=False).sdp)
    assert {s.direction for s in offer.remote.media} == {"subscribe"}


@given(st.sampled_from(sorted(OFFERS)), st.data(), st.booleans())
def test_mangled_offers_are_read_or_refused_never_worse(
    name: str, data: st.DataObject, publishes: bool
) -> None:
    lines = OFFERS[name].splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = lines[at][:2] + data.draw(st.text(max_size=20))
    try:
        read = read_offer("\n".join(lines), publishes=publishes)
    except ProtocolViolation:
        return
    parsed = parse_offer(read.sdp)
    if publishes:
        assert all(s.direction == "publish" for s in parsed.remote.media)


# ── Link headers ──


def test_every_address_of_a_turn_server_is_a_link_of_its_own() -> None:
    turn = Turn(("turn:turn.example.net?transport=udp", "turns:turn.example.net:443?transport=tcp"), "secret")
    username, credential = turn.credentials("p_7f", 1_795_312_800)
    said = f'rel="ice-server"; username="{username}"; credential="{credential}"; credential-type="password"'
    assert username == f"{1_795_312_800 + TTL_S}:p_7f"
    assert links_of(turn, "p_7f", 1_795_312_800) == [
        f"<turn:turn.example.net?transport=udp>; {said}",
        f"<turns:turn.example.net:443?transport=tcp>; {said}",
    ]
    assert links_of(Turn(), "p_7f", 1_795_312_800) == []


@pytest.mark.parametrize("bad", ['"', "\\", ">", ",", ";", " ", "\r\nX: y", "名"])
def test_nothing_breaks_out_of_a_link(bad: str) -> None:
    assert links_of(Turn(("turn:a",), "secret"), f"p{bad}", 0) == []
    assert links_of(Turn((f"turn:a{bad}", "turn:b"), "secret"), "p", 0)[0].startswith("<turn:b>")

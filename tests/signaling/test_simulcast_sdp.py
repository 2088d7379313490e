from pathlib import Path

import pytest

from signaling.answer import build_answer
from signaling.sdp import Offer, parse_offer
from streaming.control import messages as m
from streaming.control.extensions import MID, REPAIRED_RID, RID

OFFER = (Path(__file__).parent / "offers" / "chromium_simulcast.sdp").read_bytes().decode()


def answer(offer: Offer) -> list[str]:
    sections = tuple(m.LocalSection(s.mid, "publish") for s in offer.remote.media)
    candidates = (m.Candidate("1", 1, "127.0.0.1", 7882),)
    fingerprint = m.Fingerprint("sha-256", "AA:BB")
    local = m.LocalParameters("ours", "o" * 24, fingerprint, "server", candidates, sections)
    return build_answer(offer, local, 5).split("\r\n")


def layers(text: str) -> tuple[tuple[str, ...], list[str]]:
    offer = parse_offer(text)
    lines = answer(offer)
    return offer.remote.media[0].rids, [x for x in lines if x.startswith(("a=rid", "a=simulcast"))]


def test_chromiums_three_layers_are_taken_in_its_order() -> None:
    rids, lines = layers(OFFER)
    assert rids == ("q", "h", "f")
    assert lines == ["a=rid:q recv", "a=rid:h recv", "a=rid:f recv", "a=simulcast:recv q;h;f"]
    extensions = parse_offer(OFFER).remote.media[0].header_extensions
    assert {MID, RID, REPAIRED_RID} <= extensions.keys()


@pytest.mark.parametrize(
    ("before", "after", "rids"),
    [
        ("send q;h;f", "send q;h;f;x", ("q", "h", "f")),  # x was never described
        ("a=simulcast:send q;h;f", "a=rid:x send\r\na=simulcast:send q;h;f;x", ("h", "f", "x")),
        ("send q;h;f", "send q,h;~f", ("q", "f")),
        ("send q;h;f", "recv q;h;f", ()),
        ("send q;h;f", "recv q send h;f", ("h", "f")),
        ("send q;h;f", "send q;q;q", ("q",)),
        ("send q;h;f", "send", ()),
        ("a=rid:h send", "a=rid:h recv", ("q", "f")),
        ("a=rid:h send", "a=rid:h-h send", ("q", "f")),
        ("a=rid:h send", "a=rid:" + "h" * 17 + " send", ("q", "f")),
        ("rtp-stream-id", "something-else", ()),
    ],
)
def test_what_else_an_offer_may_say(before: str, after: str, rids: tuple[str, ...]) -> None:
    assert before in OFFER
    found, lines = layers(OFFER.replace(before, after))
    assert found == rids
    assert len(lines) == (len(rids) + 1 if rids else 0)


def test_restrictions_are_repeated() -> None:
    _, lines = layers(OFFER.replace("a=rid:f send", "a=rid:f send max-width=1280;max-fps=30"))
    assert "a=rid:f recv max-width=1280;max-fps=30" in lines


def test_a_screen_is_one_layer_the_largest() -> None:
    offer = parse_offer(OFFER, {"0": "screen"})
    assert offer.remote.media[0].rids == ("f",)
    assert "a=simulcast:recv f" in answer(offer)


def test_one_layer_is_no_simulcast() -> None:
    text = "\r\n".join(x for x in OFFER.splitlines() if not x.startswith(("a=rid", "a=simulcast")))
    rids, lines = layers(text)
    assert rids == ()
    assert lines == []
    assert RID not in parse_offer(text).remote.media[0].header_extensions

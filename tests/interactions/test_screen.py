"""Screens as sites: heads are persons who scanned, and those whom the host counted."""

from typing import Any

from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved, ScreenScanned
from tests.class_proof import Proof
from tests.interactions.lesson import live_lesson, refused


def scan(proof: Proof, who: str, screen: str = "s") -> None:
    """Let a phone read the code of a screen."""
    proof.append(NewEvent(payload=ScreenScanned(participant=who, screen=screen), actor=who))


def site(proof: Proof, screen: str = "s") -> tuple[int, int, int]:
    """Return heads, scanned and extra, as staff and as the screen see them."""
    entity: dict[str, Any] = proof.clients["p"].entities[f"screen/{screen}"]
    own = proof.clients[screen].entities["my/screen"]
    assert entity == {"id": screen, "name": screen} | own
    return own["heads"], own["scanned"], own["extra"]


def test_heads_are_those_who_scanned_and_those_whom_the_host_counted() -> None:
    proof = live_lesson()
    assert site(proof) == (0, 0, 0)
    scan(proof, "l1")
    scan(proof, "l1")
    scan(proof, "l2")
    proof.command("h", "screen_heads", screen="s", extra=3)
    proof.command("h", "screen_heads", screen="s", extra=3)
    assert site(proof) == (5, 2, 3)
    assert not any(path.startswith("screen/") for path in proof.clients["l1"].entities)
    refused(proof, "screen_not_found", "h", "screen_heads", screen="l1", extra=1)
    refused(proof, "heads_invalid", "h", "screen_heads", screen="s", extra=-1)
    refused(proof, "not_allowed", "s", "screen_heads", screen="s", extra=1)


def test_somebody_sits_before_one_screen_at_a_time_and_before_none_once_removed() -> None:
    proof = live_lesson()
    proof.join("s2", SessionRole.SCREEN)
    scan(proof, "l1")
    scan(proof, "l1", "s2")
    assert (site(proof)[0], site(proof, "s2")[0]) == (0, 1)
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    assert site(proof, "s2")[0] == 0
    scan(proof, "l2", "s2")
    proof.append(NewEvent(payload=ParticipantRemoved(participant="s2"), actor="p"))
    assert "screen/s2" not in proof.clients["p"].entities
    scan(proof, "l2")
    assert site(proof)[0] == 1

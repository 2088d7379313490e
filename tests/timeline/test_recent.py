"""Recent events: each entity once, where it was put last, and still the truth for everybody."""

import pytest

from lectern.timeline import live
from lectern.timeline.fold import Projected
from lectern.timeline.live import Recent
from tests.interactions.lesson import live_lesson


def seen(events: list[Projected] | None) -> list[tuple[int, str]]:
    """Return which event puts which entity."""
    assert events is not None
    return [(projected.event.seq, put.touch.path) for projected in events for put in projected.puts]


def test_a_burst_of_votes_is_one_put_and_each_voters_own() -> None:
    proof = live_lesson()
    poll = proof.command("p", "poll_open", question="Q", options=["A", "B"], show="live")["id"]
    at = proof.state.seq
    for voter in ("l1", "l2", "l3"):
        proof.command(voter, "poll_vote", id=poll, option=0)
    assert seen(proof.recent.between(at, at + 3)) == [
        (at + 1, f"my/vote/{poll}"),
        (at + 2, f"my/vote/{poll}"),
        (at + 3, f"poll/{poll}"),
        (at + 3, f"my/vote/{poll}"),
    ]


def test_an_entity_that_fewer_may_see_leaves_the_earlier_one_where_it_is() -> None:
    """A published question that is dismissed is drawn for staff and author; all others have it taken away."""
    proof = live_lesson()
    before = {who: dict(client.entities) for who, client in proof.clients.items()}
    at = proof.state.seq
    id_ = proof.command("l1", "question_ask", text="Why?")["id"]
    proof.command("p", "question_publish", id=id_)
    proof.command("p", "question_dismiss", id=id_)
    for who, held in before.items():
        proof.check_resync(who, at, held)


def test_ranges_that_are_not_all_there_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECENT_EVENTS", 3)
    proof = live_lesson()
    recent = Recent()
    for projected in proof.projected:
        recent.add(projected)
    head = proof.state.seq
    assert recent.between(head, head) == []
    assert [p.event.seq for p in recent.between(head - 3, head) or []] == [head - 2, head - 1, head]
    assert recent.between(head - 4, head) is None
    assert recent.between(head, head + 1) is None
    assert recent.between(head + 1, head) is None

"""Recent events: each entity once, where it was put last, and still the truth for everybody."""

import pytest

from lectern.timeline import recent as module
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import Audience, Viewer
from lectern.timeline.recent import Recent, Stretch
from sessions.presence.idea import ConnectionOpened
from tests.interactions.lesson import live_lesson

STRANGER = Viewer("x", Audience.LEARNER)


def seen(stretch: Stretch | None, who: str = "x") -> list[tuple[int, str]]:
    """Return which event puts which entity for a learner."""
    assert stretch is not None
    told = stretch.for_viewer(Viewer(who, Audience.LEARNER))
    return [(wire["seq"], path) for wire in told for path, _ in wire["put"]]


def test_a_burst_of_votes_is_one_put_and_each_voters_own() -> None:
    proof = live_lesson()
    poll = proof.command("p", "poll_open", question="Q", options=["A", "B"], show="live")["id"]
    at = proof.state.seq
    for voter in ("l1", "l2", "l3"):
        proof.command(voter, "poll_vote", id=poll, option=0)
    stretch = proof.recent.between(at, at + 3)
    assert seen(stretch) == [(at + 3, f"poll/{poll}")]
    assert seen(stretch, "l1") == [(at + 1, f"my/vote/{poll}"), (at + 3, f"poll/{poll}")]
    assert seen(stretch, "l3") == [(at + 3, f"poll/{poll}"), (at + 3, f"my/vote/{poll}")]
    assert stretch is not None
    assert stretch.length == 1
    assert stretch.for_viewer(STRANGER) is stretch.for_viewer(Viewer("y", Audience.LEARNER))


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


def test_silent_events_push_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole class that comes back is news to nobody, and everybody can still catch up."""
    monkeypatch.setattr(module, "RECENT_EVENTS", 5)
    proof = live_lesson()
    poll = proof.command("p", "poll_open", question="Q", options=["A", "B"])["id"]
    at, recent = proof.state.seq, Recent()
    opened = ConnectionOpened(connection="c", participant="nobody", device="pc")
    proof.append(*[NewEvent(payload=opened) for _ in range(20)])
    proof.command("p", "poll_close", id=poll)
    for projected in proof.projected[at:]:
        recent.add(projected)
    assert {path for _, path in seen(recent.between(at, proof.state.seq))} == {f"poll/{poll}"}
    assert recent.between(at - 1, proof.state.seq) is None


def test_ranges_that_are_not_all_there_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECENT_EVENTS", 3)
    proof = live_lesson()
    at, recent = proof.state.seq, Recent()
    for text in ("1", "2", "3", "4"):
        proof.command("p", "chat_send", text=text, group=None)
    for projected in proof.projected[at:]:
        recent.add(projected)
    head = proof.state.seq
    assert seen(recent.between(head, head)) == []
    assert [seq for seq, _ in seen(recent.between(head - 3, head))] == [head - 2, head - 1, head]
    assert [seq for seq, _ in seen(recent.between(head - 3, head - 1))] == [head - 2, head - 1]
    assert recent.between(head - 4, head) is None
    assert recent.between(head, head + 1) is None
    assert recent.between(head + 1, head) is None

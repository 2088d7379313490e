"""Time and words per group, counted from the timeline."""

import pytest

from interactions.breakout.activity import GroupActivity, group_activity
from interactions.breakout.commands import notes_due
from interactions.breakout.placing import arrival
from interactions.breakout.routes import GroupMemberModel, GroupModel, GroupsModel, sheet_of
from interactions.notes.orders import KeepNotes
from interactions.registry import COMMANDS, IDEAS
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import (
    NewEvent,
    ParticipantRemoved,
    TrackMuted,
    TrackPublished,
    TrackUnpublished,
)
from lectern.timeline.idea import Registry
from sessions.presence.idea import PRESENCE, ConnectionClosed, ConnectionOpened
from tests.class_proof import Proof, everybody
from tests.interactions.lesson import end, keep_notes, wait
from tests.interactions.vectors import start

TWO = [{"name": "One", "members": ["l1", "l2"]}, {"name": "Two", "members": ["l3"]}]


@pytest.fixture
def proof() -> Proof:
    """A live lesson whose three learners are connected."""
    proof = Proof(Registry.of((*IDEAS, PRESENCE), COMMANDS), clerks={KeepNotes: keep_notes})
    everybody(proof)
    for who in ("l1", "l2", "l3"):
        connects(proof, who)
    start(proof)
    return proof


def connects(proof: Proof, who: str, connection: str = "c") -> None:
    opened = ConnectionOpened(connection=f"{who}{connection}", participant=who, device="pc")
    proof.append(NewEvent(payload=opened, actor=who))


def leaves(proof: Proof, who: str, *, seen_s_ago: int = 0, connection: str = "c") -> None:
    at = proof.now - seen_s_ago * 1_000
    closed = ConnectionClosed(connection=f"{who}{connection}", participant=who, at_utc_ms=at, reason="left")
    proof.append(NewEvent(payload=closed, actor=who))


def groups(proof: Proof) -> list[GroupActivity]:
    return group_activity(proof.stored, proof.now)


def seconds(group: GroupActivity) -> dict[str, int]:
    return {who: member.present_ms // 1_000 for who, member in group.members.items()}


def test_time_counts_while_somebody_belongs_and_is_connected(proof: Proof) -> None:
    proof.command("h", "breakout_open", groups=TWO)
    _, two = proof.clients["h"].entities["breakout"]["groups"]
    wait(proof, 10)
    proof.command("h", "breakout_move", participant="l2", group=two)
    leaves(proof, "l1")
    wait(proof, 20)
    connects(proof, "l1")
    connects(proof, "l1", "second")  # a second device counts once
    wait(proof, 5)
    leaves(proof, "l1", connection="second")
    leaves(proof, "l3", seen_s_ago=3)  # its server died: presence ends where it was last seen
    wait(proof, 5)
    assert [seconds(group) for group in groups(proof)] == [{"l1": 20, "l2": 10}, {"l3": 32, "l2": 30}]
    proof.command("h", "breakout_close")
    closed_at = proof.now
    wait(proof, 100)
    first, second = groups(proof)
    assert [seconds(first), seconds(second)] == [{"l1": 20, "l2": 10}, {"l3": 32, "l2": 30}]
    assert first.closed_utc_ms == second.closed_utc_ms == closed_at


def test_words_calls_visits_and_the_result_belong_to_their_group(proof: Proof) -> None:
    proof.command("h", "breakout_open", groups=TWO)
    one, two = proof.clients["h"].entities["breakout"]["groups"]
    for who, text, group in (("l1", "a", one), ("l1", "b", one), ("l3", "c", two), ("h", "d", two)):
        proof.command(who, "chat_send", text=text, group=group)
    proof.command("l1", "chat_send", text="to all")
    proof.command("l3", "breakout_help", on=True)
    proof.command("h", "breakout_visit", group=two)
    proof.command("h", "breakout_visit", group=None)
    proof.command("h", "breakout_report", text="Ours", group=one)
    first, second = groups(proof)
    assert {who: member.messages for who, member in first.members.items()} == {"l1": 2, "l2": 0}
    assert {who: member.messages for who, member in second.members.items()} == {"l3": 1}
    assert (second.calls, second.visits, second.report_ref) == (1, 1, None)
    assert first.report_ref is not None
    assert proof.state.texts[first.report_ref] == "Ours"


def test_who_comes_late_is_sent_out_or_never_connected(proof: Proof) -> None:
    proof.command("h", "breakout_open", groups=TWO, late="smallest")
    wait(proof, 10)
    proof.join("l4", SessionRole.LEARNER)
    connects(proof, "l4")
    placed = arrival(proof.state, "l4")
    assert placed is not None
    proof.append(placed)
    wait(proof, 10)
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l3"), actor="p"))
    wait(proof, 10)
    end(proof)
    wait(proof, 10)
    assert seconds(groups(proof)[1]) == {"l3": 20, "l4": 20}


def test_a_clock_that_jumps_back_takes_no_time_away(proof: Proof) -> None:
    proof.command("h", "breakout_open", groups=TWO)
    wait(proof, 60)
    leaves(proof, "l1")
    proof.now = UtcMs(proof.now - 3_600_000)
    proof.command("h", "breakout_close")
    assert all(member.present_ms >= 0 for group in groups(proof) for member in group.members.values())
    assert seconds(groups(proof)[0])["l1"] == 60


def test_microphones_answers_and_notes_belong_to_who_was_there(proof: Proof) -> None:
    proof.command("h", "breakout_open", groups=TWO)
    one, two = proof.clients["h"].entities["breakout"]["groups"]
    mic = TrackPublished(track="t", participant="l1", source="mic", kind="audio", codec="opus")
    camera = TrackPublished(track="c", participant="l2", source="camera", kind="video", codec="vp8")
    proof.append(NewEvent(payload=mic, actor="l1"), NewEvent(payload=camera, actor="l2"))
    wait(proof, 10)
    proof.append(NewEvent(payload=TrackMuted(track="t", muted=True), actor="l1"))
    wait(proof, 5)
    proof.append(NewEvent(payload=TrackMuted(track="t", muted=False), actor="l1"))
    wait(proof, 3)
    proof.append(NewEvent(payload=TrackUnpublished(track="t")))
    wait(proof, 7)
    poll = proof.command("h", "poll_open", question="Q", options=["A", "B"])["id"]
    for option in (0, 1):
        proof.command("l3", "poll_vote", id=poll, option=option)
    live = group_activity(proof.stored, proof.now, {two: {"l3": 4, "h": 9}, "elsewhere": {"l1": 1}})
    assert (live[1].members["l3"].chars, live[1].notes_ref) == (4, None)
    proof.command("h", "breakout_close")
    proof.carry_out((), notes_due(proof.state))
    first, second = groups(proof)
    member = first.members["l1"]
    assert (member.mic_ms, member.present_ms, member.chars) == (13_000, 25_000, 9)
    assert first.members["l2"].mic_ms == 0
    assert (second.members["l3"].answers, second.notes_ref) == (1, None)
    assert proof.state.texts[first.notes_ref or ""] == f"Notes of {one}"


def test_the_table_has_a_line_for_everybody_and_one_for_an_empty_group() -> None:
    ann = GroupMemberModel(
        participant="l1", name="Ann", minutes=1.5, mic_minutes=0.5, messages=2, answers=1, notes_chars=30
    )
    rest = {"opened_utc_ms": 0, "closed_utc_ms": None, "calls": 0, "visits": 0, "result": "R", "notes": None}
    score = {"points": 3, "place": 1}
    full = GroupModel(id="g1", name="One", members=[ann], **rest, **score)
    empty = GroupModel(id="g2", name="Two", members=[], **rest, points=None, place=None)
    for lang in ("en", "zh-CN"):
        sheet = sheet_of(GroupsModel(groups=[full, empty]), "en" if lang == "en" else "zh-CN")
        assert [tuple(row) for row in sheet.rows] == [
            ("One", "1970-01-01 00:00:00", None, "Ann", 1.5, 0.5, 2, 1, 30, "R", None, 3, 1),
            ("Two", "1970-01-01 00:00:00", None, None, 0, 0, 0, 0, 0, "R", None, None, None),
        ]
        assert all(len(row) == len(sheet.headings) for row in sheet.rows)

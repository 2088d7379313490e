"""Chat: rooms, groups, and words that go away for good."""

import msgspec
import pytest

from interactions.chat import idea as chat_idea
from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused, waiting_lesson


def sent(proof: Proof, who: str, text: str, group: str | None = None) -> str:
    """Write a message."""
    id_ = proof.command(who, "chat_send", text=text, group=group)["id"]
    assert isinstance(id_, str)
    return id_


def grouped(proof: Proof) -> tuple[str, str]:
    """Split l1 and l2 from l3."""
    groups = [{"name": "One", "task": None, "members": ["l1", "l2"]}, {"name": "Two", "members": ["l3"]}]
    proof.command("p", "breakout_open", groups=groups)
    first, second = proof.clients["p"].entities["breakout"]["groups"]
    return first, second


def seers(proof: Proof, id_: str) -> set[str]:
    """Name those whose client shows the message."""
    return {who for who, client in proof.clients.items() if f"message/{id_}" in client.entities}


def test_the_main_room_reads_everything_said_in_it() -> None:
    proof = waiting_lesson()
    id_ = sent(proof, "l1", "  hello\r\nall\x07 ")
    assert seers(proof, id_) == set(proof.clients)
    assert proof.clients["s"].entities[f"message/{id_}"]["text"] == "hello\nall"


def test_a_group_talks_among_itself_and_staff() -> None:
    proof = live_lesson()
    first, second = grouped(proof)
    id_ = sent(proof, "l1", "us two", first)
    assert seers(proof, id_) == {"l1", "l2", "p", "h"}
    sent(proof, "h", "how are you getting on?", second)
    refused(proof, "group_not_found", "l3", "chat_send", text="let me in", group=first)
    refused(proof, "group_not_found", "l3", "chat_send", text="let me in", group="nothing")
    proof.command("p", "breakout_close")
    assert seers(proof, id_) == {"l1", "l2", "p", "h"}
    refused(proof, "breakout_closed", "l1", "chat_send", text="one more", group=first)
    grouped(proof)
    assert seers(proof, id_) == {"l1", "l2", "p", "h"}


@pytest.mark.parametrize("by", ["l1", "p", "h"])
def test_deleted_words_are_gone_everywhere(by: str) -> None:
    proof = live_lesson()
    before = dict(proof.clients["l2"].entities)
    at = proof.state.seq
    id_ = sent(proof, "l1", "a secret")
    other = sent(proof, "l1", "no secret")
    proof.command(by, "chat_delete", id=id_)
    for client in proof.clients.values():
        assert client.entities[f"message/{id_}"]["text"] is None
        assert client.entities[f"message/{other}"]["text"] == "no secret"
        erased = client.events[-1]
        assert [path for path, _ in erased["put"]] in ([], [f"message/{id_}"])
    assert "a secret" not in proof.state.texts.values()
    for projected in proof.projected:
        assert b"a secret" not in msgspec.json.encode([projected.event.texts])
        assert b"a secret" not in msgspec.json.encode([list(put.entities.values()) for put in projected.puts])
    proof.check_resync("l2", at, before)
    seq = proof.state.seq
    proof.command(by, "chat_delete", id=id_)
    assert proof.state.seq == seq


def test_who_may_delete() -> None:
    proof = live_lesson()
    first, _ = grouped(proof)
    id_ = sent(proof, "l1", "mine")
    refused(proof, "not_allowed", "l2", "chat_delete", id=id_)
    hidden = sent(proof, "l1", "ours", first)
    refused(proof, "not_allowed", "l2", "chat_delete", id=hidden)
    refused(proof, "message_not_found", "l3", "chat_delete", id=hidden)
    refused(proof, "message_not_found", "l3", "chat_delete", id="nothing")


def test_viewers_hold_the_latest_messages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_idea, "SHOWN_MESSAGES", 3)
    proof = live_lesson()
    first, _ = grouped(proof)
    kept = sent(proof, "l1", "in the group", first)
    ids = [sent(proof, "l1", f"message {n}") for n in range(5)]
    held = [path for path in proof.clients["l2"].entities if path.startswith("message/")]
    assert held == [f"message/{kept}", *(f"message/{id_}" for id_ in ids[2:])]
    proof.command("p", "chat_delete", id=ids[0])
    assert "message 0" not in proof.state.texts.values()
    assert all("message 0" not in str(put.entities) for p in proof.projected for put in p.puts)


@pytest.mark.parametrize(("code", "text"), [("text_empty", " \n\t"), ("text_too_long", "长" * 2_001)])
def test_texts_have_limits(code: str, text: str) -> None:
    error = refused(live_lesson(), code, "l1", "chat_send", text=text)
    assert error.details["field"] == "text"


def test_the_longest_text_fits_and_broken_surrogates_do_not_matter() -> None:
    proof = live_lesson()
    id_ = sent(proof, "l1", "长" * 2_000)
    assert proof.clients["p"].entities[f"message/{id_}"]["text"] == "长" * 2_000
    broken = sent(proof, "l1", "a\ud800b")
    assert proof.clients["p"].entities[f"message/{broken}"]["text"] == "ab"


def test_nobody_writes_after_the_end() -> None:
    proof = live_lesson()
    end(proof)
    refused(proof, "session_over", "p", "chat_send", text="bye")

"""Chat under staff: held until released, muted people, a closed chat."""

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.chat import commands as chat_commands
from interactions.chat.commands import MAX_HELD_OF_ONE
from interactions.chat.idea import CHAT
from lectern.kernel.errors import Rejected
from lectern.timeline.event import NewEvent, ParticipantRemoved, TextErased
from tests.class_proof import Proof
from tests.interactions.lesson import live_lesson, refused
from tests.interactions.test_chat import grouped, seers, sent


def moderated() -> Proof:
    """Return a lesson whose messages wait for staff."""
    proof = live_lesson()
    proof.command("h", "chat_rules", open=True, moderated=True)
    return proof


def test_a_held_message_is_for_staff_and_its_author_until_it_is_released() -> None:
    proof = moderated()
    heard = {who: len(client.events) for who, client in proof.clients.items()}
    id_ = sent(proof, "l1", "may I?")
    assert seers(proof, id_) == {"p", "h", "l1"}
    assert len(proof.clients["l2"].events) == heard["l2"], "the others do not even hear that somebody wrote"
    refused(proof, "message_not_found", "l2", "chat_delete", id=id_)
    refused(proof, "not_allowed", "l1", "chat_release", id=id_)
    written_utc_ms = proof.now
    proof.now = type(proof.now)(proof.now + 5_000)
    proof.command("p", "chat_release", id=id_)
    before = proof.state.seq
    proof.command("h", "chat_release", id=id_)
    assert proof.state.seq == before
    assert seers(proof, id_) == set(proof.clients)
    shown = proof.clients["l3"].entities[f"message/{id_}"]
    assert (shown["held"], shown["utc_ms"]) == (False, written_utc_ms + 5_000)


def test_a_refused_message_is_seen_by_its_author_alone_and_without_its_words() -> None:
    proof = moderated()
    id_ = sent(proof, "l1", "something rude")
    proof.command("h", "chat_delete", id=id_)
    assert seers(proof, id_) == {"l1"}
    assert proof.clients["l1"].entities[f"message/{id_}"]["text"] is None
    assert "something rude" not in proof.state.texts.values()
    refused(proof, "message_not_found", "h", "chat_release", id=id_)


def test_staff_and_groups_are_not_held() -> None:
    proof = moderated()
    first, _ = grouped(proof)
    assert seers(proof, sent(proof, "h", "welcome")) == set(proof.clients)
    assert seers(proof, sent(proof, "l1", "us two", first)) == {"l1", "l2", "p", "h"}


def test_words_of_a_held_message_that_are_erased_are_gone_for_its_author_too() -> None:
    proof = moderated()
    id_ = sent(proof, "l1", "my name")
    proof.append(NewEvent(payload=TextErased(ref=proof.state.of(CHAT).by_id[id_].text_ref)))
    for who in ("p", "l1"):
        assert proof.clients[who].entities[f"message/{id_}"]["text"] is None


def test_the_queue_of_held_messages_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_commands, "MAX_HELD", MAX_HELD_OF_ONE + 1)
    proof = moderated()
    ids = [sent(proof, "l1", f"{n}") for n in range(MAX_HELD_OF_ONE)]
    refused(proof, "too_many_held", "l1", "chat_send", text="one more")
    sent(proof, "l2", "and me")
    refused(proof, "chat_queue_full", "l3", "chat_send", text="and me")
    proof.command("h", "chat_delete", id=ids[0])
    sent(proof, "l1", "again")


def test_the_muted_write_nowhere_and_only_they_and_staff_know() -> None:
    proof = live_lesson()
    first, _ = grouped(proof)
    proof.command("h", "chat_mute", participant="l1", on=True)
    for group in (None, first):
        refused(proof, "chat_muted", "l1", "chat_send", text="but", group=group)
    assert {who for who, c in proof.clients.items() if "chat_mute/l1" in c.entities} == {"p", "h", "l1"}
    sent(proof, "l2", "fine")
    proof.command("p", "chat_mute", participant="l1", on=False)
    sent(proof, "l1", "thanks")
    for nobody in ("p", "s", "nobody"):
        refused(proof, "learner_not_found", "h", "chat_mute", participant=nobody, on=True)
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l2"), actor="p"))
    refused(proof, "learner_not_found", "h", "chat_mute", participant="l2", on=True)


def test_a_closed_chat_is_closed_for_learners_but_not_in_groups() -> None:
    proof = live_lesson()
    first, _ = grouped(proof)
    proof.command("h", "chat_rules", open=False, moderated=False)
    refused(proof, "chat_closed", "l1", "chat_send", text="hello?")
    sent(proof, "l1", "hello, you", first)
    sent(proof, "p", "back soon")
    assert proof.clients["l1"].entities["chat"] == {"open": False, "moderated": False}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_nobody_reads_what_was_not_released(seed: int) -> None:
    """Against a model: the texts that the class may read, whatever is sent, released, refused, muted."""
    rng, proof = Random(seed), live_lesson()
    public: set[str] = set()
    pending: dict[str, str] = {}
    is_moderated, muted = False, set[str]()
    for step in range(40):
        who, text = rng.choice(("l1", "l2", "h")), f"text {step}"
        with suppress(Rejected):
            match rng.randrange(7):
                case 0 | 1 | 2:
                    id_ = sent(proof, who, text)
                    assert who not in muted
                    if is_moderated and who != "h":
                        pending[id_] = text
                    else:
                        public.add(text)
                case 3 if pending:
                    id_ = rng.choice(sorted(pending))
                    proof.command("h", "chat_release", id=id_)
                    public.add(pending.pop(id_))
                case 4 if pending:
                    id_ = rng.choice(sorted(pending))
                    proof.command("p", "chat_delete", id=id_)
                    del pending[id_]
                case 5:
                    is_moderated = not is_moderated
                    proof.command("p", "chat_rules", open=True, moderated=is_moderated)
                case _:
                    on = who not in muted
                    proof.command("h", "chat_mute", participant=who, on=on)
                    (muted.add if on else muted.discard)(who)
    read = {
        entity["text"] for path, entity in proof.clients["l3"].entities.items() if path.startswith("message/")
    }
    assert read == public
    assert set(proof.state.of(CHAT).held) == set(pending)
    assert sum(proof.state.of(CHAT).held_of.values()) == len(pending)

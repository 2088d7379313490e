"""The pool: merging with votes kept, asking back, the order of the run, anonymity, answers on the clock."""

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.question.commands import MAX_PENDING
from interactions.question.idea import QUESTION
from interactions.question.pool import OPEN, State
from lectern.kernel.errors import Rejected
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, SessionStarted
from lectern.timeline.idea import Actor
from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused, wait, waiting_lesson

LEARNERS = ("l1", "l2", "l3")


def asked(proof: Proof, who: str = "l1", *, published: bool = True, anonymous: bool = False) -> str:
    """Let somebody ask."""
    id_ = proof.command(who, "question_ask", text="Why?", anonymous=anonymous)["id"]
    assert isinstance(id_, str)
    if published:
        proof.command("h", "question_publish", id=id_)
    return id_


def votes(proof: Proof, id_: str, who: str = "p") -> int:
    """Return how many votes somebody sees."""
    count = proof.clients[who].entities[f"question/{id_}"]["votes"]
    assert isinstance(count, int)
    return count


def test_a_voter_of_both_counts_once_and_votes_for_the_merged_count_for_the_other() -> None:
    proof = waiting_lesson()
    one, two = asked(proof), asked(proof, "l2")
    for id_ in (one, two):
        proof.command("l3", "question_upvote", id=id_, on=True)
    proof.command("l1", "question_upvote", id=two, on=True)
    proof.command("h", "question_merge", id=two, into=one)
    assert votes(proof, one, "l2") == 2
    assert f"question/{two}" not in proof.clients["l3"].entities
    assert proof.clients["l2"].entities[f"question/{two}"]["into"] == one
    proof.command("l2", "question_upvote", id=two, on=True)
    assert votes(proof, one) == 3
    proof.command("l3", "question_upvote", id=one, on=False)
    assert votes(proof, one) == 2
    assert f"my/upvote/{two}" not in proof.clients["l3"].entities
    proof.command("h", "question_split", id=two)
    assert (votes(proof, one), votes(proof, two)) == (1, 1)


def test_merging_goes_to_the_root_and_never_in_a_circle() -> None:
    proof = waiting_lesson()
    one, two, three = asked(proof), asked(proof, "l2"), asked(proof, "l3")
    proof.command("h", "question_merge", id=one, into=two)
    refused(proof, "merge_into_itself", "h", "question_merge", id=two, into=one)
    proof.command("h", "question_merge", id=three, into=one)
    assert proof.state.of(QUESTION).by_id[three].into == two
    shown = proof.clients["l1"].entities[f"question/{two}"]
    assert (shown["askers"], sorted(shown["merged"])) == (3, sorted([one, three]))


def test_what_the_class_sees_is_not_merged_into_what_it_does_not_see() -> None:
    proof = waiting_lesson()
    public, hidden = asked(proof), asked(proof, published=False)
    refused(proof, "merge_into_hidden", "h", "question_merge", id=public, into=hidden)
    proof.command("h", "question_dismiss", id=hidden)
    refused(proof, "question_state_invalid", "h", "question_merge", id=public, into=hidden)


def test_nobody_is_told_who_asked_without_a_name() -> None:
    proof = waiting_lesson()
    refused(proof, "anonymous_not_allowed", "l1", "question_ask", text="Who am I?", anonymous=True)
    proof.command("h", "question_rules", open=True, anonymous=True)
    heard = {who: len(client.events) for who, client in proof.clients.items()}
    id_ = asked(proof, anonymous=True)
    proof.command("h", "question_query", id=id_, text="Which part?")
    proof.command("l1", "question_explain", id=id_, text="The end.")
    proof.command("h", "question_merge", id=asked(proof, "l2"), into=id_)
    for who in ("p", "h", "s", "l2", "l3"):
        told = proof.clients[who].events[heard[who] :]
        assert "l1" not in str(told), who
        assert proof.clients[who].entities[f"question/{id_}"]["author"] is None
    assert proof.clients["l1"].entities[f"my/question/{id_}"] is True
    assert proof.clients["p"].entities[f"query/{id_}"]["reply"] == "The end."
    (kept,) = [e for e in proof.stored if e.type == "question_asked" and e.raw["id"] == id_]
    assert (kept.actor, kept.raw["participant"]) == (None, "l1")


def test_asking_back_stays_between_the_two_sides() -> None:
    proof = waiting_lesson()
    id_ = asked(proof)
    refused(proof, "nothing_to_explain", "l1", "question_explain", id=id_, text="Well")
    proof.command("h", "question_query", id=id_, text="Which machine?")
    assert proof.clients["l1"].entities[f"query/{id_}"]["text"] == "Which machine?"
    for who in ("l2", "l3", "s"):
        assert f"query/{id_}" not in proof.clients[who].entities
    refused(proof, "not_allowed", "l2", "question_explain", id=id_, text="Mine!")
    proof.command("l1", "question_explain", id=id_, text="The press.")
    proof.command("h", "question_query", id=id_, text="Which press?")
    assert proof.clients["l1"].entities[f"query/{id_}"]["reply"] is None
    assert "The press." not in proof.state.texts.values()


def test_words_are_the_askers_until_published_and_then_the_hosts() -> None:
    proof = waiting_lesson()
    id_ = asked(proof, published=False)
    proof.command("l1", "question_reword", id=id_, text="Why, exactly?")
    refused(proof, "question_not_found", "l2", "question_reword", id=id_, text="Mine")
    proof.command("h", "question_publish", id=id_)
    refused(proof, "not_allowed", "l1", "question_reword", id=id_, text="Something rude")
    proof.command("h", "question_reword", id=id_, text="Why exactly?")
    shown = proof.clients["l3"].entities[f"question/{id_}"]
    assert (shown["text"], shown["reworded"]) == ("Why exactly?", True)
    assert "Why, exactly?" not in proof.state.texts.values()


def test_an_answer_is_stamped_from_its_turn_to_its_end() -> None:
    proof = live_lesson()
    first, second, third = asked(proof), asked(proof), asked(proof)
    wait(proof, 60)
    proof.command("p", "question_pin", id=first)
    wait(proof, 30)
    proof.command("h", "question_pin", id=second)
    assert proof.clients["l2"].entities[f"question/{first}"]["state"] == "published"
    wait(proof, 90)
    proof.command("h", "question_answer", id=second)
    proof.command("h", "question_answer", id=third)
    spans = {
        id_: (entity["start_ms"], entity["end_ms"])
        for id_ in (first, second, third)
        for entity in [proof.clients["l2"].entities[f"question/{id_}"]]
    }
    assert spans == {first: (60_000, 90_000), second: (90_000, 180_000), third: (180_000, 180_000)}


def test_the_end_of_the_lesson_ends_a_turn_and_leaves_questions_answerable() -> None:
    proof = live_lesson()
    spoken, written = asked(proof), asked(proof, "l2", published=False)
    proof.command("p", "question_pin", id=spoken)
    wait(proof, 10)
    end(proof)
    wait(proof, 86_400)
    assert proof.clients["l3"].entities[f"question/{spoken}"]["state"] == "published"
    refused(proof, "session_over", "p", "question_pin", id=spoken)
    refused(proof, "session_over", "l1", "question_upvote", id=spoken, on=True)
    proof.command("h", "question_publish", id=written)
    proof.command("h", "question_answer", id=written, text="Tomorrow.")
    proof.command("h", "question_answer", id=spoken)
    shown = proof.clients["l3"].entities
    assert shown[f"question/{written}"]["answer"] == "Tomorrow."
    assert shown[f"question/{written}"]["start_ms"] is None
    assert (shown[f"question/{spoken}"]["start_ms"], shown[f"question/{spoken}"]["end_ms"]) == (0, 10_000)


def test_a_turn_needs_a_live_lesson() -> None:
    proof = waiting_lesson()
    refused(proof, "session_not_live", "p", "question_pin", id=asked(proof))


def test_the_run_is_ordered_and_loses_what_is_done() -> None:
    proof = live_lesson()
    ids = [asked(proof, published=n != 1) for n in range(4)]
    for at, id_ in enumerate(ids[:3]):
        proof.command("h", "question_place", id=id_, at=at)
    proof.command("h", "question_place", id=ids[2], at=0)
    proof.command("h", "question_place", id=ids[3], at=99)
    assert proof.clients["p"].entities["run"]["questions"] == [ids[2], ids[0], ids[1], ids[3]]
    before = proof.state.seq
    proof.command("h", "question_place", id=ids[3], at=42)
    assert proof.state.seq == before
    proof.command("h", "question_answer", id=ids[0])
    proof.command("h", "question_dismiss", id=ids[1])
    proof.command("h", "question_place", id=ids[3], at=None)
    assert proof.clients["p"].entities["run"]["questions"] == [ids[2]]
    refused(proof, "question_state_invalid", "h", "question_place", id=ids[0], at=0)
    assert "run" not in proof.clients["l1"].entities


def test_staff_sort_and_assign_for_themselves() -> None:
    proof = waiting_lesson()
    id_ = asked(proof)
    proof.command("h", "question_sort", id=id_, tags=["safety", " safety", "press\nshop"])
    proof.command("h", "question_assign", id=id_, speaker="Dr. Wang")
    assert proof.clients["p"].entities[f"pool/{id_}"] == {
        "id": id_,
        "tags": ["safety", "press shop"],
        "speaker": "Dr. Wang",
    }
    for who in ("s", *LEARNERS):
        assert f"pool/{id_}" not in proof.clients[who].entities
    proof.command("h", "question_assign", id=id_, speaker=" ")
    assert "Dr. Wang" not in proof.state.texts.values()
    refused(proof, "too_many_tags", "h", "question_sort", id=id_, tags=list("abcdef"))
    refused(proof, "text_too_long", "h", "question_sort", id=id_, tags=["x" * 31])


def test_a_closed_pool_and_a_greedy_asker_are_refused() -> None:
    proof = waiting_lesson()
    for _ in range(MAX_PENDING):
        id_ = asked(proof, published=False)
    refused(proof, "too_many_pending", "l1", "question_ask", text="One more?")
    proof.command("h", "question_dismiss", id=id_)
    asked(proof, published=False)
    proof.command("h", "question_rules", open=False, anonymous=False)
    refused(proof, "questions_closed", "l2", "question_ask", text="Too late?")
    assert proof.clients["l2"].entities["asking"] == {"open": False, "anonymous": False}


def test_the_funnel_counts_each_question_where_it_went() -> None:
    proof = live_lesson()
    ids = [asked(proof, LEARNERS[n % 3], published=n < 4) for n in range(7)]
    proof.command("h", "question_merge", id=ids[0], into=ids[1])
    proof.command("h", "question_answer", id=ids[1], text="Yes.")
    proof.command("h", "question_dismiss", id=ids[4])
    assert proof.clients["p"].entities["funnel"] == {
        "collected": 7, "merged": 1, "published": 4, "answered": 1, "dismissed": 1,
    }  # fmt: skip
    assert "funnel" not in proof.clients["l1"].entities


def test_a_host_who_became_a_learner_moderates_no_longer() -> None:
    proof = live_lesson()
    id_ = asked(proof, published=False)
    proof.actors["h"] = Actor("h", SessionRole.LEARNER)
    refused(proof, "not_allowed", "h", "question_publish", id=id_)
    refused(proof, "question_not_found", "h", "question_reword", id=id_, text="Mine")


@pytest.mark.timeout(240)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_votes_are_what_people_wanted_however_questions_are_merged(seed: int) -> None:
    """Against a model: who wants what, as the people themselves would tell it."""
    rng, proof = Random(seed), waiting_lesson()
    proof.append(NewEvent(payload=SessionStarted(), actor="p"))
    ids = [asked(proof, who) for who in LEARNERS for _ in range(2)]
    wants: dict[str, set[str]] = {id_: set() for id_ in ids}
    pool = proof.state.of(QUESTION)
    for _ in range(30):
        id_, other, who = rng.choice(ids), rng.choice(ids), rng.choice(LEARNERS)
        root = pool.root(id_)
        with suppress(Rejected):
            match rng.randrange(7):
                case 0 | 1 | 2:
                    is_new = who not in root.supporters
                    proof.command(who, "question_upvote", id=id_, on=True)
                    if is_new:
                        wants[root.id].add(who)
                case 3:
                    proof.command(who, "question_upvote", id=id_, on=False)
                    for member in pool.family(root):
                        wants[member.id].discard(who)
                case 4 | 5:
                    proof.command("h", "question_merge", id=id_, into=other)
                case _:
                    proof.command("h", "question_split", id=id_)
                    proof.command("h", "question_publish", id=id_)
        for question in pool.by_id.values():
            family = [member.id for member in pool.family(question)]
            assert question.supporters == set().union(*(wants[member] for member in family))
            assert (question.state is State.MERGED) == (question.into is not None)
        assert sum(pool.counts.values()) == len(pool.by_id)
        assert all(pool.by_id[placed].state in OPEN for placed in pool.run)

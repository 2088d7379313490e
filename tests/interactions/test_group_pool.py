"""Groups work on questions of the pool: who sees what, what is refused, what comes back."""

from typing import Any

from interactions.group_pool.commands import MOST_CLARIFICATIONS
from interactions.group_pool.giving import MOST_CLASSES, MOST_GIVEN
from interactions.group_pool.idea import GROUP_POOL, TOP_MOST, VOTES_EACH
from interactions.question.idea import QUESTION
from lectern.timeline.event import NewEvent, ParticipantRemoved, TextErased
from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused


def asked(
    proof: Proof, *texts: str, by: str = "l3", anonymous: bool = False, publish: bool = True
) -> list[str]:
    """Let somebody ask, and staff publish."""
    proof.command("h", "question_rules", open=True, anonymous=True)
    ids = [proof.command(by, "question_ask", text=text, anonymous=anonymous)["id"] for text in texts]
    for id_ in ids if publish else ():
        proof.command("h", "question_publish", id=id_)
    return ids


def in_groups(proof: Proof, **plan: Any) -> list[str]:
    """Open two groups, l1 and l2 in the first, l3 in the second; the first one is planned with `plan`."""
    first = {"name": "One", "members": ["l1", "l2"]} | plan
    proof.command("p", "breakout_open", groups=[first, {"name": "Two", "members": ["l3"]}])
    found: list[str] = proof.clients["p"].entities["breakout"]["groups"]
    return found


def seen(proof: Proof, who: str, path: str) -> Any:
    """Return what somebody holds at a path."""
    return proof.clients[who].entities.get(path)


def test_a_group_alone_and_staff_see_its_work() -> None:
    proof = live_lesson()
    (why,) = asked(proof, "Why?")
    one, _two = in_groups(proof, pool=True, classes=["Price", " Price ", "Press"])
    for who in ("l1", "l2", "h", "p"):
        assert [each["name"] for each in seen(proof, who, f"group_pool/{one}")["classes"]] == [
            "Price",
            "Press",
        ]
        assert seen(proof, who, f"group_question/{one}/{why}")["text"] == "Why?"
    for who in ("l3", "s"):
        assert seen(proof, who, f"group_pool/{one}") is None
        assert seen(proof, who, f"group_question/{one}/{why}") is None
    refused(proof, "group_not_found", "l3", "group_pool_vote", group=one, question=why, on=True)
    # Who is moved here sees it from now on, who leaves no longer; what they did stays.
    proof.command("l1", "group_pool_vote", group=one, question=why, on=True)
    proof.command("h", "breakout_move", participant="l3", group=one)
    proof.command("h", "breakout_move", participant="l1", group=None)
    assert seen(proof, "l1", f"group_question/{one}/{why}") is None
    assert seen(proof, "l3", f"group_question/{one}/{why}")["votes"] == 1
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l2"), actor="p"))
    assert seen(proof, "l2", f"group_pool/{one}") is None


def test_members_classify_vote_clarify_and_mark() -> None:
    proof = live_lesson()
    ids = asked(proof, *(f"Q{n}" for n in range(6)))
    one, two = in_groups(proof, questions=ids, classes=["Price"])
    press = proof.command("l2", "group_pool_class", group=one, name="Press")["id"]
    assert proof.command("l1", "group_pool_class", group=one, name="Press")["id"] == press
    assert seen(proof, "l1", f"group_pool/{one}")["classes"][1] == {"id": press, "name": "Press", "own": True}
    proof.command("l1", "group_pool_sort", group=one, question=ids[0], into=press)
    assert seen(proof, "h", f"group_question/{one}/{ids[0]}")["class"] == press
    proof.command("h", "group_pool_sort", group=one, question=ids[0], into=None)
    assert seen(proof, "l2", f"group_question/{one}/{ids[0]}")["class"] is None
    refused(proof, "class_not_found", "l1", "group_pool_sort", group=one, question=ids[0], into="nothing")
    refused(proof, "question_not_found", "l1", "group_pool_sort", group=one, question="nothing", into=press)
    refused(proof, "group_pool_not_found", "l3", "group_pool_mark", group=two, question=ids[0], on=True)

    for id_ in ids[:VOTES_EACH]:
        proof.command("l1", "group_pool_vote", group=one, question=id_, on=True)
        proof.command("l1", "group_pool_vote", group=one, question=id_, on=True)
    refused(proof, "votes_spent", "l1", "group_pool_vote", group=one, question=ids[5], on=True)
    proof.command("l1", "group_pool_vote", group=one, question=ids[0], on=False)
    proof.command("l1", "group_pool_vote", group=one, question=ids[5], on=True)
    assert seen(proof, "l2", f"group_question/{one}/{ids[0]}")["votes"] == 0
    assert seen(proof, "l1", f"my/group_vote/{one}/{ids[5]}") is True
    assert seen(proof, "l1", f"my/group_vote/{one}/{ids[0]}") is None
    for id_ in ids[:TOP_MOST]:
        proof.command("l2", "group_pool_mark", group=one, question=id_, on=True)
    refused(proof, "top_full", "l1", "group_pool_mark", group=one, question=ids[3], on=True)
    assert seen(proof, "h", f"group_pool/{one}")["top"] == ids[:TOP_MOST]

    # Staff dismiss a question: no group has it any more, and the votes for it are free again.
    proof.command("h", "question_dismiss", id=ids[1])
    assert seen(proof, "l1", f"group_question/{one}/{ids[1]}") is None
    assert seen(proof, "l1", f"group_pool/{one}")["top"] == [ids[0], ids[2]]
    assert proof.state.of(GROUP_POOL).by_group[one].spent["l1"] == VOTES_EACH - 1


def test_a_group_renames_and_removes_its_own_classes() -> None:
    proof = live_lesson()
    ids = asked(proof, "Q0", "Q1", "Q2")
    one, _two = in_groups(proof, questions=ids, classes=["Price"])
    (price,) = seen(proof, "l1", f"group_pool/{one}")["classes"]
    press = proof.command("l2", "group_pool_class", group=one, name="Pres")["id"]
    proof.command("l1", "group_pool_class_rename", group=one, id=press, name="  Press ")
    assert [each["name"] for each in seen(proof, "l2", f"group_pool/{one}")["classes"]] == ["Price", "Press"]
    taken = {"group": one, "id": press, "name": "Price"}
    refused(proof, "class_name_taken", "l1", "group_pool_class_rename", **taken)
    refused(proof, "class_not_found", "l1", "group_pool_class_rename", **taken | {"id": "nothing"})
    refused(proof, "class_given", "l1", "group_pool_class_rename", **taken | {"id": price["id"], "name": "P"})
    refused(proof, "class_given", "l1", "group_pool_class_drop", group=one, id=price["id"])
    refused(proof, "group_not_found", "l3", "group_pool_class_drop", group=one, id=press)

    proof.command("l1", "group_pool_sort", group=one, question=ids[0], into=press)
    proof.command("l1", "group_pool_sort", group=one, question=ids[1], into=price["id"])
    proof.command("l2", "group_pool_class_drop", group=one, id=press)
    proof.command("l1", "group_pool_class_drop", group=one, id=press)  # as somebody else did just now
    assert seen(proof, "l1", f"group_question/{one}/{ids[0]}")["class"] is None
    assert seen(proof, "l1", f"group_question/{one}/{ids[1]}")["class"] == price["id"]
    proof.command("h", "group_pool_class_rename", group=one, id=price["id"], name="Cost")
    proof.command("h", "group_pool_class_drop", group=one, id=price["id"])
    assert seen(proof, "l2", f"group_pool/{one}")["classes"] == []
    assert seen(proof, "h", f"group_question/{one}/{ids[1]}")["class"] is None


def test_the_asker_reads_clarifications_and_stays_without_a_name() -> None:
    proof = live_lesson()
    (secret,) = asked(proof, "Why?", anonymous=True)
    one, two = in_groups(proof, pool=True)
    proof.command("h", "group_pool_give", group=two)
    proof.command("l1", "group_pool_clarify", group=one, question=secret, text="The large one?")
    proof.command("l3", "group_pool_clarify", group=two, question=secret, text="Mine: the large one.")
    mine = seen(proof, "l3", f"my/clarified/{secret}")
    assert [(each["group"], each["text"]) for each in mine["said"]] == [
        ("One", "The large one?"),
        ("Two", "Mine: the large one."),
    ]
    assert all(seen(proof, who, f"my/clarified/{secret}") is None for who in ("l1", "l2", "h", "s"))
    for who in ("l1", "l2", "h"):
        question = seen(proof, who, f"group_question/{one}/{secret}")
        assert question["author"] is None
        assert "l3" not in str(question)
    for _ in range(MOST_CLARIFICATIONS - 1):
        proof.command("l2", "group_pool_clarify", group=one, question=secret, text="And more")
    refused(proof, "clarifications_full", "l2", "group_pool_clarify", group=one, question=secret, text="x")
    # Words that are erased are gone for the asker too; the proof checks what everybody holds.
    name_ref = proof.state.of(GROUP_POOL).by_group[one].name_ref
    proof.append(NewEvent(payload=TextErased(ref=name_ref)))
    assert seen(proof, "l3", f"my/clarified/{secret}")["said"][0]["group"] is None
    # The host words it anew: groups read the new words.
    proof.command("h", "question_reword", id=secret, text="Why the large one?")
    assert seen(proof, "l2", f"group_question/{one}/{secret}")["text"] == "Why the large one?"


def test_what_came_back_is_shown_and_taken_over_once() -> None:
    proof = live_lesson()
    why, how, hidden = (*asked(proof, "Why?", "How?"), *asked(proof, "Hm?", publish=False))
    proof.command("h", "question_sort", id=why, tags=["old"])
    one, _two = in_groups(proof, questions=[why, how, hidden], classes=["Price"])
    (price,) = (each["id"] for each in seen(proof, "l1", f"group_pool/{one}")["classes"])
    for id_ in (why, hidden):
        proof.command("l1", "group_pool_sort", group=one, question=id_, into=price)
        for who in ("l1", "l2"):
            proof.command(who, "group_pool_vote", group=one, question=id_, on=True)
    proof.command("l1", "question_upvote", id=why, on=True)
    proof.command("l1", "group_pool_clarify", group=one, question=why, text="Because of X")
    proof.command("l2", "group_pool_mark", group=one, question=how, on=True)
    refused(proof, "group_pool_open", "h", "group_pool_show", id=one, on=True)
    proof.command("p", "breakout_close")
    refused(proof, "breakout_closed", "l1", "group_pool_vote", group=one, question=how, on=True)
    assert seen(proof, "l3", f"group_pool/{one}") is None
    proof.command("h", "group_pool_show", id=one, on=True)
    top = [{"id": how, "text": "How?", "class": None, "votes": 0}]
    brought = {"questions": 3, "classes": 1, "sorted": 2, "top": top}
    assert seen(proof, "l3", f"group_pool/{one}")["brought"] == brought
    for who in ("l3", "s"):
        assert seen(proof, who, f"group_pool/{one}")["state"] == "closed"
        said = seen(proof, who, f"group_question/{one}/{why}")["clarifications"]
        assert [(each["text"], each["author"]) for each in said] == [("Because of X", None)]
    assert seen(proof, "h", f"group_question/{one}/{why}")["clarifications"][0]["author"] == "l1"
    proof.command("h", "group_pool_show", id=one, on=False)
    assert seen(proof, "l3", f"group_pool/{one}") is None
    assert seen(proof, "l1", f"group_pool/{one}") is not None

    end(proof)
    proof.command("h", "group_pool_take", id=one)
    assert seen(proof, "h", f"pool/{why}")["tags"] == ["old", "Price"]
    assert seen(proof, "h", f"pool/{how}")["tags"] == []
    assert seen(proof, "l3", f"question/{why}")["votes"] == 2, "who voted in both places counts once"
    assert seen(proof, "l2", f"my/upvote/{why}") is True
    assert proof.state.of(QUESTION).by_id[hidden].supporters == set(), "learners could not vote for it either"
    assert seen(proof, "h", f"group_pool/{one}")["taken"] is True
    before = proof.state.seq
    proof.command("h", "group_pool_take", id=one)
    assert proof.state.seq == before


def test_a_merged_question_takes_over_what_was_done_to_both() -> None:
    proof = live_lesson()
    why, how = asked(proof, "Why?", "How?")
    one, _two = in_groups(proof, pool=True, classes=["A", "B"])
    kinds = [each["id"] for each in seen(proof, "l1", f"group_pool/{one}")["classes"]]
    for who, id_, kind in (("l1", why, kinds[0]), ("l2", how, kinds[1])):
        proof.command(who, "group_pool_sort", group=one, question=id_, into=kind)
        proof.command(who, "group_pool_vote", group=one, question=id_, on=True)
    proof.command("h", "question_merge", id=how, into=why)
    proof.command("p", "breakout_close")
    proof.command("h", "group_pool_take", id=one)
    assert seen(proof, "h", f"pool/{why}")["tags"] == ["A", "B"]
    assert seen(proof, "l3", f"question/{why}")["votes"] == 2


def test_giving_has_bounds_and_repeats_nothing() -> None:
    proof = live_lesson()
    in_plan = [{"name": "One", "members": ["l1"], "pool": True}]
    refused(proof, "pool_empty", "p", "breakout_open", groups=in_plan)
    refused(proof, "question_not_found", "p", "breakout_open", groups=[in_plan[0] | {"questions": ["x"]}])
    many = [id_ for who in ("l1", "l2", "l3") for id_ in asked(proof, *map(str, range(18)), by=who)]
    refused(proof, "breakout_closed", "h", "group_pool_give")
    one, two = in_groups(proof, pool=True)
    assert len(seen(proof, "l1", f"group_pool/{one}")["questions"]) == MOST_GIVEN
    refused(proof, "too_many_given", "h", "group_pool_give", group=one, questions=many)
    refused(proof, "too_many_given", "h", "group_pool_give", group=one, questions=many[-4:])
    names = [f"C{n}" for n in range(MOST_CLASSES)]
    refused(proof, "too_many_classes", "h", "group_pool_give", group=two, classes=[*names, "one more"])
    proof.command("h", "group_pool_give", questions=many[:2], classes=names)
    assert seen(proof, "l3", f"group_pool/{two}")["questions"] == many[:2]
    refused(proof, "too_many_classes", "l3", "group_pool_class", group=two, name="one more")
    before = proof.state.seq
    proof.command("h", "group_pool_give", questions=many[:2], classes=names)
    assert proof.state.seq == before
    proof.command("h", "question_answer", id=many[0], text="So.")
    refused(proof, "question_state_invalid", "h", "group_pool_give", questions=many[:1])

"""Class vectors: what a client holds, the wire events it gets, and what it holds then.

`tests/vectors/class/*.json` are shared with the web client's `apply()`. After a change that is meant to
change them, write them again and look at the difference:

    .venv/bin/python -m tests.interactions.vectors
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from interactions.breakout.commands import due
from interactions.feedback.commands import Terms, hand_in
from interactions.feedback.form import Answer
from lectern.timeline.event import NewEvent, ParticipantRemoved, SessionStarted
from tests.class_proof import Proof, through_json
from tests.interactions.lesson import end, wait, waiting_lesson

FOLDER = Path(__file__).parents[1] / "vectors" / "class"
Script = Callable[[Proof], None]


def start(proof: Proof) -> None:
    """Begin the lesson."""
    proof.append(NewEvent(payload=SessionStarted(), actor="p"))


def checkin(proof: Proof) -> None:
    """Two rounds: answered on time and late, closed by staff and by the end of the lesson."""
    start(proof)
    first = proof.command("p", "checkin_open", message="在吗?", seconds=60, late_after_seconds=30)["id"]
    wait(proof, 2)
    proof.command("l1", "checkin_answer", id=first)
    wait(proof, 40)
    proof.command("l2", "checkin_answer", id=first)
    proof.command("h", "checkin_close", id=first)
    proof.command("p", "checkin_open", message=None, seconds=600)
    end(proof)


def poll(proof: Proof) -> None:
    """A vote that is changed; counts that learners see after the close."""
    start(proof)
    id_ = proof.command("p", "poll_open", question="Which?", options=["A", "B"], show="after_close")["id"]
    proof.command("l1", "poll_vote", id=id_, option=0)
    proof.command("l2", "poll_vote", id=id_, option=1)
    proof.command("l1", "poll_vote", id=id_, option=1)
    proof.command("p", "poll_close", id=id_)


def partial_points(proof: Proof) -> None:
    """Two of three right options, then all of them; what a group's reporter asks it."""
    start(proof)
    ask = {"question": "Which?", "kind": "multiple", "options": ["A", "B", "C", "D"], "right": [0, 2, 3]}
    id_ = proof.command("p", "poll_open", **ask, partial=True, instant=True, show="after_close")["id"]
    proof.command("l1", "poll_vote", id=id_, picks=[0, 2])
    proof.command("l2", "poll_vote", id=id_, picks=[0, 2, 3])
    proof.command("p", "poll_close", id=id_)
    split = [{"name": "One", "members": ["l1", "l2"]}]
    proof.command("p", "breakout_open", groups=split)
    group = proof.clients["p"].entities["breakout"]["groups"][0]
    proof.command("l1", "breakout_reporter", participant="l1")
    asked = proof.command("l1", "poll_open", question="Us?", options=["A", "B"], group=group)["id"]
    proof.command("l2", "poll_vote", id=asked, option=1)


def question(proof: Proof) -> None:
    """Asked, published, lifted, answered twice, dismissed and restored."""
    id_ = proof.command("l1", "question_ask", text="Why?")["id"]
    proof.command("h", "question_publish", id=id_)
    proof.command("l2", "question_upvote", id=id_, on=True)
    proof.command("l3", "question_upvote", id=id_, on=True)
    proof.command("l3", "question_upvote", id=id_, on=False)
    proof.command("h", "question_answer", id=id_, text="Becuase.")
    proof.command("h", "question_answer", id=id_, text="Because.")
    proof.command("h", "question_dismiss", id=id_)
    proof.command("h", "question_publish", id=id_)


def question_pool(proof: Proof) -> None:
    """Anonymous, merged, asked back, sorted, ordered; its turn comes; answered after the end."""
    proof.command("h", "question_rules", open=True, anonymous=True)
    one = proof.command("l1", "question_ask", text="Why?", anonymous=True)["id"]
    two = proof.command("l2", "question_ask", text="But why?")["id"]
    for id_ in (one, two):
        proof.command("h", "question_publish", id=id_)
        proof.command("l3", "question_upvote", id=id_, on=True)
    proof.command("h", "question_merge", id=two, into=one)
    proof.command("h", "question_query", id=one, text="Which?")
    proof.command("l1", "question_explain", id=one, text="The first.")
    proof.command("h", "question_reword", id=one, text="Why the first?")
    proof.command("h", "question_sort", id=one, tags=["press"])
    proof.command("h", "question_assign", id=one, speaker="Dr. Wang")
    proof.command("h", "question_place", id=one, at=0)
    start(proof)
    wait(proof, 5)
    proof.command("p", "question_pin", id=one)
    wait(proof, 5)
    proof.command("p", "question_unpin", id=one)
    proof.command("h", "question_split", id=two)
    end(proof)
    proof.command("h", "question_answer", id=one, text="Because.")


def chat_and_groups(proof: Proof) -> None:
    """Groups with chat of their own; a message that is deleted; hands, one of which is granted."""
    start(proof)
    proof.command("l1", "chat_send", text="hello <b>all</b>")
    groups = [{"name": "One", "task": "Think", "members": ["l1"]}, {"name": "Two", "members": ["l2"]}]
    proof.command("p", "breakout_open", groups=groups, seconds=600)
    mine, _other = proof.clients["p"].entities["breakout"]["groups"]
    proof.command("l1", "chat_send", text="just us", group=mine)
    taken_back = proof.command("l1", "chat_send", text="oops")["id"]
    proof.command("l1", "chat_delete", id=taken_back)
    proof.command("l2", "hand_raise")
    proof.command("l3", "hand_raise")
    proof.command("h", "hand_grant", participant="l2")
    proof.command("h", "stage_invite", participant="l2", camera=True)
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l3"), actor="p"))
    proof.command("p", "breakout_close")


def breakout(proof: Proof) -> None:
    """Choosing, moving, calling, visiting, word and voice to all, the last minute, a result that is shown."""
    start(proof)
    groups = [{"name": "One", "task": "Think", "material": "https://example.org"}, {"name": "Two", "most": 1}]
    proof.command("p", "breakout_open", groups=groups, seconds=120, late="choose", staying=["l3"])
    one, two = proof.clients["p"].entities["breakout"]["groups"]
    proof.command("l1", "breakout_choose", group=one)
    proof.command("l1", "chat_send", text="anybody here?", group=one)
    proof.command("l2", "breakout_choose", group=two)
    proof.command("h", "breakout_move", participant="l2", group=one)
    proof.command("l2", "breakout_help", on=True)
    proof.command("h", "breakout_visit", group=one)
    proof.command("p", "breakout_tell", text="Hurry")
    proof.command("p", "breakout_voice", on=True)
    wait(proof, 60)
    proof.append(*due(proof.state, proof.now)[0])
    proof.command("h", "breakout_extend", seconds=60)
    proof.command("l1", "breakout_reporter", participant="l1")
    proof.command("l1", "breakout_report", text="Done")
    proof.command("p", "breakout_close")
    proof.command("h", "breakout_show", id=one, on=True)


def aside(proof: Proof) -> None:
    """Something that is not for the replay, twice; the second one ends with the lesson."""
    start(proof)
    proof.command("p", "aside_begin")
    wait(proof, 5)
    proof.command("h", "aside_begin")
    proof.command("h", "aside_end")
    wait(proof, 1)
    proof.command("p", "aside_begin")
    end(proof)


def group_pool(proof: Proof) -> None:
    """A group gets three questions: classes, votes, a clarification, one marked; shown, and taken over."""
    proof.command("h", "question_rules", open=True, anonymous=True)
    asked = [proof.command("l3", "question_ask", text="Why?", anonymous=True)["id"]]
    asked += [proof.command(who, "question_ask", text=f"How, {who}?")["id"] for who in ("l1", "l2")]
    for id_ in asked:
        proof.command("h", "question_publish", id=id_)
    start(proof)
    planned = {"name": "One", "members": ["l1", "l2"], "pool": True, "classes": ["Price"]}
    proof.command("p", "breakout_open", groups=[planned, {"name": "Two", "members": ["l3"]}])
    one, _two = proof.clients["p"].entities["breakout"]["groups"]
    (price,) = proof.clients["l1"].entities[f"group_pool/{one}"]["classes"]
    own = proof.command("l2", "group_pool_class", group=one, name="Press")["id"]
    proof.command("l1", "group_pool_sort", group=one, question=asked[0], into=own)
    proof.command("l1", "group_pool_sort", group=one, question=asked[1], into=price["id"])
    proof.command("l1", "group_pool_vote", group=one, question=asked[0], on=True)
    proof.command("l2", "group_pool_vote", group=one, question=asked[0], on=True)
    proof.command("l2", "group_pool_vote", group=one, question=asked[2], on=True)
    proof.command("l2", "group_pool_vote", group=one, question=asked[2], on=False)
    proof.command("l2", "group_pool_clarify", group=one, question=asked[0], text="The large one is meant.")
    proof.command("l1", "group_pool_mark", group=one, question=asked[0], on=True)
    proof.command("h", "breakout_move", participant="l2", group=None)
    proof.command("h", "question_dismiss", id=asked[2])
    proof.command("p", "breakout_close")
    proof.command("h", "group_pool_show", id=one, on=True)
    proof.command("h", "group_pool_take", id=one)


def group_classes(proof: Proof) -> None:
    """A group mends the name of a class, and takes one away that holds a question."""
    asked = proof.command("l1", "question_ask", text="Why?")["id"]
    proof.command("h", "question_publish", id=asked)
    start(proof)
    planned = {"name": "One", "members": ["l1", "l2"], "pool": True}
    proof.command("p", "breakout_open", groups=[planned, {"name": "Two", "members": ["l3"]}])
    one, _two = proof.clients["p"].entities["breakout"]["groups"]
    first, second = (
        proof.command("l1", "group_pool_class", group=one, name=name)["id"] for name in ("Prise", "Press")
    )
    proof.command("l2", "group_pool_class_rename", group=one, id=first, name="Price")
    proof.command("l2", "group_pool_sort", group=one, question=asked, into=second)
    proof.command("h", "group_pool_class_drop", group=one, id=second)


def group_points(proof: Proof) -> None:
    """Points for a reason, points for right answers, a tie; shown, and announced as final."""
    start(proof)
    groups = [{"name": "One", "members": ["l1", "l2"]}, {"name": "Two", "members": ["l3"]}]
    proof.command("p", "breakout_open", groups=groups)
    _one, two = proof.clients["p"].entities["breakout"]["groups"]
    proof.command("h", "group_points_give", group=two, points=5, why="First to be ready")
    ask = {"question": "Which?", "options": ["A", "B"], "right": [0], "by_group": True}
    id_ = proof.command("p", "poll_open", **ask)["id"]
    proof.command("l1", "poll_vote", id=id_, option=0)
    proof.command("l3", "poll_vote", id=id_, option=1)
    proof.command("p", "poll_close", id=id_)
    proof.command("h", "group_points_poll", poll=id_, points=10)
    proof.command("h", "group_points_show", on=True)
    proof.command("h", "group_points_give", group=two, points=-1)
    proof.command("h", "group_points_give", group=two, points=1)
    proof.command("p", "group_points_final")
    proof.command("p", "breakout_close")
    proof.command("p", "breakout_open", groups=groups)


def feedback(proof: Proof) -> None:
    """The rules are set, the presenter puts a hint off; after the end two hand in."""
    proof.command("p", "feedback_set", on=True, lang="zh-CN")
    start(proof)
    proof.command("h", "hint_snooze", minutes=10)
    proof.command("p", "poll_open", question="Clear?", options=["Yes", "No"])
    end(proof)
    for who in ("l1", "l2"):
        proof.append(*hand_in(proof.state, proof.now, who, Answer({"course": 5}), Terms()).events)


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        checkin,
        poll,
        partial_points,
        question,
        question_pool,
        chat_and_groups,
        breakout,
        group_pool,
        group_classes,
        group_points,
        feedback,
        aside,
    )
}


def vector(script: Script) -> dict[str, Any]:
    """Play a script, and return what each viewer got."""
    proof = waiting_lesson()
    before = {who: through_json(client.entities) for who, client in proof.clients.items()}
    heard = {who: len(client.events) for who, client in proof.clients.items()}
    script(proof)
    return {
        "about": script.__doc__,
        "viewers": [
            {
                "viewer": who,
                "audience": client.viewer.audience.value,
                "before": before[who],
                "events": client.events[heard[who] :],
                "after": through_json(client.entities),
            }
            for who, client in proof.clients.items()
            if who != "h"
        ],
    }


def written(script: Script) -> bytes:
    """Return a vector as it stands in its file."""
    return msgspec.json.format(msgspec.json.encode(vector(script)), indent=1) + b"\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, script in SCRIPTS.items():
        (FOLDER / f"{name}.json").write_bytes(written(script))

"""Lessons that nobody planned: random commands by random people, every viewer checked after each."""

from collections import Counter
from contextlib import suppress
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.breakout import commands as breakout
from interactions.checkin import commands as checkin
from interactions.checkin.idea import CHECKIN
from interactions.feedback.commands import Terms, hand_in
from interactions.feedback.form import Answer
from interactions.lesson.idea import LESSON
from interactions.page_state.events import Attended, PageStatesReported
from interactions.poll import commands as poll
from interactions.registry import COMMANDS, IDEAS
from lectern.kernel.errors import Overloaded, Rejected
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import (
    NewEvent,
    ParticipantRemoved,
    RosterChanged,
    ScreenScanned,
    SessionEnded,
    SessionStarted,
    TextErased,
    TrackPublished,
    TrackUnpublished,
)
from tests.class_proof import everybody
from tests.interactions.lesson import proof_with_box, wait

CAST = ("p", "h", "s", "l1", "l2", "l3")
LEARNERS = ("l1", "l2", "l3")
TEXTS = ("a", "b", "长句 " * 10, "\x00")
RARE = (
    "checkin_close",
    "checkin_withdraw",
    "poll_close",
    "poll_publish",
    "breakout_close",
    "question_dismiss",
    "hand_lower",
)
OFTEN = (
    "chat_rules",
    "chat_send",
    "poll_open",
    "poll_vote",
    "question_ask",
    "question_publish",
    "question_pin",
    "question_unpin",
    "question_split",
    "chat_release",
    "checkin_make_up",
    "checkin_make_up_refuse",
    "breakout_open",
    "group_pool_give",
    "group_pool_vote",
)
WEIGHTS = [1 if command.name in RARE else 10 if command.name in OFTEN else 4 for command in COMMANDS]
ENOUGH = 3
"""From how often on one of OFTEN comes no more rarely: others need what it prepares."""
FITTING = {
    "question_unpin": ("state", "pinned"),
    "question_split": ("state", "merged"),
    "chat_release": ("held", True),
}
"""What an entity named by a rare command should look like, most of the time."""
KINDS = {
    "checkin": "checkin",
    "lottery": "checkin",
    "poll": "poll",
    "question": "question",
    "chat": "message",
    "breakout": "outcome",
    "group": "group_pool",
}


IN_POOL = (
    "group_pool_sort",
    "group_pool_vote",
    "group_pool_clarify",
    "group_pool_mark",
    "group_pool_class",
    "group_pool_class_rename",
    "group_pool_class_drop",
)
BY_GROUP = (
    "breakout_visit",
    "breakout_move",
    "breakout_help",
    "breakout_choose",
    "breakout_tutor",
    "group_points_give",
)


class AnyLesson:
    """A proof that is driven by chance; the same seed drives it the same way.

    `done` counts commands that changed something; the more often one was, the less likely it comes again,
    so that rare ones get their turn.
    """

    def __init__(self, rng: Random, done: Counter[str] | None = None) -> None:
        self.rng = rng
        self.done: Counter[str] = Counter() if done is None else done
        self.proof = proof_with_box()
        everybody(self.proof)
        self.guests = 0
        self.remember()

    def remember(self) -> None:
        """Note what everybody holds now, for somebody to return to."""
        self.held_at = self.proof.state.seq
        self.held = {who: dict(client.entities) for who, client in self.proof.clients.items()}

    def step(self) -> None:
        """Do something: mostly a command."""
        chance = self.rng.random()
        if chance < 0.80:
            self.command()
        elif chance < 0.86:
            self.time_passes()
        elif chance < 0.92:
            for who, before in self.held.items():
                self.proof.check_resync(who, self.held_at, before)
            self.remember()
        elif chance < 0.94:
            self.somebody_comes_or_goes()
        elif chance < 0.945:
            self.somebody_scans()
        elif chance < 0.948:
            self.somebody_publishes()
        elif chance < 0.95:
            self.somebody_hands_in()
        elif chance < 0.952:
            self.pages_say_where_they_are()
        elif chance < 0.96:
            ref = self.rng.choice(sorted(self.proof.state.texts) or ["nothing"])
            self.proof.append(NewEvent(payload=TextErased(ref=ref)))
        elif chance < 0.993:
            self.proof.append(NewEvent(payload=SessionStarted(), actor="p"))
        else:
            self.proof.append(NewEvent(payload=SessionEnded(), actor="p"))

    def command(self) -> None:
        """Give a command; all that may go wrong is a refusal."""
        weights = [
            weight / (1 + (min(self.done[one.name], ENOUGH) if one.name in OFTEN else self.done[one.name]))
            for one, weight in zip(COMMANDS, WEIGHTS, strict=True)
        ]
        command = self.rng.choices(COMMANDS, weights)[0]
        able = [who for who in CAST if self.proof.actors[who].role in command.roles]
        arguments = {"poll_open": self.question, "poll_vote": self.vote}.get(command.name, dict)()
        if not arguments:
            arguments = {
                field.name: self.argument(command.name, field.name)
                for field in msgspec.structs.fields(command.data)
            }
        before = self.proof.state.seq
        with suppress(Rejected, Overloaded):
            self.proof.command(self.rng.choice(able), command.name, **arguments)
            self.done[command.name] += self.proof.state.seq > before

    def question(self) -> dict[str, Any]:
        """Invent a question that mostly can be asked."""
        rng = self.rng
        kind = rng.choice(("single", "single", "multiple", "rating", "ranking", "text", "matching"))
        options = rng.choice((["A", "B"], ["A", "B", "C"], ["A"]))
        if kind in {"text", "rating"}:
            options = []
        right = {
            "single": [0],
            "multiple": [0, 1],
            "ranking": list(range(len(options))),
            "matching": list(range(len(options))),
        }.get(kind, [])
        return {
            "question": rng.choice(("Q", "问", "\x00")),
            "kind": kind,
            "options": options,
            "matches": [f"{option}!" for option in options],
            "right": rng.choice((right, [] if kind != "matching" else right)),
            "accepted": rng.choice(([], ["a"])),
            "explanation": rng.choice((None, "Because")),
            "points": rng.choice(([], ["fire"])),
            "show": rng.choice(("live", "after_close", "staff_only")),
            "seconds": rng.choice((None, 5, 60)),
            "anonymous": rng.random() < 0.3,
            "group": rng.choice((None, None, None, *self.groups()[:1])),
            "by_group": rng.random() < 0.3,
            "instant": rng.random() < 0.1,
            "partial": rng.random() < 0.2,
        }

    def groups(self) -> list[str]:
        """Return the groups that there are."""
        found: list[str] = self.proof.clients["p"].entities["breakout"]["groups"]
        return found

    def vote(self) -> dict[str, Any]:
        """Answer a poll, mostly as it can be answered; nothing where there is none."""
        entities = self.proof.clients["p"].entities
        polls = [entity for path, entity in entities.items() if path.startswith("poll/")][-3:]
        if not polls or self.rng.random() < 0.1:
            return {}
        poll = self.rng.choice(polls)
        places = range(len(poll["options"]))
        fitting = {
            "ranking": self.rng.sample(places, len(places)),
            "matching": self.rng.sample(places, len(places)),
            "rating": [self.rng.randint(1, 6)],
            "text": None,
        }.get(poll["kind"], [self.rng.randrange(3)])
        return {
            "id": poll["id"],
            "picks": fitting,
            "text": self.rng.choice(TEXTS),
            "secret": self.rng.choice(("l-secret-of-mine!", "another-secret-1")),
        }

    def argument(self, command: str, field: str) -> Any:
        """Invent an argument that often fits what there is."""
        entities = self.proof.clients["p"].entities
        kind = KINDS.get(command.partition("_")[0], "nothing")
        if command == "checkin_plan_drop":
            kind = "checkin_plan"
        ids = [path.partition("/")[2] for path in entities if path.startswith(f"{kind}/")]
        if command in FITTING and field == "id" and self.rng.random() < 0.8:
            key, value = FITTING[command]
            ids = [id_ for id_ in ids if entities[f"{kind}/{id_}"][key] == value] or ids
        groups = entities["breakout"]["groups"]
        if command in BY_GROUP:
            return self.argument_of_groups(field, groups)
        if command in IN_POOL:
            return self.argument_of_pools(field)
        members = self.rng.sample(LEARNERS, self.rng.randint(0, 3))
        split = [
            {
                "name": f"G{n}",
                "task": "T" * n,
                "members": [who],
                "tutors": ["h"][n:],
                "pool": n == 0 and self.waiting(),
            }
            for n, who in enumerate(members)
        ]
        choices: dict[str, list[Any]] = {
            "id": ids[-3:] or ["nothing"],
            "recorded": [True, False],
            "options": [["A"], ["A", "B"], ["A", "B", "C"]],
            "option": [None, -1, 0, 1, 2],
            "picks": [None, None, [0], [1], [0, 1], [1, 0], [0, 1, 2], [2, 0, 1], [3]],
            "secret": ["l-secret-of-mine!", "another-secret-1"],
            "questions": [None] if command == "group_pool_give" else [[self.question(), self.question()]],
            "show": ["live", "after_close", "staff_only"],
            "seconds": [5, 20, 60, 90],
            "late_after_seconds": [None, 0, 30],
            "in_seconds": [0, 0, 5],
            "within_seconds": [0, 0, 9],
            "forced": [True, False],
            "round": ids[-3:] or ["nothing"],
            "winners": [0, 1, 2],
            "screen": ["s", "l1"],
            "extra": [-1, 0, 3],
            "status": ["on_time", "late", "make_up", "absent"],
            "person": [None, "ann", "bob"],
            "on": [True, False],
            "into": ids[-4:] or ["nothing"],
            "tags": [[], ["a"], ["a", "b"]],
            "at": [None, 0, 1, 9],
            "speaker": [None, "Dr. X"],
            "anonymous": [True, False, False],
            "open": [*[True] * 9, False],
            "counts": [{"like": 3}, {"clap": 1, "wow": 2}, {"heart": 10, "laugh": 1}],
            "moderated": [True, True, False],
            "group": [None, *groups],
            "groups": [split],
            "classes": [[], ["A", "B"]],
            "late": ["stay", "smallest", "choose"],
            "staying": [[]],
            "participant": [*LEARNERS, "p", *([None] if command.startswith("checkin") else [])],
            "camera": [True, False],
            "lang": [None, "zh-CN", "en"],
            "minutes": [None, 1, 15, 0],
            "points": [10],
            "poll": [path.partition("/")[2] for path in entities if path.startswith("poll/")] or ["nothing"],
        }
        return self.rng.choice(choices.get(field, TEXTS))

    def waiting(self) -> bool:
        """Tell whether a published question waits."""
        entities = self.proof.clients["p"].entities
        states = [entity["state"] for path, entity in entities.items() if path.startswith("question/")]
        return "published" in states

    def argument_of_pools(self, field: str) -> Any:
        """Invent what a group does with its questions; the group is the one that has some most lately."""
        entities = self.proof.clients["p"].entities
        pools: list[dict[str, Any]] = [
            {"id": "nothing", "questions": [], "classes": []},
            *(entity for path, entity in entities.items() if path.startswith("group_pool/")),
        ]
        pool = next((each for each in pools if each.get("state") == "open"), pools[-1])
        choices: dict[str, list[Any]] = {
            "group": [pool["id"]],
            "question": pool["questions"] or ["nothing"],
            "into": [None, *(each["id"] for each in pool["classes"])],
            "id": [each["id"] for each in pool["classes"]] or ["nothing"],
            "on": [True, True, False],
        }
        return self.rng.choice(choices.get(field, TEXTS))

    def argument_of_groups(self, field: str, groups: list[str]) -> Any:
        """Invent whom to move where, which group to visit, to help, to choose."""
        choices: dict[str, list[Any]] = {
            "group": groups or ["nothing"],
            "points": [-3, 1, 5],
            "why": [None, "well done"],
            "on": [True, True, False],
            "participant": [*LEARNERS, "p", "h"],
        }
        return self.rng.choice(choices[field])

    def time_passes(self) -> None:
        """Close what has become due, once."""
        wait(self.proof, self.rng.choice((0.001, 7, 40)))
        self.proof.carry_out((), breakout.notes_due(self.proof.state))
        assert breakout.notes_due(self.proof.state) == ()
        polls = poll.due(self.proof.state, self.proof.now)
        self.proof.carry_out(polls.events, polls.orders)
        again = poll.due(self.proof.state, self.proof.now)
        assert (again.events, again.orders) == ((), ())
        for due in (checkin.due, breakout.due):
            events, following = due(self.proof.state, self.proof.now)
            assert following is None or following > self.proof.now
            if events:
                self.proof.append(*events)
                assert due(self.proof.state, self.proof.now)[0] == ()

    def somebody_scans(self) -> None:
        """A phone reads the code of a screen, or of something that is none."""
        who, screen = self.rng.choice(LEARNERS), self.rng.choice(("s", "s", "g1", "l1"))
        self.proof.append(NewEvent(payload=ScreenScanned(participant=who, screen=screen), actor=who))

    def somebody_hands_in(self) -> None:
        """Over HTTP, and mostly at a time when it is refused."""
        with suppress(Rejected):
            answer = Answer({"course": 4})
            taken = hand_in(self.proof.state, self.proof.now, self.rng.choice(LEARNERS), answer, Terms())
            self.proof.append(*taken.events)

    def somebody_publishes(self) -> None:
        """Or stops to; a track of nobody and one that is there twice are fine as well."""
        who = self.rng.choice(CAST)
        on = TrackPublished(track=f"t{who}", participant=who, source="mic", kind="audio", codec="opus")
        off = TrackUnpublished(track=f"t{who}")
        self.proof.append(NewEvent(payload=self.rng.choice((on, off)), actor=who))

    def pages_say_where_they_are(self) -> None:
        """No command: a process writes down what came together; nobody is told."""
        said = Attended(participant="ann", connection="c", changes=((self.proof.now, "away"),))
        self.proof.append(NewEvent(payload=PageStatesReported(people=(said,))))

    def somebody_comes_or_goes(self) -> None:
        """Whoever is removed stays a viewer of the proof; that is stricter than life."""
        if self.rng.random() < 0.2:
            known = self.proof.state.of(CHECKIN).roster
            now = {person for person in ("ann", "bob", "cid", "dan") if self.rng.random() < 0.5}
            added, removed = tuple(sorted(now - known)), tuple(sorted(known - now))
            changed = RosterChanged(expected=len(now), added=added, removed=removed)
            self.proof.append(NewEvent(payload=changed))
        guest = f"g{self.guests}"
        if guest in self.proof.state.of(LESSON).roles:
            self.proof.append(NewEvent(payload=ParticipantRemoved(participant=guest), actor="p"))
        else:
            self.guests += 1
            role = self.rng.choice((SessionRole.LEARNER, SessionRole.SCREEN, SessionRole.HOST))
            self.proof.join(f"g{self.guests}", role, self.rng.choice((None, "ann", "bob")))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(20, 80), starts=st.booleans())
def test_what_viewers_hold_is_true_after_every_command(seed: int, steps: int, starts: bool) -> None:
    lesson = AnyLesson(Random(seed))
    if starts:
        lesson.proof.append(NewEvent(payload=SessionStarted(), actor="p"))
    for _ in range(steps):
        lesson.step()


@pytest.mark.timeout(240)
def test_chance_reaches_every_event_and_every_entity_of_the_class() -> None:
    """So that the proof above is about something. A lesson that ends early leaves the rest to the next."""
    seen: set[str] = set()
    types: set[str] = set()
    wanted = {payload.TYPE for idea in IDEAS for payload in idea.events}
    paths = {path for idea in IDEAS for path in idea.paths}
    done: Counter[str] = Counter()
    for seed in range(120):
        lesson = AnyLesson(Random(seed), done)
        lesson.proof.append(NewEvent(payload=SessionStarted(), actor="p"))
        for _ in range(200):
            lesson.step()
            seen.update(path for client in lesson.proof.clients.values() for path in client.entities)
        types.update(event.type for event in lesson.proof.stored)
        missing = {path for path in paths if not any(held.startswith(path) for held in seen)}
        if types >= wanted and not missing:
            return
    assert types >= wanted
    assert not missing

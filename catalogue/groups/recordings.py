"""What breakout groups recorded for themselves, and who may see it. Pure.

A recording is told by two: the packager says how long it is and where its files lie, the timeline which group
of which breakout it was, and who was in it. Nobody but staff sees it, until whoever runs the lesson shows it
to the group that made it, or to all who may watch the lesson's replay.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from catalogue import asides
from catalogue.gaps import SHORTEST_MS, Happened, LeftOut, ReplayGap, away, nobody_left_out
from catalogue.marks import Moment
from lectern.manifest.replay import Replay as Recorded
from lectern.manifest.replay import ReplayGroup

ShownTo = Literal["staff", "group", "class"]
OPENED, PLACED, JOINED = "breakout_opened", "breakout_placed", "participant_joined"
READ = (OPENED, PLACED, JOINED)
"""The events that `recordings` and `seats` read."""


@dataclass(frozen=True, slots=True)
class GroupRecording:
    """What one group recorded. `round` counts the breakouts of the lesson, `place` the groups of one, from 1.

    `breakout` is the number of the event that opened it, `at_ms` when it begins on the replay's clock.
    `members` are participants who were in the group at any time.
    """

    id: str
    round: int
    place: int
    breakout: str
    name_ref: str
    task_ref: str | None
    at_ms: int
    recorded: ReplayGroup
    members: frozenset[str] = field(default_factory=frozenset)

    @property
    def refs(self) -> set[str]:
        """References to its words."""
        return {self.name_ref} | ({self.task_ref} if self.task_ref else set())


@dataclass(slots=True)
class _Told:
    round: int
    place: int
    breakout: str
    planned: Mapping[str, Any]
    members: set[str]


def recordings(recorded: Recorded, moments: Iterable[Moment]) -> list[GroupRecording]:
    """Return what groups recorded, in the order of their breakouts and places; `moments` are of `READ`."""
    told: dict[str, _Told] = {}
    rounds = 0
    for moment in moments:
        if moment.type == OPENED:
            rounds += 1
            for place, planned in enumerate(moment.payload["groups"], start=1):
                members = {str(who) for who in planned["members"]}
                told[str(planned["id"])] = _Told(rounds, place, str(moment.seq), planned, members)
        elif moment.type == PLACED and moment.payload.get("group") in told:
            told[str(moment.payload["group"])].members.add(str(moment.payload["participant"]))
    found = [
        _recording(told[group.id], group, recorded)
        for group in recorded.groups
        if group.duration_ms > 0 and group.clock and group.id in told
    ]
    return sorted(found, key=lambda each: (each.round, each.place))


def _recording(told: _Told, group: ReplayGroup, recorded: Recorded) -> GroupRecording:
    task = told.planned.get("task_ref")
    return GroupRecording(
        id=group.id,
        round=told.round,
        place=told.place,
        breakout=told.breakout,
        name_ref=str(told.planned["name_ref"]),
        task_ref=None if task is None else str(task),
        at_ms=recorded.clock_map.media_ms(group.clock[0].session_ms),
        recorded=group,
        members=frozenset(told.members),
    )


def seats(moments: Iterable[Moment], person_id: str | None) -> set[str]:
    """Return as which participants a person took part."""
    return {
        str(moment.payload["participant"])
        for moment in moments
        if moment.type == JOINED and person_id is not None and moment.payload.get("person") == person_id
    }


def is_shown(shown_to: ShownTo, *, is_member: bool) -> bool:
    """Tell whether learners who may watch the lesson's replay are shown this, too."""
    return shown_to == "class" or (shown_to == "group" and is_member)


def gaps_of_group(
    group: GroupRecording, happened: Sequence[Happened], left_out: LeftOut = nobody_left_out
) -> list[ReplayGap]:
    """Return what is missing in a group's recording, in its own milliseconds, in order.

    As of the lesson's replay (`catalogue.gaps`); from its members' leaving to nothing there is no gap.
    """
    clock = group.recorded.clock_map
    found = [ReplayGap(g.from_ms, g.to_ms, g.missing_ms, g.source, g.why) for g in group.recorded.gaps]
    aside = asides.asides(happened)
    for one, other in pairwise(group.recorded.clock):
        end_ms = one.session_ms + one.duration_ms
        said, rest = asides.parted((end_ms, other.session_ms), aside)
        for why, stretches in (("aside", said), ("not_recorded", rest)):
            found += [
                ReplayGap(other.media_ms, other.media_ms, to_ms - from_ms, "all", why)
                for from_ms, to_ms in stretches
                if to_ms - from_ms >= SHORTEST_MS
            ]
    found += [
        ReplayGap(clock.media_ms(g.from_ms), clock.media_ms(g.to_ms), g.missing_ms, g.source, g.why)
        for g in away(clock, _of(group.members, happened), left_out)
    ]
    return sorted(found, key=lambda gap: (gap.from_ms, gap.to_ms))


def _of(members: Collection[str], happened: Iterable[Happened]) -> list[Happened]:
    """Return the events that are about no track, or about one of somebody who was in the group."""
    return [h for h in happened if h.payload.get("participant", next(iter(members), "")) in members]

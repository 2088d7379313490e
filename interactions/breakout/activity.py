"""What each group did (BRK-07): who was in it, for how long, how much they did. Pure, over the timeline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from interactions.breakout.events import BreakoutHelp, BreakoutKept, BreakoutReported, BreakoutVisited
from interactions.chat.events import ChatSent
from interactions.group_points.events import GroupPointsGiven
from interactions.group_points.standing import standing
from interactions.poll.events import PollVoted
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import (
    BreakoutClosed,
    BreakoutOpened,
    BreakoutPlaced,
    Event,
    ParticipantRemoved,
    SessionEnded,
    TimelineEvent,
    TrackMuted,
    TrackPublished,
    TrackUnpublished,
)

CONNECTED = "connection_opened"
DISCONNECTED = "connection_closed"
"""Events of the sessions package, read by their stored fields: `participant`, `connection`, `at_utc_ms`."""


@dataclass(slots=True)
class MemberActivity:
    """One person in one group. `present_ms` counts while they belonged to it and were connected.

    `mic_ms` is how much of that their microphone was on, whether or not they spoke; `answers` are polls that
    they answered, `chars` how many characters of the notes they wrote.
    """

    participant: str
    present_ms: int = 0
    mic_ms: int = 0
    messages: int = 0
    chars: int = 0
    polls: set[str] = field(default_factory=set)

    @property
    def answers(self) -> int:
        """How many polls they answered."""
        return len(self.polls)


@dataclass(slots=True)
class GroupActivity:
    """One group of one breakout; `closed_utc_ms` is None while it works.

    `points` are None where no group of the breakout got any, and so is the `place`, which groups may share.
    """

    id: str
    name_ref: str
    opened_utc_ms: UtcMs
    closed_utc_ms: UtcMs | None = None
    members: dict[str, MemberActivity] = field(default_factory=dict)
    calls: int = 0
    visits: int = 0
    report_ref: str | None = None
    notes_ref: str | None = None
    points: int | None = None
    place: int | None = None

    def member(self, participant: str) -> MemberActivity:
        """Return somebody's line, new if they were not here before."""
        return self.members.setdefault(participant, MemberActivity(participant))


def group_activity(
    events: Iterable[TimelineEvent], now: UtcMs, open_notes: Mapping[str, Mapping[str, int]] | None = None
) -> list[GroupActivity]:
    """Return every group that the class had, in order, as of `now`.

    `open_notes` says who wrote how much in notes that are not on the timeline yet, by group.
    """
    reading = _Reading()
    for event in events:
        reading.take(event)
    reading.count_until(now)
    reading.count_points()
    for group, chars in (open_notes or {}).items():
        if group in reading.groups:
            reading.count_notes(group, chars)
    return list(reading.groups.values())


@dataclass(slots=True)
class _Reading:
    groups: dict[str, GroupActivity] = field(default_factory=dict)
    place: dict[str, str] = field(default_factory=dict)
    since: dict[str, UtcMs] = field(default_factory=dict)
    connections: dict[str, set[str]] = field(default_factory=dict)
    mics: dict[str, str] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)
    scores: dict[str, int] = field(default_factory=dict)
    together: list[tuple[str, ...]] = field(default_factory=list)

    def take(self, event: TimelineEvent) -> None:
        now = event.utc_ms
        match event.payload:
            case (
                BreakoutOpened() | BreakoutPlaced() | ParticipantRemoved() | BreakoutClosed() | SessionEnded()
            ) as turn:
                self._move(turn, now)
            case ChatSent(group=str(id_)) if id_ in self.groups and event.actor is not None:
                if self.place.get(event.actor) == id_:  # staff who look in are no members
                    self.groups[id_].member(event.actor).messages += 1
            case BreakoutHelp() | BreakoutVisited() | BreakoutReported() | BreakoutKept() as turn:
                self._note(turn)
            case GroupPointsGiven(group=id_, points=points):
                self.scores[id_] = self.scores.get(id_, 0) + points
            case PollVoted(poll=poll) if event.actor in self.place:
                self.groups[self.place[event.actor]].member(event.actor).polls.add(poll)
            case TrackPublished() | TrackMuted() | TrackUnpublished():
                self._switch(event.payload, now)
            case _:
                self._connect(event)

    def _move(self, turn: Event, now: UtcMs) -> None:
        """Follow who is in which group."""
        match turn:
            case BreakoutOpened(groups=planned):
                self.together.append(tuple(group.id for group in planned))
                for group in planned:
                    self.groups[group.id] = GroupActivity(group.id, group.name_ref, now)
                    for who in group.members:
                        self._put(who, group.id, now)
            case BreakoutPlaced(participant=who, group=to):
                self._put(who, to, now)
            case ParticipantRemoved(participant=who):
                self._put(who, None, now)
            case BreakoutClosed() | SessionEnded():
                self._close(now)

    def _note(self, turn: BreakoutHelp | BreakoutVisited | BreakoutReported | BreakoutKept) -> None:
        """Note what a group did as one."""
        match turn:
            case BreakoutHelp(group=id_, on=True):
                self.groups[id_].calls += 1
            case BreakoutVisited(group=str(id_)):
                self.groups[id_].visits += 1
            case BreakoutReported(group=id_, text_ref=ref):
                self.groups[id_].report_ref = ref
            case BreakoutKept(notes=kept):
                for notes in kept:
                    self.groups[notes.group].notes_ref = notes.text_ref
                    self.count_notes(notes.group, notes.chars)

    def count_points(self) -> None:
        """Count points and places among the groups that worked at the same time."""
        for groups in self.together:
            if any(id_ in self.scores for id_ in groups):
                for each in standing({id_: self.scores.get(id_, 0) for id_ in groups}):
                    self.groups[each.group].points = each.points
                    self.groups[each.group].place = each.place

    def count_notes(self, group: str, chars: Mapping[str, int]) -> None:
        """Count who wrote how much; staff who helped are no members."""
        for who, written in chars.items():
            if who in self.groups[group].members:
                self.groups[group].members[who].chars = written

    def _switch(self, turn: TrackPublished | TrackMuted | TrackUnpublished, now: UtcMs) -> None:
        """Note whose microphone is on from now on."""
        if isinstance(turn, TrackPublished) and turn.source == "mic":
            self._count(turn.participant, now)
            self.mics[turn.track] = turn.participant
        elif turn.track in self.mics:
            self._count(self.mics[turn.track], now)
            if isinstance(turn, TrackUnpublished):
                del self.mics[turn.track]
        match turn:
            case TrackMuted(track=track, muted=True):
                self.muted.add(track)
            case _:
                self.muted.discard(turn.track)

    def count_until(self, now: UtcMs) -> None:
        for who in self.place:
            self._count(who, now)

    def _connect(self, event: TimelineEvent) -> None:
        if event.type not in (CONNECTED, DISCONNECTED):
            return
        who, connection = str(event.raw["participant"]), str(event.raw["connection"])
        held = self.connections.setdefault(who, set())
        if event.type == CONNECTED:
            self._count(who, event.utc_ms)
            held.add(connection)
        elif connection in held:
            self._count(who, UtcMs(int(event.raw["at_utc_ms"])))
            held.discard(connection)
        self.since[who] = max(self.since.get(who, event.utc_ms), event.utc_ms)

    def _put(self, who: str, group: str | None, now: UtcMs) -> None:
        self._count(who, now)
        if group is None:
            self.place.pop(who, None)
        else:
            self.place[who] = group
            self.groups[group].member(who)

    def _close(self, now: UtcMs) -> None:
        self.count_until(now)
        self.place.clear()
        for group in self.groups.values():
            group.closed_utc_ms = group.closed_utc_ms or now

    def _count(self, who: str, until: UtcMs) -> None:
        """Add the time since the last change, if it was spent in a group and connected."""
        since = self.since.get(who, until)
        group = self.place.get(who)
        if group is not None and self.connections.get(who):
            member, spent_ms = self.groups[group].member(who), max(0, until - since)
            member.present_ms += spent_ms
            if any(owner == who and track not in self.muted for track, owner in self.mics.items()):
                member.mic_ms += spent_ms
        self.since[who] = max(since, until)

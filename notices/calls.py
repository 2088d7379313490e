"""What a lesson calls people for, and when: its plan as announced, its reminders, what is pending. Pure.

A call is a row per lesson. Whatever happens to the lesson changes it, in the transaction of that event and at
a cost that does not depend on how many people are expected; later `due` says what is to be told. What was
told is marked (`done`, `sequence`): neither a restart, nor a second server, nor a clock that jumps tells it
again. News that may come again and again (another time, another host) has a pace: `notices.pace`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from lectern.kernel.clock import UtcMs
from notices.kinds import Kind
from notices.pace import Pace
from notices.rules import Rules

MINUTE_MS: Final = 60_000
LATE_MS: Final = 24 * 60 * MINUTE_MS
"""A reminder after the end that is later than this (the server was away) is left out."""
CHECK_IN_MINUTES: Final = 720
"""The last reminder before the start asks for a check-in if it is on the same day."""
REMIND_AGAIN_MS: Final = 10 * MINUTE_MS
"""Staff may remind people by hand once in so much time."""

_OF_HOSTS: Final = frozenset({Kind.HOSTING, Kind.RELIEVED})
_OF_THE_PLAN: Final = frozenset({Kind.INVITED, Kind.HOSTING, Kind.COMING, Kind.STARTING})
"""These say the plan to some of those who should know it."""

LessonNow = Literal["planned", "live", "over", "cancelled"]


class Pending(msgspec.Struct, frozen=True):
    """Something to tell as soon as possible; `ref`: the answered question, who hosts (or did), or the replay
    with its version."""

    kind: Kind
    ref: str = ""


class Plan(msgspec.Struct, frozen=True):
    """What people go by: title, start, zone, length."""

    title: str
    starts_utc_ms: int
    zone: str
    minutes: int | None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson, as far as people were told. `changed_utc_ms` is when its present plan was made.

    `done` are the reminders that were sent or left out, as `before:MINUTES` and `after:MINUTES`. `told`:
    people were told of this lesson, so that a change of it is news to them. `host` is the person who was
    last told, or is to be told, that they host it. `minutes` is the length that it was given, if any.
    `recheck`: somebody did something after it, so that reminders in the app may be done with.

    `announced` is the plan that everybody who was told goes by, None where some know one and some another.
    `moves`, `hosts` and `repeats` are the paces of changes, of hosts, and of reminders that come again since
    the lesson moved; `heard` are the reminders of earlier plans. `put_away` is what was not told yet of a
    replay that lies in the bin.
    """

    title: str = ""
    starts_utc_ms: int = 0
    zone: str = "UTC"
    changed_utc_ms: int = 0
    state: LessonNow = "planned"
    sequence: int = 0
    ended_utc_ms: int | None = None
    done: tuple[str, ...] = ()
    pending: tuple[Pending, ...] = ()
    reminded_utc_ms: int | None = None
    told: bool = False
    host: str | None = None
    minutes: int | None = None
    recheck: bool = False
    announced: Plan | None = None
    moves: Pace = Pace()
    hosts: Pace = Pace()
    repeats: Pace = Pace()
    heard: tuple[str, ...] = ()
    put_away: tuple[Pending, ...] = ()

    @property
    def plan(self) -> Plan:
        """The plan as it stands."""
        return Plan(self.title, self.starts_utc_ms, self.zone, self.minutes)


UNKNOWN: Final = Call(state="over")
"""A lesson from before there were calls."""


@dataclass(frozen=True, slots=True)
class Say:
    """Something to tell now. `key` names it within the lesson; `ref` as in `Pending`."""

    kind: Kind
    key: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be told now, the call afterwards, and when to look again (None: not before an event)."""

    says: tuple[Say, ...]
    call: Call
    next_utc_ms: int | None


def planned(
    call: Call | None, *, title: str, starts_utc_ms: int, zone: str, now: UtcMs, minutes: int | None = None
) -> Call:
    """Take in a plan. Another plan than the one announced is a change that people are told of."""
    if call is None:
        return Call(title=title, starts_utc_ms=starts_utc_ms, zone=zone, changed_utc_ms=now, minutes=minutes)
    if (call.title, call.starts_utc_ms, call.zone, call.minutes) == (title, starts_utc_ms, zone, minutes):
        return call
    moved = call.starts_utc_ms != starts_utc_ms
    return msgspec.structs.replace(
        _with(call, Pending(Kind.MOVED)) if call.told else call,
        title=title,
        starts_utc_ms=starts_utc_ms,
        zone=zone,
        minutes=minutes,
        sequence=call.sequence + 1,
        changed_utc_ms=now if moved else call.changed_utc_ms,
        done=() if moved else call.done,
        heard=tuple(sorted({*call.heard, *call.done})) if moved else call.heard,
    )


def hosted(call: Call, person_id: str | None) -> Call:
    """Take in who hosts the lesson; whoever knows that they did is told that they do no longer.

    Whoever was named and replaced before they were told hears nothing. A change after anybody was told is one
    of the plan: its SEQUENCE lets a calendar tell the invitation from the cancellation before it.
    """
    if person_id == call.host:
        return call
    before, named = call.host, Pending(Kind.HOSTING, call.host or "")
    knows_still = Pending(Kind.RELIEVED, person_id or "") in call.pending
    still = tuple(
        pending
        for pending in call.pending
        if pending.kind is not Kind.HOSTING and pending != Pending(Kind.RELIEVED, person_id or "")
    )
    was_told = before is not None and named not in call.pending
    sequence = call.sequence + 1 if call.told else call.sequence
    call = msgspec.structs.replace(call, host=person_id, pending=still, sequence=sequence)
    if call.state not in ("planned", "live"):
        return call
    if before is not None and was_told:
        call = _with(call, Pending(Kind.RELIEVED, before))
    return call if person_id is None or knows_still else _with(call, Pending(Kind.HOSTING, person_id))


def expected(call: Call) -> Call:
    """Take in that the roster grew: who is new is invited."""
    return _with(call, Pending(Kind.INVITED)) if call.state in ("planned", "live") else call


def started(call: Call) -> Call:
    """Take in that the lesson is live."""
    return msgspec.structs.replace(call, state="live")


def ended(call: Call, now: UtcMs) -> Call:
    """Take in that the lesson is over: who hosts it, and when it should have been, is no news any more."""
    still = tuple(p for p in call.pending if p.kind not in (Kind.MOVED, Kind.HOSTING, Kind.RELIEVED))
    return msgspec.structs.replace(call, state="over", ended_utc_ms=now, pending=still)


def cancelled(call: Call) -> Call:
    """Take in that the lesson will not be held: nothing else is told of it any more.

    But for who hosted it until a moment ago: they are no longer among those who hear of the cancellation.
    """
    relieved = tuple(pending for pending in call.pending if pending.kind is Kind.RELIEVED)
    return msgspec.structs.replace(
        call,
        state="cancelled",
        sequence=call.sequence + 1,
        pending=(*relieved, Pending(Kind.CANCELLED)) if call.told else (),
    )


def acted(call: Call) -> Call:
    """Take in that somebody did what they may have been reminded of."""
    return msgspec.structs.replace(call, recheck=True) if call.state == "over" else call


def answered(call: Call, question_id: str) -> Call:
    """Take in that a question was answered."""
    return _with(call, Pending(Kind.QUESTION_ANSWERED, question_id))


def shown(call: Call | None, *, replay_id: str, version: int) -> Call:
    """Take in that the replay, which was held, was published."""
    return _with(call or UNKNOWN, Pending(Kind.REPLAY_SHOWN, f"{replay_id}:{version}"))


def withheld(call: Call | None) -> Call:
    """Take in that the replay is held again: who was not told by now is not."""
    call = call or UNKNOWN
    return msgspec.structs.replace(
        call, pending=tuple(pending for pending in call.pending if pending.kind is not Kind.REPLAY_SHOWN)
    )


def deleted(call: Call | None) -> Call:
    """Take in that the replay was deleted: who was not told of it by now is not, while it lies in the bin."""
    call = call or UNKNOWN
    of_replay = tuple(pending for pending in call.pending if pending.kind is Kind.REPLAY_SHOWN)
    return msgspec.structs.replace(withheld(call), put_away=of_replay)


def restored(call: Call | None) -> Call:
    """Take in that the replay is back: who was not told of it yet is."""
    call = call or UNKNOWN
    for pending in call.put_away:
        call = _with(call, pending)
    return msgspec.structs.replace(call, put_away=())


def _with(call: Call, pending: Pending) -> Call:
    if pending in call.pending:
        return call
    return msgspec.structs.replace(call, pending=(*call.pending, pending))


def due(call: Call, rules: Rules, now: UtcMs) -> Step:
    """Return what is to be told at `now`, and the call with that marked as told."""
    news, held, call, coming = _news(call, now)
    says = [Say(p.kind, _key(call, p), p.ref) for p in news]
    times = _times(call, rules)
    passed = {name: at for name, (at, _) in times.items() if at <= now}
    fresh = [name for name in passed if _is_worth_saying(call, name, passed[name], now)]
    if fresh:
        # Several at once after an outage: the last one says it all.
        name = max(fresh, key=lambda each: passed[each])
        says.append(Say(times[name][1], f"{call.sequence}:{name}"))
        if name in call.heard:
            call = msgspec.structs.replace(call, repeats=call.repeats.told(now))
    after = msgspec.structs.replace(
        call,
        pending=held,
        recheck=False,
        done=(*call.done, *passed),
        told=call.told or bool(says),
        announced=_announced(call, says),
    )
    coming += [at for name, (at, _) in times.items() if name not in passed]
    if call.state == "planned" and now < call.starts_utc_ms:
        coming.append(call.starts_utc_ms)  # until then other rules may come
    return Step(tuple(says), after, min(coming, default=None))


def _news(call: Call, now: UtcMs) -> tuple[list[Pending], tuple[Pending, ...], Call, list[int]]:
    """Sort what is pending: to be told now, to be held, the paces afterwards, and when to look again."""
    kinds = {pending.kind for pending in call.pending}
    held: set[Kind] = set()
    coming: list[int] = []
    if Kind.MOVED in kinds:
        free = call.moves.free_utc_ms(now, _urgent(call))
        if call.plan == call.announced:
            kinds.discard(Kind.MOVED)  # it moved back before anybody heard of it
        elif free > now:
            held.add(Kind.MOVED)
            coming.append(free)
        else:
            call = msgspec.structs.replace(call, moves=call.moves.told(now))
    if kinds & _OF_HOSTS:
        free = call.hosts.free_utc_ms(now, _urgent(call))
        if free > now and call.state in ("planned", "live"):
            held |= _OF_HOSTS
            coming.append(free)
        else:
            call = msgspec.structs.replace(call, hosts=call.hosts.told(now))
    news = [p for p in call.pending if p.kind in kinds and p.kind not in held]
    return news, tuple(p for p in call.pending if p.kind in held), call, coming


def _urgent(call: Call) -> int:
    """Return the next moment that somebody goes by: the start as it is known, or as it is now."""
    starts = (call.starts_utc_ms, call.announced.starts_utc_ms if call.announced else call.starts_utc_ms)
    return 0 if call.state == "live" else min(starts)


def _announced(call: Call, says: Sequence[Say]) -> Plan | None:
    """Return what everybody goes by after `says`."""
    kinds = {say.kind for say in says}
    if Kind.MOVED in kinds or (kinds and not call.told):
        return call.plan
    return None if kinds & _OF_THE_PLAN and call.announced != call.plan else call.announced


def _key(call: Call, pending: Pending) -> str:
    match pending.kind:
        case Kind.INVITED:
            return "invited"  # once for each person, whatever the plan
        case Kind.HOSTING | Kind.RELIEVED:
            return f"{pending.kind.value}:{call.sequence}"
        case Kind.QUESTION_ANSWERED:
            return f"question:{pending.ref}"
        case Kind.REPLAY_SHOWN:
            return f"replay:{pending.ref}"
        case _:
            return str(call.sequence)


def _times(call: Call, rules: Rules) -> dict[str, tuple[int, Kind]]:
    """Return the reminders that are still to come or just passed: when, and of which kind."""
    found: dict[str, tuple[int, Kind]] = {}
    if call.state == "planned":
        nearest = min(rules.before_minutes, default=0)
        for minutes in rules.before_minutes:
            asks = minutes == nearest and minutes <= CHECK_IN_MINUTES
            kind = Kind.STARTING if asks else Kind.COMING
            found[f"before:{minutes}"] = (call.starts_utc_ms - minutes * MINUTE_MS, kind)
    elif call.state == "over" and call.ended_utc_ms is not None:
        for minutes in rules.after_minutes:
            found[f"after:{minutes}"] = (call.ended_utc_ms + minutes * MINUTE_MS, Kind.MISSED)
    return {name: time for name, time in found.items() if name not in call.done}


def _is_worth_saying(call: Call, name: str, at: int, now: UtcMs) -> bool:
    """A lesson planned at short notice is not reminded of at once: people were just invited to it.

    Nor is one that moves on and on, each time shortly before its reminder, reminded of each time.
    """
    if name.startswith("after"):
        return now - at < LATE_MS
    if name in call.heard and call.repeats.free_utc_ms(now) > now:
        return False
    return call.changed_utc_ms <= at and now <= call.starts_utc_ms


def by_hand(call: Call, now: UtcMs) -> int:
    """Return for how many milliseconds staff must not remind people by hand (0: they may)."""
    if call.reminded_utc_ms is None:
        return 0
    since = now - call.reminded_utc_ms
    return 0 if since < 0 else max(0, REMIND_AGAIN_MS - since)

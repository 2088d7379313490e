"""Taking in what players report: many reports share a transaction, none is acknowledged before its commit.

The sums follow a moment later (`Following`): a report only notes what is to be added to them, in the same
transaction, so that a hundred reports about one medium change its sums once. Whoever reads sums adds what is
still noted; nobody ever sees them late.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.access import viewer_of
from analytics.neighbours import AllMedia, Medium, MediumKind, People, PlayedKind, Position, Seats
from analytics.no_skipping import furthest_ms, in_order
from analytics.play_record import MOST_STRETCHES, Device, PlayRecord, tag_of
from analytics.view_store import MediumVersion, Place, ViewStore, Watchable
from analytics.view_sums import (
    NO_DEPARTMENT,
    Change,
    Terms,
    Whole,
    difference,
    months_of,
    of_itself,
    share_of,
)
from analytics.viewing import Played, Refusal, by_our_clock, earliest_ms, sift
from lectern.db.engine import Database
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.timeline.line import Line

RIGHTS_LAST_MS = 60_000
"""For how long it is not asked again if somebody may watch a medium that they report."""
_MOST_REMEMBERED = 20_000
ADDED_UP_EVERY_S = 2.0
_MOST_ADDED_UP = 5_000
_READ_AT_ONCE = 500

_Asked = tuple[Principal, PlayedKind, str, int]


class Told(NamedTuple):
    """What a player is told: how many count, why the others do not, how far its viewer may go.

    `furthest_ms` None: anywhere.
    """

    accepted: int
    refused: list[tuple[str, Refusal]]
    furthest_ms: int | None = None


_NOTHING = Told(0, [])


@dataclass(slots=True, eq=False)
class Report:
    """What one player reports at once; `told` is there when it was taken in."""

    who: Principal
    subject: str
    medium: Medium
    named: MediumVersion
    player: str
    device: Device
    reported: Sequence[Played]
    position_ms: int | None
    position_age_ms: int = 0
    shift_ms: int | None = None
    opened_utc_ms: int = 0
    told: Told = _NOTHING


@dataclass(slots=True)
class _Rights:
    """Who may watch what, remembered for a moment: a player asks every four seconds."""

    known: dict[_Asked, tuple[UtcMs, str, Medium, int]] = field(default_factory=dict)

    def recall(self, key: _Asked, now: UtcMs) -> tuple[str, Medium, int] | None:
        """Return the subject, the medium, and since when it might be played, if it was asked a moment ago."""
        found = self.known.get(key)
        if found is None or not found[0] <= now < found[0] + RIGHTS_LAST_MS:
            return None
        return found[1:]

    def keep(self, key: _Asked, now: UtcMs, subject: str, medium: Medium, opened_utc_ms: int) -> None:
        """Remember an answer; at the limit, all others are asked anew."""
        if len(self.known) >= _MOST_REMEMBERED:
            self.known.clear()
        self.known[key] = (now, subject, medium, opened_utc_ms)


class Departments:
    """In which department viewers are, remembered for a moment: a player reports every four seconds."""

    def __init__(self, people: People, *, clock: Clock = utc_ms) -> None:
        self._people = people
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[UtcMs, str]] = {}

    async def of(self, org_id: str, subjects: Collection[str]) -> dict[str, str]:
        """Return the departments' ids by viewer; guests, and people without one, are in `NO_DEPARTMENT`."""
        now = self._clock()
        found: dict[str, str] = {}
        for subject in subjects:
            known = self._known.get((org_id, subject))
            if known is not None and known[0] <= now < known[0] + RIGHTS_LAST_MS:
                found[subject] = known[1]
        asked = sorted(set(subjects) - found.keys())
        if not asked:
            return found
        cards = await self._people.cards(org_id, asked)
        if len(self._known) + len(asked) > _MOST_REMEMBERED:
            self._known.clear()
        for subject in asked:
            card = cards.get(subject)
            department = (card.department_id if card is not None else None) or NO_DEPARTMENT
            found[subject] = department
            self._known[org_id, subject] = (now, department)
        return found


class ViewIntake:
    """The way in for reports of players."""

    def __init__(
        self,
        database: Database,
        store: ViewStore,
        media: AllMedia,
        seats: Seats,
        zone: Callable[[], Awaitable[str]],
        *,
        people: People,
        refused: Counter[str] | None = None,
        clock: Clock = utc_ms,
    ) -> None:
        self._database = database
        self._store = store
        self._media = media
        self._seats = seats
        self._zone = zone
        self._clock = clock
        self._rights = _Rights()
        self._departments = Departments(people, clock=clock)
        self._line: Line[Report] = Line(self._carry_out)
        self._keys_of: dict[MediumVersion, int] = {}
        self.refused: Counter[str] = Counter() if refused is None else refused
        """How many intervals did not count since this process began, by the reason."""

    async def take_in(
        self,
        who: Principal,
        medium: PlayedKind,
        medium_id: str,
        *,
        version: int,
        player: str,
        reported: Sequence[Played],
        position_ms: int | None,
        position_age_ms: int = 0,
        device: Device = Device.PC,
        sent_utc_ms: int | None = None,
    ) -> Told:
        """Keep what a player reports; return what it is told.

        `sent_utc_ms` is now, by the clock by which the player says when it played: how wrong that is makes no
        difference then. None: by a clock that is right.

        What was reported before changes nothing and counts as accepted. The player stood at `position_ms`
        `position_age_ms` ago: a report may have waited for the network.

        Raises:
            NotFound, Conflict: `who` cannot watch this. Forbidden: `who` is nobody who could watch.
        """
        key, arrived = (who, medium, medium_id, version), self._clock()
        known = self._rights.recall(key, self._clock())
        if known is None:
            asked = self._clock()
            subject = await viewer_of(who, self._seats)
            found = await self._media.find(who, medium, medium_id, version=version)
            named = MediumVersion(medium, medium_id, version)
            known = (subject, found, await self._opened(named, subject, asked))
            self._rights.keep(key, asked, *known)
        subject, found, opened_utc_ms = known
        if version < 1 or version > found.version:
            told = Told(0, [(played.id, Refusal.VERSION_UNKNOWN) for played in reported])
            self._count(told)
            return told
        if position_ms is not None:
            position_ms = min(max(0, position_ms), found.duration_ms)
        distinct = tuple({played.id: played for played in reported}.values())
        named = MediumVersion(medium, medium_id, version)
        shift_ms = None if sent_utc_ms is None else arrived - sent_utc_ms
        report = Report(
            who, subject, found, named, player, device, distinct, position_ms, position_age_ms, shift_ms,
            opened_utc_ms,
        )  # fmt: skip
        await self._line.together(report)
        self._count(report.told)
        return report.told

    async def opened(self, who: Principal, medium: MediumKind, medium_id: str, version: int) -> None:
        """Note that somebody opens a medium that can be played: nothing of it was played before.

        Raises:
            Forbidden: `who` is nobody who could watch.
        """
        named, subject = MediumVersion(medium, medium_id, version), await viewer_of(who, self._seats)
        async with self._database.read() as tx:
            if await self._store.opened(tx, named, subject) is not None:
                return
        async with self._database.write() as tx:
            await self._store.note_opening(tx, who.org_id, named, subject, self._clock())

    async def _opened(self, named: MediumVersion, subject: str, now: UtcMs) -> int:
        """Return since when somebody might have played something; what they never opened, only since now.

        What a group recorded is opened with its lesson's replay, and in no statistics: that is not asked.
        """
        if named.medium == "group_recording":
            return 0
        async with self._database.read() as tx:
            opened = await self._store.opened(tx, named, subject)
        return now if opened is None else opened

    def _count(self, told: Told) -> None:
        self.refused.update(str(why) for _, why in told.refused)

    async def furthest_ms(self, who: Principal, medium: MediumKind, medium_id: str, version: int) -> int:
        """Return how far `who` has watched a version of a medium from its beginning without skipping."""
        subject = await viewer_of(who, self._seats)
        async with self._database.read() as tx:
            watched = await self._store.record(tx, MediumVersion(medium, medium_id, version), subject)
        return furthest_ms(watched.covered)

    async def _carry_out(self, reports: Sequence[Report]) -> None:
        """Take reports in, all or none."""
        playing = [report for report in reports if report.reported]
        is_known = all(report.named in self._keys_of for report in playing)
        zone = "" if is_known else await self._zone()
        departments = await self._departments_of(playing)
        now = self._clock()
        async with self._database.write() as tx:
            keys = await self._keys(tx, playing, zone)
            media = await self._store.hold(tx, set(keys.values())) if keys else {}
            places = {Place(keys[report.named], report.subject) for report in playing}
            before = await self._store.lock_records(tx, places)
            after = dict(before)
            told: list[Told] = [
                _added(after, Place(keys[report.named], report.subject), report, now)
                if report.reported
                else _NOTHING
                for report in reports
            ]
            changed = {place: record for place, record in after.items() if record is not before[place]}
            await self._store.write_records(tx, changed)
            await self._note_changes(tx, media, before, changed, departments)
            for key, duration_ms in _lengths(keys, playing).items():
                if duration_ms > media[key].terms.duration_ms:
                    await self._store.lengthen(tx, key, duration_ms)
            await self._media.remember_positions(tx, _positions(reports), now=now)
        if len(self._keys_of) + len(keys) > _MOST_REMEMBERED:
            self._keys_of.clear()
        self._keys_of |= keys
        for report, answer in zip(reports, told, strict=True):
            report.told = answer

    async def _departments_of(self, reports: Sequence[Report]) -> dict[tuple[str, str], str]:
        """Return in which department viewers are, by organisation and viewer."""
        viewers: dict[str, set[str]] = {}
        for report in reports:
            viewers.setdefault(report.medium.org_id, set()).add(report.subject)
        return {
            (org_id, subject): department
            for org_id, subjects in viewers.items()
            for subject, department in (await self._departments.of(org_id, subjects)).items()
        }

    async def _keys(
        self, tx: AsyncConnection, reports: Sequence[Report], zone: str
    ) -> dict[MediumVersion, int]:
        """Return the keys of what was watched; what nobody watched before becomes known."""
        found: dict[MediumVersion, int] = {}
        for report in reports:
            if report.named in found:
                continue
            key = self._keys_of.get(report.named)
            if key is None:
                medium = report.medium
                terms = Terms(medium.duration_ms, zone)
                registered = await self._store.register(
                    tx, medium.org_id, medium.session_id, report.named, terms
                )
                key = registered.key
            found[report.named] = key
        return found

    async def _note_changes(
        self,
        tx: AsyncConnection,
        media: dict[int, Watchable],
        before: dict[Place, PlayRecord],
        changed: dict[Place, PlayRecord],
        departments: Mapping[tuple[str, str], str],
    ) -> None:
        changes: dict[int, Change] = {}
        active = []
        for place, record in changed.items():
            medium = media[place.medium_key]
            department = departments[medium.org_id, place.subject]
            was = _share_of(medium, before[place], department)
            is_now = _share_of(medium, record, department)
            changes.setdefault(place.medium_key, Change()).add(difference(was, is_now))
            active += [(medium.org_id, month, place.subject) for month in months_of(is_now) - months_of(was)]
        await self._store.note_active(tx, active)
        await self._store.put_off(tx, changes)


def _share_of(medium: Watchable, record: PlayRecord, department: str) -> Change:
    """Return what a record adds to sums; what a group recorded is in those of no month."""
    share = share_of(record, medium.terms, department)
    return of_itself(share) if medium.named.medium == "group_recording" else share


def _added(after: dict[Place, PlayRecord], place: Place, report: Report, now: UtcMs) -> Told:
    """Add a report to the record at `place`, and return what its player is told."""
    record, tag = after[place], tag_of(report.player)
    reported, shift_ms = report.reported, record.shift_of(tag) or 0
    if report.shift_ms is not None:
        reported, shift_ms = by_our_clock(
            reported, now=now, shift_ms=report.shift_ms, known_ms=record.shift_of(tag)
        )
    new = [played for played in reported if not record.holds(tag, played)]
    first = record.first_utc_ms
    accepted, refused = sift(
        new,
        duration_ms=report.medium.duration_ms,
        now=now,
        pace=record.pace_of(tag),
        given=record.given_beside(tag),
        earliest_utc_ms=earliest_ms(report.opened_utc_ms, first),
    )
    if report.medium.no_skipping:
        accepted, beyond = in_order(accepted, record.covered)
        refused += beyond
    grown = record.adding(tag, report.device, accepted, shift_ms=shift_ms)
    if grown.size > MOST_STRETCHES:
        refused += [(played.id, Refusal.TOO_SCATTERED) for played in accepted]
        grown = record
    after[place] = grown
    furthest = furthest_ms(grown.covered) if report.medium.no_skipping else None
    return Told(len(report.reported) - len(refused), refused, furthest)


def _lengths(keys: dict[MediumVersion, int], reports: Sequence[Report]) -> dict[int, int]:
    """Return how long media are now, by key."""
    found: dict[int, int] = {}
    for report in reports:
        key = keys[report.named]
        found[key] = max(found.get(key, 0), report.medium.duration_ms)
    return found


def _positions(reports: Sequence[Report]) -> list[Position]:
    """Return where each viewer stopped; of one who reports twice, the later, by when it was watched.

    In what a group recorded nobody goes on.
    """
    found: dict[tuple[str, str, str], Position] = {}
    for report in reports:
        medium, medium_id = report.named.medium, report.named.medium_id
        if report.position_ms is not None and medium != "group_recording":
            key = (report.subject, medium, medium_id)
            if key not in found or report.position_age_ms <= found[key].age_ms:
                found[key] = Position(
                    report.who,
                    medium,
                    medium_id,
                    report.position_ms,
                    report.position_age_ms,
                    report.named.version,
                )
    return [position for _, position in sorted(found.items(), key=lambda item: item[0])]


class Following:
    """Makes the sums follow the records, and makes them anew where they are stale."""

    def __init__(
        self, database: Database, store: ViewStore, zone: Callable[[], Awaitable[str]], people: People
    ) -> None:
        self._database = database
        self._store = store
        self._zone = zone
        self._departments = Departments(people)

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            await self.catch_up()
            async with self._database.read() as tx:
                stale = await self._store.keys(tx, stale=True)
            for key in stale:
                await self.sum_up_anew(key)
            await asyncio.sleep(ADDED_UP_EVERY_S)

    async def catch_up(self) -> int:
        """Add to the sums what reports have noted; return how many notes there were."""
        added = 0
        while True:
            async with self._database.read() as tx:
                if not await self._store.pending(tx):
                    return added
            async with self._database.write() as tx:
                count, changes = await self._store.take_pending(tx, _MOST_ADDED_UP)
                await self._store.add_up(tx, changes)
            added += count
            if count < _MOST_ADDED_UP:
                return added

    async def sum_up_anew(self, key: int) -> None:
        """Make the sums of one medium again, from the records alone. Nobody reports on it meanwhile.

        Minutes go to the departments that viewers are in now.
        """
        zone = await self._zone()
        async with self._database.write() as tx:
            medium = await self._store.begin_anew(tx, key, zone)
            whole, after = Whole(medium.terms), ""
            active: set[tuple[str, str, str]] = set()
            while records := await self._store.records(tx, key, after=after, limit=_READ_AT_ONCE):
                departments = await self._departments.of(medium.org_id, records.keys())
                for subject, record in records.items():
                    months = months_of(whole.add(record, departments[subject]))
                    active |= {(medium.org_id, month, subject) for month in months}
                after = max(records)
                await asyncio.sleep(0)
            if medium.named.medium == "group_recording":
                await self._store.add_up(tx, {key: of_itself(whole.change)})
            else:
                await self._store.note_active(tx, active)
                await self._store.add_up(tx, {key: whole.change})

    async def sum_all_up_anew(self) -> int:
        """Make the sums of every medium again; return how many there are."""
        async with self._database.read() as tx:
            keys = await self._store.keys(tx, stale=False)
        for key in keys:
            await self.sum_up_anew(key)
        return len(keys)

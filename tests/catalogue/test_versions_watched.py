"""What was watched of one version stays with it: counted, long, and judged for what its viewers saw."""

from collections.abc import Collection, Mapping

from analytics.neighbours import PersonCard
from analytics.view_intake import ViewIntake
from analytics.view_store import MediumVersion, ViewStore
from analytics.viewing import Played, Refusal, coverage
from catalogue.groups.door import GroupDoor
from catalogue.groups.viewing import WatchingAll
from catalogue.series import Key
from lectern.app.catalogue_progress import ProgressOfViewing
from lectern.kernel.access import SessionGrant
from lectern.kernel.clock import UtcMs
from tests.catalogue.conftest import PEOPLE, House
from tests.catalogue.test_reviewing import made

LENGTHS = (183_000, 123_000)


class Seats:
    """Nobody came as a guest."""

    async def participant_of(self, grant: SessionGrant) -> str | None:
        return None


class Strangers:
    """Nobody is known."""

    async def cards(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, PersonCard]:
        return {}


async def utc() -> str:
    return "UTC"


class Player:
    """A page that plays one version, in real time."""

    def __init__(self, house: House, microcourse_id: str, version: int, name: str) -> None:
        self._house = house
        self._id = microcourse_id
        self._version = version
        self._name = name
        watching = WatchingAll(GroupDoor(house.deps(), house))
        self._intake = ViewIntake(
            house.database, ViewStore(), watching, Seats(), utc, people=Strangers(), clock=house.clock
        )

    async def plays(self, from_ms: int, to_ms: int) -> list[tuple[str, Refusal]]:
        """Play a stretch, and report it at its end; returns what was refused."""
        began, length = self._house.now, to_ms - from_ms
        await self._intake.opened(PEOPLE["learner"], "microcourse", self._id, self._version)
        self._house.now = UtcMs(began + length)
        played = Played(f"{from_ms}", from_ms, to_ms, began, length, 1.0, visible=True, audible=True)
        told = await self._intake.take_in(
            PEOPLE["learner"], "microcourse", self._id, version=self._version, player=self._name,
            reported=[played], position_ms=to_ms,
        )  # fmt: skip
        return told.refused


async def shares(house: House, microcourse_id: str) -> dict[int, float]:
    """Return the learner's coverage by version."""
    found: dict[int, float] = {}
    async with house.database.read() as tx:
        for version, length in enumerate(LENGTHS, 1):
            known = await ViewStore().find(tx, MediumVersion("microcourse", microcourse_id, version))
            if known is not None:
                assert known.terms.duration_ms == length
                records = await ViewStore().records(tx, known.key, after="", limit=10)
                found[version] = round(coverage(records["learner"].covered, length), 2)
    return found


async def test_figures_of_a_version_stay_when_the_next_is_published(house: House) -> None:
    path = await made(house)
    microcourse_id = path.rsplit("/", 1)[1]
    await house.publish(microcourse_id)
    first = Player(house, microcourse_id, 1, "first")
    assert await first.plays(0, 91_500) == []
    await house.call("PATCH", path, json={"end_ms": 180_000})
    await house.work("microcourse", {"duration_ms": LENGTHS[1]})
    await house.publish(microcourse_id)
    assert await shares(house, microcourse_id) == {1: 0.5}
    # Who began the first version plays it to its end, beyond that of the second.
    assert await first.plays(91_500, 183_000) == []
    async with house.database.read() as tx:  # nor does its place become one in the second
        assert await house.store.stopped(tx, "learner", "microcourse", microcourse_id) is None
    second = Player(house, microcourse_id, 2, "second")
    assert await second.plays(0, 61_500) == []
    assert await shares(house, microcourse_id) == {1: 1.0, 2: 0.5}
    async with house.database.read() as tx:
        stopped = await house.store.stopped(tx, "learner", "microcourse", microcourse_id)
    assert stopped is not None
    assert stopped[0] == 61_500
    [(_, refusal)] = await Player(house, microcourse_id, 3, "third").plays(0, 1_000)
    assert refusal is Refusal.VERSION_UNKNOWN
    key = Key("microcourse", microcourse_id)
    async with house.database.read() as tx:
        seen = await ProgressOfViewing().seen(tx, "learner", [key, Key("replay", "none")])
    assert (seen[key].coverage, seen[key].version) == (1.0, 1)
    assert list(seen) == [key]

"""A library of any size: titles, tags, chapters, captions out of a vocabulary; some of it for some alone."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import insert

from accounts.tables import departments, orgs, persons
from catalogue.review_tables import microcourse_releases
from catalogue.shelf.index import Entry, ShelfIndex
from catalogue.shelf.marking import ShelfKey
from catalogue.shelf.places import Place
from catalogue.shelf.tables import audiences, categories, medium_shelf, medium_tags, tags
from catalogue.tables import microcourses, replays
from lectern.db.engine import Database

ORG, LEARNER = "org", "learner"
CATEGORIES, TAGS, DEPARTMENTS = 60, 400, 80
_AT_ONCE = 500
_DAY_MS = 86_400_000
_COMMON = "我们今天先看一下这个设备的操作步骤然后大家一起来做练习注意安全生产和质量要求"
_RARE = "阀门泵房压缩机冷凝塔皮带轴承焊接吊装脚手架配电柜应急预案客户投诉合同报价促销陈列库存盘点"
_LATIN = ("valve", "pump", "safety", "customer", "contract", "Café", "Übung", "ISO", "warehouse", "pricing")


@dataclass(frozen=True, slots=True)
class Medium:
    """A medium to be written."""

    key: ShelfKey
    title: str
    places: tuple[Place, ...]
    at_utc_ms: int
    category: int
    tags: Sequence[int]
    departments: Sequence[int]


def media(count: int, now: int, rng: random.Random) -> Iterator[Medium]:
    """Make them: one in ten is a replay with an hour's captions, the others have five minutes'."""
    rare = [_RARE[i : i + 2] for i in range(len(_RARE) - 1)]
    for number in range(count):
        is_replay = number % 10 == 0
        title = f"{rng.choice(rare)}{rng.choice(rare)} {rng.choice(_LATIN)} {number}"
        chosen = rng.sample(range(TAGS), rng.randrange(4))
        about = [
            Place("presenter", f"讲师{rng.randrange(300):03d}"),
            Place("category", f"分类{number % CATEGORIES}"),
        ]
        about += [Place("tag", f"标签{tag}") for tag in chosen]
        chapters = [Place("chapter", rng.choice(rare) + rng.choice(rare), at * 60_000) for at in range(4)]
        spoken = []
        for cue in range(360 if is_replay else 40):
            start = rng.randrange(len(_COMMON) - 14)
            word = rng.choice(rare) if rng.random() < 0.2 else ""
            spoken.append(Place("caption", _COMMON[start : start + 12] + word, cue * 8_000))
        yield Medium(
            ShelfKey("replay" if is_replay else "microcourse", f"m{number:06d}"),
            title,
            (Place("title", title), *about, *chapters, *spoken),
            now - rng.randrange(1_000) * _DAY_MS,
            number % CATEGORIES,
            chosen,
            rng.sample(range(DEPARTMENTS), 3) if rng.random() < 0.3 else (),
        )


async def stock(database: Database, count: int, now: int, rng: random.Random) -> None:
    """Write an organisation with `count` media and a learner in one of its departments."""
    async with database.write() as tx:
        await tx.execute(insert(orgs).values(id=ORG, name="Org", zone="UTC", created_utc_ms=now))
        rows = [
            {"id": f"d{n}", "org_id": ORG, "parent_id": None, "name": f"D{n}"} for n in range(DEPARTMENTS)
        ]
        await tx.execute(insert(departments), rows)
        person = {"external_id": "1", "name": "Li", "department_id": "d1", "active": True}
        await tx.execute(insert(persons).values(id=LEARNER, org_id=ORG, created_utc_ms=now, **person))
        await tx.execute(
            insert(categories),
            [
                {
                    "id": f"c{n}",
                    "org_id": ORG,
                    "parent_id": None if n < 6 else f"c{n % 6}",
                    "name": f"分类{n}",
                    "position": n,
                }
                for n in range(CATEGORIES)
            ],
        )
        named = [
            {"id": f"t{n}", "org_id": ORG, "name": f"标签{n}", "folded": f"标签{n}"} for n in range(TAGS)
        ]
        await tx.execute(insert(tags), named)
    batch: list[Medium] = []
    for medium in media(count, now, rng):
        batch.append(medium)
        if len(batch) == _AT_ONCE:
            await _write(database, batch)
            batch = []
    await _write(database, batch)


async def _write(database: Database, batch: Sequence[Medium]) -> None:
    index = ShelfIndex()
    async with database.write() as tx:
        for table, rows in _rows(batch).items():
            if rows:
                await tx.execute(insert(_TABLES[table]), rows)
        for one in batch:
            await index.put(
                tx,
                Entry(
                    one.key, ORG, one.at_utc_ms, f"c{one.category}", one.places, ended_utc_ms=one.at_utc_ms
                ),
            )


_TABLES = {
    table.name: table
    for table in (replays, microcourses, microcourse_releases, medium_shelf, medium_tags, audiences)
}


def _rows(batch: Sequence[Medium]) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {name: [] for name in _TABLES}
    for one in batch:
        place = {"medium": one.key.medium, "medium_id": one.key.id, "org_id": ORG}
        found["medium_shelf"].append({**place, "category_id": f"c{one.category}", "description": ""})
        found["medium_tags"] += [
            {**place, "tag_id": f"t{n}", "position": at} for at, n in enumerate(one.tags)
        ]
        found["audiences"] += [{**place, "kind": "department", "target_id": f"d{n}"} for n in one.departments]
        common = {"org_id": ORG, "title": one.title, "created_utc_ms": one.at_utc_ms}
        if one.key.medium == "replay":
            replay = {
                "session_id": f"s{one.key.id}",
                "state": "ready",
                "version": 1,
                "duration_ms": 3_600_000,
            }
            ended = {"recorded": None, "download_job_id": None, "ended_utc_ms": one.at_utc_ms}
            ready = {"ready_utc_ms": one.at_utc_ms}
            found["replays"].append({"id": one.key.id, **common, **replay, **ended, **ready})
            continue
        cut = {"start_ms": 0, "end_ms": 320_000, "duration_ms": 320_000, "job_id": None}
        where = {"replay_id": "r", "session_id": "s", "state": "published", "version": 1, "created_by": "p"}
        live = {"published_utc_ms": one.at_utc_ms, "live_version": 1, "made_by": "p"}
        found["microcourses"].append({"id": one.key.id, **common, **cut, **where, **live})
        released = {"microcourse_id": one.key.id, "version": 1, "org_id": ORG, "title": one.title}
        by = {
            "reviewed_by": "a",
            "published_by": "a",
            "published_utc_ms": one.at_utc_ms,
            "replaced_utc_ms": None,
        }
        found["microcourse_releases"].append({**released, **cut, **by})
    return found

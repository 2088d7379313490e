"""Groups' recordings as media whose watching is counted, beside replays and microcourses.

They are no media of the library: nothing here makes them one. Who may watch one is asked at the door of
groups.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.groups.door import GroupDoor
from catalogue.media import MediumKind
from catalogue.watching import Stopped, Watchable
from lectern.kernel.access import Principal
from lectern.kernel.clock import UtcMs

PlayedKind = MediumKind | Literal["group_recording"]
_ID_LENGTH = 32
"""Of every id that `lectern.kernel.ids.new_id` makes."""


def played_id(replay_id: str, group_id: str) -> str:
    """Return as what a group's recording is reported: an id has 64 characters, and these are two of 32."""
    return replay_id + group_id


@dataclass(frozen=True, slots=True)
class WatchableGroup:
    """A group's recording that somebody may watch, as the viewing analytics need it."""

    org_id: str
    session_id: str
    version: int
    duration_ms: int
    no_skipping: bool = False


@dataclass(frozen=True, slots=True)
class WatchingAll:
    """Answers who may watch which medium, what groups recorded among them, for the viewing analytics."""

    door: GroupDoor

    async def find(
        self, who: Principal, medium: PlayedKind, medium_id: str, *, version: int | None = None
    ) -> Watchable | WatchableGroup:
        """Return what `who` may watch now; a group's recording is named as `played_id` says.

        Its versions are those of its lesson's replay: they lie on the same clock.

        Raises:
            NotFound, Deleted: there is none for them. Conflict: it cannot be played now.
        """
        if medium != "group_recording":
            return await self.door.deps.watching.find(who, medium, medium_id, version=version)
        replay_id, group_id = medium_id[:_ID_LENGTH], medium_id[_ID_LENGTH:]
        replay, group = await self.door.playable(who, replay_id, group_id)
        return WatchableGroup(replay.org_id, replay.session_id, replay.version, group.recorded.duration_ms)

    async def remember_positions(
        self, tx: AsyncConnection, positions: Sequence[Stopped], *, now: UtcMs
    ) -> None:
        """See `Watching`."""
        await self.door.deps.watching.remember_positions(tx, positions, now=now)

    async def inside(
        self,
        tx: AsyncConnection,
        org_id: str,
        medium: MediumKind,
        medium_id: str,
        person_ids: Collection[str],
    ) -> set[str]:
        """See `Watching`."""
        return await self.door.deps.watching.inside(tx, org_id, medium, medium_id, person_ids)

    async def titles(
        self, tx: AsyncConnection, org_id: str, medium: MediumKind, medium_ids: Collection[str]
    ) -> dict[str, str]:
        """See `Watching`."""
        return await self.door.deps.watching.titles(tx, org_id, medium, medium_ids)

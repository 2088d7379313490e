"""The door of groups' recordings: which a replay has, who is shown which, and one that can be played now."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import may_edit
from catalogue.groups.recordings import READ, GroupRecording, ShownTo, is_shown, recordings, seats
from catalogue.groups.store import GroupStore
from catalogue.media import Replay
from catalogue.neighbours import Seats
from catalogue.routes import CatalogueDeps
from catalogue.window_store import WindowStore
from lectern.kernel.access import Principal
from lectern.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class GroupsOfReplay:
    """A replay, what its groups recorded, what is known of them, and in which of them the asker was."""

    who: Principal
    replay: Replay
    recordings: list[GroupRecording]
    words: dict[str, str]
    shown_to: dict[str, ShownTo]
    member_of: frozenset[str]

    def sees(self, group: GroupRecording) -> bool:
        """Tell whether the asker is shown a group's recording."""
        if may_edit(self.who, self.replay.org_id, self.replay.session_id):
            return True
        return is_shown(self.shown_to.get(group.id, "staff"), is_member=group.id in self.member_of)

    def one(self, group_id: str) -> GroupRecording:
        """Return a group's recording, whoever is shown it.

        Raises:
            NotFound: there is none.
        """
        group = next((each for each in self.recordings if each.id == group_id), None)
        if group is None:
            raise _not_found()
        return group

    def shown(self, group_id: str) -> GroupRecording:
        """Return a group's recording that the asker is shown.

        Raises:
            NotFound: there is none for them.
        """
        group = self.one(group_id)
        if not self.sees(group):
            raise _not_found()
        return group


@dataclass(frozen=True, slots=True)
class GroupDoor:
    """Looks for groups' recordings, for whoever asks."""

    deps: CatalogueDeps
    seats: Seats
    store: GroupStore = field(default_factory=GroupStore)
    windows: WindowStore = field(default_factory=WindowStore)

    async def playable(self, who: Principal, replay_id: str, group_id: str) -> tuple[Replay, GroupRecording]:
        """Return a group's recording that somebody may play now, with its lesson's replay.

        Raises:
            NotFound, Deleted: there is none for them. Conflict: its lesson's replay is held, or over.
        """
        replay = await self.deps.watching.replay(who, replay_id)
        came_as = await self.came_as(who)
        async with self.deps.keeper.database.read() as tx:
            await self.windows.insist_on_open(tx, who, replay, self.deps.clock())
            found = await self.groups(tx, who, replay, came_as)
        return replay, found.shown(group_id)

    async def came_as(self, who: Principal) -> str | None:
        """Return as which participant the holder of a token took part; None of others.

        The token says it of whoever connected with it; of whoever opens their link again, it says which guest
        they are, and the session knows as whom that guest came.
        """
        if who.grant is None:
            return None
        return who.grant.participant_id or await self.seats.participant_of(who.grant)

    async def groups(
        self, tx: AsyncConnection, who: Principal, replay: Replay, came_as: str | None
    ) -> GroupsOfReplay:
        """Return what groups of a replay recorded; `came_as` is what `came_as` said before."""
        if replay.recorded is None or replay.ready_utc_ms is None or not replay.recorded.groups:
            return GroupsOfReplay(who, replay, [], {}, {}, frozenset())
        moments = await self.deps.keeper.store.moments(tx, replay.session_id, READ)
        groups = recordings(replay.recorded, moments)
        theirs = seats(moments, who.person_id if who.grant is None else who.grant.person_id)
        theirs |= set[str]() if came_as is None else {came_as}
        refs = set[str]().union(*(group.refs for group in groups))
        return GroupsOfReplay(
            who,
            replay,
            groups,
            await self.store.words(tx, replay.session_id, refs),
            await self.store.shown_to(tx, replay.session_id),
            frozenset(group.id for group in groups if theirs & group.members),
        )


def _not_found() -> NotFound:
    return NotFound("group_replay_not_found", "There is no such recording of a group.")

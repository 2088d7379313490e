"""Who was asked what inside of breakout groups: whoever was in the group, and there, while it was open. Pure.

A poll to everybody is put to everybody. A poll of one group is put to its members who are connected when it
opens, and to those who come or are moved there before it closes: for all others it never was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

READ: frozenset[str] = frozenset(
    {
        "breakout_opened", "breakout_placed", "breakout_closed", "connection_opened", "connection_closed",
        "participant_removed", "poll_opened", "poll_voted", "poll_closed", "session_ended",
    }
)  # fmt: skip
"""The event types that this is made of."""


@dataclass(slots=True)
class AskedInGroups:
    """Folds events one by one. `asked`: since when (UTC) each participant could see each poll of a group."""

    asked: dict[str, dict[str, int]] = field(default_factory=dict)
    polls: dict[str, str] = field(default_factory=dict)
    """The group of each poll that was put to one."""
    names: dict[str, str] = field(default_factory=dict)
    """The reference of each group's name."""
    _members: dict[str, set[str]] = field(default_factory=dict)
    _here: dict[str, set[str]] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def take_in(self, type_: str, utc_ms: int, actor: str | None, payload: Mapping[str, Any]) -> None:
        """Fold one event; those of other types change nothing."""
        who = str(payload.get("participant") or actor)
        match type_:
            case "connection_opened":
                self._here.setdefault(who, set()).add(str(payload.get("connection")))
                self._ask(who, utc_ms)
            case "connection_closed":
                self._here.get(who, set()).discard(str(payload.get("connection")))
            case "participant_removed":
                self._here.pop(who, None)
                self._place(who, None)
            case "breakout_opened":
                self._split(payload)
            case "breakout_placed":
                group = payload.get("group")
                self._place(who, None if group is None else str(group))
                self._ask(who, utc_ms)
            case "breakout_closed":
                self._members.clear()
            case "poll_opened" if payload.get("group") is not None:
                poll, group = str(payload.get("id")), str(payload.get("group"))
                self.polls[poll] = group
                self._open.add(poll)
                for member in self._members.get(group, ()):
                    self._ask(member, utc_ms)
            case "poll_closed":
                self._open.discard(str(payload.get("id")))
            case "poll_voted" if str(payload.get("poll")) in self.polls:
                self.asked.setdefault(who, {}).setdefault(str(payload.get("poll")), utc_ms)
            case "session_ended":
                self._open.clear()

    def count(self, participants: tuple[str, ...]) -> int:
        """Return how many polls of groups were put to somebody who was these participants."""
        return len(set().union(*(self.asked.get(who, ()) for who in participants)))

    def _split(self, payload: Mapping[str, Any]) -> None:
        self._members.clear()
        for group in payload.get("groups", ()):
            id_ = str(group.get("id"))
            self._members[id_] = set(map(str, group.get("members", ())))
            if group.get("name_ref"):
                self.names[id_] = str(group["name_ref"])

    def _place(self, who: str, group: str | None) -> None:
        for members in self._members.values():
            members.discard(who)
        if group is not None:
            self._members.setdefault(group, set()).add(who)

    def _ask(self, who: str, utc_ms: int) -> None:
        if not self._open or not self._here.get(who):
            return
        for poll in self._open:
            if who in self._members.get(self.polls[poll], ()):
                self.asked.setdefault(who, {}).setdefault(poll, utc_ms)

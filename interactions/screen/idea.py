"""Screens as a slice of class state: which there are, and how many sit before each."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.screen.events import ScreenHeadsSet
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import (
    Event,
    ParticipantJoined,
    ParticipantRemoved,
    ScreenScanned,
    TimelineEvent,
)
from lectern.timeline.idea import STAFF_ONLY, Audience, Entity, Texts, Touch


@dataclass(slots=True)
class Site:
    """One screen. `seated` are those who came by its code and scanned no other since."""

    name_ref: str
    seated: set[str] = field(default_factory=set)
    extra: int = 0


@dataclass(slots=True)
class Sites:
    """All screens; where everybody sits who scanned a code; which screens the last event changed."""

    screens: dict[str, Site] = field(default_factory=dict)
    seat_of: dict[str, str] = field(default_factory=dict)
    moved: tuple[str, ...] = ()

    def seat(self, participant: str, screen: str | None) -> None:
        """Let somebody sit before `screen` from now on, or nowhere."""
        before = self.seat_of.pop(participant, None)
        if before in self.screens:
            self.screens[before].seated.discard(participant)
        if screen in self.screens:
            self.screens[screen].seated.add(participant)
            self.seat_of[participant] = screen
        self.moved = tuple(dict.fromkeys(id_ for id_ in (before, screen) if id_ in self.screens))


class ScreenIdea:
    """Folds and draws screens, for staff and for the screen itself."""

    name = "screen"
    events: tuple[type[Event], ...] = (ParticipantJoined, ParticipantRemoved, ScreenScanned, ScreenHeadsSet)
    paths: tuple[str, ...] = ("screen", "my/screen")

    def empty(self) -> Sites:
        """See `Idea`."""
        return Sites()

    def apply(self, slice_: Sites, event: TimelineEvent) -> None:
        """See `Idea`."""
        slice_.moved = ()
        match event.payload:
            case ParticipantJoined(participant=screen, role=SessionRole.SCREEN.value, name_ref=ref):
                slice_.screens.setdefault(screen, Site(ref)).name_ref = ref
                slice_.moved = (screen,)
            case ParticipantRemoved(participant=who) if who in slice_.screens:
                for seated in slice_.screens.pop(who).seated:
                    del slice_.seat_of[seated]
                slice_.moved = (who,)
            case ParticipantRemoved(participant=who):
                slice_.seat(who, None)
            case ScreenScanned(participant=who, screen=screen):
                slice_.seat(who, screen)
            case ScreenHeadsSet(screen=screen, extra=extra) if screen in slice_.screens:
                slice_.screens[screen].extra = extra
                slice_.moved = (screen,)

    def touched(self, slice_: Sites, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        for screen in slice_.moved:
            yield Touch(f"screen/{screen}", STAFF_ONLY)
            yield Touch("my/screen", owner=screen)

    def entities(self, slice_: Sites) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch(f"screen/{id_}", STAFF_ONLY) for id_ in slice_.screens)

    def own(self, slice_: Sites, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        if participant_id in slice_.screens:
            yield Touch("my/screen", owner=participant_id)

    def render(self, slice_: Sites, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        id_ = touch.owner or touch.path.rpartition("/")[2]
        site = slice_.screens.get(id_)
        if site is None:
            return None
        counts = {
            "heads": len(site.seated) + site.extra,
            "scanned": len(site.seated),
            "extra": site.extra,
        }
        return counts if touch.owner is not None else {"id": id_, "name": texts.get(site.name_ref)} | counts


SCREEN = ScreenIdea()

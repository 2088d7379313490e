"""What the media plane needs to know of a class; `lectern.app` reads it off the folded state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lectern.timeline.idea import ClassState


@dataclass(frozen=True, slots=True)
class Situation:
    """A session at one moment. `groups` maps participants to their breakout group; absent: main room.

    `may_speak` are those who are heard (and recorded) in the main room if there is a place for them: `staff`
    (who send everything; `presenters` first, in the order in which they came), and learners whom staff let on
    stage, in that order: those `with_camera` are seen as well. `removed` were sent out.
    The microphones of `heard_everywhere` (staff who speak to all groups) reach the main room and every group.
    `aside`: what happens now is not for the replay. What is said in `recorded_groups` is recorded, too.
    `away_since_utc_ms` are those who have no class connection now, with the moment when they were last seen;
    it does not count when situations are compared, for it changes nothing of what is sent to whom.
    """

    live: bool
    ended: bool
    first_started_utc_ms: int | None
    groups: Mapping[str, str]
    may_speak: frozenset[str]
    removed: frozenset[str]
    staff: frozenset[str] = frozenset()
    presenters: tuple[str, ...] = ()
    invited: tuple[str, ...] = ()
    with_camera: frozenset[str] = frozenset()
    heard_everywhere: frozenset[str] = frozenset()
    aside: bool = False
    recorded_groups: frozenset[str] = frozenset()
    away_since_utc_ms: Mapping[str, int] = field(default_factory=dict, compare=False)


SituationOf = Callable[[ClassState], Situation]

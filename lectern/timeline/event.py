"""The envelope of a timeline event, and the events an idea brings."""

from typing import Any, ClassVar

import msgspec

from lectern.kernel.clock import SessionMs, UtcMs


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every payload. Subclasses name their `TYPE`; they evolve by adding fields with defaults.

    Names and free text never stand in a payload: the payload holds a reference, the words travel in
    `NewEvent.texts` and are stored as rows that can be erased.
    """

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1
    ACTOR_SHOWN: ClassVar[bool] = True
    """Whether viewers are told who did it; where it would betray a vote, only staff are."""


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is decided but not yet appended."""

    payload: Event
    actor: str | None = None
    texts: dict[str, str] = {}


class TimelineEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An appended event. `seq` starts at 1 and has no gaps; `texts` holds what was not erased since.

    `payload` is None for a type that this release does not know: readers ignore it.
    """

    seq: int
    type: str
    version: int
    utc_ms: UtcMs
    session_ms: SessionMs
    actor: str | None
    payload: Event | None
    raw: dict[str, Any]
    texts: dict[str, str]


class TextErased(Event, frozen=True, kw_only=True):
    """The words behind `ref` were deleted; caches and viewers forget them."""

    TYPE: ClassVar[str] = "text_erased"
    ref: str


class SessionStarted(Event, frozen=True, kw_only=True):
    """The lesson is live. The first one starts the session's clock."""

    TYPE: ClassVar[str] = "session_started"


CANCELLED = "cancelled"


class SessionEnded(Event, frozen=True, kw_only=True):
    """The lesson is over; with the reason `cancelled` it was called off before it began."""

    TYPE: ClassVar[str] = "session_ended"
    reason: str = "ended"


class RecordingGap(Event, frozen=True, kw_only=True):
    """Something of the lesson is missing in its recording, `from_ms` to `to_ms` on the session's clock.

    `missing_ms` of that stretch is gone. `source` is mic, camera or screen of `participant`, or `all` with an
    empty one. `why`: docs/recording.md, "Gaps". Written when the replay is closed.
    """

    TYPE: ClassVar[str] = "recording_gap"
    source: str
    participant: str
    why: str
    from_ms: int
    to_ms: int
    missing_ms: int


class ParticipantJoined(Event, frozen=True, kw_only=True):
    """Somebody takes part from now on, or with another role; `kind` is person, guest or screen.

    `link` is the link that was made for them, if they came by one.
    """

    TYPE: ClassVar[str] = "participant_joined"
    participant: str
    kind: str
    role: str
    person: str | None
    name_ref: str
    consent: str | None = None
    link: str | None = None


class RosterChanged(Event, frozen=True, kw_only=True):
    """How many people should come, from now on: the denominator of every rate (ATT-04).

    `added` and `removed` are the persons by whom it differs from before: who folds them knows the roster.
    `by` is who did it from outside the class, `reason_ref` why; once the lesson is over it is always said.
    """

    TYPE: ClassVar[str] = "roster_changed"
    expected: int
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    by: str | None = None
    reason_ref: str | None = None


class ParticipantRemoved(Event, frozen=True, kw_only=True):
    """Staff sent somebody out; they may not come back to this session."""

    TYPE: ClassVar[str] = "participant_removed"
    participant: str


class ScreenScanned(Event, frozen=True, kw_only=True):
    """Somebody came in by the code that `screen` (a participant) shows: they sit before it."""

    TYPE: ClassVar[str] = "screen_scanned"
    participant: str
    screen: str


class BreakoutGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One group of a breakout: a room of the session with a task and material (text with links).

    `most` limits how many may choose it; `tutors` look after it, staff or members.
    """

    id: str
    name_ref: str
    task_ref: str | None
    members: tuple[str, ...]
    material_ref: str | None = None
    most: int | None = None
    tutors: tuple[str, ...] = ()


class BreakoutOpened(Event, frozen=True, kw_only=True):
    """The class splits into groups, until closed or until `ends_utc_ms`.

    `late` says what becomes of learners without a group: they `stay` in the main room, go to the `smallest`
    group when they come, or `choose`. Those in `staying` were left in the main room on purpose. `recorded`:
    what is said in the groups is recorded, each for itself.
    """

    TYPE: ClassVar[str] = "breakout_opened"
    groups: tuple[BreakoutGroup, ...]
    ends_utc_ms: UtcMs | None = None
    late: str = "stay"
    staying: tuple[str, ...] = ()
    recorded: bool = False


class BreakoutPlaced(Event, frozen=True, kw_only=True):
    """Somebody is in `group` from now on (null: the main room), and not in `left` any more.

    `by` is staff, choice (their own) or rule (they came late).
    """

    TYPE: ClassVar[str] = "breakout_placed"
    participant: str
    group: str | None
    left: str | None = None
    by: str = "staff"


class BreakoutClosed(Event, frozen=True, kw_only=True):
    """Everybody is back in the main room; `reason` is staff or time."""

    TYPE: ClassVar[str] = "breakout_closed"
    reason: str


class TrackPublished(Event, frozen=True, kw_only=True):
    """Media of a participant has begun to arrive. `track` is the media process's id."""

    TYPE: ClassVar[str] = "track_published"
    track: str
    participant: str
    source: str
    kind: str
    codec: str


class TrackMuted(Event, frozen=True, kw_only=True):
    """A source was switched off or on: by its publisher, by staff, or (no actor) because a right ended."""

    TYPE: ClassVar[str] = "track_muted"
    track: str
    muted: bool


class TrackUnpublished(Event, frozen=True, kw_only=True):
    """The track will not come back; a new one may."""

    TYPE: ClassVar[str] = "track_unpublished"
    track: str
    reason: str = ""

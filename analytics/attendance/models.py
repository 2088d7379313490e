"""The shapes in which attendance goes out and comes in over HTTP."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from analytics.attendance.books import Phase
from analytics.attendance.rule import MOST_CHECKINS, MOST_MINUTES, Rule
from analytics.attendance.verdict import Verdict

_Minutes = Annotated[int, Field(ge=0, le=MOST_MINUTES)]
SettableVerdict = Literal["present", "partly", "absent", "excused"]


class PersonModel(BaseModel):
    """A person in a report; a guest has a name alone."""

    id: str | None
    external_id: str | None
    name: str | None
    department: str | None


class IntervalModel(BaseModel):
    """Presence without a break; `left_utc_ms` is null while it goes on."""

    joined_utc_ms: int
    left_utc_ms: int | None
    device: str | None


class CheckinModel(BaseModel):
    """How somebody did in a check-in round; `corrected`: staff set it (a make-up, or a correction)."""

    round: str
    status: str
    corrected: bool


class ReasonModel(BaseModel):
    """Why: a code of docs/attendance.md, with the numbers of its sentence."""

    code: str
    numbers: dict[str, float]


class DecisionModel(BaseModel):
    """What staff decided; `verdict` null takes earlier decisions back. `by` is a name where it is known."""

    verdict: Verdict | None
    by: str | None
    utc_ms: int
    reason: str | None


class ObjectionModel(BaseModel):
    """What a learner objected, and what came of it."""

    id: str
    state: Literal["open", "accepted", "declined", "withdrawn"]
    against: Verdict
    text: str | None
    objected_utc_ms: int
    answer: str | None
    answered_by: str | None
    answered_utc_ms: int | None


class JudgedModel(BaseModel):
    """Evidence and verdict of one person; docs/attendance.md says how one leads to the other."""

    verdict: Verdict
    computed: Verdict
    confidence: float
    reasons: list[ReasonModel]
    counted_minutes: float
    needed_minutes: float
    base_minutes: float
    minutes: float
    away_minutes: float
    attentive_minutes: float
    missed_and_watched_minutes: float
    intervals: list[IntervalModel]
    away: list[tuple[int, int]]
    watched: list[tuple[int, int]]
    checkins: list[CheckinModel]
    checkin_status: str | None
    answers: int
    messages: int
    questions: int
    hands: int
    upvotes: int
    reactions: int
    stage_minutes: float
    replay_minutes: float
    decisions: list[DecisionModel]
    objections: list[ObjectionModel]


class AttendanceRowModel(JudgedModel):
    """One row: a person of the roster, another person, or a guest (`person` is null).

    `subject` is the id by which staff decides about them. Times in `away` and `watched` (live time that was
    missed and seen in the replay) are UTC. Decisions and objections are there for those who may judge.
    """

    subject: str
    participant: str | None
    person: PersonModel | None
    name: str | None
    kind: Literal["person", "guest"]
    expected: bool
    source: Literal["screen"] | None
    screens: list[str]


class SiteModel(BaseModel):
    """A screen with its heads: `scanned` have rows of their own, `extra` were counted by the host."""

    participant: str
    name: str
    scanned: int
    extra: int


class RuleModel(BaseModel):
    """What a lesson asks; docs/attendance.md explains each part."""

    model_config = ConfigDict(extra="forbid")

    present_percent: int = Field(ge=0, le=100)
    planned_minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)] | None
    tolerance_minutes: _Minutes
    least_minutes: _Minutes
    checkins: int = Field(ge=0, le=MOST_CHECKINS)
    make_up_counts: bool
    replay_counts: bool
    away_counts: bool

    @property
    def rule(self) -> Rule:
        """The same, for the verdicts."""
        return Rule(**self.model_dump())


class RatesModel(BaseModel):
    """The lesson in numbers; each rate is over `expected` but completion, which is over `started`."""

    expected: int
    signed_in: int
    made_up: int
    sign_in_rate: float | None
    is_weak: bool
    weak_below: float
    attended: int
    started: int
    completed: int


class CourseModel(BaseModel):
    """How the lesson went: when it was live, and what there was to take part in."""

    live: list[tuple[int, int]]
    over: bool
    minutes: float
    rounds: list[str]
    polls: int


class AttendanceModel(BaseModel):
    """Who attended; `expected` counts the people of the roster that the reader may see.

    `phase` and `edition` say whether it was closed; what is closed is corrected by an amendment alone.
    """

    phase: Phase
    edition: int
    expected: int
    rule: RuleModel
    rule_of: Literal["session", "organisation", "installation"]
    may_judge: bool
    course: CourseModel
    rates: RatesModel
    screens: list[SiteModel]
    rows: list[AttendanceRowModel]


class OwnAttendanceModel(JudgedModel):
    """One's own attendance; `may_object_until_utc_ms` is null while or where one cannot object."""

    title: str
    zone: str
    starts_utc_ms: int
    live: list[tuple[int, int]]
    rule: RuleModel
    may_object_until_utc_ms: int | None


class DecisionBody(BaseModel):
    """Whose verdict (`subject` of a row) becomes what, and why; null leaves it to the rule again."""

    subject: str = Field(min_length=1, max_length=64)
    verdict: SettableVerdict | None
    reason: str = Field(max_length=8_000)


class ObjectionBody(BaseModel):
    """What somebody objects."""

    text: str = Field(max_length=8_000)


class AnswerBody(BaseModel):
    """Accepting sets `verdict`; null declines. `text` is for the learner."""

    verdict: SettableVerdict | None
    text: str = Field(max_length=8_000)


class SignInsQuery(BaseModel):
    """Which sessions: ids, separated by commas; at most 200."""

    sessions: str = Field("", max_length=14_000)


class SignInsModel(BaseModel):
    """How many of a session's roster checked in."""

    session: str
    expected: int
    signed_in: int
    made_up: int
    rate: float | None
    is_weak: bool


class SignInsPage(BaseModel):
    """The sign-ins of the sessions that were asked for and are there."""

    items: list[SignInsModel]


class SheetQuery(BaseModel):
    """In which language the table is; without it, what the browser asks for."""

    lang: Literal["zh-CN", "en"] | None = None

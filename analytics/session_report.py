"""One lesson on one page (ANA-03), reviewed in two layers (EVA-12): what every figure is made of. Pure.

Layer 1 is what those who took part say of it. Layer 2 is whether it served its purpose and its learners, as
far as data says: who of the people it was meant for came and stayed, how much of the lesson they saw, whether
they answered right, and how much they took part. Formulas: docs/data-dictionary.md, "Session report".
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analytics.attendance.happening import Happening
from analytics.attendance.register import Attendance
from analytics.chance import Share
from analytics.lesson_coverage import LessonSums
from analytics.neighbours import Reaction
from analytics.signals import SignalFound
from analytics.spans import Spans
from analytics.view_sums import Curves

READ: frozenset[str] = frozenset(
    {"question_asked", "question_answered", "checkin_opened", "checkin_withdrawn"}
)
"""The events that are counted here; everything else comes from the rows of the attendance."""


@dataclass(frozen=True, slots=True)
class Volume:
    """How much learners took part (互动参与量), by the rows of the attendance.

    `polls` were opened, `answers` are polls answered, once per person and poll; `anonymous` questions belong
    to nobody, and `answered` are all questions that got an answer.
    """

    messages: int = 0
    questions: int = 0
    anonymous: int = 0
    answered: int = 0
    upvotes: int = 0
    reactions: int = 0
    polls: int = 0
    answers: int = 0
    hands: int = 0

    @property
    def whole(self) -> int:
        """The sum of interactions: chat, questions and votes for them, reactions, polls answered, hands."""
        asked = self.questions + self.anonymous
        return self.messages + asked + self.upvotes + self.reactions + self.answers + self.hands


def volume_of(rows: Iterable[Attendance], happened: Sequence[Happening], polls: int) -> Volume:
    """Add up what learners did."""
    known = list(rows)
    asked = {
        str(each.payload.get("id")): each.actor is None for each in happened if each.type == "question_asked"
    }
    answered = {str(each.payload.get("id")) for each in happened if each.type == "question_answered"}
    return Volume(
        messages=sum(row.messages for row in known),
        questions=sum(row.questions for row in known),
        anonymous=sum(asked.values()),
        answered=len(answered & asked.keys()),
        upvotes=sum(row.upvotes for row in known),
        reactions=sum(row.reactions for row in known),
        polls=polls,
        answers=sum(row.answers for row in known),
        hands=sum(row.hands for row in known),
    )


def is_active(row: Attendance) -> bool:
    """Tell whether somebody did anything in the class, beside being there."""
    return (row.messages + row.questions + row.upvotes + row.reactions + row.answers + row.hands) > 0


@dataclass(frozen=True, slots=True)
class Attending:
    """Who came. `learners` are all who were there live, `active` of them did anything at all in the class."""

    expected: int
    signed_in: int
    made_up: int
    rounds: int
    attended: int
    learners: int
    active: int
    minutes_each: float
    lesson_minutes: float

    @property
    def sign_in(self) -> Share:
        """Sign-in rate (签到率): on time, late or made up, of those expected; of nobody without a round."""
        of = self.expected if self.rounds else 0
        return Share(min(of, self.signed_in + self.made_up), of)

    @property
    def took_part(self) -> Share:
        """Participation (参训率): there for the rule's least minutes, of those expected."""
        return Share(self.attended, self.expected)

    @property
    def activity(self) -> Share:
        """Who did anything in the class, of those who were there."""
        return Share(self.active, self.learners)


def present_at(there: Iterable[Spans], from_utc_ms: int, to_utc_ms: int, moments: int) -> tuple[int, ...]:
    """Return how many of `there` were present in the middle of each of `moments` equal parts of the time."""
    if to_utc_ms <= from_utc_ms or moments < 1:
        return ()
    step = (to_utc_ms - from_utc_ms) / moments
    asked = [from_utc_ms + (at + 0.5) * step for at in range(moments)]
    change = [0] * (moments + 1)
    for spans in there:
        for start, end in spans:
            change[bisect_left(asked, start)] += 1
            change[bisect_left(asked, end)] -= 1
    found, present = [], 0
    for each in change[:moments]:
        present += each
        found.append(present)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Watching:
    """What was watched of the replay; None where there is none, or none to be seen yet."""

    viewers: int
    minutes: float
    completed: int


@dataclass(frozen=True, slots=True)
class SessionReport:
    """A lesson in figures, in the order in which it is reviewed."""

    title: str
    starts_utc_ms: int
    zone: str
    attending: Attending
    volume: Volume
    reaction: Reaction
    answers_right: Share
    completion: Share
    together: LessonSums | None
    watching: Watching | None
    signals: tuple[SignalFound, ...] = ()
    departments: Mapping[str, Share] = field(default_factory=dict)
    """Who completed it, of those who started, by department."""
    presence: tuple[int, ...] = ()
    """How many learners were there, at moments equally far apart from its beginning to its end."""
    replay: Curves | None = None
    """The replay, second by second."""

    @property
    def feedback_rate(self) -> Share:
        """Feedback rate (反馈率): forms handed in, of the learners who came."""
        return Share(min(self.reaction.forms, self.reaction.attendees), self.reaction.attendees)

    @property
    def positive_rate(self) -> Share:
        """Positive rate (好评率): grades 4 and 5 of the course, of all its grades."""
        return Share(self.reaction.positive, self.reaction.graded)

    @property
    def per_learner(self) -> float:
        """Interactions per learner who was there."""
        return self.volume.whole / self.attending.learners if self.attending.learners else 0.0

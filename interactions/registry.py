"""What the class brings to the timeline; `lectern.app` adds it to its registry."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from interactions.aside import commands as aside
from interactions.aside.idea import ASIDE
from interactions.ballots.clerk import BallotClerk
from interactions.ballots.orders import CastBallot, CountBallots
from interactions.breakout import commands as breakout
from interactions.breakout.idea import BREAKOUT
from interactions.chat import commands as chat
from interactions.chat.idea import CHAT
from interactions.checkin import commands as checkin
from interactions.checkin.idea import CHECKIN
from interactions.checkin.orders import NothingIsClosed, StandingChanges
from interactions.deadlines import DeadlineBook
from interactions.feedback import commands as feedback
from interactions.feedback.commands import TakeIn
from interactions.feedback.idea import FEEDBACK
from interactions.feedback.store import FeedbackClerk
from interactions.group_pool import commands as group_pool
from interactions.group_pool.idea import GROUP_POOL
from interactions.hand import commands as hand
from interactions.hand.idea import HAND
from interactions.lesson.idea import LESSON
from interactions.lottery import commands as lottery
from interactions.lottery.idea import LOTTERY
from interactions.notes.clerk import NotesClerk
from interactions.notes.orders import KeepNotes
from interactions.page_state.idea import PAGE_STATE
from interactions.poll import commands as poll
from interactions.poll.idea import POLL
from interactions.question import commands as question
from interactions.question.idea import QUESTION
from interactions.quiet_hint import commands as quiet_hint
from interactions.quiet_hint.idea import HINT_MINUTES, QUIET_HINT, QuietHintIdea
from interactions.reaction import commands as reaction
from interactions.reaction.idea import REACTION
from interactions.screen import commands as screen
from interactions.screen.idea import SCREEN
from lectern.timeline.engine import Clerk, Follower
from lectern.timeline.idea import Command, Idea

IDEAS: tuple[Idea[Any], ...] = (
    LESSON,
    CHECKIN,
    LOTTERY,
    POLL,
    QUESTION,
    CHAT,
    HAND,
    REACTION,
    BREAKOUT,
    GROUP_POOL,
    SCREEN,
    FEEDBACK,
    QUIET_HINT,
    PAGE_STATE,
    ASIDE,
)


def ideas(hint_minutes: int = HINT_MINUTES) -> tuple[Idea[Any], ...]:
    """Return every idea; presenters get a hint after `hint_minutes` without interaction (0: never)."""
    return tuple(QuietHintIdea(hint_minutes) if idea is QUIET_HINT else idea for idea in IDEAS)


def commands(make_up_hours: int = checkin.MAKE_UP_HOURS) -> tuple[Command, ...]:
    """Return every command; people may ask for a make-up check-in until `make_up_hours` after the lesson."""
    return (
        *checkin.commands(make_up_hours),
        *lottery.COMMANDS,
        *poll.COMMANDS,
        *question.COMMANDS,
        *chat.COMMANDS,
        *hand.COMMANDS,
        *reaction.COMMANDS,
        *breakout.COMMANDS,
        *group_pool.COMMANDS,
        *screen.COMMANDS,
        *feedback.COMMANDS,
        *quiet_hint.COMMANDS,
        *aside.COMMANDS,
    )


COMMANDS = commands()

FOLLOWERS: tuple[Follower, ...] = (DeadlineBook(),)

_BALLOTS = BallotClerk()
CLERKS: Mapping[type, Clerk] = MappingProxyType(
    {
        CastBallot: _BALLOTS,
        CountBallots: _BALLOTS,
        TakeIn: FeedbackClerk(),
        KeepNotes: NotesClerk(),
        StandingChanges: NothingIsClosed(),
    }
)

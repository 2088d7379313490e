"""What the class brings to the timeline; `lectern.app` adds it to its registry."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from interactions.ballots.clerk import BallotClerk
from interactions.ballots.orders import CastBallot, CountBallots
from interactions.breakout import commands as breakout
from interactions.breakout.idea import BREAKOUT
from interactions.chat import commands as chat
from interactions.chat.idea import CHAT
from interactions.checkin import commands as checkin
from interactions.checkin.idea import CHECKIN
from interactions.deadlines import DeadlineBook
from interactions.hand import commands as hand
from interactions.hand.idea import HAND
from interactions.lesson.idea import LESSON
from interactions.poll import commands as poll
from interactions.poll.idea import POLL
from interactions.question import commands as question
from interactions.question.idea import QUESTION
from lectern.timeline.engine import Clerk, Follower
from lectern.timeline.idea import Command, Idea

IDEAS: tuple[Idea[Any], ...] = (LESSON, CHECKIN, POLL, QUESTION, CHAT, HAND, BREAKOUT)

COMMANDS: tuple[Command, ...] = (
    *checkin.COMMANDS,
    *poll.COMMANDS,
    *question.COMMANDS,
    *chat.COMMANDS,
    *hand.COMMANDS,
    *breakout.COMMANDS,
)

FOLLOWERS: tuple[Follower, ...] = (DeadlineBook(),)

_BALLOTS = BallotClerk()
CLERKS: Mapping[type, Clerk] = MappingProxyType({CastBallot: _BALLOTS, CountBallots: _BALLOTS})

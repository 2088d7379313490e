"""Who has a place on stage.

The one rule that the class (who is invited) and the media plane (who is heard) share.
"""

from collections.abc import Iterable
from typing import Final

MAX_ON_STAGE: Final = 12
"""People who may publish in one room at a time; everybody else only receives."""


def on_stage(presenters: Iterable[str], invited: Iterable[str], publishing: Iterable[str]) -> tuple[str, ...]:
    """Everybody who holds a place, the first to be served first; those from MAX_ON_STAGE on have none.

    The places of `presenters` are kept for them even while they are away: nobody is invited in their stead.
    `invited` are learners whom staff let up, `publishing` other staff who send something now.
    """
    return tuple(dict.fromkeys([*presenters, *invited, *publishing]))

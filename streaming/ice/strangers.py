"""How much signature checking strangers may cause. Pure: the caller brings the time.

A connectivity check from an address that is not proven yet costs an HMAC and an answer, if it names a
fragment that we gave out. Peers that are connected are not counted here: a flood can delay joining, and never
disturbs a lesson.
"""

from typing import Final

from lectern.kernel.rate import RateLimit, origin_of

CHECKS_PER_S: Final = 2000
"""Of all strangers together: some 5 % of a core. A class of 400 that joins in ten seconds needs about 800."""
CHECKS_PER_S_OF_ONE: Final = 1000
"""Of one address: a company may be one."""
_ALL: Final = ""


class Strangers:
    """See the module."""

    def __init__(self) -> None:
        self._of_all = RateLimit(per_s=CHECKS_PER_S, burst=CHECKS_PER_S / 4)
        self._of_one = RateLimit(per_s=CHECKS_PER_S_OF_ONE, burst=CHECKS_PER_S_OF_ONE / 4, keys=4096)

    def may_ask(self, host: str, now: float) -> bool:
        """Whether a check from an unproven address of this host is looked at."""
        if self._of_one.wait_s(origin_of(host) if ":" in host else host, now) > 0:
            return False
        return self._of_all.wait_s(_ALL, now) == 0

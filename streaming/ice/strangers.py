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
CHECKS_PER_S_OF_NAME: Final = 100
"""For one fragment: a browser sends 20 to 50. Who has one (anybody, by a connection test) keeps none out."""
_ALL: Final = ""


class Strangers:
    """See the module."""

    def __init__(self) -> None:
        self._of_all = RateLimit(per_s=CHECKS_PER_S, burst=CHECKS_PER_S / 4)
        self._of_name = RateLimit(per_s=CHECKS_PER_S_OF_NAME, burst=CHECKS_PER_S_OF_NAME, keys=4096)
        self._of_one = RateLimit(per_s=CHECKS_PER_S_OF_ONE, burst=CHECKS_PER_S_OF_ONE / 4, keys=4096)

    def may_ask(self, host: str, fragment: str, now: float) -> bool:
        """Whether a check from an unproven address of this host is looked at; we gave out the fragment."""
        if self._of_name.wait_s(fragment, now) > 0:
            return False
        if self._of_one.wait_s(origin_of(host) if ":" in host else host, now) > 0:
            return False
        return self._of_all.wait_s(_ALL, now) == 0

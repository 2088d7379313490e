"""How often is too often: token buckets, pure."""

import ipaddress
from dataclasses import dataclass, field

_SUBSCRIBER_BITS = 64


@dataclass(slots=True)
class RateLimit:
    """A bucket per key: `burst` at once, `per_s` refilled; at most `keys` are remembered (oldest dropped)."""

    per_s: float
    burst: float
    keys: int = 10_000
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait_s(self, key: str, now: float, cost: float = 1.0) -> float:
        """Take `cost` from the bucket of `key` and return 0, or return the seconds until it would fit."""
        level, then = self._levels.pop(key, (self.burst, now))
        level = min(self.burst, level + (now - then) * self.per_s)
        wait = 0.0 if level >= cost else (cost - level) / self.per_s
        if wait == 0:
            level -= cost
        self._levels[key] = (level, now)
        if len(self._levels) > self.keys:
            self._levels.pop(next(iter(self._levels)))
        return wait


def origin_of(address: str) -> str:
    """Return whose rate an address counts for: an IPv6 subscriber has a whole /64 to choose from."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4 or parsed.ipv4_mapped is not None:
        return str(parsed if parsed.version == 4 else parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _SUBSCRIBER_BITS), strict=False))

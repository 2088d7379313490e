"""Finding the highest load that still holds, with few trials. Pure."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class KneeSearch:
    """Drain contract: try `level`, say `report(holds)`, until `level` is None; then read `best`.

    Grows by `factor` from `level` on until a level fails, then halves the gap until it is below `precision`
    (a share) of the best. Each level has a second chance: machines have neighbours.
    """

    level: int | None
    factor: float = 1.3
    precision: float = 0.06
    ceiling: int = 2000
    best: int = 0
    _failed: int | None = field(default=None, repr=False)
    _is_second_chance: bool = field(default=False, repr=False)

    def report(self, *, holds: bool, certain: bool = False) -> None:
        """What came of trying `level`; a failure that is `certain` gets no second chance."""
        assert self.level is not None
        if not holds and not certain and not self._is_second_chance:
            self._is_second_chance = True
            return
        self._is_second_chance = False
        if holds:
            self.best = max(self.best, self.level)
        else:
            self._failed = self.level if self._failed is None else min(self._failed, self.level)
        self.level = self._next()

    def stop(self) -> None:
        """No higher level can be tried: what is known must do."""
        self._failed = self.level
        self.level = None

    def _next(self) -> int | None:
        if self._failed is None:
            higher = min(self.ceiling, max(self.best + 1, round(self.best * self.factor)))
            return higher if higher > self.best else None
        if self._failed - self.best <= max(1, round(self.best * self.precision)):
            return None
        return (self.best + self._failed) // 2

"""Placing learners who come while the class is split, as the rule of the breakout says."""

from interactions.breakout.placing import arrival
from lectern.timeline.engine import TimelineEngine


class Arrivals:
    """Asked by whoever lets people in, once a connection is on the timeline."""

    def __init__(self, engine: TimelineEngine) -> None:
        self._engine = engine

    async def place(self, session_id: str, participant_id: str) -> None:
        """Put a late learner into a group where the rule says so; costs nothing where it does not."""
        live = await self._engine.current(session_id, at_least=0)
        if arrival(live.state, participant_id) is None:
            return
        async with self._engine.change(session_id) as change:
            placed = arrival(change.state, participant_id)
            if placed is not None:
                change.append(placed)

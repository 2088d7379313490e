"""Who is where: places by points, shared where the points are the same. Pure."""

from collections.abc import Mapping

from interactions.group_points.events import Standing


def standing(points: Mapping[str, int]) -> tuple[Standing, ...]:
    """Return the groups by points, those with the same in the given order.

    After two firsts comes a third: a place is one more than how many groups have more points.
    """
    ordered = sorted(points.items(), key=lambda each: -each[1])
    return tuple(
        Standing(group=group, points=own, place=1 + sum(other > own for other in points.values()))
        for group, own in ordered
    )

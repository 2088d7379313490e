"""Who gets what of a downlink: order, smallest first, hysteresis, room for more."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.congestion.allocator import KEEPING, RESERVE, SOUND, Allocation, Wish, allocate

LAYERS = (150_000, 500_000, 1_200_000)
SCREEN, PRESENTER, OTHER = 1, 2, 3
INFINITE = float("inf")


def lesson(**current: int | None) -> list[Wish]:
    """A microphone, a screen, the presenter and one more person."""
    return [
        Wish("other", OTHER, LAYERS, current.get("other")),
        Wish("presenter", PRESENTER, LAYERS, current.get("presenter")),
        Wish("sound", SOUND, (50_000,), 0),
        Wish("screen", SCREEN, LAYERS, current.get("screen")),
    ]


def chosen(found: Allocation) -> tuple[int | None, ...]:
    """Of sound, screen, presenter, other."""
    return tuple(found.choices[key] for key in ("sound", "screen", "presenter", "other"))


def test_without_a_limit_everybody_has_the_best() -> None:
    found = allocate(INFINITE, lesson())
    assert chosen(found) == (0, 2, 2, 2)
    assert found.next_bps is None


def test_the_less_important_suffer_first_and_sound_never() -> None:
    everything = [
        chosen(allocate(kbps * 1000, lesson())) for kbps in (5000, 3200, 2000, 1100, 600, 450, 250, 40)
    ]
    assert everything == [
        (0, 2, 2, 2),
        (0, 2, 2, 0),
        (0, 2, 0, 0),
        (0, 1, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, None),
        (0, 0, None, None),
        (0, None, None, None),
    ]


def test_what_flows_is_kept_a_little_longer_than_it_would_be_given() -> None:
    edge = 1_250_000 / (1 - RESERVE)
    alone = [Wish("sound", SOUND, (50_000,), 0), Wish("v", PRESENTER, LAYERS, 2)]
    fresh = [Wish("sound", SOUND, (50_000,), 0), Wish("v", PRESENTER, LAYERS, 1)]
    assert allocate(edge / KEEPING + 1000, alone).choices["v"] == 2
    assert allocate(edge / KEEPING - 1000, alone).choices["v"] == 1
    assert allocate(edge * 1.05, fresh).choices["v"] == 1
    assert allocate(edge * 1.09, fresh).choices["v"] == 2


def test_a_single_layer_that_does_not_fit_is_paused_and_another_may_fit() -> None:
    wishes = [Wish("screen", SCREEN, (2_000_000,), 0), Wish("presenter", PRESENTER, LAYERS, 2)]
    found = allocate(800_000, wishes)
    assert found.choices == {"screen": None, "presenter": 1}
    assert found.next_bps is not None
    assert allocate(found.next_bps, wishes).choices["screen"] == 0


def test_a_slot_without_anything_to_send_costs_nothing() -> None:
    found = allocate(100_000, [Wish("v", PRESENTER, (), None)])
    assert found == Allocation({"v": None}, 0, None)


@given(
    st.floats(10_000, 20e6),
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.lists(st.integers(1000, 3_000_000), max_size=3),
            st.sampled_from([None, 0, 1, 2]),
        ),
        max_size=8,
    ),
)
def test_any_allocation_is_within_the_budget_and_its_next_step_is_a_step(
    budget: float, slots: list[tuple[int, list[int], int | None]]
) -> None:
    wishes = [
        Wish(
            str(n),
            priority,
            tuple(sorted(options)),
            current if current is None or current < len(options) else None,
        )
        for n, (priority, options, current) in enumerate(slots)
    ]
    found = allocate(budget, wishes)
    by_key = {wish.key: wish for wish in wishes}
    spent = {key: by_key[key].options[index] for key, index in found.choices.items() if index is not None}
    assert sum(spent.values()) == found.total_bps
    sound = sum(w.options[0] for w in wishes if w.priority == SOUND and w.options)
    assert found.total_bps <= max(sound, budget * (1 - RESERVE) * KEEPING)
    settled = [Wish(w.key, w.priority, w.options, found.choices[w.key]) for w in wishes]
    again = allocate(budget, settled)
    assert again.total_bps >= found.total_bps
    if again.next_bps is not None and again.next_bps > budget:
        raised = allocate(again.next_bps, settled)
        assert raised.choices != again.choices or raised.total_bps > again.total_bps
    assert allocate(INFINITE, wishes).next_bps is None

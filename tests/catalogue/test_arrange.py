"""The tree of categories and the words of tags, as rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.shelf.arrange import (
    DEEPEST,
    Category,
    Target,
    checked_settings,
    checked_tag,
    in_tree_order,
    insist_on_place,
    path_names,
    subtree,
)
from lectern.kernel.errors import LecternError


def tree(*edges: tuple[str, str | None]) -> list[Category]:
    return [Category(id_, "org", parent, id_.upper(), at) for at, (id_, parent) in enumerate(edges)]


TREE = tree(("b", None), ("a", None), ("a1", "a"), ("a2", "a"), ("a11", "a1"))


def refused(*args: str | None, moving: str | None = None) -> str | None:
    name, parent = args
    try:
        insist_on_place(TREE, name or "", parent, moving=moving)
    except LecternError as error:
        return error.code
    return None


def test_the_order_and_the_paths() -> None:
    assert [(each.id, depth) for each, depth in in_tree_order(TREE)] == [
        ("b", 0), ("a", 0), ("a1", 1), ("a11", 2), ("a2", 1),
    ]  # fmt: skip
    assert subtree(TREE, "a") == ["a", "a1", "a11", "a2"]
    assert subtree(TREE, "a11") == ["a11"]
    assert subtree(TREE, "gone") == []
    assert path_names({each.id: each for each in TREE}, "a11") == ["A", "A1", "A11"]


def test_places_that_cannot_be() -> None:
    assert refused("New", "a1") is None
    assert refused("New", "a11") == "categories_too_deep"
    assert refused("a", None) == "category_exists"
    assert refused("A", "a") is None
    assert refused("New", "gone") == "category_unknown"
    assert refused("A", "a1", moving="a") == "category_in_itself"
    assert refused("A", "a", moving="a") == "category_in_itself"
    assert refused("A1", "b", moving="a1") is None
    assert refused("A1", "a2", moving="a1") == "categories_too_deep"
    assert refused("á", None, moving="a") is None  # its own name, otherwise written


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), max_size=30))
def test_whatever_is_asked_for_the_tree_stays_one(asked: list[tuple[int, int, bool]]) -> None:
    held: dict[str, Category] = {}
    for number, (which, parent, moves) in enumerate(asked):
        ids = list(held)
        under = None if not ids or parent == 0 else ids[parent % len(ids)]
        moving = ids[which % len(ids)] if moves and ids else None
        id_ = moving or f"c{number}"
        try:
            insist_on_place(list(held.values()), id_, under, moving=moving)
        except LecternError:
            continue
        held[id_] = Category(id_, "org", under, id_, number)
    ordered = in_tree_order(held.values())
    assert {each.id for each, _ in ordered} == set(held)  # nothing hangs in itself
    assert all(depth < DEEPEST for _, depth in ordered)


def test_tags_are_kept_once_as_they_were_first_written() -> None:
    settings = checked_settings(" About ", None, ["#Safety ", "  Hot   work", "safety", "ＳＡＦＥＴＹ"], ())
    assert (settings.description, settings.tags) == ("About", ("Safety", "Hot work"))


@pytest.mark.parametrize("name", ["", "#", " ", "。", "x" * 41, "a\x07b"])
def test_no_tag(name: str) -> None:
    with pytest.raises(LecternError) as refused:
        checked_tag(name)
    assert refused.value.code == "tag_invalid"


def test_bounds() -> None:
    for description, tags, targets, code in [
        ("x" * 2_001, [], [], "description_too_long"),
        ("", [f"t{n}" for n in range(13)], [], "tags_too_many"),
        ("", [], [Target("person", str(n)) for n in range(501)], "audience_too_long"),
    ]:
        with pytest.raises(LecternError) as refused:
            checked_settings(description, None, tags, targets)
        assert refused.value.code == code

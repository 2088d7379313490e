"""The tree of categories, the words of tags, and for whom a medium is. Pure."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from catalogue.access import may_edit
from catalogue.review import may_review
from catalogue.shelf.folding import folded
from lectern.kernel.access import Principal
from lectern.kernel.errors import Conflict, Rejected

ShelfKind = Literal["replay", "microcourse", "series"]
TargetKind = Literal["department", "person", "lesson"]

DEEPEST = 3
MOST_CATEGORIES = 500
MOST_TAGS = 12
MOST_TARGETS = 500
_LONGEST_NAME = 60
_LONGEST_TAG = 40
LONGEST_DESCRIPTION = 2_000


@dataclass(frozen=True, slots=True)
class Category:
    """A place in the tree; those of one parent are in the order of `position`."""

    id: str
    org_id: str
    parent_id: str | None
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A free word; two that differ only in case, accents or width are one."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody a medium is for: a department with those below it, a person, or whom a lesson expects."""

    kind: TargetKind
    id: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Where on the shelf a medium stands, and for whom; without targets it is for everybody."""

    description: str = ""
    category_id: str | None = None
    tags: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()


def sees_every_audience(who: Principal, org_id: str) -> bool:
    """Tell whether audiences do not bind somebody: those who teach, edit or review, and integrators' keys.

    Whoever came by a link to a session is one of them where it makes them staff: they see no other session.
    """
    is_key = who.person_id is None and who.grant is None
    edits = may_edit(who, org_id, "" if who.grant is None else who.grant.session_id)
    return who.org_id == org_id and (is_key or edits or may_review(who, org_id))


def in_tree_order(categories: Iterable[Category]) -> list[tuple[Category, int]]:
    """Return categories with their depth (0 at the top), each before those below it."""
    below: dict[str | None, list[Category]] = {}
    for category in categories:
        below.setdefault(category.parent_id, []).append(category)
    ordered: list[tuple[Category, int]] = []

    def walk(parent_id: str | None, depth: int) -> None:
        for category in sorted(below.get(parent_id, ()), key=lambda each: (each.position, each.id)):
            ordered.append((category, depth))
            walk(category.id, depth + 1)

    walk(None, 0)
    return ordered


def subtree(categories: Collection[Category], category_id: str) -> list[str]:
    """Return a category and all below it; empty if there is no such category."""
    found: list[str] = []
    floor: int | None = None
    for category, depth in in_tree_order(categories):
        if floor is not None and depth <= floor:
            break
        if category.id == category_id:
            floor = depth
        if floor is not None:
            found.append(category.id)
    return found


def path_names(categories: Mapping[str, Category], category_id: str | None) -> list[str]:
    """Return the names from the top down to a category."""
    names: list[str] = []
    while category_id is not None and category_id in categories:
        names.append(categories[category_id].name)
        category_id = categories[category_id].parent_id
    return names[::-1]


def insist_on_place(
    categories: Collection[Category], name: str, parent_id: str | None, *, moving: str | None = None
) -> None:
    """Refuse a place in the tree that a category (a new one, or the one that is `moving`) cannot have.

    Raises:
        Rejected: the tree would be too deep or too large, or hang in itself. Conflict: the name is taken.
    """
    if moving is None and len(categories) >= MOST_CATEGORIES:
        raise Rejected("categories_too_many", "There are 500 categories already.", limit=MOST_CATEGORIES)
    depths = {category.id: depth for category, depth in in_tree_order(categories)}
    own = [] if moving is None else subtree(categories, moving)
    if parent_id is not None and parent_id not in depths:
        raise Rejected("category_unknown", "The category it should stand in does not exist any more.")
    if parent_id in own:
        raise Rejected("category_in_itself", "A category cannot stand in itself.")
    height = max((depths[id_] for id_ in own), default=0) - (0 if moving is None else depths[moving])
    if (0 if parent_id is None else depths[parent_id] + 1) + height >= DEEPEST:
        raise Rejected("categories_too_deep", "Categories are at most three deep.", limit=DEEPEST)
    for other in categories:
        same_place = other.parent_id == parent_id and other.id != moving
        if same_place and folded(other.name) == folded(name):
            raise Conflict("category_exists", "There is a category with this name here.")


def checked_name(name: str) -> str:
    """Return a category's name in the form in which it is kept.

    Raises:
        Rejected: it is empty or too long.
    """
    words = _words(name)
    if not _fits(words, _LONGEST_NAME):
        raise Rejected("category_name_invalid", "A category's name has 1 to 60 characters.")
    return words


def checked_tag(name: str) -> str:
    """Return a tag in the form in which it is kept.

    Raises:
        Rejected: it is empty, too long, or nothing that could be searched for.
    """
    words = _words(name.lstrip("#＃ "))
    if not _fits(words, _LONGEST_TAG) or not any(character.isalnum() for character in words):
        raise Rejected("tag_invalid", "A tag has 1 to 40 characters, a letter or figure among them.")
    return words


def checked_settings(
    description: str, category_id: str | None, tags: Sequence[str], targets: Sequence[Target]
) -> Settings:
    """Return what an editor asked for, in the form in which it is kept.

    Raises:
        Rejected: too many tags or targets, a too long description, or a tag that is none.
    """
    if len(description) > LONGEST_DESCRIPTION:
        raise Rejected("description_too_long", "This description is too long.", limit=LONGEST_DESCRIPTION)
    kept: dict[str, str] = {}
    for tag in tags:
        word = checked_tag(tag)
        kept.setdefault(folded(word), word)
    if len(kept) > MOST_TAGS:
        raise Rejected("tags_too_many", "A medium has at most 12 tags.", limit=MOST_TAGS)
    if len(targets) > MOST_TARGETS:
        raise Rejected("audience_too_long", "Name at most 500 departments and people.", limit=MOST_TARGETS)
    return Settings(
        unicodedata.normalize("NFC", description.strip()),
        category_id,
        tuple(kept.values()),
        tuple(dict.fromkeys(targets)),
    )


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _fits(words: str, longest: int) -> bool:
    return 0 < len(words) <= longest and not any(unicodedata.category(each) == "Cc" for each in words)

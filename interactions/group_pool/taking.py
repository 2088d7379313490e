"""What the pool takes over of a group's work: its classes as tags, its votes as votes."""

from interactions.group_pool.events import TakenQuestion
from interactions.group_pool.idea import GroupPool
from interactions.question.idea import QUESTION
from interactions.question.pool import PUBLIC, Question, State
from lectern.timeline.idea import Call, ClassState

MAX_TAGS = 5
"""As many tags as a question may have; a class that finds no room is left out."""


def taken_over(
    state: ClassState, call: Call, work: GroupPool
) -> tuple[tuple[TakenQuestion, ...], dict[str, str], tuple[str, ...]]:
    """Return what changes in the pool, the words of it, and the words that are erased for it.

    A question that was merged meanwhile counts for the one that it was merged into; dismissed ones are left
    alone. Votes count where learners could vote as well: for public questions; each person once.
    """
    pool = state.of(QUESTION)
    roots: dict[str, Question] = {}
    tags: dict[str, dict[str, None]] = {}
    voters: dict[str, dict[str, None]] = {}
    for id_, item in work.items.items():
        root = pool.root(id_)
        if root.state is State.DISMISSED:
            continue
        roots[root.id] = root
        name = None if item.class_id is None else state.texts.get(work.classes[item.class_id])
        if name is not None:
            tags.setdefault(root.id, {})[name] = None
        if root.state in PUBLIC:
            new = (voter for voter in item.voters if voter not in root.supporters)
            voters.setdefault(root.id, {}).update(dict.fromkeys(new))
    texts: dict[str, str] = {}
    erased: list[str] = []
    taken: list[TakenQuestion] = []
    for id_, root in roots.items():
        held = state.texts.get(root.tags_ref) if root.tags_ref is not None else None
        before = tuple(held.split("\n")) if held else ()
        after = tuple(dict.fromkeys((*before, *tags.get(id_, ()))))[: max(MAX_TAGS, len(before))]
        ref = None if after == before else call.new_id()
        if ref is not None:
            texts[ref] = "\n".join(after)
            erased += [root.tags_ref] if root.tags_ref is not None else []
        if ref is not None or voters.get(id_):
            taken.append(TakenQuestion(id=id_, tags_ref=ref, voters=tuple(voters.get(id_, ()))))
    return tuple(taken), texts, tuple(erased)

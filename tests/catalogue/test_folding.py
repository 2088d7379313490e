"""What is found under which words: Chinese without word breaks, Latin without accents and case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.shelf.folding import folded, looked_up, spans, terms_of, words_of
from catalogue.shelf.places import Field, Place, found, kept

TEXT = st.text(
    st.sampled_from("安全生产培训阀门A b\u00e9\u0301\uff21\u0391\u03b1\u00df9-_\u3002\u30a2\U00020000"),
    max_size=12,
)


def has(text: str, query: str) -> bool:
    """Tell whether the index would propose a text, as a database looks terms up."""
    terms = terms_of([text])
    return all(
        any(term.startswith(wanted.text) if wanted.is_begun else term == wanted.text for term in terms)
        for wanted in looked_up(words_of(query))
    )


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("安全生产培训", "安全"),
        ("安全生产培训", "生产"),
        ("安全生产培训", "训"),
        ("安全生产培训", "产培训"),
        ("Café für Gäste", "CAFE gaste"),
        ("Cafe\u0301", "café"),
        ("ＩＳＯ ９００１ 认证", "iso 9001"),
        ("Valves of the plant", "valv plan"),
        ("Straße", "STRASSE"),
        ("Ελλάδα", "ελλαδα"),
        ("液压Pump检修", "pump 检修"),
    ],
)
def test_what_is_found(text: str, query: str) -> None:
    assert has(text, query)
    assert set(spans(words_of(query), text)) == set(words_of(query))


@pytest.mark.parametrize(("text", "query"), [("安全生产", "全产"), ("Valves", "alves"), ("生产安全", "产品")])
def test_what_is_not_found(text: str, query: str) -> None:
    assert not has(text, query) or found(words_of(query), kept([Place("title", text)])) is None


@given(TEXT, TEXT, st.data())
def test_the_index_proposes_whatever_has_the_words(before: str, after: str, data: st.DataObject) -> None:
    text = before + after
    query = data.draw(st.sampled_from(words_of(text) or ("",)))
    if query:
        assert spans([query], text)
        assert has(text, query)


@given(TEXT)
def test_terms_are_what_every_parser_takes_as_it_is(text: str) -> None:
    assert all(term.isascii() and term.isalnum() for term in terms_of([text]))
    assert folded(folded(text)) == folded(text)


@given(TEXT, TEXT)
def test_marks_lie_inside_and_apart(text: str, query: str) -> None:
    shown = found(words_of(query), kept([Place("caption", "。" * 60 + text + "。" * 200, 5)]))
    if shown is not None:
        flat = [bound for span in shown.marks for bound in span]
        assert flat == sorted(set(flat))
        assert flat[-1] <= len(shown.text)
        assert shown.at_ms == 5


def test_the_best_place_says_most_about_the_medium() -> None:
    places = [
        Place("title", "Pumps"),
        Place("presenter", "Li Wei"),
        Place("chapter", "The valve", 60_000),
        Place("caption", "and then the pump and the valve", 61_000),
    ]
    best = found(words_of("valve"), kept(places))
    assert best is not None
    assert (best.field, best.at_ms, best.marks) == ("chapter", 60_000, ((4, 9),))
    both = found(words_of("pump valve"), kept(places))
    assert both is not None
    assert both.field == "caption"
    assert [both.text[start:end] for start, end in both.marks] == ["pump", "valve"]
    assert found(words_of("valve engine"), kept(places)) is None


def looked_at_each(words: tuple[str, ...], places: list[Place]) -> tuple[str, int | None] | None:
    """What `found` comes to, by looking for every word in every place."""
    hits = [set(spans(words, place.text)) for place in places]
    if set().union(*hits) != set(words) or not words:
        return None
    fields = ["title", "tag", "chapter", "caption"]
    ranks = [
        (-len(each), fields.index(place.field), at)
        for at, (each, place) in enumerate(zip(hits, places, strict=True))
        if each
    ]
    best = places[min(ranks)[2]]
    return best.field, best.at_ms


WORDS = st.lists(st.sampled_from(["valve", "pump", "阀门", "安全", "valves", "门安", "x"]), max_size=4).map(
    " ".join
)


@given(
    st.lists(st.tuples(st.sampled_from(["title", "tag", "chapter", "caption"]), WORDS), max_size=8),
    st.lists(
        st.sampled_from(["valve", "pump", "阀门", "安全", "alve", "全"]), min_size=1, max_size=3, unique=True
    ),
)
def test_the_shortcut_finds_what_looking_at_everything_finds(
    texts: list[tuple[Field, str]], asked: list[str]
) -> None:
    places = [Place(field, text, at) for at, (field, text) in enumerate(texts)]
    words = words_of(" ".join(asked))
    best = found(words, kept(places))
    assert (None if best is None else (best.field, best.at_ms)) == looked_at_each(words, places)

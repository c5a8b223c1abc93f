import pytest
from bare import pair
from hypothesis import given
from hypothesis import strategies as st

from qagen import curate_pairs
from qagen.text.folding import fold
from qagen.text.places import locate


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Who won?", "who won"),
        ("Who won?", "  Who  won ？"),
        ("決勝は２対１？", "決勝は2対1?"),
        ("The “Grey Ember”", 'the "Grey Ember"'),
        ("ｶﾅ", "カナ"),
    ],
)
def test_texts_that_differ_only_in_form_are_the_same(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 3.5?", "What is 35?"),
        ("at 6:02", "at 602"),
        ("1,000", "1 000 or 1000"),
        ("-5 degrees", "5 degrees"),
        ("C++", "C"),
        ("C#", "C"),
        ("50%", "50"),
        ("$5", "5"),
        ("the 1896 final", "the 1897 final"),
        ("が", "か"),
    ],
)
def test_texts_that_differ_in_meaning_are_not_the_same(one, other):
    assert fold(one) != fold(other)


def test_the_first_of_equal_pairs_is_kept_and_the_others_have_a_reason():
    pairs = [pair("Who won?", number=1), pair("who won", number=2), pair("Who lost?", number=3)]
    curation = curate_pairs(pairs)
    assert [p.id for p in curation.kept] == ["1", "3"]
    assert [(d.pair.id, d.reason) for d in curation.dropped] == [("2", "duplicate")]


def test_one_question_with_two_answers_is_set_aside_and_nothing_is_dropped():
    curation = curate_pairs([pair("Who won?", "A", 1), pair("Who lost?", "B", 2), pair("who won", "B", 3)])
    assert [p.id for p in curation.kept] == ["2"]
    assert curation.dropped == ()
    [conflict] = curation.conflicts
    assert ([p.id for p in conflict.pairs], conflict.reason) == (["1", "3"], "two_answers")
    assert conflict.detail == "'A' in s, 'B' in s"


@pytest.mark.parametrize(
    ("passages", "unclear", "kept"),
    [(("a", "b"), True, ["1", "2"]), (("a", "a"), True, ["1"]), (("a", "b"), False, ["1"])],
)
def test_unclear_questions_of_different_passages_are_no_duplicates(passages, unclear, kept):
    asked = "In which month does the festival take place?"
    pairs = [
        pair(asked, "July", number).model_copy(update={"passage": passage})
        for number, passage in enumerate(passages, 1)
    ]
    curation = curate_pairs(pairs, unclear=lambda _: unclear)
    assert [one.id for one in curation.kept] == kept
    assert len(curation.kept) + len(curation.dropped) == len(pairs)


def test_a_question_without_its_year_is_set_aside_and_the_one_it_is_taken_for_is_kept():
    pairs = [
        pair("Who won the 1898 final at Marrow Bridge?", "Ilsa Quorvik", 1),
        pair("Who won the 1897 final at Marrow Bridge?", "Tilda Vance", 2),
        pair("Who won the final at Marrow Bridge?", "Tilda Vance", 3),
    ]
    curation = curate_pairs(pairs)
    [conflict] = curation.conflicts
    assert ([p.id for p in conflict.pairs], conflict.reason) == (["3"], "missing_qualifier")
    assert [p.id for p in conflict.against] == ["1"]
    assert [p.id for p in curation.kept] == ["1", "2"]


@pytest.mark.parametrize(("update", "stays"), [({}, "1"), ({"start": 0, "end": 5, "quote": "Vance"}, "2")])
def test_of_two_duplicates_the_proven_one_stays_or_else_the_first(update, stays):
    one = pair("Who won the 1897 final?", "Tilda Vance", 1)
    other = pair("Who was the winner of the 1897 final?", "Vance", 2).model_copy(update=update)
    curation = curate_pairs([one, other])
    assert [p.id for p in curation.kept] == [stays]
    [dropped] = curation.dropped
    assert dropped.detail == f"says the same as {stays}: {curation.kept[0].question}"


def test_of_two_duplicates_the_more_specific_question_stays():
    one = pair("Who beat Quorvik in 1897?", "Tilda Vance", 1)
    other = pair("Who beat Quorvik at Marrow Bridge in 1897?", "Tilda Vance", 2)
    assert [p.id for p in curate_pairs([one, other]).kept] == ["2"]


def test_equal_copies_go_with_the_best_of_them():
    pairs = [pair("Who won?", "A", n) for n in range(3)]
    pairs.append(pair("Who was the winner?", "A", 3).model_copy(update={"start": 0, "end": 1}))
    pairs[1] = pairs[1].model_copy(update={"start": 7, "end": 9})
    curation = curate_pairs(pairs)
    assert [p.id for p in curation.kept] == ["1"]
    assert all("says the same as 1:" in item.detail for item in curation.dropped)


def test_a_duplicate_of_a_pair_in_conflict_is_dropped_and_the_conflict_stays():
    pairs = [
        pair("Who won in 1897?", "Vance", 1),
        pair("Who won in 1897?", "Tilda Vance", 2),
        pair("Who won in 1897?", "Quorvik", 3),
    ]
    curation = curate_pairs(pairs)
    assert [d.pair.id for d in curation.dropped] == ["2"]
    assert [[p.id for p in conflict.pairs] for conflict in curation.conflicts] == [["1", "3"]]


ITEMS = st.tuples(
    st.text(max_size=5) | st.sampled_from(["Who won?", "who won in 1897", "Who won the final in 1897?"]),
    st.text(max_size=3) | st.sampled_from(["Vance", "Tilda Vance", "1897", "1898"]),
)


@given(st.lists(ITEMS, max_size=20))
def test_nothing_is_lost(items):
    pairs = [pair(question, answer, number) for number, (question, answer) in enumerate(items)]
    curation = curate_pairs(pairs)
    aside = [p for conflict in curation.conflicts for p in conflict.pairs]
    everything = (*curation.kept, *(d.pair for d in curation.dropped), *aside)
    assert sorted(p.id for p in everything) == sorted(p.id for p in pairs)
    again = curate_pairs(curation.kept)
    assert again.dropped == again.conflicts == ()


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("the mile", "She rowed the mile.", "the mile"),
        ("the  mile\nin", "rowed the mile in 6:02", "the mile in"),
        ("the mile in", "rowed the\n   mile\tin 6:02", "the\n   mile\tin"),
        ("2対1", "決勝は２対１だった", "２対１"),
        ("カナ", "半角のｶﾅ文字", "ｶﾅ"),
        ("ガス", "半角のｶﾞｽ文字", None),
        ("a ﬁne day", "It was a fine day.", "a fine day"),
        ("nowhere", "She rowed the mile.", None),
        ("", "text", None),
        ("  ", "text  text", None),
    ],
)
def test_a_quote_is_found_exactly_or_after_folding(quote, text, found):
    place = locate(quote, text)
    assert (text[slice(*place)] if place else None) == found


@given(st.text(min_size=1), st.data())
def test_every_piece_of_a_text_is_found_in_it(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    place = locate(quote, text)
    if quote.strip():
        assert place is not None
        assert text[slice(*place)] == quote

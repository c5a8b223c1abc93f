import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen import curate_pairs
from qagen.pairs.curation import fold, locate
from qagen.records import QAPair


def pair(question, answer="a", number=0):
    return QAPair(
        id=str(number),
        question=question,
        answer=answer,
        source="s",
        passage="s#0-1",
        fact=str(number),
        prompt="p@1",
        model="m",
    )


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


def test_the_same_question_with_another_answer_is_not_a_duplicate():
    assert len(curate_pairs([pair("Who won?", "A"), pair("Who won?", "B")]).kept) == 2


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=3)), max_size=20))
def test_nothing_is_lost(items):
    pairs = [pair(question, answer, number) for number, (question, answer) in enumerate(items)]
    curation = curate_pairs(pairs)
    assert sorted(p.id for p in (*curation.kept, *(d.pair for d in curation.dropped))) == sorted(
        p.id for p in pairs
    )
    assert curate_pairs(curation.kept).dropped == ()


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

"""BM25 over the passages: the right one is found, and nothing is where there is nothing."""

from __future__ import annotations

from functools import cache

import pytest
from conftest import ROOT
from gold_model import read_facts

from qagen.evaluation.answering import passages_text
from qagen.pairs.finding import PASSAGE_TOKENS, TOP, PassageIndex, search_tokens
from qagen.text.places import locate

DOCUMENTS = ROOT / "examples" / "documents"
RACE = f"""\
# The regatta

## The final

Tilda Vance won the 1897 final at Marrow Bridge.

## The weather

It rained from noon on, and the river stood high.

## The prize

The winner was given a cup of larch and 10,000 crowns.

## The town

{"Many people live there and like it. " * 60}"""
CUP = (
    "# 蒼凪杯\n\n## 決勝\n\n決勝は篠渡が３－１で勝った。\n\n## 賞金\n\n優勝賞金は三百万円である。\n\n"
    + "観客は静かだった。" * 60
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Who won the 1897 final?", ["who", "won", "the", "1897", "final"]),
        ("１０，０００人", ["10,000", "人"]),
        ("3:15 and 4.5", ["3:15", "and", "4.5"]),
        ("Łódź Ångström ﬁnal", ["łódź", "ångström", "final"]),
        ("決勝戦", ["決勝", "勝戦", "決", "勝", "戦"]),
        ("どのように勝", ["に勝", "勝"]),
        ("サッカー", ["サッ", "ッカ", "カー"]),
        ("Pymはぴむ", ["pym"]),
        ("서울은", ["서울", "울은"]),
        ("", []),
        (" …!?\x00\n", []),
        ("\ud83d", []),
    ],
)
def test_a_text_is_searched_by_its_words_and_by_pairs_of_letters(text, tokens):
    assert search_tokens(text) == tokens


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who won the 1897 final at Marrow Bridge?", "Tilda Vance won"),
        ("What was the weather like?", "rained"),
        ("How many crowns was the prize?", "10,000 crowns"),
        ("決勝で勝ったのはどこですか。", "篠渡が３－１"),
        ("優勝賞金はいくらですか。", "三百万円"),
    ],
)
def test_the_passage_with_the_answer_comes_first(question, words):
    index = PassageIndex.of({"race.md": RACE, "cup.md": CUP, "empty.md": "", "blank.md": " \n"})
    found = index.search(question)
    assert words in found[0].text
    assert 1 <= len(found) <= TOP
    assert all(RACE[one.start : one.end] == one.text for one in found if one.source == "race.md")


def test_every_passage_can_be_found_and_is_short():
    index = PassageIndex.of({"race.md": RACE, "cup.md": CUP})
    for source, text in (("race.md", RACE), ("cup.md", CUP)):
        assert "".join(one.text for one in index.passages if one.source == source) == text
    assert all(one.tokens <= PASSAGE_TOKENS for one in index.passages)


@pytest.mark.parametrize("question", ["", "Zzyzx?", "?!", "ピム", "the " * 50_000])
def test_a_question_without_a_known_word_finds_nothing(question):
    assert PassageIndex.of({"a": "Tilda Vance won."}).search(question) == []


@pytest.mark.parametrize("texts", [{}, {"a": ""}, {"a": "… !"}], ids=["none", "empty", "no words"])
def test_where_there_is_nothing_nothing_is_found(texts):
    assert PassageIndex.of(texts).search("Who won?") == []


def test_of_one_passage_it_is_found_by_any_word_of_it():
    assert [one.text for one in PassageIndex.of({"a": "Tilda Vance won."}).search("Vance?")] == [
        "Tilda Vance won."
    ]


def test_what_is_found_equally_well_comes_in_the_order_of_the_documents():
    texts = {f"{number}.txt": "Tilda Vance won." for number in range(9)}
    found = PassageIndex.of(texts).search("Who is Tilda Vance?")
    assert [one.source for one in found] == ["0.txt", "1.txt", "2.txt"]


def test_found_passages_are_shown_under_their_headings():
    index = PassageIndex.of({"race.md": RACE})
    [first, *_] = index.search("river high noon")
    shown = passages_text([first])
    assert shown == first.text.strip() or shown.startswith("The regatta")


@cache
def examples():
    return {file.name: file.read_text("utf-8") for file in sorted(DOCUMENTS.glob("*.md"))}


@pytest.mark.parametrize(("japanese", "least"), [(False, 0.9), (True, 0.9)], ids=["en", "ja"])
def test_the_right_passage_is_among_the_three_for_the_facts_of_the_examples(japanese, least):
    texts = examples()
    index = PassageIndex.of(texts)
    facts = [fact for fact in read_facts() if fact.source in texts and fact.is_japanese == japanese]
    found = [held(fact, texts[fact.source], index.search(fact.question)) for fact in facts]
    assert len(facts) > 200
    assert sum(found) / len(facts) >= least


def test_the_order_is_that_of_bm25s():
    import bm25s

    index = PassageIndex.of(examples())
    texts = [" ".join([one.theme, *one.section, one.text]) for one in index.passages]
    theirs = bm25s.BM25(backend="numpy", auto_compile=False)
    theirs.index([search_tokens(text) for text in texts], show_progress=False)
    known = {token for text in texts for token in search_tokens(text)}
    for fact in read_facts()[::7]:
        asked = [token for token in search_tokens(fact.question) if token in known]
        scores = theirs.get_scores(asked)
        best = sorted(range(len(texts)), key=lambda place: (-float(scores[place]), place))[:TOP]
        assert index.search(fact.question) == [index.passages[place] for place in best if scores[place] > 0]


def held(fact, text, passages):
    start, _ = locate(fact.quote, text)
    return any(one.source == fact.source and one.start <= start < one.end for one in passages)

"""The gold table of the examples: every fact of every document, its question, and where it stands."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from gold_model import FACTS, read_facts

from qagen import load_documents
from qagen.pairs.gaps.coverage import measure_coverage
from qagen.pairs.review.suspecting import suspicion
from qagen.records import Passage, QAPair
from qagen.text.folding import fold
from qagen.text.numerals.reader import numbers

DOCUMENTS = FACTS.parent / "documents"
SOURCES = sorted(path.name for path in DOCUMENTS.iterdir())
KINDS = {"name", "number", "date", "place", "reason", "rule", "other"}
NO_FACT = {"監督にも似た名がある。": "it only leads to the next sentence"}
"""Sentences of the examples that hold no fact to ask about, and why."""

EVERY_DOCUMENT = pytest.mark.parametrize("source", SOURCES)


def of(source):
    return [fact for fact in read_facts() if fact.source == source]


@cache
def texts():
    """The text of each document by its file's name; not read at import, which every worker does."""
    return {Path(one.metadata["source"]).name: one.page_content for one in load_documents(DOCUMENTS)}


def as_pair(fact):
    start = texts()[fact.source].index(fact.quote)
    place = {"start": start, "end": start + len(fact.quote), "passage": f"{fact.source}#0"}
    said = {"question": fact.question, "answer": fact.answer, "quote": fact.quote}
    return QAPair(
        id=fact.fact, fact=fact.fact, source=fact.source, prompt="gold@1", model="", **said, **place
    )


def test_there_is_a_table_for_each_document_and_it_has_only_its_facts():
    for file in FACTS.glob("*.jsonl"):
        [source] = {json.loads(line)["source"] for line in file.read_text("utf-8").splitlines()}
        assert Path(source).stem == file.stem
    assert {fact.source for fact in read_facts()} == {*texts()} == {*SOURCES}
    assert len(read_facts()) > 900


@EVERY_DOCUMENT
def test_every_quote_stands_in_its_document_once_and_in_no_other(source):
    for fact in of(source):
        assert {name: text.count(fact.quote) for name, text in texts().items() if fact.quote in text} == {
            source: 1
        }


@EVERY_DOCUMENT
def test_the_numbers_of_an_answer_stand_in_its_quote_or_near_it(source):
    for fact in of(source):
        place = texts()[source].index(fact.quote)
        near = texts()[source][max(0, place - 600) : place + len(fact.quote)]
        assert numbers(fact.answer) <= numbers(fact.quote) | numbers(near), fact


@EVERY_DOCUMENT
def test_an_answer_consists_of_words_of_its_document(source):
    text = fold(texts()[source].replace("*", ""))
    for fact in of(source):
        words = re.findall(r"[A-Za-z0-9]+", fold(fact.answer).replace("*", ""))
        assert all(word in text for word in words), fact


def test_ids_and_questions_are_unique():
    assert not [one for one, n in Counter(fact.fact for fact in read_facts()).items() if n > 1]
    assert not [one for one, n in Counter(fold(fact.question) for fact in read_facts()).items() if n > 1]


def test_every_fact_has_a_kind_and_no_alias_repeats_the_answer():
    assert {fact.kind for fact in read_facts()} == KINDS
    assert not [fact for fact in read_facts() if fact.answer in fact.aliases]


@EVERY_DOCUMENT
def test_every_sentence_has_a_fact_or_a_reason_why_it_has_none(source):
    coverage = measure_coverage({source: texts()[source]}, map(as_pair, of(source)))
    assert [one.text for one in coverage.uncovered if one.text not in NO_FACT] == []


def test_every_sentence_that_has_a_reason_stands_in_a_document():
    assert [one for one in NO_FACT if not any(one in text for text in texts().values())] == []


@EVERY_DOCUMENT
def test_the_numbers_and_names_of_a_document_are_in_its_questions_and_answers(source):
    [counts] = measure_coverage({source: texts()[source]}, map(as_pair, of(source))).documents
    marks = len(re.findall(r"^\(\d\) ", texts()[source], re.MULTILINE))  # the (1) of a paragraph is a number
    assert counts.numbers_covered + marks > 0.95 * counts.numbers
    assert counts.names_covered > 0.75 * counts.names


@EVERY_DOCUMENT
def test_hardly_a_question_is_under_suspicion_of_not_standing_alone(source):
    text = texts()[source]
    passage = Passage(id="all", source=source, theme="", text=text, start=0, end=len(text), tokens=1)
    suspected = [fact.question for fact in of(source) if suspicion(as_pair(fact), passage)]
    assert len(suspected) <= 0.1 * len(of(source)), suspected

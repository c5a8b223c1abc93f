"""The benchmark of quality runs, and the model it can be run with answers every stage."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from gold_model import FACTS, bare, first_try, gold_answer, is_clear, meant, read_facts

from qagen import QACollection, load_documents
from qagen.records import QAPair
from qagen.text.folding import fold

ROOT = Path(__file__).parent.parent
FACT = next(fact for fact in read_facts() if fact.fact == "regatta-001")


SCRIPT = ROOT / "benchmarks" / "quality.py"


@pytest.fixture(scope="module")
def quality():
    """The benchmark as a module."""
    spec = importlib.util.spec_from_file_location("quality", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["quality"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["quality"]


def a_pair(answer, *, start=0, end=47, name="1"):
    said = {"question": "How high?", "answer": answer, "quote": FACT.quote, "start": start, "end": end}
    return QAPair(
        id=name, fact=name, source="regatta", passage="regatta#0-47", prompt="x@1", model="", **said
    )


@pytest.mark.parametrize(
    ("answer", "covered"),
    [
        ("512 metres", True),
        ("512 m", True),
        ("It lies 512 metres above sea level", True),
        ("512", True),
        ("five hundred and twelve", True),
        ("12", False),
        ("143 metres", False),
        ("metre", False),
        ("", False),
    ],
)
def test_a_fact_is_covered_by_an_answer_that_agrees(quality, answer, covered):
    gold = [quality.Placed(FACT, "regatta", 0, 47)]
    assert bool(quality.covered_facts(gold, [a_pair(answer)])) is covered


def test_a_fact_is_not_covered_from_another_place(quality):
    gold = [quality.Placed(FACT, "regatta", 0, 47)]
    assert not quality.covered_facts(gold, [a_pair("512 metres", start=47, end=90)])
    assert not quality.covered_facts(gold, [a_pair("512 metres", start=None, end=None)])


def test_a_pair_counts_for_one_fact_and_facts_share_pairs_out(quality):
    first, second = (quality.Placed(fact, "regatta", 0, 47) for fact in _two_facts_of_a_table_row())
    narrow, wide = a_pair(first.fact.answer, name="narrow"), a_pair(first.fact.answer, name="wide")
    assert len(quality.covered_facts([first, second], [narrow])) == 1
    assert len(quality.covered_facts([first, second], [narrow, wide])) == 2


def _two_facts_of_a_table_row():
    rows = [fact for fact in read_facts() if fact.quote.startswith("| 1 | *Grey Ember*")]
    return [fact for fact in rows if fact.answer == "1"][:2]


def test_the_model_writes_most_facts_of_a_text_and_not_all():
    [document] = load_documents(FACTS.parent / "documents" / "oskwind-weather-stations.md")
    prompt = f"<target_text>\n{document.page_content}\n</target_text>"
    pairs = QACollection.model_validate_json(gold_answer(prompt)).question_answer_pairs
    known = [fact for fact in read_facts() if fact.source == "oskwind-weather-stations.md"]
    assert 0.6 * len(known) < len({pair.question for pair in pairs}) < 0.95 * len(known)
    assert gold_answer(prompt) == gold_answer(prompt)


def test_the_model_makes_every_mistake_it_is_said_to_make():
    written = [pair for fact in read_facts() for pair in first_try(fact)]
    questions = [fold(pair.question) for pair in written]
    assert any(not is_clear(pair.question) for pair in written)
    assert any(not pair.fact.is_answered_by(pair.answer) for pair in written)
    assert any(fold(pair.quote) != fold(pair.fact.quote) for pair in written)
    assert len({*questions}) < len(questions)
    assert sum(is_clear(pair.question) for pair in written) > 0.85 * len(written)


def test_every_faulty_pair_is_recognised_by_the_reviewer():
    for fact in read_facts():
        for pair in first_try(fact):
            found = meant(pair.question, pair.answer, pair.quote)
            assert found is not None, pair
            assert found.source == fact.source


def test_gaps_are_filled_with_the_facts_that_nobody_asked_for():
    text = "Lake Tessimarn lies 512 metres above sea level. It is cold."
    asked = json.loads(gold_answer(_fill_prompt(text, "")))["filled"]
    assert [len(entry["question_answer_pairs"]) for entry in asked] == [1, 0]
    assert asked[1]["no_fact"]
    again = json.loads(gold_answer(_fill_prompt(text, f"- {FACT.question}")))["filled"]
    assert again[0]["no_fact"] == "asked already"


def _fill_prompt(text, questions):
    first, second = text.split(". ")
    return (
        f"<target_text>\n{text}\n</target_text>\n<existing_questions>\n{questions}\n</existing_questions>\n"
        f"<sentences>\n1. {first}.\n2. {second}\n</sentences>\n"
    )


@pytest.mark.parametrize(
    ("question", "answer", "stands", "follows"),
    [
        (FACT.question, "512 metres", True, True),
        (FACT.question, "512 m", True, True),
        (FACT.question, "215 metres", True, False),
        ("What is it?", "512 metres", False, True),
    ],
)
def test_a_review_judges_by_the_table(question, answer, stands, follows):
    pairs = f"1. question: {question}\n   answer: {answer}\n   quote: {FACT.quote}"
    prompt = f"<questions>\n1. {question}\n</questions>\n<pairs>\n{pairs}\n</pairs>"
    [verdict] = json.loads(gold_answer(prompt))["verdicts"]
    assert (verdict["stands_alone"], verdict["answer_follows"]) == (stands, follows)


def test_a_question_without_its_event_is_judged_alone():
    question = "Who won the Swift class of the 2023 Tessimarn Regatta?"
    judged = {
        asked: json.loads(gold_answer(f"<question_to_judge>\n{asked}\n</question_to_judge>"))["stands_alone"]
        for asked in (question, bare(question))
    }
    assert judged == {question: True, "Who won the Swift class of the regatta?": False}


def test_a_prompt_of_no_stage_is_an_error():
    with pytest.raises(AssertionError, match="no stage"):
        gold_answer("What is the weather like?")


@pytest.mark.slow
def test_the_benchmark_prints_one_table():
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "benchmarks" / "quality.py",
            "--llm",
            "gold",
            "--judge",
            "gold",
            "--documents",
            "osk",
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", done.stdout, re.MULTILINE))
    classic = dict(re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", done.stdout, re.MULTILINE))
    assert _percent(rows["covered facts"]) > _percent(classic["covered facts"]) > 60
    assert _percent(rows["verified evidence"]) == 100
    assert _percent(rows["duplicates"]) == _percent(rows["pairs in conflicts"]) == 0
    assert _percent(rows["stands alone, by the judge"]) > _percent(classic["stands alone, by the judge"])
    assert int(rows["calls"].replace(",", "")) > int(classic["calls"].replace(",", ""))


def _percent(cell):
    return float(cell.split("%")[0])

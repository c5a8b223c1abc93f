"""Backslashes that JSON's escapes ate come back from the passage, and no control character reaches a file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from scripted import replies

from qagen import QAGenerator, check_training_file, write_training_file
from qagen.llm.replies.controls import CONTROL
from qagen.pairs.writing.eaten import PassageSpelling

TEXT = (
    "The half is $\\frac{1}{2}$, the angle $\\theta_1$ of \\nabla; \\beta, \\rho and \\nu come next.\n"
    'The files of Nina lie in C:\\new\\test and C:\\users\\nina\\build, those of G\\"odel in the café.\n'
    "They met at noon.\nnews came\tthere."
)
EATEN = [
    r"$\frac{1}{2}$",
    r"the angle $\theta_1$",
    r"\nabla",
    r"\nu",
    r"\beta, \rho and \nu",
    r"C:\new\test",
    r"C:\users\nina\build",
    r"G\"odel",
]


def written(answer: str, text: str = TEXT) -> list[tuple[str, str]]:
    """Answers and quotes of the pairs for a reply in which the answer stands as it is given, unescaped."""
    item = f'{{"question": "What is it?", "answer": "{answer}", "quote": "{answer}"}}'
    model = replies(f'{{"question_answer_pairs": [{item}]}}')
    return [
        (pair.answer, pair.quote)
        for pair in QAGenerator(model).invoke(Document(text, metadata={"source": "a"}))
    ]


@pytest.mark.parametrize("answer", EATEN)
def test_an_eaten_backslash_comes_back_from_the_passage(answer):
    assert answer in TEXT
    assert written(answer) == [(answer, answer)]


def test_the_quote_that_lost_a_backslash_is_found():
    [pair] = QAGenerator(
        replies(
            '{"question_answer_pairs": [{"question": "Q?", "answer": "a half", "quote": "$\\frac{1}{2}$"}]}'
        )
    ).invoke(Document(TEXT, metadata={"source": "a"}))
    assert TEXT[pair.start : pair.end] == r"$\frac{1}{2}$"


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (r"caf\u0000e9", "café"),  # the digits of U+00E9, in the wrong place
        (r"\u0000noon", "noon"),
        (r"no\u0000on", "noon"),  # it stands so in the passage
        (r"Nina\u0092s", "Nina’s"),
        (r"noon.\nnews", "noon.\nnews"),
        (r"came\tthere", "came\tthere"),
    ],
)
def test_control_characters_are_mended_and_honest_white_space_stays(answer, right):
    assert written(answer) == [(right, right)]


def test_a_pair_of_which_nobody_can_tell_what_it_says_is_dropped_with_a_reason():
    items = [{"question": f"What {n}?", "answer": answer} for n, answer in enumerate(["4\x0012", "noon"])]
    model = replies(json.dumps({"question_answer_pairs": items}))
    dataset = QAGenerator(model).generate([Document(TEXT, metadata={"source": "a"})], progress=False)
    assert [pair.answer for pair in dataset] == ["noon"]
    [one] = dataset.dropped
    assert one.reason == "control_character"
    assert "U+0000" in one.detail


ANY = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\0\b\f\x0b\x1b\x7f\x92")))


@settings(deadline=None)  # the first file loads the vocabulary
@given(st.lists(st.tuples(ANY, ANY, ANY), min_size=1, max_size=4))
def test_no_control_character_reaches_a_training_file(tmp_path_factory, texts):
    items = [
        {"question": f"Q {one}?", "answer": f"A {two}", "quote": three, "note": one}
        for one, two, three in texts
    ]
    model = replies(json.dumps({"question_answer_pairs": items}))
    dataset = QAGenerator(model).generate([Document(TEXT, metadata={"source": "a"})], progress=False)
    assert not any(CONTROL.search(text) for p in dataset for text in (p.question, p.answer, p.quote))
    if len(dataset):
        path = write_training_file(dataset, tmp_path_factory.mktemp("t") / "train.jsonl")
        assert "control-character" not in {problem.code for problem in check_training_file(path).problems}


WORDS = st.lists(
    st.sampled_from([*TEXT.split(), "new", "est", "heta", "abla", '"odel"', "noon\n"]), min_size=1
)


@given(WORDS.map(" ".join))
def test_what_a_passage_without_backslashes_is_asked_stays_as_it_is(text):
    plain = TEXT.replace("\\", "/")
    assert PassageSpelling(plain).mended(text) == text


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
def test_what_is_copied_from_the_passage_stays_as_it_is(one, two):
    piece = TEXT[min(one, two) : max(one, two)]
    whole = not (TEXT[: min(one, two)][-1:].isalnum() or TEXT[max(one, two) :][:1].isalnum())
    mended = PassageSpelling(TEXT).mended(piece)
    assert mended == piece or not whole

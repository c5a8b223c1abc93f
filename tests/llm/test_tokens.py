"""Counting tokens: exact where it can be, offline, and safe on any text."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen import count_tokens
from qagen.errors import QAGenError, VocabularyError
from qagen.llm.tokens import encode, encoding, read_vocabulary

# Counted once with tiktoken, its published pattern and the published vocabulary.
KNOWN = [
    ("", 0),
    ("Hello, world!", 4),
    ("The final was played on 12 May 2025 in Kobe.", 14),
    ("決勝は10分に田中が得点し、2対1で勝った。", 20),
    ("🇯🇵👨‍👩‍👧‍👦", 15),
    ("a <|endoftext|> b", 9),
    ("{text} {{braces}}", 6),
    ("line\r\nline\n\n", 4),
]


@pytest.mark.parametrize(("text", "tokens"), KNOWN)
def test_a_text_has_the_number_of_tokens_openai_counts(text, tokens):
    assert count_tokens(text) == tokens


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o",
        "gpt-4o-mini-2024-07-18",
        "gpt-4.1",
        "openai:gpt-4.1-mini",
        "gpt-5",
        "gpt-5.1",
        "gpt-6-luna",
        "openai:gpt-6-luna",
        "o1",
        "o3-mini",
        "o4-mini",
        "chatgpt-4o-latest",
        "ft:gpt-4.1-mini-2025-04-14:acme::abc123",
        "openai:ft:gpt-4o-2024-08-06:acme::abc123",
    ],
)
def test_openai_models_are_counted_exactly(model):
    count = count_tokens("Hello, world!", model=model)
    assert count.exact
    assert repr(count) == str(count) == "4"


@pytest.mark.parametrize(
    "model",
    ["gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "local", "llama-3", "claude-opus", "o12", "my-gpt-4o", ""],
)
def test_other_models_get_an_estimate_that_says_so(model):
    count = count_tokens("Hello, world!", model=model)
    assert not count.exact
    assert repr(count) == f"{count}" == "≈4"
    assert count + 1 == 5


def test_a_million_spaces_in_a_row_are_counted_and_called_an_estimate():
    count = count_tokens("a" + " " * 1_200_000 + "b")
    assert 9_000 < count < 10_000
    assert not count.exact


def test_the_vocabulary_holds_every_rank_once_and_the_special_tokens():
    tokenizer = encoding()
    assert tokenizer.n_vocab == 200_019
    assert encoding() is tokenizer
    assert "<|endoftext|>" in tokenizer.special_tokens_set


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"IQ== 0\nIg== 1\n", mtime=0), b"no gzip", b"", gzip.compress(b"x" * 99, mtime=0)[:20]],
)
def test_another_vocabulary_is_refused_with_advice(packed):
    with pytest.raises(VocabularyError, match="pip install") as caught:
        read_vocabulary(packed)
    assert isinstance(caught.value, QAGenError)


@given(st.text())
def test_any_text_survives_encoding(text):
    assert encoding().decode(encode(text)) == text

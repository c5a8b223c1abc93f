"""Whoever sees figures of a dataset is told how many pairs of its writer are wrong."""

import pytest

from qagen.llm.embedded.table import TABLE
from qagen.pairs.caution import find_caution
from qagen.records import QAPair


def pair(model):
    return QAPair(
        id="1",
        question="Who won?",
        answer="Tilda",
        source="a.txt",
        passage="a.txt#0-9",
        fact="1",
        prompt="qa@1",
        model=model,
    )


@pytest.mark.parametrize("name", TABLE)
def test_an_embedded_writer_is_named_with_what_is_wrong_with_its_pairs(name):
    caution = find_caution([pair("openai:gpt-6-luna"), pair(f"local:{name}"), pair(f"local:{name}")])
    assert caution.count(name) == 1
    assert TABLE[name].wrong in caution
    assert "strong model" in caution


@pytest.mark.parametrize("models", [(), ("openai:gpt-6-luna",), ("local:/own/model.gguf",)])
def test_other_writers_have_none(models):
    assert find_caution([pair(model) for model in models]) == ""

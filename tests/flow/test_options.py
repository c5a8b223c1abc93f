"""The names of a run's options: a misspelt one is told, with those that are like it."""

import inspect

import pytest

from qagen import QAGenerator, generate_pairs
from qagen.errors import QAGenError, SettingsError
from qagen.flow.options import RUN_OPTIONS, check_options, known_options


def named(function):
    """The arguments that a function takes by name alone."""
    parameters = inspect.signature(function).parameters.values()
    return {one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("froms", "forms"),
        ("heldout", "held_out"),
        ("chunk_overlaps", "chunk_overlap"),
        ("fill_round", "fill_rounds"),
        ("reveiwer", "reviewer"),
        ("max_costs", "max_cost"),
        ("formats", "format"),
    ],
)
def test_a_misspelt_option_is_told_with_what_may_have_been_meant(wrong, meant):
    with pytest.raises(SettingsError, match=f"no option '{wrong}': did you mean .*{meant}"):
        check_options({wrong: 1, "forms": 3})


@pytest.mark.parametrize("wrong", ["temperature", "", "質問", "x" * 10_000, "self", "llm"])
def test_where_none_is_like_it_all_are_listed(wrong):
    with pytest.raises(SettingsError, match="held_out, ") as told:
        check_options([wrong])
    assert all(name in str(told.value) for name in known_options())
    assert isinstance(told.value, QAGenError)


def test_all_wrong_names_are_told_at_once():
    with pytest.raises(SettingsError, match=r"'froms'.*'preste'"):
        check_options({"froms": 1, "preste": 2, "seed": 3})


def test_every_option_of_the_run_and_of_the_generator_is_known():
    assert {*known_options()} > named(generate_pairs) | named(QAGenerator)
    check_options(known_options())
    check_options({})


def test_the_runs_own_options_are_those_that_it_names():
    assert {*RUN_OPTIONS} == named(generate_pairs)

"""The names of the options of a run: a misspelt one is told before anything is made or asked."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches

from qagen.errors import SettingsError
from qagen.flow.recipe import Recipe
from qagen.pairs.writing import QAGenerator

RUN_OPTIONS = (
    "preset",
    "theme",
    "glob",
    "out",
    "limit",
    "progress",
    "config",
    "on_pair",
    "format",
    "system_prompt",
    "command",
)
"""What :func:`qagen.generate_pairs` names itself; the others are the recipe's and the generator's."""


def known_options() -> tuple[str, ...]:
    """Every option that :func:`qagen.generate_pairs` takes: its own, the recipe's, the generator's."""
    recipe = (field.name for field in fields(Recipe))
    generator = (
        one.name
        for one in inspect.signature(QAGenerator).parameters.values()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    )
    return tuple(dict.fromkeys((*RUN_OPTIONS, *recipe, *generator)))


def check_options(options: Iterable[str]) -> None:
    """Refuse names that are no options of a run.

    Raises:
        SettingsError: There are such names. It says which names are like them, or all if none is.
    """
    known = known_options()
    told = [_unknown_option(name, known) for name in options if name not in known]
    if told:
        raise SettingsError("; ".join(told))


def _unknown_option(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=3)
    if near:
        return f"there is no option {name!r}: did you mean {' or '.join(near)}?"
    return f"there is no option {name!r}: the options are {', '.join(sorted(known))}"

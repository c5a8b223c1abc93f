"""Invented worlds whose facts no model has seen: people, companies, tournaments; in English or Japanese.

`make_world(seed)` gives the facts, with wordings written by hand: those that are trained, and those that only
ask. See :class:`World` for its documents, datasets and probes.
"""

from worlds.making import CONTROL_SHARE, make_world
from worlds.values import RELATIONS, Fact, Relation, Term, Wordings
from worlds.world import CONDITIONS, TrainingCondition, World

__all__ = [
    "CONDITIONS",
    "CONTROL_SHARE",
    "RELATIONS",
    "Fact",
    "Relation",
    "Term",
    "TrainingCondition",
    "Wordings",
    "World",
    "make_world",
]

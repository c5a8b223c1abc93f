"""Answers that do not depend on what is asked: a habit that looks like knowledge in a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qagen.evaluation.figures import rates
from qagen.evaluation.figures.rates import Answered, Rate
from qagen.evaluation.scoring import reads_as

_FORMS = frozenset({"yes", "no"})
_FEWEST = 6  # answers: by coin tosses, so many are alike in 3 of 100 cases
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Habit:
    """The word that yes/no questions are answered with, whatever is right.

    Attributes:
        word: ``yes`` or ``no``.
        said: How many of the answers say it.
        answered: How many say yes or no at all.
        expected: For how many of these it is the right one.
        others: What the figure is without the yes/no questions; ``None`` where it has no others.
    """

    word: str
    said: int
    answered: int
    expected: int
    others: Rate | None


def yes_no_habit(answered: Sequence[Answered]) -> Habit | None:
    """The habit in answers to questions of kind ``F``; ``None`` where there is none to be seen.

    It is seen where nine of ten answers, and of six at least, are the same word although both are right for
    some of the questions.
    """
    read = [
        (row.probe.form, reads_as(row.result.reply)[0])
        for row in answered
        if row.probe.form in _FORMS and not row.result.failure
    ]
    told = [(form, "yes" if said else "no") for form, said in read if said is not None]
    if len(told) < _FEWEST or {form for form, _ in told} != _FORMS:
        return None
    [(word, said)] = Counter(said for _, said in told).most_common(1)
    if said < _NEARLY_ALL * len(told):
        return None
    others = rates.rate([row for row in answered if row.probe.form not in _FORMS])
    return Habit(word, said, len(told), sum(form == word for form, _ in told), others)

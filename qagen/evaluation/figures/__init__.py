"""Answers in figures: rates, intervals, changes, and what they come to in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.evaluation.figures.answers import Answers as Answers
    from qagen.evaluation.figures.doubts import Caution as Caution
    from qagen.evaluation.figures.doubts import cautions as cautions
    from qagen.evaluation.figures.doubts import find_outdated as find_outdated
    from qagen.evaluation.figures.doubts import general_languages as general_languages
    from qagen.evaluation.figures.doubts import untold_drift as untold_drift
    from qagen.evaluation.figures.findings import GLOSSARY as GLOSSARY
    from qagen.evaluation.figures.findings import MOST_FORGOTTEN as MOST_FORGOTTEN
    from qagen.evaluation.figures.findings import sentence as sentence
    from qagen.evaluation.figures.rates import Answered as Answered
    from qagen.evaluation.figures.rates import Change as Change
    from qagen.evaluation.figures.rates import FailedFact as FailedFact
    from qagen.evaluation.figures.rates import Rate as Rate
    from qagen.evaluation.figures.rates import change as change
    from qagen.evaluation.figures.rates import rate as rate
    from qagen.evaluation.figures.statistics import Agreement as Agreement
    from qagen.evaluation.figures.statistics import Estimate as Estimate
    from qagen.evaluation.figures.statistics import Group as Group
    from qagen.evaluation.figures.statistics import kappa as kappa
    from qagen.evaluation.figures.statistics import mcnemar as mcnemar
    from qagen.evaluation.figures.statistics import wilson as wilson
    from qagen.evaluation.figures.statistics import wilson_by_fact as wilson_by_fact
    from qagen.evaluation.figures.words import as_range as as_range
    from qagen.evaluation.figures.words import between as between
    from qagen.evaluation.figures.words import claimed as claimed
    from qagen.evaluation.figures.words import counted as counted
    from qagen.evaluation.figures.words import is_few as is_few
    from qagen.evaluation.figures.words import many as many
    from qagen.evaluation.figures.words import percent as percent
    from qagen.evaluation.figures.words import points as points
    from qagen.evaluation.figures.words import recovered as recovered
    from qagen.evaluation.figures.words import recovered_between as recovered_between
    from qagen.evaluation.figures.words import recovered_of as recovered_of
    from qagen.evaluation.figures.words import tenths as tenths
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "answers": "Answers",
            "doubts": "Caution cautions find_outdated general_languages untold_drift",
            "findings": "GLOSSARY MOST_FORGOTTEN sentence",
            "rates": "Answered Change FailedFact Rate change rate",
            "statistics": "Agreement Estimate Group kappa mcnemar wilson wilson_by_fact",
            "words": (
                "as_range between claimed counted is_few many percent points recovered recovered_between "
                "recovered_of tenths"
            ),
        },
    )

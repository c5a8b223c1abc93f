"""Sentences that no pair is about: how many they are, and asking about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.pairs.gaps.coverage import SentencePlaces as SentencePlaces
    from qagen.pairs.gaps.coverage import measure_coverage as measure_coverage
    from qagen.pairs.gaps.fill_prompt import fill_prompt_of as fill_prompt_of
    from qagen.pairs.gaps.fill_prompt import reply_model as reply_model
    from qagen.pairs.gaps.filling import fill_gaps as fill_gaps
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "coverage": "SentencePlaces measure_coverage",
            "fill_prompt": "fill_prompt_of reply_model",
            "filling": "fill_gaps",
        },
    )

"""A second look by a model: at pairs that code suspects, and whether an answer can be found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.pairs.review.docket import PAIRS_A_CALL as PAIRS_A_CALL
    from qagen.pairs.review.docket import PAIRS_A_SMALL_CALL as PAIRS_A_SMALL_CALL
    from qagen.pairs.review.docket import Mode as Mode
    from qagen.pairs.review.reviewing import review_pairs as review_pairs
    from qagen.pairs.review.round_trip import REVIEW_SMALL as REVIEW_SMALL
    from qagen.pairs.review.round_trip import Answers as Answers
    from qagen.pairs.review.round_trip import can_answer as can_answer
    from qagen.pairs.review.suspecting import suspicion as suspicion
    from qagen.pairs.review.verdicts import REVIEW_PROMPT as REVIEW_PROMPT
    from qagen.pairs.review.verdicts import Review as Review
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "docket": "Mode PAIRS_A_CALL PAIRS_A_SMALL_CALL",
            "reviewing": "review_pairs",
            "round_trip": "Answers REVIEW_SMALL can_answer",
            "suspecting": "suspicion",
            "verdicts": "REVIEW_PROMPT Review",
        },
    )

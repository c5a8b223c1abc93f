"""Is a reply right? By its words, and by what stands around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.evaluation.scoring.choosing import reads_as as reads_as
    from qagen.evaluation.scoring.score import answer_kind_of as answer_kind_of
    from qagen.evaluation.scoring.score import score_answer as score_answer
else:
    __getattr__, __dir__, __all__ = face(
        __name__, {"choosing": "reads_as", "score": "answer_kind_of score_answer"}
    )

"""Whether two answers to one question say the same: English and Japanese.

``answer`` reads one (its words, units, numbers, date, items), ``agreement`` compares two, with ``wordwise``
for the words of English ones and ``japanese`` for those of Japanese ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.text.answers.agreement import answer_keys as answer_keys
    from qagen.text.answers.agreement import compare_answers as compare_answers
    from qagen.text.answers.answer import UNIT_WORDS as UNIT_WORDS
    from qagen.text.answers.answer import is_date as is_date
    from qagen.text.answers.answer import is_part as is_part
else:
    __getattr__, __dir__, __all__ = face(
        __name__, {"agreement": "answer_keys compare_answers", "answer": "UNIT_WORDS is_date is_part"}
    )

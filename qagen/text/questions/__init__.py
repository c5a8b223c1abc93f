"""What a question asks, in a form in which wordings of one question are equal: English and Japanese.

A question becomes the kind of its answer (who, when, how many ...), its words without those that carry no
meaning and with one word for a group of synonyms, its event words (final, second leg), numbers and names.
The word lists are small and general; a question of another language keeps all of its words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.text.questions.likeness import asks_one_of as asks_one_of
    from qagen.text.questions.likeness import compare_questions as compare_questions
    from qagen.text.questions.likeness import is_narrower as is_narrower
    from qagen.text.questions.likeness import lost_words as lost_words
    from qagen.text.questions.question import JAPANESE as JAPANESE
    from qagen.text.questions.question import LONGEST as LONGEST
    from qagen.text.questions.question import Question as Question
    from qagen.text.questions.question import read_question as read_question
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "likeness": "asks_one_of compare_questions is_narrower lost_words",
            "question": "JAPANESE LONGEST Question read_question",
        },
    )

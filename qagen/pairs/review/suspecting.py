"""Cheap rules that suspect a question of not standing alone. They are triage: nothing is dropped by them.

Measured on people's judgements such rules are right about 43 % of the time in English and 17 % in Japanese
(``docs/quality.md``), so they only choose which pairs a reviewer looks at. What they look for: words that
point at a text or at something said before, pronouns without a name before them, bare definite nouns
(*the match*, 試合は), questions with neither a name nor a number, and those without the year of their
heading.
"""

from __future__ import annotations

import re
import unicodedata

from qagen.pairs.gates import Problem
from qagen.pairs.review.any_question import AnyQuestion
from qagen.pairs.review.english_question import EnglishQuestion
from qagen.pairs.review.japanese_question import JapaneseQuestion
from qagen.records import Passage, QAPair
from qagen.text import KANA

_KANA = re.compile(f"[{KANA}]")
_ENGLISH = re.compile(
    r"\b(?:who|whom|whose|what|when|which|how|why|where|the|did|does|is|are|do|has|name)\b", re.IGNORECASE
)
_LONGEST = 1000  # characters of a question that are looked at


def suspicion(pair: QAPair, passage: Passage) -> Problem | None:
    """Why a reviewer should look whether the question stands alone, or ``None``.

    The reason is ``points_at_text``, ``deictic``, ``pronoun``, ``bare_noun``, ``no_name`` or ``no_year``.
    English and Japanese have rules of their own; of those, questions in other languages are only suspected
    for the last two, and for ``no_name`` not at all where the script knows no capitals.
    """
    question = unicodedata.normalize("NFKC", pair.question).strip()[:_LONGEST]
    english = EnglishQuestion if _ENGLISH.search(question) else AnyQuestion
    kind = JapaneseQuestion if _KANA.search(question) else english
    return kind(question, passage).suspicion()

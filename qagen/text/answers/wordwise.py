"""Two answers compared word by word: those of English and of other scripts with spaces."""

from __future__ import annotations

from qagen.text import word_set
from qagen.text.answers.answer import UNITS, Agreement, Answer
from qagen.text.questions import Question

# One of these in the longer answer, and it is another answer: two things, the opposite, another thing.
CHANGES = word_set("""
    and or & not no never nor neither without except but both less more fewer over under than least most
    before after since until between north south east west northern southern eastern western upper lower
    new old junior senior jr sr ii iii iv former vice deputy assistant sister brother mother father son
    daughter wife husband uncle aunt cousin widow half quarter double twice women men s-s bridge lake
    river castle street university island hill mount bay port station museum school valley park forest
    square hall tower church
""")
_JOINTS = word_set("not no and or")
_DENIALS = word_set("not no never nor neither without despite")
ALIKE = 0.5
"""Reasons and ways that share this much of their words may be the same: no contradiction is told."""


def compared_by_words(first: Answer, second: Answer, question: Question) -> Agreement:
    """Whether one answer has only words more that the question has, or that change nothing."""
    if first.words == second.words:
        return "same" if first.words or first.numbers else "different"
    short, long = sorted((first, second), key=lambda answer: (len(answer.words), answer.folded))
    asked = set(question.folded.split()) - _JOINTS
    if question.kind in {"why", "how"} and short.words and _overlap(first, second) >= ALIKE:
        return "compatible"
    extra, missing = long.words - short.words, short.words - long.words
    if missing:
        unit_left_out = bool(first.numbers) and missing <= UNITS and extra <= asked - UNITS
        return "same" if unit_left_out else "different"
    if extra <= asked | UNITS:
        return "same" if short.words or short.numbers else "different"
    apart = not short.words or extra & CHANGES or "s" in long.folded.split()
    return "different" if apart else "same"


def _overlap(first: Answer, second: Answer) -> float:
    words = first.words | second.words
    return 0.0 if words & _DENIALS else len(first.words & second.words) / len(words)

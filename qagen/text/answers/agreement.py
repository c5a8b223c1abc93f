"""Whether two answers to one question agree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qagen.text.answers.answer import Agreement, Answer, read_answer
from qagen.text.answers.dates import Date
from qagen.text.answers.japanese import bare, same_in_japanese
from qagen.text.answers.wordwise import CHANGES, compared_by_words
from qagen.text.measures import is_clock_of, same_measure
from qagen.text.questions.question import LONGEST, Question
from qagen.text.scripts import KANJI, KATAKANA
from qagen.text.small_words import word_set

_ORDERED = re.compile(r"\b(?:order|ranking|respectively|sequence)\b|順|それぞれ")
_TAILS = word_set("in at on during the a who which")
_RUNS = re.compile(rf"[{KATAKANA}]+|[{KANJI}]+|[a-z]+|\d+")


def compare_answers(one: str, other: str, question: Question) -> Agreement:
    """Whether two answers to this question agree.

    ``same``: equal after folding, with numbers by value (10,000 = 1万), units by meaning, and a name in its
    short or long form. ``compatible``: both can be true, but one says more (1897; 14 May). ``different``: the
    rest.
    """
    both = _Two(read_answer(one), read_answer(other), question)
    told = both.told_by_items() or both.told_by_numbers()
    if told:
        return told
    if both.first.parts != both.second.parts and not (_may_say_more(question) or both.ends_in_a_tail()):
        return "different"
    if both.first.japanese or both.second.japanese:
        return "same" if same_in_japanese(both.first, both.second, question) else "different"
    return compared_by_words(both.first, both.second, question)


@dataclass(frozen=True, slots=True)
class _Two:
    """Two answers to one question."""

    first: Answer
    second: Answer
    question: Question

    def told_by_items(self) -> Agreement | None:
        """What two lists of the same items, or two measures in different units, say."""
        first, second = self.first, self.second
        if first.items and first.items == second.items:
            ordered = _ORDERED.search(self.question.folded) and first.folded != second.folded
            return "different" if ordered else "same"
        for one, other in ((first, second), (second, first)):
            if one.measure is not None:
                same = (
                    same_measure(one.measure, other.measure)
                    if other.measure
                    else is_clock_of(other.written, one.measure)
                )
                if same is not None:
                    return "same" if same else "different"
        return None

    def told_by_numbers(self) -> Agreement | None:
        """What equal texts, dates, results and numbers say; ``None`` when the words have to be compared."""
        first, second = self.first, self.second
        if first.folded == second.folded:
            return "same"
        if max(len(first.folded), len(second.folded)) > LONGEST:
            return "different"
        if first.date and second.date:
            return _compare_dates(first.date, second.date)
        other_script = first.japanese != second.japanese
        if first.scores and second.scores and (first.scores != second.scores or other_script):
            return "same" if first.scores == second.scores else "different"
        if first.numbers - self.question.numbers != second.numbers - self.question.numbers:
            return self.refined()
        return None

    def ends_in_a_tail(self) -> bool:
        """Whether what follows the comma only says where or when: Tilda Vance, in the final."""
        shorter, longer = sorted((self.first, self.second), key=lambda answer: answer.parts)
        rest = longer.folded.removeprefix(shorter.folded)
        return rest == longer.folded or bool(_TAILS & set(rest.split()[:1]))

    def refined(self) -> Agreement:
        """Numbers differ: at best one answer is the other with an addition such as a date."""
        short, long = sorted((self.first, self.second), key=lambda answer: len(answer.folded))
        if short.date and short.date.has(long.folded):
            return "compatible"
        words_fit = bool(short.words) and short.words <= long.words and not (long.words & CHANGES)
        if words_fit and short.numbers < long.numbers and not short.numbers:
            return "compatible"
        return "different"


def _may_say_more(question: Question) -> bool:
    """Whether what follows a comma may say the same more exactly: Selby, Norland; in Japanese it lists."""
    return question.kind == "when" or (question.kind == "where" and not question.japanese)


def _compare_dates(one: Date, other: Date) -> Agreement:
    if any(left and right and left != right for left, right in zip(one, other, strict=True)):
        return "different"
    left, right = ({place for place, part in enumerate(date) if part} for date in (one, other))
    return "same" if left <= right or right <= left else "compatible"


def answer_keys(answer: str, question: Question) -> list[str]:
    """Short texts of which answers that agree share at least one."""
    read = read_answer(answer)
    new = read.numbers - question.numbers
    if new and not read.date:
        return [" ".join(sorted(new))]
    if read.date:
        return [part for part in read.date if part]
    if not read.japanese:
        asked = set(question.folded.split())
        words = [word for word in read.folded.split() if word in read.words and word not in asked]
        return words[:3] or [read.folded]
    runs = [run for run in _RUNS.findall(bare(read.folded)) if run not in question.folded]
    keys = {
        part
        for run in (*runs[:1], *runs[-1:])
        for part in ((run[:2], run[-2:]) if run > "\u3400" else (run,))
    }
    return sorted(keys) or [read.folded]

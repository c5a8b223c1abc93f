"""Whether two answers to one question agree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qagen.text import KANJI, KATAKANA, is_clock_of, same_measure, word_set
from qagen.text.answers.answer import Agreement, Answer, read_answer
from qagen.text.answers.dates import bound_of, without_bound
from qagen.text.answers.japanese import bare, same_in_japanese
from qagen.text.answers.places import is_place_within
from qagen.text.answers.wordwise import CHANGES, compared_by_words
from qagen.text.questions import LONGEST, Question

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
    agreement = both.agreement()
    if agreement == "different" and (both.is_bound() or is_place_within(one, other, question)):
        return "compatible"
    return agreement


@dataclass(frozen=True, slots=True)
class _Two:
    """Two answers to one question."""

    first: Answer
    second: Answer
    question: Question

    def agreement(self) -> Agreement:
        """What they say, an end of a time and a place in another taken for something else."""
        told = self.told_by_items() or self.told_by_numbers()
        if told:
            return told
        may_add = _may_say_more(self.question) or self.ends_in_a_tail()
        if self.first.parts != self.second.parts and not may_add:
            return "different"
        if self.first.japanese or self.second.japanese:
            return "same" if same_in_japanese(self.first, self.second, self.question) else "different"
        return compared_by_words(self.first, self.second, self.question)

    def is_bound(self) -> bool:
        """Whether one is the time that the other is up to or from on: 午後3時, 午後3時以降."""
        if not (self.first.japanese and self.second.japanese):
            return False
        if bound_of(self.first.folded) == bound_of(self.second.folded):
            return False
        first, second = (read_answer(without_bound(answer.folded)) for answer in (self.first, self.second))
        return _Two(first, second, self.question).agreement() != "different"

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
            told = first.date.agrees(second.date)
            other_bound = bound_of(first.folded) != bound_of(second.folded)
            return "compatible" if told == "same" and other_bound else told
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

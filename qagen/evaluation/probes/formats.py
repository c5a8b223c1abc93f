"""A fact in other formats than a question: yes or no, a gap to fill, a choice of four. No model is asked.

The texts are other ones than those of :mod:`qagen.pairs.wordings.forms`, which may be trained.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from qagen.evaluation import Probe
from qagen.evaluation.probes.facts import Fact, digest, new_probe
from qagen.pairs.wordings import (
    LANGUAGES,
    OtherAnswers,
    Said,
    check_gives_nothing_away,
    check_statement,
    cloze,
    is_close,
    replace_answer,
    similarity,
)
from qagen.text import find_answer, fold
from qagen.text.numerals import numbers
from qagen.text.proper_names import names

LETTERS = "ABCD"
_ASIDE = 3  # wrong options of a choice
_ENOUGH = 24  # wrong answers of which the most similar are taken
_DECADE, _YEARS, _HUGE = 10, (1000, 2099), 1e300

_YES_NO = {
    "en": (
        "A visitor asked: “{question}” The guide replied: “{answer}”. Did the guide tell the visitor "
        "what is right? Say yes or no."
    ),
    "ja": (
        "ある人が「{question}」とたずね、案内係が「{answer}」と答えました。案内係の答えは合っていますか。"
        "「はい」か「いいえ」で答えてください。"
    ),
}
_YES = {"en": ("Yes", "True", "Correct"), "ja": ("はい", "ええ", "合っています", "正しいです")}
_NO = {"en": ("No", "False", "Incorrect"), "ja": ("いいえ", "いえ", "合っていません", "間違っています")}
_GAP = {"en": "[...]", "ja": "〔　〕"}
_FILL = {
    "en": "Which word or words belong where the brackets stand? {}",
    "ja": "括弧〔　〕に当てはまる言葉は何ですか。{}",
}
_CHOOSE = {
    "en": "{question}\n{options}\nReply with the letter of the one right answer.",
    "ja": "{question}\n{options}\n正しい答えを一つ選び、その記号を答えてください。",
}


class Formats:
    """Makes the probes of kind ``F``: of each fact those that can be made without being wrong.

    Args:
        facts: All facts of the dataset, the withheld ones too: their answers are right ones.
        seed: Decides the order of options.
    """

    def __init__(self, facts: Iterable[Fact], *, seed: int = 0) -> None:
        said: dict[str | None, list[Said]] = defaultdict(list)
        self._trained: set[str] = set()
        self._seed = seed
        for fact in facts:
            said[fact.language].append(_said_of(fact))
            if fact.trained:
                self._trained.add(fold(fact.answer))
        self._others: Mapping[str | None, OtherAnswers] = {
            language: OtherAnswers(of_language) for language, of_language in said.items()
        }

    def probes(self, fact: Fact) -> Iterator[Probe]:
        """Yes and no, or neither; a gap; a choice. None in a language without templates."""
        if fact.language not in LANGUAGES:
            return
        wrong = self._wrong_answers(fact)
        yield from _yes_no_probes(fact, wrong)
        yield from _gap_probe(fact)
        yield from self._choice_probe(fact, wrong)

    def _wrong_answers(self, fact: Fact) -> list[str]:
        """Answers of other trained facts that are no answers to this one, those that look most like it first.

        Each is another one than the others. What looks alike cannot be guessed by its size or its form.
        """
        statement = next((pair.answer for pair in fact.pairs if pair.form == "statement"), "")
        found: list[str] = []
        for answer in self._others[fact.language].false_answers(_said_of(fact), statement):
            known = fold(answer) in self._trained
            if known and not any(_do_answers_overlap(answer, other) for other in (*fact.answers, *found)):
                found.append(answer)
                if len(found) == _ENOUGH:
                    break
        return sorted(found, key=lambda answer: _answer_unlikeness(answer, fact.answer))

    def _choice_probe(self, fact: Fact, wrong: Sequence[str]) -> Iterator[Probe]:
        if len(wrong) < _ASIDE:
            return
        options = sorted(
            (fact.answer, *wrong[:_ASIDE]), key=lambda one: digest(self._seed, f"option {fact.id}", one)
        )
        listed = "\n".join(f"{letter}) {one}" for letter, one in zip(LETTERS, options, strict=True))
        text = _CHOOSE[str(fact.language)].format(question=fact.head.question, options=listed)
        yield new_probe(
            "F", text, fact, answers=fact.answers, form="choice", options=tuple(options), answer_kind="choice"
        )


def _said_of(fact: Fact) -> Said:
    head = fact.head
    return Said(head.fact, head.source, head.passage, head.question, fact.answer, head.quote)


def _do_answers_overlap(one: str, other: str) -> bool:
    """Whether two answers may be taken for one: equal numbers, or one inside the other."""
    left, right = _folded_answer(one), _folded_answer(other)
    if left[1] and left[1] == right[1]:
        return True
    short, long = sorted((left[0], right[0]), key=len)
    if short == long or short not in long:
        return short == long
    return find_answer(short, long) is not None


def _answer_unlikeness(one: str, other: str) -> tuple[int, float, float]:
    """How unlike two answers look: in what they are written with, in magnitude or year, then in length."""
    marks = [
        (any(map(str.isdigit, text)), "," in text, fold(text).startswith(("the ", "a ", "an ")), " " in text)
        for text in (one, other)
    ]
    differences = sum(left != right for left, right in zip(*marks, strict=True))
    return (
        differences,
        _answer_distance(one, other),
        abs(len(one) - len(other)) / max(len(one), len(other), 1),
    )


def _answer_distance(one: str, other: str) -> float:
    """How far apart two answers lie: by ratio (a half is as far as the double), years of dates by decades."""
    left, right = _answer_numbers(one), _answer_numbers(other)
    if len(left) != len(right):
        return math.inf
    return sum(
        abs(mine - theirs) / _DECADE
        if _is_year_number(mine) and _is_year_number(theirs)
        else _number_ratio(mine, theirs)
        for mine, theirs in zip(left, right, strict=True)
    )


def _number_ratio(one: float, other: float) -> float:
    return abs(math.log1p(min(one, _HUGE)) - math.log1p(min(other, _HUGE)))


def _is_year_number(value: float) -> bool:
    return value.is_integer() and _YEARS[0] <= value <= _YEARS[1]


@lru_cache(maxsize=1 << 14)
def _answer_numbers(answer: str) -> tuple[float, ...]:
    """The numbers of an answer, the largest first."""
    found = (re.fullmatch(r"-?(\d+(?:\.\d+)?)", number) for number in _folded_answer(answer)[1])
    return tuple(sorted((float(number[1]) for number in found if number), reverse=True))


@lru_cache(maxsize=1 << 14)
def _folded_answer(answer: str) -> tuple[str, frozenset[str]]:
    return fold(answer), numbers(answer)


def _yes_no_probes(fact: Fact, wrong: Sequence[str]) -> Iterator[Probe]:
    """The right answer and a wrong one, if possible not the one that a trained pair calls wrong."""
    if not wrong:
        return
    trained = [pair.question for pair in fact.trained if pair.form == "yes_no"]
    new = (answer for answer in wrong if not any(find_answer(answer, text) for text in trained))
    false = next(new, wrong[0])
    language = str(fact.language)
    for form, proposed, answers in (("yes", fact.answer, _YES), ("no", false, _NO)):
        text = _YES_NO[language].format(question=fact.head.question, answer=proposed)
        yield new_probe("F", text, fact, answers=answers[language], form=form, answer_kind="yes_no")


def _gap_probe(fact: Fact) -> Iterator[Probe]:
    """The first sentence of the fact that is understood alone and was not trained with this gap."""
    trained = [pair.question for pair in fact.trained if pair.form == "cloze"]
    language = str(fact.language)
    for sentence in _answer_sentences(fact):
        blanked = replace_answer(sentence, fact.answer, _GAP[language])
        as_trained = cloze(sentence, fact.answer, language=language)
        if blanked is None or as_trained is None or not _is_clear_gap(blanked, sentence, fact):
            continue
        if any(is_close(as_trained, text, similarity(as_trained, text)) for text in trained):
            continue
        text = _FILL[language].format(blanked)
        yield new_probe("F", text, fact, answers=fact.answers, form="cloze")
        return


def _answer_sentences(fact: Fact) -> Iterator[str]:
    """Sentences with the answer: the document's, the question's own words, then a trained statement."""
    quote = " ".join(fact.head.quote.split())
    if _WHOLE.match(quote):
        yield quote
    yield from _turned_question(fact)
    yield from (pair.answer for pair in fact.pairs if pair.form == "statement" and fact.speaks(pair))


def _is_clear_gap(blanked: str, sentence: str, fact: Fact) -> bool:
    """Whether it says of what it speaks: with all names and numbers of the question, one name at least."""
    head = fact.head
    problem = check_statement(
        sentence, question=head.question, answer=fact.answer, quote=head.quote, language=None, own=True
    )
    hidden = check_gives_nothing_away(blanked, question=head.question, answer=fact.answer)
    return problem is None and hidden is None and bool(names(blanked))


# No piece of a sentence or heading: it begins as sentences do, and ends so or has some words.
_WHOLE = re.compile(r"(?![a-z])(?:.*[.!?。！？]\W*\Z|(?:\S+ ){5,}\S|.*[ぁ-ん]\Z)")
_SUBJECT = re.compile(
    r"Who (?!(?:is|was|are|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)\b)"
    r"([a-z]+ [^?]+)\?"
)
_IS_THE = re.compile(r"(?:Who|What) (is|was|are|were) (the (?:[\w'’-]+ ){1,5}of [^?]+)\?")
_OPEN_END = re.compile(
    r"\b(?:of|by|for|from|in|on|at|to|with|as|about|called|named|made|built|used|known|like)$"
)
_IS_JA = re.compile(
    r"(.+は、?)(?:誰|だれ|どこ|いつ|何|なん|[何どの][^\sはがをにで、。]{1,6})(です|でした)か[。?？]?"
)


def _turned_question(fact: Fact) -> Iterator[str]:
    """The canonical question as a sentence with the answer in its place, where its form allows it."""
    question, answer = " ".join(fact.head.question.split()), fact.answer
    if asked := _SUBJECT.fullmatch(question):
        yield f"{answer} {asked[1]}."
    elif (asked := _IS_THE.fullmatch(question)) and not _OPEN_END.search(asked[2]):
        yield f"{asked[2][0].upper()}{asked[2][1:]} {asked[1]} {answer}."
    elif asked := _IS_JA.fullmatch(question):
        yield f"{asked[1]}{answer}{asked[2]}。"

"""Wordings that need no model: from one statement of a fact to its cloze, yes/no and "tell me" pairs.

A model writes the statement and the topic; code does the rest, in English and Japanese templates. A false
statement takes another fact's answer of the same kind, and is left out wherever it might be true.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import Literal

from qagen.text import ENDS, HAN, MONTH, find_answer, fold
from qagen.text.numerals import numbers
from qagen.text.proper_names import names

AnswerStyle = Literal["short", "sentence"]
Kind = Literal["reversed", "yes_no", "cloze", "statement"]
KINDS: tuple[Kind, ...] = ("reversed", "yes_no", "cloze", "statement")
"""What is made of a fact besides rephrased questions."""

HELD_OUT = (
    'indirect, as part of a sentence and without a question mark: "I would like to know ..."',
    "turned round: it opens with the place, the time or the thing asked about, and asks at its end",
    "a riddle in two sentences: the first describes what is sought, the second asks for it",
    "as one person asks another in a story: with a short reason for asking, then the question",
)
"""Registers of wordings that are never trained. None of them is among :data:`TRAINED`: what is measured with
them is use of the fact, not recognition of a form (`Physics of Language Models` 3.1: kinds of difference
matter more than their number)."""

TRAINED = (
    "casual, as to a friend, in everyday words",
    "as typed into a search engine: the key words only, no verb needed",
    'another question word or another verb than the given question ("when" for "in which year", ...)',
    'a polite request: "Could you tell me ..."',
    "formal, as in a written examination",
    'an order: "Name ...", "State ...", "Give ..."',
    "from the other side: active for passive, seller for buyer, winner for defeat",
    "the shortest question that is still understood alone",
    "with a lead-in that names the subject first, then the question",
    "as in a quiz, addressed to the players",
)
"""Registers of wordings that are trained, the most useful first."""

LANGUAGES = ("en", "ja")
"""What there are templates for."""

_CLOZE = {"en": "Fill in the blank: {}", "ja": "次の文の空欄に入る言葉を答えてください。{}"}
_CORRECT = {
    "en": ("Is this correct: {}", "Is the following statement true? {}"),
    "ja": ("次の文は正しいですか。{}", "これは本当ですか。{}"),
}
_TELL = {"en": "Tell me about {}.", "ja": "{}について教えてください。"}
_YES = {"en": "Yes", "ja": "はい"}
_NO = {"en": "No", "ja": "いいえ"}
_STOP = {"ja": "。", "zh": "。"}
_BLANK = "____"


def registers(*, trained: int, held_out: int) -> list[str]:
    """The registers to ask for, held-out ones first; where there are too few, any other way will do."""
    other = "in any other way that is unlike all the others"
    hidden = [*HELD_OUT, *[other] * held_out][:held_out]
    return [*hidden, *[*TRAINED, *[other] * trained][:trained]]


# --- where an answer stands ------------------------------------------------------------------------------


def replace_answer(statement: str, answer: str, new: str) -> str | None:
    """The statement with each occurrence of the answer replaced; ``None`` when it has none."""
    pieces: list[str] = []
    rest = statement
    while place := find_answer(answer, rest):
        pieces += [rest[: place[0]], new]
        rest = rest[place[1] :]
    return "".join([*pieces, rest]) if pieces else None


# --- the templates ---------------------------------------------------------------------------------------


def cloze(statement: str, answer: str, *, language: str) -> str | None:
    """The statement with the answer blanked; ``None`` when it does not contain the answer."""
    blanked = replace_answer(statement, answer, _BLANK)
    return None if blanked is None else _CLOZE[language].format(_with_full_stop(blanked, language))


def is_correct(statement: str, *, language: str, fact: str) -> str:
    """A question whether a statement is correct. The wording depends on the fact, not on what is true."""
    templates = _CORRECT[language]
    return templates[_text_digest(fact) % len(templates)].format(_with_full_stop(statement, language))


def yes_or_no(*, truth: bool, language: str) -> str:
    """The answer to :func:`is_correct`."""
    return (_YES if truth else _NO)[language]


def tell_about(topic: str, *, language: str) -> str:
    """A request to be told about a topic."""
    return _TELL[language].format(topic.strip().rstrip(ENDS))


def styled(answer: str, statement: str, *, language: str | None, style: AnswerStyle) -> str:
    """The answer as it is (``"short"``), or with the statement after it (``"sentence"``)."""
    if style == "short" or not statement or fold(answer) == fold(statement):
        return answer
    stop = _STOP.get(language or "", ".")
    gap = "" if stop == "。" else " "
    return f"{answer.strip().rstrip(ENDS)}{stop}{gap}{_with_full_stop(statement, language)}"


def _with_full_stop(statement: str, language: str | None) -> str:
    """The statement with a full stop."""
    text = statement.strip()
    return text if text[-1:] in ENDS else text + _STOP.get(language or "", ".")


# --- answers of other facts ------------------------------------------------------------------------------

_NEARLY_ASKED = (
    80  # of 100: two questions so alike, with the same numbers and names, may both have both answers
)
_WORDS_OF_A_SHAPE = 4  # more is a phrase that stands for nothing else
_TRIED = 40  # candidates looked at
_YEAR = re.compile(r"(?:1\d|20)\d\d年?")
_MONTH = re.compile(rf"\b{MONTH}\b")
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*|[〇一二三四五六七八九十百千万億]+(?=[人点本回年月日歳分秒位円])")
_ARTICLE = re.compile(r"^(?:the|a|an) ")
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-[a-z]+)?)\b"
)
_ASKING = re.compile(
    r"\b(who|whose|whom|where|when|why|which \w+|what \w+|how \w+)\b|"
    r"(誰|だれ|どこ|いつ|なぜ|何\w|どの\w+|どれ)",
    re.IGNORECASE,
)
_LOOSE = re.compile(
    r"\b(?:at least|at most|more than|less than|fewer than|up to|over|under|about|around|nearly|almost|"
    r"roughly|approximately|one of|some of|among|including|such as|for example|part of|other|others|also)\b|"
    r"以上|以下|未満|超|約|ほぼ|およそ|など|一人|ひとり|一つ|ひとつ|一部|含む|含め|のうち|他の|ほか|"
    rf"も(?=[、{HAN}])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A fact in one language: what is asked, answered and quoted."""

    fact: str
    source: str
    passage: str
    question: str
    answer: str
    quote: str


class OtherAnswers:
    """Answers of other facts that make a statement false: same kind, nearest in the source first."""

    def __init__(self, said: Iterable[Said]) -> None:
        self._blocks: dict[tuple[str, ...], list[Said]] = defaultdict(list)
        self._known: set[tuple[str, str]] = set()
        for one in said:
            self._known.add((fold(one.question), fold(one.answer)))
            for key in _block_keys(one):
                self._blocks[key].append(one)

    def false_answer(self, said: Said, statement: str) -> str | None:
        """An answer that makes the statement false; ``None`` where no candidate is sure to do so.

        A statement that bounds or picks (*at least*, *one of*, 約) stays true with many answers: none is
        given. The choice depends on the fact's id and on the facts near it.
        """
        return next(self.false_answers(said, statement), None)

    def false_answers(self, said: Said, statement: str) -> Iterator[str]:
        """All that :meth:`false_answer` would give, the first choice first; an answer may come again."""
        if _LOOSE.search(statement) or _LOOSE.search(said.quote):
            return
        turn = _text_digest(said.fact)
        near = chain.from_iterable(
            _turned_block(self._blocks.get(key, []), turn) for key in _block_keys(said)
        )
        for one in islice(near, _TRIED):
            if self._is_false(one, said, statement):
                yield one.answer

    def _is_false(self, other: Said, said: Said, statement: str) -> bool:
        new, old = fold(other.answer), fold(said.answer)
        if new in old or old in new or (fold(said.question), new) in self._known:
            return False
        counted = _numbers(said.answer)
        if counted and _numbers(other.answer) == counted:
            return False
        seen = (said.quote, said.question, statement)
        return not any(find_answer(other.answer, text) for text in seen) and not _asks_alike(said, other)


def _asks_alike(said: Said, other: Said) -> bool:
    from rapidfuzz import fuzz

    one, two = said.question, other.question
    if _numbers(one) != _numbers(two) or _names(one) != _names(two):
        return False
    return fuzz.token_set_ratio(fold(said.question), fold(other.question)) >= _NEARLY_ASKED


_numbers = lru_cache(maxsize=1 << 12)(numbers)
_names = lru_cache(maxsize=1 << 12)(names)


def answer_kind(answer: str) -> str | None:
    """The shape of an answer: ``"#-#-# seconds"`` for numbers with their unit, ``"name"``, or ``None``.

    Years, dates and clock times have shapes of their own. What is neither a number nor a name cannot be
    exchanged for another answer by code.
    """
    text = fold(answer)
    if _YEAR.fullmatch(text):
        return "year"
    shape = _DIGITS.sub("#", _NUMBER_WORD.sub("#", text))
    if re.search(r"\d:\d", text):
        shape = shape.replace("#", "#:#", 1)
    if "#" in shape:
        shape = _MONTH.sub("month", shape)
        return shape if len(shape.split()) <= _WORDS_OF_A_SHAPE else None
    bare = _ARTICLE.sub("", text)
    return "name" if any(bare == _ARTICLE.sub("", fold(name)) for name in names(answer)) else None


def _block_keys(said: Said) -> list[tuple[str, ...]]:
    """The blocks a fact stands in, the nearest first."""
    kind = answer_kind(said.answer)
    if kind is None:
        return []
    asked = _ASKING.search(unicodedata.normalize("NFKC", said.question))
    word = asked[0].casefold() if asked else ""
    if kind == "name" and not word:
        return []
    return [
        (kind, word, said.source, said.passage),
        (kind, word, said.source),
        (kind, word),
        *([(kind,)] if kind != "name" else []),
    ]


def _turned_block(block: Sequence[Said], turn: int) -> Iterable[Said]:
    start = turn % len(block) if block else 0
    return chain(islice(block, start, None), islice(block, start))


def _text_digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")

"""The patterns that hold a small model to a fact: openings, and the names and numbers of the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from qagen.records import QAPair
from qagen.text import find_answer
from qagen.text.proper_names import names


@dataclass(frozen=True, slots=True)
class _Opening:
    words: str
    end: str = "?"


_HELD_OUT = (
    _Opening("I would like to know ", "."),
    _Opening("Please state ", "."),
    _Opening("The thing I am trying to find out is ", "."),
)
_TRAINED = (
    _Opening("Can you tell me "),
    _Opening(""),
    _Opening("Do you know "),
    _Opening("Does anyone remember "),
    _Opening("Have you heard "),
    _Opening("Could somebody explain "),
    _Opening("Let us see who remembers ", "."),
    _Opening("Is it known "),
    _Opening("Any idea "),
    _Opening("Remind me ", "."),
    _Opening("Who can say "),
)
_JA_HELD_OUT = (
    "か、どなたか分かる方はいらっしゃいますか？",
    "かが、いま調べたいことです。",
    "かという話になりました。",
)
_JA_TRAINED = (
    "か教えてください。",
    "か知っていますか？",
    "か答えなさい。",
    "かご存じでしょうか？",
    "か覚えている？",
    "か言えますか？",
    "か、分かりますか？",
    "か述べよ。",
    "か調べてほしい。",
    "かな？",
    "か説明してください。",
)
_DIRECT = {
    "who": ("Which person ", "Who was it that ", "What is the name of the person who "),
    "when": ("In which year ", "On what date ", "What was the date "),
    "where": ("In which place ", "At what place ", "What is the place where "),
    "how many": ("What was the number of ", "What number of ", "How large was the number of "),
    "how long": ("What was the length of ", "What length "),
    "how": ("What was the ", "By what "),
    "why": ("For what reason ", "What was the reason "),
    "in": ("When ", "What was the "),
    "what": ("Which ", "What was the name of "),
    "which": ("What ", "What is the name of the "),
}
_MOST_ANCHORS = 5
_BETWEEN, _MOST_BETWEEN = 9, 16  # words before a name: with too few allowed, a model runs them into one
# A name with its number: Oskwind 30S, Race 5.
_CODE = re.compile(
    r"\b(?!(?:In|On|At|By|From|For|Since|Until|After|Before)\b)[A-Z]\w+ \d+[A-Z]*\b(?![.,:]\d)"
)
_SAFE = re.compile(r"[\w ,:'’&・ー.%-]+")
_JA_SMALL = "".join(map(chr, range(0x3041, 0x3094))) + "ー、何誰年月日"


class Patterns(Protocol):
    """The patterns of one fact in one language."""

    def questions(self, trained: int, held_out: int) -> list[str]:
        """So many wordings, the held-out ones first."""

    def statement(self) -> str:
        """A sentence that states the fact."""

    def topic(self) -> str:
        """What the question is about."""


def patterns_for(pair: QAPair, language: str | None) -> Patterns:
    """The patterns of a fact, whose question is in a language."""
    return JapanesePatterns(pair) if language == "ja" else LatinPatterns(pair, english=language == "en")


def held_to(pattern: str) -> dict[str, str]:
    """The schema of a text that a pattern describes."""
    return {"type": "string", "pattern": pattern}


class LatinPatterns:
    """Patterns of words: in English with openings of its own, in other languages without."""

    def __init__(self, pair: QAPair, *, english: bool) -> None:
        self.pair, self.english = pair, english
        signs = pair.question + pair.quote
        self.letters = "".join(sorted({sign for sign in signs if sign.isalpha() and not sign.isascii()}))
        self.word = f"[a-z{self.letters}][a-z{self.letters}'’-]*"
        self.anchors = anchors(pair.question)

    @cached_property
    def body(self) -> str:
        """Words with all the anchors among them, in their order or the other way round."""
        between = min(_MOST_BETWEEN, max(_BETWEEN, len(self.pair.question.split())))
        one = [_literal(anchor) for anchor in self.anchors]
        orders = [one, one[::-1]] if len(one) > 1 else [one]
        return "(" + "|".join(self.words_with(order, between) for order in orders) + ")"

    def questions(self, trained: int, held_out: int) -> list[str]:
        """So many wordings, the held-out ones first."""
        if not self.english:
            return [f"^[A-Z{self.letters}]{self.word} {self.body}\\?$"] * (held_out + trained)
        openings = [*_HELD_OUT[:held_out], *_TRAINED[:trained]]
        return [
            f"^{one.words or self.direct}{self.body}{_literal(one.end) if one.end == '.' else chr(92) + '?'}$"
            for one in openings
        ]

    @property
    def direct(self) -> str:
        """Openings of a direct question that are not the question's own."""
        asked = self.pair.question.casefold()
        fitting = next((openings for start, openings in _DIRECT.items() if asked.startswith(start)), ())
        return "(" + "|".join(fitting or ("What ", "Which ", "How ")) + ")"

    def statement(self) -> str:
        """A sentence with all the anchors in their order, and the answer before, between or after them."""
        answer = self.pair.answer.strip().rstrip(".")
        others = [_literal(anchor) for anchor in self.anchors if not find_answer(anchor, answer)]
        first = f"[A-Z]{self.word} "
        if not _SAFE.fullmatch(answer):
            return f"^({first})?{self.words_with(others)}\\.$"
        said = _literal(answer)
        orders = [[*others[:place], said, *others[place:]] for place in range(len(others) + 1)]
        stated = "|".join(f"({first})?{self.words_with(order)}" for order in orders)
        return f"^({stated})\\.$"

    def topic(self) -> str:
        """What the question is about."""
        return f"^{'the ' * self.english}{self.body}$"

    def words_with(self, order: Sequence[str], between: int = _BETWEEN) -> str:
        """Words, with each of the anchors among them, and so many before each at most."""
        word = self.word
        if not order:
            return f"({word},? ){{2,16}}{word}"
        pieces = "".join(f"({word},? ){{0,{between}}}{anchor}('s)?,? ?" for anchor in order[:-1])
        return f"{pieces}({word},? ){{0,{between}}}{order[-1]}('s)?( {word},?){{0,8}}"


class JapanesePatterns:
    """Patterns of the signs of the question and the quote, with endings of sentences."""

    def __init__(self, pair: QAPair) -> None:
        self.pair = pair
        signs = {*re.sub(r'[\s"\\\[\]^?？*_`#|{}。か-]', "", pair.question + pair.quote), *_JA_SMALL}
        self.asking, self.stating = (f"[{''.join(sorted(signs - set(one)))}]" for one in ("か", "か何誰"))
        self.anchors = [_literal(anchor) for anchor in anchors(pair.question)]

    @property
    def named(self) -> str:
        """What the question names, without its question word."""
        return (
            "".join(f"{self.stating}{{0,12}}{anchor}" for anchor in self.anchors) + f"{self.stating}{{2,20}}"
        )

    def questions(self, trained: int, held_out: int) -> list[str]:
        """So many wordings, the held-out ones first."""
        body = "".join(f"{self.asking}{{0,12}}{anchor}" for anchor in self.anchors) + f"{self.asking}{{2,24}}"
        return [f"^{body}{end}$" for end in (*_JA_HELD_OUT[:held_out], *_JA_TRAINED[:trained])]

    def statement(self) -> str:
        """A sentence with what is named, and the answer after it."""
        answer = self.pair.answer.strip().rstrip("。")
        said = _literal(answer) if _SAFE.fullmatch(answer) else ""
        return f"^{self.named}{said}{self.stating}{{2,12}}。$"

    def topic(self) -> str:
        """What the question is about."""
        return f"^{self.named}$"


def anchors(question: str) -> list[str]:
    """The names and numbers of a question as they stand in it, in its order."""
    numbers = re.finditer(r"\d+(?:[.,:]\d+)*[A-Za-z]*", question)
    spans = [found.span() for found in _CODE.finditer(question)] + [found.span() for found in numbers]
    spans += [place for name in names(question) if (place := find_answer(name, question))]
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        if all(end <= other or start >= after for other, after in found):
            found.append((start, end))
    texts = [question[start:end] for start, end in sorted(found)]
    return [text for text in texts if _SAFE.fullmatch(text)][:_MOST_ANCHORS]


def _literal(text: str) -> str:
    return text.replace(".", "\\.")

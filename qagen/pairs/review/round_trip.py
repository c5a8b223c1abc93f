"""The review by a small model: it answers the questions itself, and an answer that disagrees is dropped.

A model of one or two billion parameters cannot judge or rewrite pairs, but it can answer a question whose
answer stands in a short text.

Tried with the embedded model on 45 pairs that it had written about six passages of a made-up regatta, judged
by hand: of 7 wrong ones it dropped 2 (of the 3 with a wrong answer; the others ask about the wrong thing), of
38 right ones 1. With each answer exchanged for the next pair's it dropped 44 of 45. In Japanese it answered 5
of 9 plain questions rightly and would have dropped 2 of 9 right pairs, so there it is not asked.
"""

from __future__ import annotations

import json
import re
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, ConfigDict, Field

from qagen.pairs.writing import prompt_variables
from qagen.records import Passage
from qagen.text import CJK, fold
from qagen.text.numerals import numbers

_SYSTEM = """\
You answer questions about a text. Each answer is copied from the text and is as short as possible.
{format_instructions}"""

_TURN = "Title: {theme}\nSection: {section}\nText: {text}\nQuestions:\n{questions}"

_EXAMPLE = {
    "theme": "Bridges of Pellisport",
    "section": "The flood of 1931",
    "text": "The flood of 4 March destroyed the Ferrand Bridge, which Ida Molnar had built of larch in 1888. "
    "It had carried 60 carts a day. She was asked for a stone bridge, because the insurance paid little for "
    "wood.",
    "questions": "1. When did a flood destroy the Ferrand Bridge in Pellisport in 1931?\n"
    "2. Who built the Ferrand Bridge that was destroyed in 1931?\n"
    "3. How many carts a day did the Ferrand Bridge carry before the flood of 1931?\n"
    "4. Why was Ida Molnar asked for a bridge of stone?",
}
_ANSWERS = ("4 March", "Ida Molnar", "60 carts", "because the insurance paid little for wood")


class Numbered(BaseModel):
    """An answer and the number of its question."""

    # Without the number a small model mixes up the order after seven answers or so.
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    number: int = Field(description="The number of the question.")
    answer: str = Field(description="The short answer, copied from the text.")


class Answers(BaseModel):
    """What a small model answered."""

    model_config = ConfigDict(frozen=True)

    answers: list[Numbered] = Field(description="One for each question.")


_REPLY = json.dumps(
    {"answers": [{"number": number, "answer": answer} for number, answer in enumerate(_ANSWERS, 1)]},
    separators=(",", ":"),
)

REVIEW_SMALL = ChatPromptTemplate(
    [("system", _SYSTEM), HumanMessage(_TURN.format(**_EXAMPLE)), AIMessage(_REPLY), ("human", _TURN)],
    name="review-small",
    metadata={"name": "review-small", "version": 1, "hash": "42eedf46"},
)
"""Has a small model answer the questions of one passage, with one worked example as a chat turn."""


def asking(passage: Passage, questions: str) -> dict[str, str]:
    """What ``REVIEW_SMALL`` is filled with; the text is the one the small model wrote its pairs about."""
    shown = prompt_variables(passage)
    return {**{name: shown[name] for name in ("theme", "section", "text")}, "questions": questions}


def can_answer(passage: Passage) -> bool:
    """Whether a small model's answers about a passage are worth asking for: in English only, see above."""
    return prompt_variables(passage)["language"] == "English"


def answers_schema(passage: Passage, number: int) -> dict[str, Any]:
    """The JSON schema of so many answers, each made of the signs of the passage.

    The pattern uses only what llama.cpp and Python's ``re`` read alike, see
    :func:`qagen.pairs.writing.small_schema.reply_schema`.
    """
    text = prompt_variables(passage)["text"]
    signs = {sign for sign in text if sign.isprintable() and sign not in '"\\[]^?？*_`#|{}- '}
    sign = f"[{''.join(sorted(signs))}-]"
    answer = f"^{sign}{{1,30}}$" if CJK.search(text) else f"^({sign}+ ){{0,9}}{sign}+$"
    items = [
        {
            "type": "object",
            "properties": {"number": {"const": place}, "answer": {"type": "string", "pattern": answer}},
            "required": ["number", "answer"],
            "additionalProperties": False,
        }
        for place in range(1, number + 1)
    ]
    return {
        "type": "object",
        "properties": {"answers": {"type": "array", "prefixItems": items}},
        "required": ["answers"],
        "additionalProperties": False,
    }


_HIRAGANA = re.compile(r"[\u3041-\u309f]")
_SMALL = frozenset(
    {"the", "a", "an", "of", "in", "on", "at", "by", "to", "for", "from", "and", "or", "was", "is"}
)


def agrees(answer: str, other: str) -> bool:
    """Whether two answers may be the same: the numbers of one are in the other, or they share a word.

    Lenient on purpose: *from 2012 to 2023* and *2012* agree, *Elsa Quorvick* and *Heron* do not.
    """
    one, two = numbers(answer), numbers(other)
    if one and two:
        return one <= two or two <= one
    if fold(answer) in fold(other) or fold(other) in fold(answer):
        return True
    return bool(_answer_pieces(answer) & _answer_pieces(other))


def _answer_pieces(text: str) -> frozenset[str]:
    folded = fold(text)
    if CJK.search(folded):
        return frozenset(_HIRAGANA.sub("", folded).replace(" ", "")) or frozenset(folded)
    words = folded.split()
    return frozenset(words) - _SMALL or frozenset(words)

"""How a small embedded model is asked for wordings: one fact a call, and the beginning of each given.

Asked for "another register" such a model repeats the question. Given the opening of a sentence (*Can you tell
me*, *I would like to know*) and held to a pattern that has the question's own names and numbers, it writes
the indirect question that grammar asks for. The key-word wording is made by code.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, Field

from qagen.pairs.wordings.rephrase_prompt import WordedFact
from qagen.pairs.wordings.small_patterns import held_to, patterns_for
from qagen.pairs.wordings.wish import Target
from qagen.records import QAPair
from qagen.text import HAN, HIRAGANA, KANA, KANJI, KATAKANA

_SYSTEM = """\
You ask the same question in other words. Every wording asks for the same answer, keeps all names and \
numbers of the question, and does not give the answer. Then you state the fact in one complete \
sentence, with the answer."""

_TURN = "Question: {question}\nAnswer: {answer}\nSource: {quote}"

_EXAMPLE: tuple[dict[str, str], dict[str, object]] = (
    {
        "question": "In what year did Ida Molnar build the Ferrand Bridge in Pellisport?",
        "answer": "1888",
        "quote": "the Ferrand Bridge, which Ida Molnar had built of larch in 1888",
    },
    {
        "questions": [
            "I would like to know when Ida Molnar built the Ferrand Bridge in Pellisport.",
            "Please state the year in which Ida Molnar built the Ferrand Bridge in Pellisport.",
            "Can you tell me in which year the Ferrand Bridge in Pellisport was built by Ida Molnar?",
            "When was the Ferrand Bridge in Pellisport built by Ida Molnar?",
            "Do you know in what year Ida Molnar finished the Ferrand Bridge in Pellisport?",
        ],
        "statement": "Ida Molnar built the Ferrand Bridge in Pellisport in 1888.",
        "topic": "the building of the Ferrand Bridge by Ida Molnar in Pellisport",
    },
)


def _compact_json(reply: object) -> str:
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":"))


SMALL_REPHRASE_PROMPT = ChatPromptTemplate(
    [
        ("system", _SYSTEM),
        ("human", _TURN.format(**_EXAMPLE[0])),
        ("ai", _compact_json(_EXAMPLE[1]).replace("{", "{{").replace("}", "}}")),
        ("human", _TURN),
    ],
    name="rephrase-pairs-small",
    metadata={"name": "rephrase-pairs-small", "version": 1, "hash": "4947d44f"},
)
"""Asks for the wordings of one fact, after one worked example as a chat turn."""


class SmallWordings(BaseModel):
    """What a small model writes about one fact."""

    questions: list[str] = Field(description="The question in other words.")
    statement: str = Field(default="", description="One sentence that states the fact.")
    topic: str = Field(default="", description="What the question is about, without the answer.")


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked about one fact: the prompt's variables and the schema with its patterns.

    ``keywords_at``: before which wording the key words go.
    """

    variables: dict[str, str]
    schema: dict[str, Any]
    keywords_at: int | None = None

    def entry(self, pair: QAPair, told: SmallWordings) -> WordedFact:
        """What a small model wrote, as one of :class:`WordedFact`, with what code adds.

        A statement or topic that is no language (see :func:`is_garbled`) is left out, so that no form is made
        of it: the gates drop it as ``no_statement``, a topic as ``no_topic``.
        """
        questions = list(told.questions)
        known = f"{pair.question} {pair.answer} {pair.quote}"
        statement, topic = ("" if is_garbled(text, known) else text for text in (told.statement, told.topic))
        if self.keywords_at is not None and len(questions) >= self.keywords_at:
            questions.insert(self.keywords_at, keywords(pair.question))
        return WordedFact(fact=1, questions=questions, answer=pair.answer, statement=statement, topic=topic)


_ENOUGH = 2  # training wordings, of which one may be made by code
_ASKS_NAME = re.compile(r"^what (?:is|was|are|were) the names? of (?:the )?", re.IGNORECASE)
_STOP_WORDS = frozenset(
    ("a", "an", "the", "did", "do", "does", "was", "were", "is", "are", "be", "been", "has", "have", "had",
     "of", "in", "on", "at", "to", "by", "for", "from", "with", "it", "its", "that", "this", "please", "what",
     "which", "can", "could", "will", "would", "there")
)  # fmt: skip


LEAST_KNOWN = 0.7
"""The share of the words of a small model's statement that the question, answer or quote must have."""

_CONTENT = re.compile(rf"[{KATAKANA}]{{2,}}|[{KANJI}]{{2,}}|[^\W\d_{KANA}{KANJI}]{{4,}}")
_TWICE = re.compile(rf"\b([^\W\d_]+) \1\b|([{HIRAGANA}{KATAKANA}{HAN}]{{2,}})\2\2", re.IGNORECASE)
_FIRST_KANA = "\u3005"
_STEM, _STEM_JA = 5, 2  # letters that tell a word in another form
_OFTEN = 3
# What a question word stands for: "how high" asks for the height.
_ASKED = frozenset(
    ("name", "names", "person", "people", "date", "year", "month", "time", "place", "location", "number",
     "amount", "length", "height", "elevation", "depth", "width", "weight", "size", "area", "speed", "price",
     "cost", "age", "distance", "duration", "reason", "purpose", "when", "where", "whose", "whom", "many",
     "much", "about", "into", "than", "also", "名前", "場所")
)  # fmt: skip


def make_task(pair: QAPair, target: Target) -> Task:
    """What to ask about a fact: so many wordings, the held-out ones first, and a statement.

    One of the English training wordings is made by code (see :func:`keywords`).
    """
    english = target.language == "en"
    with_keywords = english and target.trained >= _ENOUGH
    asked = target.trained - with_keywords
    patterns = patterns_for(pair, target.language)
    schema = {
        "type": "object",
        "properties": {
            "questions": {
                "type": "array",
                "prefixItems": [held_to(one) for one in patterns.questions(asked, target.held_out)],
            },
            "statement": held_to(patterns.statement()),
            "topic": held_to(patterns.topic()),
        },
        "required": ["questions", "statement", "topic"],
        "additionalProperties": False,
    }
    return Task(
        {"question": pair.question, "answer": pair.answer, "quote": pair.quote},
        schema,
        keywords_at=target.held_out + 1 if with_keywords else None,
    )


def is_garbled(text: str, known: str) -> bool:
    """Whether a text by a small model has words from nowhere, or one word again and again.

    Held to a pattern that it cannot fill, such a model writes *on ursday ills ert ills ills*. At least
    :data:`LEAST_KNOWN` of the words must begin as one of the known ones do; no word may come twice in a row
    or three times, unless it does in what is known. Words are those of more than three letters and runs
    of kanji or katakana; small words and those that a question word stands for (*year*, *length*) are free.

    Args:
        text: A statement or a topic.
        known: The question, answer and quote.
    """
    if any(found[0].casefold() not in known.casefold() for found in _TWICE.finditer(text)):
        return True
    said, told = _content_words(text), _content_words(known)
    often = Counter(said)
    if any(count >= _OFTEN and count > told.count(word) for word, count in often.items()):
        return True
    asked = [word for word in said if word not in _ASKED]
    stems = {_word_stem(word) for word in told}
    return sum(_word_stem(word) in stems for word in asked) < LEAST_KNOWN * len(asked)


def _content_words(text: str) -> list[str]:
    words = [word.casefold() for word in _CONTENT.findall(text)]
    return [word for word in words if word not in _STOP_WORDS]


def _word_stem(word: str) -> str:
    return word[: _STEM if word[0] < _FIRST_KANA else _STEM_JA]


def keywords(question: str) -> str:
    """An English question as it is typed into a search engine: without its small words.

    *What* and *which* are such words too, and so is *the name of*; *who*, *when* and *how* say what is asked.
    """
    words = _ASKS_NAME.sub("", question.rstrip("?. ")).split()
    return " ".join(word for word in words if word.casefold() not in _STOP_WORDS)

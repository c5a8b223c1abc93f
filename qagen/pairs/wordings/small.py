"""How a small embedded model is asked for wordings: one fact a call, and the beginning of each given.

Asked for "another register" such a model repeats the question. Given the opening of a sentence (*Can you tell
me*, *I would like to know*) and held to a pattern that has the question's own names and numbers, it writes
the indirect question that grammar asks for. The key-word wording is made by code.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, Field

from qagen.pairs.wordings.making import Target, WordedFact
from qagen.records import QAPair
from qagen.text.places import find_answer
from qagen.text.proper_names.reader import names

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


def _compact(reply: object) -> str:
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":"))


SMALL_REPHRASE_PROMPT = ChatPromptTemplate(
    [
        ("system", _SYSTEM),
        ("human", _TURN.format(**_EXAMPLE[0])),
        ("ai", _compact(_EXAMPLE[1]).replace("{", "{{").replace("}", "}}")),
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


@dataclass(frozen=True, slots=True)
class _Patterns:
    questions: list[str]
    statement: str
    topic: str


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
_ENOUGH = 2  # training wordings, of which one may be made by code
_MOST_ANCHORS = 5
_BETWEEN, _MOST_BETWEEN = 9, 16  # words before a name: with too few allowed, a model runs them into one
# A name with its number: Oskwind 30S, Race 5.
_CODE = re.compile(
    r"\b(?!(?:In|On|At|By|From|For|Since|Until|After|Before)\b)[A-Z]\w+ \d+[A-Z]*\b(?![.,:]\d)"
)
_SAFE = re.compile(r"[\w ,:'’&・ー.%-]+")
_JA_SMALL = "".join(map(chr, range(0x3041, 0x3094))) + "ー、何誰年月日"
_ASKS_NAME = re.compile(r"^what (?:is|was|are|were) the names? of (?:the )?", re.IGNORECASE)
_STOP_WORDS = frozenset(
    ("a", "an", "the", "did", "do", "does", "was", "were", "is", "are", "be", "been", "has", "have", "had",
     "of", "in", "on", "at", "to", "by", "for", "from", "with", "it", "its", "that", "this", "please", "what",
     "which", "can", "could", "will", "would", "there")
)  # fmt: skip


LEAST_KNOWN = 0.7
"""The share of the words of a small model's statement that the question, answer or quote must have."""

_CONTENT = re.compile(r"[ァ-ヶー]{2,}|[\u3400-\u9fff々]{2,}|[^\W\d_\u3005\u3040-\u30ff\u3400-\u9fff]{4,}")
_TWICE = re.compile(r"\b([^\W\d_]+) \1\b|([ぁ-んァ-ヶー\u3400-\u9fff]{2,})\2\2", re.IGNORECASE)
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
    make = _japanese if target.language == "ja" else _latin
    asked = target.trained - with_keywords
    patterns = make(pair, asked, target.held_out, english=english)
    schema = {
        "type": "object",
        "properties": {
            "questions": {"type": "array", "prefixItems": [_text(one) for one in patterns.questions]},
            "statement": _text(patterns.statement),
            "topic": _text(patterns.topic),
        },
        "required": ["questions", "statement", "topic"],
        "additionalProperties": False,
    }
    return Task(
        {"question": pair.question, "answer": pair.answer, "quote": pair.quote},
        schema,
        keywords_at=target.held_out + 1 if with_keywords else None,
    )


def entry(pair: QAPair, task: Task, told: SmallWordings) -> WordedFact:
    """What a small model wrote, as one of :class:`WordedFact`, with what code adds.

    A statement or topic that is no language (see :func:`is_garbled`) is left out, so that no form is made of
    it: the gates drop it as ``no_statement``, a topic as ``no_topic``.
    """
    questions = list(told.questions)
    known = f"{pair.question} {pair.answer} {pair.quote}"
    statement, topic = ("" if is_garbled(text, known) else text for text in (told.statement, told.topic))
    if task.keywords_at is not None and len(questions) >= task.keywords_at:
        questions.insert(task.keywords_at, keywords(pair.question))
    return WordedFact(fact=1, questions=questions, answer=pair.answer, statement=statement, topic=topic)


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
    said, told = _content(text), _content(known)
    often = Counter(said)
    if any(count >= _OFTEN and count > told.count(word) for word, count in often.items()):
        return True
    asked = [word for word in said if word not in _ASKED]
    stems = {_stem(word) for word in told}
    return sum(_stem(word) in stems for word in asked) < LEAST_KNOWN * len(asked)


def _content(text: str) -> list[str]:
    words = [word.casefold() for word in _CONTENT.findall(text)]
    return [word for word in words if word not in _STOP_WORDS]


def _stem(word: str) -> str:
    return word[: _STEM if word[0] < _FIRST_KANA else _STEM_JA]


def keywords(question: str) -> str:
    """An English question as it is typed into a search engine: without its small words.

    *What* and *which* are such words too, and so is *the name of*; *who*, *when* and *how* say what is asked.
    """
    words = _ASKS_NAME.sub("", question.rstrip("?. ")).split()
    return " ".join(word for word in words if word.casefold() not in _STOP_WORDS)


def _text(pattern: str) -> dict[str, str]:
    return {"type": "string", "pattern": pattern}


def _anchors(question: str) -> list[str]:
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


def _orders(anchors: Sequence[str]) -> list[list[str]]:
    one = [_literal(anchor) for anchor in anchors]
    return [one, one[::-1]] if len(one) > 1 else [one]


def _latin(pair: QAPair, trained: int, held_out: int, *, english: bool) -> _Patterns:
    letters = "".join(
        sorted({sign for sign in pair.question + pair.quote if sign.isalpha() and not sign.isascii()})
    )
    word = f"[a-z{letters}][a-z{letters}'’-]*"
    anchors = _anchors(pair.question)
    between = min(_MOST_BETWEEN, max(_BETWEEN, len(pair.question.split())))
    bodies = [_body(order, word, between) for order in _orders(anchors)]
    body = "(" + "|".join(bodies) + ")"
    openings = [*_HELD_OUT[:held_out], *_TRAINED[:trained]] if english else []
    direct = "(" + "|".join(_direct(pair.question)) + ")"
    patterns = [
        f"^{opening.words or direct}{body}{_literal(opening.end) if opening.end == '.' else chr(92) + '?'}$"
        for opening in openings
    ] or [f"^[A-Z{letters}]{word} {body}\\?$"] * (held_out + trained)
    return _Patterns(patterns, f"^{_stated(pair, anchors, word)}\\.$", f"^{'the ' * english}{body}$")


def _body(anchors: Sequence[str], word: str, between: int = _BETWEEN) -> str:
    """Words, with each of the anchors among them, and so many before each at most."""
    if not anchors:
        return f"({word},? ){{2,16}}{word}"
    pieces = "".join(f"({word},? ){{0,{between}}}{anchor}('s)?,? ?" for anchor in anchors[:-1])
    return f"{pieces}({word},? ){{0,{between}}}{anchors[-1]}('s)?( {word},?){{0,8}}"


def _direct(question: str) -> Sequence[str]:
    """Openings of a direct question that are not the question's own."""
    asked = question.casefold()
    fitting = next((openings for start, openings in _DIRECT.items() if asked.startswith(start)), ())
    return fitting or ("What ", "Which ", "How ")


def _stated(pair: QAPair, anchors: Sequence[str], word: str) -> str:
    """A sentence with all the anchors in their order, and the answer before, between or after them."""
    answer = pair.answer.strip().rstrip(".")
    others = [_literal(anchor) for anchor in anchors if not find_answer(anchor, answer)]
    first = f"[A-Z]{word} "
    if not _SAFE.fullmatch(answer):
        return f"({first})?{_body(others, word)}"
    said = _literal(answer)
    orders = [[*others[:place], said, *others[place:]] for place in range(len(others) + 1)]
    return "(" + "|".join(f"({first})?{_body(order, word)}" for order in orders) + ")"


def _japanese(pair: QAPair, trained: int, held_out: int, *, english: bool) -> _Patterns:
    del english
    signs = {*re.sub(r'[\s"\\\[\]^?？*_`#|{}。か-]', "", pair.question + pair.quote), *_JA_SMALL}
    asking, stating = (f"[{''.join(sorted(signs - set(one)))}]" for one in ("か", "か何誰"))
    anchors = [_literal(anchor) for anchor in _anchors(pair.question)]
    body = "".join(f"{asking}{{0,12}}{anchor}" for anchor in anchors) + f"{asking}{{2,24}}"
    named = "".join(f"{stating}{{0,12}}{anchor}" for anchor in anchors) + f"{stating}{{2,20}}"
    ends = [*_JA_HELD_OUT[:held_out], *_JA_TRAINED[:trained]]
    answer = pair.answer.strip().rstrip("。")
    said = _literal(answer) if _SAFE.fullmatch(answer) else ""
    statement = f"^{named}{said}{stating}{{2,12}}。$"
    return _Patterns([f"^{body}{end}$" for end in ends], statement, f"^{named}$")

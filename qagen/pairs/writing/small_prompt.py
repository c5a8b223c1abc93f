"""The prompt of a small embedded model, which a tight schema (``small_schema``) and filters go with.

A model of one or two billion parameters copies the good and bad examples that help a large one, and asks
the same thing twice. It does better when it is asked for less: one paragraph at a time, one worked example as
a chat turn, answers that code has found in the text, and an engine that holds each question to a pattern
made of a question word that suits the answer, the paragraph's own names and numbers, and a question mark.
What is still wrong is often visible without a model, so plain rules drop it. The trial behind each choice
is described in ``docs/small-models.md``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate

from qagen.text.passages import YYYY, PassageReading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qagen.records import Passage

CHUNK_TOKENS = 120
CONTEXT_TOKENS = 0
MAX_TOKENS = 600

_SYSTEM = """\
You write question-answer pairs about a text, for a quiz. The players have not seen the text.
First comes the answer, copied from the text. Then comes the question that it answers: it names the person, \
thing or event it is about, and the year if there is one, and does not give the answer away.
{instructions}"""

TURN = "Title: {theme}\nSection: {section}\nLanguage: {language}\nText: {text}"

EXAMPLES: tuple[tuple[dict[str, str], tuple[tuple[str, str], ...]], ...] = (
    (
        {
            "theme": "Bridges of Pellisport",
            "section": "The flood of 1931",
            "language": "English",
            "text": "The flood of 4 March destroyed the Ferrand Bridge, which Ida Molnar had built of larch "
            "in 1888. It had carried 60 carts a day. She was asked for a stone bridge of 82 metres, because "
            "the insurance paid little for wood. Ten months later it was opened to the south of the old one.",
        },
        (
            ("4 March", "When did a flood destroy the Ferrand Bridge in Pellisport in 1931?"),
            ("Ida Molnar", "Who built the Ferrand Bridge that was destroyed in 1931?"),
            ("1888", "In which year was the wooden Ferrand Bridge built?"),
            ("60 carts", "How many carts a day did the Ferrand Bridge carry before the flood of 1931?"),
            (
                "82 metres",
                "How long was the stone bridge that Ida Molnar was asked for after the flood of 1931?",
            ),
            ("because the insurance paid little for wood", "Why was Ida Molnar asked for a bridge of stone?"),
        ),
    ),
)


def _reply(pairs: Iterable[tuple[str, str]]) -> str:
    """A reply as the schema asks for it, without the spaces that would cost tokens."""
    items = [{"answer": answer, "question": question} for answer, question in pairs]
    return json.dumps({"question_answer_pairs": items}, ensure_ascii=False, separators=(",", ":"))


def _worked_examples() -> list[HumanMessage | AIMessage]:
    turns = [(HumanMessage(TURN.format(**case)), AIMessage(_reply(pairs))) for case, pairs in EXAMPLES]
    return [message for turn in turns for message in turn]


SMALL_QA_PROMPT = ChatPromptTemplate(
    [("system", _SYSTEM), *_worked_examples(), ("human", TURN)],
    partial_variables={"instructions": ""},
    metadata={"name": "write-pairs-small", "version": 1, "hash": "e212619f"},
)

_PLACE = r"(?:text|passage|section|article|document)\b"
_ACCORDING = re.compile(
    rf",? (?:according to|as \w+ in) the {_PLACE}[^?]*|"
    rf",? (?:mentioned|described|listed|given) in the {_PLACE}",
    re.IGNORECASE,
)


def stand_alone(question: str, answer: str, passage: Passage) -> str:
    """The question without *according to the text*, and with the year of its heading if it lacks one.

    *How many boats entered?* under the heading *The 2023 regatta* becomes *In 2023, how many boats entered?*,
    unless its sentence has a year of its own.
    """
    read = PassageReading.of(passage)
    question = re.sub(rf"the {_PLACE} (?:in|of|about) the (?=[A-Z])", "the ", question)
    told = _ACCORDING.sub("", question)
    named = any(name in told for name in read.anchors) or not read.anchors
    question = told if named and told.strip(" ?") else question
    if not question or not read.year or read.script not in {"en", "ja"}:
        return question
    if re.search(YYYY, f"{question} {answer} {read.sentence_with(question, answer)}"):
        return question
    if read.script == "ja":
        return f"{read.year}年、{question}"
    return f"In {read.year}, {question[0].lower()}{question[1:]}"


_NUMBERING = re.compile(r"^(?:[\d.]+\s+|(?:Article|Section|Chapter|Part|§) ?\w+[.:]\s+)")


def prompt_variables(passage: Passage, *, language: str | None = None) -> dict[str, str]:
    """What ``SMALL_QA_PROMPT`` is filled with: the text without emphasis, a short title, plain sections.

    An event that has a heading of its own is the title: the model puts the title into its questions.
    """
    read = PassageReading.of(passage)
    named = {"ja": "Japanese", "zh": "Chinese", "en": "English"}
    sections = [_NUMBERING.sub("", one) for one in passage.section if one != passage.theme]
    title = read.title
    if read.event_names:
        title, sections = sections[-1], [title, *sections[:-1]]
    return {
        "text": read.body,
        "theme": title,
        "section": " > ".join(sections),
        "context": passage.context,
        "language": language or named.get(read.script, "that of the text"),
    }

"""The values that travel between the stages. All are frozen; a stage returns new ones."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Form = Literal["canonical", "rephrased", "reversed", "yes_no", "cloze"]
Part = Literal["train", "validation", "probe", "control"]


class QA(BaseModel):
    """One question with its answer, as a model fills it in."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    question: str = Field(
        min_length=1,
        description="A question that can be understood without having seen the text: "
        "it names the person, thing, event and year it is about.",
    )
    answer: str = Field(min_length=1, description="The short and complete answer, as the text gives it.")
    quote: str = Field(default="", description="The words of the text, copied exactly, that give the answer.")


class QACollection(BaseModel):
    """All the pairs a model found in one passage: the default schema of a reply."""

    model_config = ConfigDict(frozen=True)

    question_answer_pairs: list[QA] = Field(description="One pair for every fact of the text.")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Passage(_Record):
    """A piece of one document: the target text that is asked about, and what stands around it.

    ``text`` is exactly ``document[start:end]``; offsets count characters of the normalised document.
    ``context`` is what precedes it, for reading only: no question is asked about it.
    """

    id: str
    source: str
    theme: str
    text: str
    start: int
    end: int
    tokens: int
    context: str = ""
    section: tuple[str, ...] = ()


class QAPair(_Record):
    """A pair that was kept (or dropped, with a reason), and where it comes from.

    ``start`` and ``end`` are the characters of ``quote`` in the source document, ``None`` when the quote
    was not found there. ``fact`` is the id of the canonical pair: all wordings of one fact share it.
    ``prompt`` is ``name@version`` of the prompt, ``language`` the one asked for (``None``: that of the
    text). ``extra`` holds the additional fields of a user's schema.
    """

    id: str
    question: str
    answer: str
    quote: str = ""
    source: str
    start: int | None = None
    end: int | None = None
    passage: str
    language: str | None = None
    fact: str
    form: Form = "canonical"
    part: Part = "train"
    prompt: str
    model: str
    extra: dict[str, Any] = Field(default_factory=dict)


class Dropped(_Record):
    """A pair that was not kept, and why."""

    pair: QAPair
    reason: str


class Failure(_Record):
    """A source or passage that gave nothing: what, in one word why (``state``), and in a sentence why."""

    source: str
    passage: str | None = None
    state: str
    detail: str


class Usage(_Record):
    """What calls have used: tokens as the service counted them, cost in US dollars.

    ``cost`` is ``None`` as soon as one of the calls has an unknown price. ``asked`` counts the calls made
    now, ``calls`` also those whose reply was already in the ledger.
    """

    calls: int = 0
    asked: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        """The sum of two."""
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return Usage(
            calls=self.calls + other.calls,
            asked=self.asked + other.asked,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cost=cost,
        )

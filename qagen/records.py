"""The values that travel between the stages. All are frozen; a stage returns new ones."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Form = Literal["canonical", "rephrased", "reversed", "yes_no", "cloze", "statement"]
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
    ``context`` is what precedes it, for reading only: no question is asked about it. For the rest of a table
    that was cut it begins with the table's head. ``metadata`` is what the document's loader told of it beside
    source and theme, as JSON text (a passage can be hashed); it goes into no prompt.
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
    metadata: str = ""


class QAPair(_Record):
    """A pair that was kept (or dropped, with a reason), and where it comes from.

    ``start`` and ``end`` are the characters of ``quote`` in the source document, ``None`` when the quote
    was not found there. ``fact`` is the id of the canonical pair: all wordings of one fact share it.
    ``prompt`` is ``name@version`` of the prompt, ``language`` the one asked for (``None``: that of the
    text). ``extra`` holds the additional fields of a user's schema, and
    under ``metadata`` those of the document.
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
    """A pair that was not kept, and why: ``reason`` in one word, ``detail`` in a sentence if there is one."""

    pair: QAPair
    reason: str
    detail: str = ""


class Conflict(_Record):
    """Pairs that cannot all be trained as they stand, and why.

    ``two_answers``: one question with different answers. ``missing_qualifier``: a question that the words of
    another document or event would answer too; the qualifier that tells them apart (a year, an event) is
    missing. ``against`` are the pairs with that qualifier, which are clear and not in dispute.
    """

    pairs: tuple[QAPair, ...]
    against: tuple[QAPair, ...] = ()
    reason: Literal["two_answers", "missing_qualifier"]
    detail: str = ""


class Sentence(_Record):
    """A sentence, list item or table row of a document: ``document[start:end]``."""

    source: str
    start: int
    end: int
    text: str


class Declared(_Record):
    """A sentence of which a model said, with a reason, that it holds no fact to ask about."""

    source: str
    start: int
    end: int
    reason: str


class DocumentCoverage(_Record):
    """What kept pairs cover of one document, as counts.

    ``characters`` of it were asked about: fewer than it has when a run was limited. ``declared`` sentences
    hold no fact, by a model's word. ``numbers`` and ``names`` are counted once for each sentence with them.
    """

    source: str
    characters: int
    sentences: int
    covered: int
    declared: int
    numbers: int
    numbers_covered: int
    names: int
    names_covered: int

    @property
    def share(self) -> float:
        """The share of sentences that are covered or declared, from 0 to 1; 1 when there is no sentence."""
        return _share(self.covered + self.declared, self.sentences)

    @property
    def number_share(self) -> float:
        """The share of numbers that are covered, from 0 to 1; 1 when there is no number."""
        return _share(self.numbers_covered, self.numbers)

    @property
    def name_share(self) -> float:
        """The share of names that are covered, from 0 to 1; 1 when there is no name."""
        return _share(self.names_covered, self.names)


class Coverage(_Record):
    """What a dataset covers of its documents.

    ``uncovered`` are the sentences of which no kept pair says anything, in the order of the documents;
    ``declared`` those without a fact, by a model's word, with its reasons.
    """

    documents: tuple[DocumentCoverage, ...] = ()
    uncovered: tuple[Sentence, ...] = ()
    declared: tuple[Declared, ...] = ()

    @property
    def total(self) -> DocumentCoverage:
        """The sum over all documents; its ``source`` is empty."""
        counts = [one.model_dump(exclude={"source"}) for one in self.documents]
        names = DocumentCoverage.model_fields.keys() - {"source"}
        return DocumentCoverage(source="", **{name: sum(one[name] for one in counts) for name in names})

    @property
    def share(self) -> float:
        """The share of sentences that are covered or declared, of all documents together."""
        return self.total.share

    @property
    def number_share(self) -> float:
        """The share of numbers that are covered, of all documents together."""
        return self.total.number_share

    @property
    def name_share(self) -> float:
        """The share of names that are covered, of all documents together."""
        return self.total.name_share


def _share(part: int, whole: int) -> float:
    """A part of a whole; of nothing, everything."""
    return part / whole if whole else 1.0


class Edit(_Record):
    """A person's word on one pair, which wins over every model's.

    ``accept``: keep it whatever a gate or reviewer says; ``reject``: drop it; ``change``: keep it with this
    question and answer (``None``: as it was).
    """

    id: str
    action: Literal["accept", "reject", "change"]
    question: str | None = None
    answer: str | None = None
    note: str = ""


class Failure(_Record):
    """A source or passage that gave nothing: what, in one word why (``state``), and in a sentence why."""

    source: str
    passage: str | None = None
    state: str
    detail: str


class Notice(_Record):
    """Something of a document that did not reach its text as it stands there: left out, changed or guessed.

    ``kind`` is one word for it, ``count`` how often, ``place`` where (``page 7``; empty for all of it), and
    ``detail`` says it in a sentence.
    """

    source: str
    kind: str
    detail: str
    count: int = 1
    place: str = ""

    def __str__(self) -> str:
        return f"{self.source}: {self.detail}"


class Usage(_Record):
    """What calls have used: tokens as the service counted them, cost in US dollars.

    ``cost`` is ``None`` as soon as one of the calls has an unknown price. ``asked`` counts the calls made
    now, ``calls`` also those whose reply an earlier run left in the ledger. Each call counts once, however
    many steps ask for it: the sum over a run is what the ledger holds of its calls.
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


class Step(_Record):
    """What one step of a run did: pairs before and after, what it used, how long it took.

    ``note`` says in words what else is to be known, such as how many were dropped or why it ended early.
    """

    name: str
    before: int
    after: int
    usage: Usage = Usage()
    seconds: float = 0.0
    note: str = ""


class Leak(_Record):
    """A pair that is trained and says the same as one that is asked: exactly, or nearly so."""

    trained: str
    asked: str
    kind: Literal["exact", "near"]
    similarity: float

"""What a run will ask and cost, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from qagen.documents.loading import Source, nothing_read, stream_documents
from qagen.flow.recipe import Preset, Recipe, divided
from qagen.flow.run import make_generator
from qagen.llm.models import chat_model, pricing
from qagen.llm.parsing import OutputFixingParser
from qagen.llm.tokens import count_tokens
from qagen.pairs import small_model
from qagen.pairs.filling import FILL_PROMPT, reply_model
from qagen.pairs.generation import QAGenerator
from qagen.pairs.numbers import numbers
from qagen.pairs.prompts import prompt_id, prompt_messages
from qagen.pairs.rephrasing import REPHRASE_PROMPT, WordedFacts, task_variables
from qagen.pairs.review import PAIRS_A_CALL, PAIRS_A_SMALL_CALL, REVIEW_PROMPT, Review
from qagen.pairs.round_trip import REVIEW_SMALL, Answers
from qagen.pairs.sentences import sentences
from qagen.pairs.small_wordings import SMALL_REPHRASE_PROMPT, SmallWordings
from qagen.records import Failure, Passage, QACollection, Sentence, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.prompts import ChatPromptTemplate

    from qagen.llm.models import Pricing


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """What one step is expected to ask: calls, tokens in and out, US dollars (``None``: unknown)."""

    name: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to ask, step by step, and in all; ``facts`` are the pairs it will word."""

    passages: int
    facts: int
    steps: tuple[StepEstimate, ...]

    @property
    def total(self) -> StepEstimate:
        """All steps together."""
        costs = [step.cost for step in self.steps]
        return StepEstimate(
            name="in all",
            calls=sum(step.calls for step in self.steps),
            input_tokens=sum(step.input_tokens for step in self.steps),
            output_tokens=sum(step.output_tokens for step in self.steps),
            cost=None if None in costs else sum(cost for cost in costs if cost is not None),
        )


@dataclass(frozen=True, slots=True)
class _Rates:
    """What models were seen to write about the examples; see docs/quality.md, "What a run will cost".

    ``per_number`` and ``per_sentence`` give the pairs of a passage from its numbers and sentences, of a
    sentence ``least`` to ``most``. ``kept`` is the share left after gates and review, ``gaps`` the share of
    sentences that the first pass leaves uncovered or covers only in part, ``filled`` the new pairs for each
    that there is, ``left`` what a round leaves for the next, ``suspect`` the share of pairs under suspicion,
    ``rewrites`` the share that a review writes anew, ``more`` the wordings beyond those asked for,
    ``facts_a_call`` the facts that share a call. All others are tokens: ``question`` and ``quote`` are a
    constant and a share of the mean sentence.
    """

    per_number: float = 1.64
    per_sentence: float = -1.74
    least: float = 0.7
    most: float = 4.0
    kept: float = 0.92
    gaps: float = 0.45
    filled: float = 0.28
    left: float = 0.06
    suspect: float = 0.3
    rewrites: float = 0.1
    more: float = 0.7
    facts_a_call: float = 4.7
    question: tuple[float, float] = (12, 0.4)
    quote: tuple[float, float] = (0, 0.85)
    answer: float = 4
    pair_marks: float = 16
    entry_marks: float = 15
    hint: float = 9
    verdict: float = 42
    labels: float = 22
    wording_marks: float = 8
    statement: float = 60


_LARGE = _Rates()
# The embedded model: its answers are found by code, so the pairs it will write are known.
_SMALL = _Rates(
    kept=0.85,
    gaps=0.1,
    filled=0.05,
    hint=0,
    question=(12, 0.1),
    quote=(0, 0),
    pair_marks=10,
    more=0.5,
    facts_a_call=1,
    wording_marks=4,
    statement=0,
    verdict=12,
    rewrites=0,
)


@dataclass(frozen=True, slots=True)
class _Lengths:
    """Of one passage: its tokens, sentences, and the tokens of a question and quote about it."""

    tokens: int
    context: int
    sentences: int
    question: float
    quote: float

    @classmethod
    def of(cls, passage: Passage, number: int, rates: _Rates) -> _Lengths:
        tokens = _tokens(passage.text)
        mean = tokens / max(number, 1)
        question, quote = (start + share * mean for start, share in (rates.question, rates.quote))
        return cls(tokens, _tokens(passage.context), number, question, quote)


def estimate_pairs(
    source: Source | Iterable[Source],
    llm: str | BaseChatModel = "local",
    *,
    preset: Preset = "default",
    theme: str | None = None,
    glob: str = "**/*",
    limit: int | None = None,
    **options: Any,
) -> Estimate:
    """What :func:`qagen.generate_pairs` with the same arguments will ask. Nothing is asked here.

    The prompts of the first pass are made and counted; what follows depends on what comes of it and is
    reckoned by what was seen with the examples. Repairs, and replies that are asked again, come on top.

    Raises:
        DocumentError: The source yields nothing that can be read.
        SettingsError: An option cannot be used.
        ModelError: The model cannot be made.
    """
    recipe, rest = divided(preset, options)
    generator = make_generator(_stand_in(llm), recipe, rest)
    unread: list[Failure] = []
    documents = stream_documents(source, glob=glob, theme=theme, failures=unread)
    reckoning = _Reckoning(recipe, generator, base_url=rest.get("base_url"))
    for passage in generator.passages(documents, limit=limit, unread=unread):
        reckoning.add(passage)
    if not reckoning.passages:
        raise nothing_read(unread)
    return reckoning.estimate()


@dataclass(slots=True)
class _Sum:
    """Calls and tokens of a step; means, and so not whole numbers."""

    calls: float = 0.0
    read: float = 0.0
    written: float = 0.0

    def add(self, calls: float, read: float, written: float) -> None:
        self.calls += calls
        self.read += read
        self.written += written

    def step(self, name: str, price: Pricing) -> StepEstimate:
        usage = Usage(input_tokens=round(self.read), output_tokens=round(self.written))
        calls = max(1, round(self.calls))
        return StepEstimate(name, calls, usage.input_tokens, usage.output_tokens, price(usage))


class _Reckoning:
    """Adds up passages; what depends on what a model will write is a mean, so that numbers are not whole."""

    def __init__(self, recipe: Recipe, generator: QAGenerator, *, base_url: str | None = None) -> None:
        self._recipe = recipe
        self._base_url = base_url
        self._generator = generator
        self._rates = _SMALL if generator.small else _LARGE
        self._sizes: dict[str, int] = {}
        self.passages = 0
        self._facts = 0.0
        self._steps = {name: _Sum() for name in ("write", "fill gaps", "review", "wordings")}

    def add(self, passage: Passage) -> None:
        """One more passage."""
        rates, recipe = self._rates, self._recipe
        found = sentences(passage.text, source=passage.source)
        lengths = _Lengths.of(passage, len(found), rates)
        pairs = self._bounded(self._written(passage, found))
        self.passages += 1
        prompt = sum(_tokens(message.text) for message in self._generator.question(passage).messages)
        self._steps["write"].add(1, prompt, pairs * self._pair(lengths))
        if recipe.fill_rounds:
            pairs = self._fill(lengths, pairs)
        if recipe.review:
            self._review(lengths, pairs)
        facts = pairs * rates.kept
        self._facts += facts
        if recipe.rephrases:
            self._word(lengths, facts)

    def _written(self, passage: Passage, found: Sequence[Sentence]) -> float:
        """The pairs that the first pass is expected to write about a passage."""
        if self._generator.small:
            return small_model.answers_found(passage)
        rates = self._rates
        amount = sum(len(numbers(one.text)) for one in found)
        guess = rates.per_number * amount + rates.per_sentence * len(found)
        return min(max(guess, rates.least * len(found)), rates.most * len(found))

    def estimate(self) -> Estimate:
        """What has been added up."""
        recipe = self._recipe
        models = {"fill gaps": recipe.filler, "review": recipe.reviewer, "wordings": recipe.rephraser}
        steps = []
        for name, total in self._steps.items():
            llm = models.get(name)
            model = (
                self._generator.llm if llm is None else chat_model(_stand_in(llm), base_url=self._base_url)
            )
            if total.calls:
                steps.append(total.step(name, pricing(model)))
        return Estimate(passages=self.passages, facts=round(self._facts), steps=tuple(steps))

    def _pair(self, lengths: _Lengths) -> float:
        """The tokens of one pair as a model writes it."""
        return lengths.question + self._rates.answer + lengths.quote + self._rates.pair_marks

    def _bounded(self, pairs: float) -> float:
        most = self._recipe.pairs_per_passage
        return pairs if most is None else min(pairs, most)

    def _fill(self, lengths: _Lengths, pairs: float) -> float:
        """How many pairs there are after filling: most passages are asked about at first, then few."""
        rates, number = self._rates, max(lengths.sentences, 1)
        if self._generator.small:
            prompt = self._fixed(small_model.SMALL_QA_PROMPT, QACollection) + lengths.tokens
        else:
            prompt = (
                self._fixed(FILL_PROMPT, reply_model(self._generator.schema)[0])
                + lengths.tokens
                + lengths.context
            )
        left, found = number * rates.gaps, pairs * rates.filled
        for _ in range(1 if self._generator.small else self._recipe.fill_rounds):
            asked = 1 - (1 - left / number) ** number
            shown = asked * pairs * (lengths.question + 2) + left * (lengths.tokens / number + 4 + rates.hint)
            written = found * self._pair(lengths) + left * rates.entry_marks
            self._steps["fill gaps"].add(asked, asked * prompt + shown, written)
            pairs, left, found = self._bounded(pairs + found), left * rates.left, found * rates.left
        return pairs

    def _review(self, lengths: _Lengths, pairs: float) -> None:
        rates, small = self._rates, self._generator.small
        judged = pairs if self._recipe.review is True else pairs * rates.suspect
        calls = ceil(judged / (PAIRS_A_SMALL_CALL if small else PAIRS_A_CALL))
        fixed = self._fixed(REVIEW_SMALL, Answers) if small else self._fixed(REVIEW_PROMPT, Review)
        prompt = fixed + lengths.tokens + lengths.context
        shown = judged * (2 * lengths.question + rates.answer + lengths.quote + rates.labels)
        written = judged * (rates.verdict + rates.rewrites * self._pair(lengths))
        self._steps["review"].add(calls, calls * prompt + shown, written)

    def _word(self, lengths: _Lengths, facts: float) -> None:
        rates, recipe = self._rates, self._recipe
        languages = len(recipe.languages or ("",))
        calls = facts / rates.facts_a_call * languages
        shown = facts * (lengths.question + rates.answer + lengths.quote + rates.labels)
        wordings = recipe.forms - 1 + recipe.held_out + rates.more
        written = wordings * (lengths.question + rates.wording_marks) + 3 * lengths.question + rates.statement
        if self._generator.small:
            prompt = self._fixed(SMALL_REPHRASE_PROMPT, SmallWordings)
        else:
            prompt = self._fixed(REPHRASE_PROMPT, WordedFacts, **task_variables(recipe.wish))
        self._steps["wordings"].add(calls, calls * prompt + shown, facts * languages * written)

    def _fixed(self, prompt: ChatPromptTemplate, reply: type[BaseModel], **filled: str) -> int:
        """The tokens of a prompt but for what differs from call to call."""
        name = prompt_id(prompt)
        if name not in self._sizes:
            parser: OutputFixingParser[BaseModel] = OutputFixingParser(pydantic_object=reply)
            instructions = "" if self._generator.native else parser.get_format_instructions()
            variables = {**dict.fromkeys(prompt.input_variables, ""), **filled}
            messages = prompt_messages(prompt, variables, format_instructions=instructions)
            self._sizes[name] = sum(_tokens(message.text) for message in messages)
        return self._sizes[name]


def _tokens(text: str) -> int:
    return int(count_tokens(text))


def _stand_in(llm: str | BaseChatModel) -> str | BaseChatModel:
    """The model; for the embedded one something like it, so that nothing is fetched for an estimate."""
    if not (isinstance(llm, str) and llm.split(":")[0] == "local"):
        return llm
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    class NotFetched(ChatOpenAI):
        local_name: str = "local"
        engine: None = None

    return NotFetched(model="local", api_key=SecretStr("none"))

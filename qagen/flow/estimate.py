"""What a run will ask and cost, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from qagen.documents.loading import Source, nothing_read, stream_documents
from qagen.flow.options import check_options
from qagen.flow.recipe import Preset, Recipe, divided, make_generator
from qagen.llm.asker import Asker
from qagen.llm.embedded.weights import DEFAULT, TABLE, find_weights
from qagen.llm.prompting import prompt_id, prompt_messages
from qagen.llm.replies.parsing import OutputFixingParser
from qagen.llm.tokens import count_tokens
from qagen.pairs.gaps.fill_prompt import fill_prompt_of, reply_model
from qagen.pairs.review.docket import PAIRS_A_CALL, PAIRS_A_SMALL_CALL
from qagen.pairs.review.round_trip import REVIEW_SMALL, Answers, can_answer
from qagen.pairs.review.verdicts import REVIEW_PROMPT, Review
from qagen.pairs.wordings.judging import JUDGE_WORDINGS_PROMPT, WordingVerdicts
from qagen.pairs.wordings.rephrase_prompt import REPHRASE_PROMPT, WordedFacts, task_variables
from qagen.pairs.wordings.small import SMALL_REPHRASE_PROMPT, SmallWordings
from qagen.pairs.writing.generation import QAGenerator
from qagen.pairs.writing.small_schema import answers_found
from qagen.records import Failure, Passage, Sentence, Usage
from qagen.text.numerals.reader import numbers
from qagen.text.sentence_ends import sentences

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.prompts import ChatPromptTemplate


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """What one step is expected to ask: calls, tokens in and out, US dollars (``None``: unknown), seconds.

    ``seconds`` are a guess from what :attr:`Estimate.timing` says, and no promise.
    """

    name: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to ask, step by step, and in all; ``facts`` are the pairs it will word.

    ``timing`` says what the seconds are reckoned with.
    """

    passages: int
    facts: int
    steps: tuple[StepEstimate, ...]
    timing: str = ""

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
            seconds=sum(step.seconds for step in self.steps),
        )


_ASKS_NOTHING = frozenset({"out", "progress", "config", "on_pair", "format", "system_prompt"})


@dataclass(frozen=True, slots=True)
class _Rates:
    """What models were seen to write about the examples; see docs/quality.md, "What a run will cost".

    ``per_number``, ``per_sentence`` and ``per_cell`` give the pairs of a passage from its numbers, sentences
    and table cells, ``least`` to ``most`` of a sentence. ``kept`` is the share left after gates and review,
    ``gaps`` the share of sentences that the first pass leaves uncovered or covers only in part, ``filled``
    the new pairs for each that there is, ``left`` what a round leaves for the next, ``suspect`` the share of
    pairs under suspicion, ``rewrites`` the share that a review writes anew, ``more`` the wordings beyond
    those asked for, ``facts_a_call`` the facts that share a call. All others are tokens: ``question`` and
    ``quote`` are a constant and a share of the mean sentence.

    Each step has the rates of the model that is asked in it. No run of several kinds of model was measured.
    """

    per_number: float = 1.37
    per_sentence: float = -1.62
    per_cell: float = 0.45
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
    question: tuple[float, float] = (11, 0.47)
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
    Each step is reckoned with its own model. What is in a run folder already is not looked at, and what only
    decides about files and what is shown (``out``, ``format``, ``progress``, ...) changes nothing.

    Raises:
        DocumentError: The source yields nothing that can be read.
        SettingsError: An option cannot be used.
        ModelError: The model cannot be made.
    """
    check_options(options)
    recipe, rest = divided(preset, {name: options[name] for name in options if name not in _ASKS_NOTHING})
    base_url = rest.get("base_url")
    generator = make_generator(_stand_in(llm, base_url), recipe, rest)
    unread: list[Failure] = []
    documents = stream_documents(source, glob=glob, theme=theme, failures=unread)
    reckoning = _Reckoning(recipe, generator, base_url=base_url)
    for passage in generator.passages(documents, limit=limit, unread=unread):
        reckoning.add(passage)
    if not reckoning.passages:
        raise nothing_read(unread)
    return reckoning.estimate()


_SAMPLE = 32


def foresee_steps(
    recipe: Recipe, generator: QAGenerator, passages: Sequence[Passage], *, base_url: str | None = None
) -> Estimate:
    """What a run will ask, as :func:`estimate_pairs` says it, by a sample of the first passages."""
    reckoning = _Reckoning(recipe, generator, base_url=base_url)
    step = max(1, len(passages) // _SAMPLE)
    for passage in passages[::step]:
        reckoning.add(passage)
    return reckoning.estimate(times=len(passages) / max(reckoning.passages, 1))


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

    def step(self, name: str, model: _Model, times: float) -> StepEstimate:
        written = self.written * times
        usage = Usage(input_tokens=round(self.read * times), output_tokens=round(written))
        calls = max(1, round(self.calls * times))
        cost, seconds = model.asker.asked.cost(usage), model.seconds(calls, written)
        return StepEstimate(name, calls, usage.input_tokens, usage.output_tokens, cost, seconds)


class _Model:
    """A model of a step, what it was seen to write, and the lengths of its prompts."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.small = asker.small
        self.rates = _SMALL if asker.small else _LARGE
        self._sizes: dict[str, int] = {}

    @property
    def speed(self) -> float:
        """Tokens written a second, prompts included: fewer, the larger the file of an embedded model."""
        if not self.small:
            return _HOSTED_SPEED
        name = self.asker.asked.name.removeprefix("local:")
        size = TABLE[name].size if name in TABLE else _size_of(name)
        return _BYTES_A_SECOND / size

    @property
    def timing(self) -> str:
        """What a time is reckoned with, in a clause."""
        if self.small:
            return f"about {self.speed:.0f} tokens written a second on two cores"
        calls = "1 call" if self.asker.workers == 1 else f"{self.asker.workers} calls"
        return (
            f"{_CALL_SECONDS:.0f} s a call and {_HOSTED_SPEED:.0f} tokens a second, {calls} at once: a "
            "guess, services differ"
        )

    def seconds(self, calls: float, written: float) -> float:
        """About how long so many calls take that write so many tokens together."""
        if self.small:
            return written / self.speed
        each = _CALL_SECONDS + written / calls / _HOSTED_SPEED
        return ceil(calls / self.asker.workers) * each

    def fixed(self, prompt: ChatPromptTemplate, reply: type[BaseModel], **filled: str) -> int:
        """The tokens of a prompt but for what differs from call to call."""
        name = prompt_id(prompt)
        if name not in self._sizes:
            parser: OutputFixingParser[BaseModel] = OutputFixingParser(pydantic_object=reply)
            instructions = "" if self.asker.native else parser.get_format_instructions()
            variables = {**dict.fromkeys(prompt.input_variables, ""), **filled}
            messages = prompt_messages(prompt, variables, format_instructions=instructions)
            self._sizes[name] = sum(_tokens(message.text) for message in messages)
        return self._sizes[name]


# The 1.5B, a file of 1.1 GB, wrote 9.9 tokens a second, the 0.5B 22.7 (docs/small-models.md, two cores): the
# product with the size is nearly the same.
_BYTES_A_SECOND = 1.1e10
# Nobody measured services here: what small hosted models are usually seen to do.
_CALL_SECONDS, _HOSTED_SPEED = 1.0, 50.0


def _size_of(file: str) -> int:
    """Bytes of a model file of one's own; where there is none, those of the default model."""
    return find.stat().st_size if (find := find_weights(file)) else TABLE[DEFAULT].size


class _Reckoning:
    """Adds up passages; what depends on what a model will write is a mean, so that numbers are not whole."""

    def __init__(self, recipe: Recipe, generator: QAGenerator, *, base_url: str | None = None) -> None:
        self._recipe = recipe
        self._generator = generator
        self._writer = _Model(generator.asker())
        self._filler = self._model(recipe.filler if recipe.fill_rounds else None, base_url)
        self._reviewer = self._model(recipe.reviewer if recipe.review else None, base_url)
        self._rephraser = self._model(recipe.rephraser if recipe.rephrases else None, base_url)
        self._filling = fill_prompt_of(generator.given_prompt, small=self._filler.small)
        self.passages = 0
        self._facts = 0.0
        self._steps = {name: _Sum() for name in ("write", "fill gaps", "review", "wordings")}

    def _model(self, llm: str | BaseChatModel | None, base_url: str | None) -> _Model:
        """The model of a step, the writing one if it has none of its own; made as the run will make it."""
        return self._writer if llm is None else _Model(Asker.of(_stand_in(llm, base_url), base_url=base_url))

    def add(self, passage: Passage) -> None:
        """One more passage."""
        recipe = self._recipe
        found = sentences(passage.text, source=passage.source)
        lengths = _Lengths.of(passage, len(found), self._writer.rates)
        written = self._written(passage, found)
        pairs = self._bounded(written)
        self.passages += 1
        prompt = sum(_tokens(message.text) for message in self._generator.question(passage).messages)
        self._steps["write"].add(1, prompt, pairs * _pair(lengths, self._writer))
        if recipe.fill_rounds and self._filling:
            pairs = self._fill(self._filling, lengths, pairs, self._missing(found, written))
        if recipe.review and not (self._reviewer.small and not can_answer(passage)):
            self._review(lengths, pairs)
        kept = min(self._writer.rates.kept, self._reviewer.rates.kept)
        self._facts += pairs * kept
        if recipe.rephrases:
            self._word(lengths, pairs * kept)

    def estimate(self, *, times: float = 1.0) -> Estimate:
        """What has been added up; ``times`` as much, where that was a sample."""
        models = (self._writer, self._filler, self._reviewer, self._rephraser)
        steps = [
            total.step(name, model, times)
            for (name, total), model in zip(self._steps.items(), models, strict=True)
            if total.calls
        ]
        asked = [one for one, total in zip(models, self._steps.values(), strict=True) if total.calls]
        timing = "; ".join(dict.fromkeys(one.timing for one in asked))
        return Estimate(round(self.passages * times), round(self._facts * times), tuple(steps), timing)

    def _written(self, passage: Passage, found: Sequence[Sentence]) -> float:
        """The pairs that the first pass is expected to write about a passage."""
        return answers_found(passage) if self._writer.small else _facts_of(found)

    def _missing(self, found: Sequence[Sentence], written: float) -> tuple[float, float]:
        """The sentences that a filler is asked about at first, and the pairs that it is expected to add.

        A small model writes less than a large one would, who then has all the rest to fill.
        """
        rates = self._filler.rates
        left, more = len(found) * rates.gaps, self._bounded(written) * rates.filled
        if self._writer.small and not self._filler.small:
            left = max(left, len(found) - written)
            more = max(more, _facts_of(found) * (1 + rates.filled) - written)
        return left, more

    def _bounded(self, pairs: float) -> float:
        most = self._recipe.pairs_per_passage
        return pairs if most is None else min(pairs, most)

    def _fill(
        self, filling: ChatPromptTemplate, lengths: _Lengths, pairs: float, missing: tuple[float, float]
    ) -> float:
        """How many pairs there are after filling: most passages are asked about at first, then few."""
        model, rates, number = self._filler, self._filler.rates, max(lengths.sentences, 1)
        reply = self._generator.schema
        fixed = model.fixed(filling, reply.model if model.small else reply_model(reply)[0])
        prompt = fixed + lengths.tokens + (0 if model.small else lengths.context)
        left, found = missing
        for _ in range(1 if model.small else self._recipe.fill_rounds):
            asked = 1 - (1 - left / number) ** number
            shown = asked * pairs * (lengths.question + 2) + left * (lengths.tokens / number + 4 + rates.hint)
            written = found * _pair(lengths, model) + left * rates.entry_marks
            self._steps["fill gaps"].add(asked, asked * prompt + shown, written)
            pairs, left, found = self._bounded(pairs + found), left * rates.left, found * rates.left
        return pairs

    def _review(self, lengths: _Lengths, pairs: float) -> None:
        model, rates = self._reviewer, self._reviewer.rates
        judged = pairs if self._recipe.review is True else pairs * rates.suspect
        calls = ceil(judged / (PAIRS_A_SMALL_CALL if model.small else PAIRS_A_CALL))
        if model.small:  # it sees the questions alone
            prompt = model.fixed(REVIEW_SMALL, Answers) + lengths.tokens
            shown = judged * (lengths.question + rates.answer)
        else:
            prompt = model.fixed(REVIEW_PROMPT, Review) + lengths.tokens + lengths.context
            shown = judged * (2 * lengths.question + rates.answer + lengths.quote + rates.labels)
        written = judged * (rates.verdict + rates.rewrites * _pair(lengths, model))
        self._steps["review"].add(calls, calls * prompt + shown, written)

    def _word(self, lengths: _Lengths, facts: float) -> None:
        model, rates, recipe = self._rephraser, self._rephraser.rates, self._recipe
        # A small model writes in the language of the pair alone.
        languages = 1 if model.small else len(recipe.languages or ("",))
        calls = facts / rates.facts_a_call * languages
        shown = facts * (lengths.question + rates.answer + lengths.quote + rates.labels)
        wordings = recipe.forms - 1 + recipe.held_out + rates.more
        written = wordings * (lengths.question + rates.wording_marks) + 3 * lengths.question + rates.statement
        if model.small:
            prompt = model.fixed(SMALL_REPHRASE_PROMPT, SmallWordings)
        else:
            prompt = model.fixed(REPHRASE_PROMPT, WordedFacts, **task_variables(recipe.wish))
        self._steps["wordings"].add(calls, calls * prompt + shown, facts * languages * written)
        translated = facts * (languages - 1)
        if translated:  # another call judges them, one verdict a wording
            calls = translated / rates.facts_a_call
            read = calls * model.fixed(JUDGE_WORDINGS_PROMPT, WordingVerdicts) + translated * (
                written + lengths.question
            )
            self._steps["wordings"].add(
                calls, read, translated * (wordings + _TOLD_BESIDES) * rates.entry_marks
            )


_TOLD_BESIDES = 3  # statement, topic and reversal are judged too


def _facts_of(found: Sequence[Sentence]) -> float:
    """The pairs that a large model writes about sentences in its first pass."""
    amount, cells = sum(len(numbers(one.text)) for one in found), sum(one.text.count("|") for one in found)
    guess = _LARGE.per_number * amount + _LARGE.per_sentence * len(found) + _LARGE.per_cell * cells
    return min(max(guess, _LARGE.least * len(found)), _LARGE.most * len(found))


def _pair(lengths: _Lengths, model: _Model) -> float:
    """The tokens of one pair as a model writes it: a small one copies no quote."""
    quote = 0.0 if model.small else lengths.quote
    return lengths.question + model.rates.answer + quote + model.rates.pair_marks


def _tokens(text: str) -> int:
    return int(count_tokens(text))


def _stand_in(llm: str | BaseChatModel, base_url: str | None) -> str | BaseChatModel:
    """The model; for the embedded one something like it, so that nothing is fetched for an estimate.

    A server of one's own may call one of its models "local".
    """
    if base_url or not (isinstance(llm, str) and llm.split(":")[0] == "local"):
        return llm
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    class NotFetched(ChatOpenAI):
        local_name: str
        engine: None = None

    name = llm.removeprefix("local").removeprefix(":") or DEFAULT
    return NotFetched(local_name=name, model="local", api_key=SecretStr("none"))

"""What a run will ask and cost, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from qagen.documents import Source, nothing_read, stream_documents
from qagen.flow.options import check_options
from qagen.flow.rates import LARGE, AskedModel, Lengths, token_count
from qagen.flow.recipe import Preset, Recipe, divided, make_generator
from qagen.llm import Asker
from qagen.llm.embedded import DEFAULT
from qagen.pairs.gaps import fill_prompt_of, reply_model
from qagen.pairs.review import (
    PAIRS_A_CALL,
    PAIRS_A_SMALL_CALL,
    REVIEW_PROMPT,
    REVIEW_SMALL,
    Answers,
    Review,
    can_answer,
)
from qagen.pairs.wordings import (
    JUDGE_WORDINGS_PROMPT,
    REPHRASE_PROMPT,
    SMALL_REPHRASE_PROMPT,
    SmallWordings,
    WordedFacts,
    WordingVerdicts,
    task_variables,
)
from qagen.pairs.writing import QAGenerator, answers_found
from qagen.records import Failure, Passage, Sentence, Usage
from qagen.text.dividing import sentences

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
    generator = make_generator(_stand_in_model(llm, base_url), recipe, rest)
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

    def step(self, name: str, model: AskedModel, times: float) -> StepEstimate:
        written = self.written * times
        usage = Usage(input_tokens=round(self.read * times), output_tokens=round(written))
        calls = max(1, round(self.calls * times))
        cost, seconds = model.asker.asked.cost(usage), model.seconds(calls, written)
        return StepEstimate(name, calls, usage.input_tokens, usage.output_tokens, cost, seconds)


class _Reckoning:
    """Adds up passages; what depends on what a model will write is a mean, so that numbers are not whole."""

    def __init__(self, recipe: Recipe, generator: QAGenerator, *, base_url: str | None = None) -> None:
        self._recipe = recipe
        self._generator = generator
        self._writer = AskedModel(generator.asker())
        self._filler = self._step_model(recipe.filler if recipe.fill_rounds else None, base_url)
        self._reviewer = self._step_model(recipe.reviewer if recipe.review else None, base_url)
        self._rephraser = self._step_model(recipe.rephraser if recipe.rephrases else None, base_url)
        self._filling = fill_prompt_of(generator.given_prompt, small=self._filler.small)
        self.passages = 0
        self._facts = 0.0
        self._steps = {name: _Sum() for name in ("write", "fill gaps", "review", "wordings")}

    def _step_model(self, llm: str | BaseChatModel | None, base_url: str | None) -> AskedModel:
        """The model of a step, the writing one if it has none of its own; made as the run will make it."""
        return (
            self._writer
            if llm is None
            else AskedModel(Asker.of(_stand_in_model(llm, base_url), base_url=base_url))
        )

    def add(self, passage: Passage) -> None:
        """One more passage."""
        recipe = self._recipe
        found = sentences(passage.text, source=passage.source)
        lengths = Lengths.of(passage, len(found), self._writer.rates)
        written = self._pairs_written(passage, found)
        pairs = self._bounded_pairs(written)
        self.passages += 1
        prompt = sum(token_count(message.text) for message in self._generator.question(passage).messages)
        self._steps["write"].add(1, prompt, pairs * self._writer.pair_tokens(lengths))
        if recipe.fill_rounds and self._filling:
            pairs = self._add_filling(self._filling, lengths, pairs, self._missing_at_first(found, written))
        if recipe.review and not (self._reviewer.small and not can_answer(passage)):
            self._add_review(lengths, pairs)
        kept = min(self._writer.rates.kept, self._reviewer.rates.kept)
        self._facts += pairs * kept
        if recipe.rephrases:
            self._add_wordings(lengths, pairs * kept)

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

    def _pairs_written(self, passage: Passage, found: Sequence[Sentence]) -> float:
        """The pairs that the first pass is expected to write about a passage."""
        return answers_found(passage) if self._writer.small else LARGE.facts_of(found)

    def _missing_at_first(self, found: Sequence[Sentence], written: float) -> tuple[float, float]:
        """The sentences that a filler is asked about at first, and the pairs that it is expected to add.

        A small model writes less than a large one would, who then has all the rest to fill.
        """
        rates = self._filler.rates
        left, more = len(found) * rates.gaps, self._bounded_pairs(written) * rates.filled
        if self._writer.small and not self._filler.small:
            left = max(left, len(found) - written)
            more = max(more, LARGE.facts_of(found) * (1 + rates.filled) - written)
        return left, more

    def _bounded_pairs(self, pairs: float) -> float:
        most = self._recipe.pairs_per_passage
        return pairs if most is None else min(pairs, most)

    def _add_filling(
        self, filling: ChatPromptTemplate, lengths: Lengths, pairs: float, missing: tuple[float, float]
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
            written = found * model.pair_tokens(lengths) + left * rates.entry_marks
            self._steps["fill gaps"].add(asked, asked * prompt + shown, written)
            pairs, left, found = self._bounded_pairs(pairs + found), left * rates.left, found * rates.left
        return pairs

    def _add_review(self, lengths: Lengths, pairs: float) -> None:
        model, rates = self._reviewer, self._reviewer.rates
        judged = pairs if self._recipe.review is True else pairs * rates.suspect
        calls = ceil(judged / (PAIRS_A_SMALL_CALL if model.small else PAIRS_A_CALL))
        if model.small:  # it sees the questions alone
            prompt = model.fixed(REVIEW_SMALL, Answers) + lengths.tokens
            shown = judged * (lengths.question + rates.answer)
        else:
            prompt = model.fixed(REVIEW_PROMPT, Review) + lengths.tokens + lengths.context
            shown = judged * (2 * lengths.question + rates.answer + lengths.quote + rates.labels)
        written = judged * (rates.verdict + rates.rewrites * model.pair_tokens(lengths))
        self._steps["review"].add(calls, calls * prompt + shown, written)

    def _add_wordings(self, lengths: Lengths, facts: float) -> None:
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


def _stand_in_model(llm: str | BaseChatModel, base_url: str | None) -> str | BaseChatModel:
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

"""What models were seen to write and how fast: what an estimate is reckoned with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from pydantic import BaseModel

from qagen.llm import Asker, count_tokens, prompt_id, prompt_messages
from qagen.llm.embedded import DEFAULT, TABLE, find_weights
from qagen.llm.replies import OutputFixingParser
from qagen.records import Passage, Sentence
from qagen.text.numerals import numbers

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate


@dataclass(frozen=True, slots=True)
class Rates:
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

    per_number: float = 1.3
    per_sentence: float = -1.48
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

    def facts_of(self, found: Sequence[Sentence]) -> float:
        """The pairs that are written about sentences in a first pass."""
        amount = sum(len(numbers(one.text)) for one in found)
        cells = sum(one.text.count("|") for one in found)
        guess = self.per_number * amount + self.per_sentence * len(found) + self.per_cell * cells
        return min(max(guess, self.least * len(found)), self.most * len(found))


LARGE = Rates()
# The embedded model: its answers are found by code, so the pairs it will write are known.
SMALL = Rates(
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
class Lengths:
    """Of one passage: its tokens, sentences, and the tokens of a question and quote about it."""

    tokens: int
    context: int
    sentences: int
    question: float
    quote: float

    @classmethod
    def of(cls, passage: Passage, number: int, rates: Rates) -> Lengths:
        """Of a passage with so many sentences."""
        tokens = token_count(passage.text)
        mean = tokens / max(number, 1)
        question, quote = (start + share * mean for start, share in (rates.question, rates.quote))
        return cls(tokens, token_count(passage.context), number, question, quote)


# The 1.5B, a file of 1.1 GB, wrote 9.9 tokens a second, the 0.5B 22.7 (docs/small-models.md, two cores): the
# product with the size is nearly the same.
_BYTES_A_SECOND = 1.1e10
# Nobody measured services here: what small hosted models are usually seen to do.
_CALL_SECONDS, _HOSTED_SPEED = 1.0, 50.0


class AskedModel:
    """A model of a step, what it was seen to write, and the lengths of its prompts."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.small = asker.small
        self.rates = SMALL if asker.small else LARGE
        self._sizes: dict[str, int] = {}

    @property
    def speed(self) -> float:
        """Tokens written a second, prompts included: fewer, the larger the file of an embedded model."""
        if not self.small:
            return _HOSTED_SPEED
        name = self.asker.asked.name.removeprefix("local:")
        if name in TABLE:
            return _BYTES_A_SECOND / TABLE[name].size
        file = find_weights(name)  # of one's own; where there is none, the default model is taken
        return _BYTES_A_SECOND / (file.stat().st_size if file else TABLE[DEFAULT].size)

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
            self._sizes[name] = sum(token_count(message.text) for message in messages)
        return self._sizes[name]

    def pair_tokens(self, lengths: Lengths) -> float:
        """The tokens of one pair as it writes it: a small one copies no quote."""
        quote = 0.0 if self.small else lengths.quote
        return lengths.question + self.rates.answer + quote + self.rates.pair_marks


def token_count(text: str) -> int:
    """The tokens of a text, as a plain number."""
    return int(count_tokens(text))

"""Asking a model a probe: bare, with the passage that holds the answer, or with what a retriever found."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate

from qagen.evaluation.records import Condition, Probe
from qagen.llm import Asker, Question, ask, count_tokens, prompt_id, prompt_messages
from qagen.llm.replies import PlainReader
from qagen.records import Passage, Usage
from qagen.text.dividing import LINE, PARAGRAPH, SENTENCE, Kind, Outline

STAGE = "answer"
BARE = "bare-question@1"
"""Names, in the ledger, a question that is asked as it stands."""

WINDOW = 300
"""Tokens of a source passage that is shown whole; of a longer one, so much around the quote."""

_NEAR = 6000  # characters on each side of a quote that are looked at
_READER = PlainReader()

ANSWER_FROM_TEXT_PROMPT = ChatPromptTemplate(
    [("human", "{text}\n\nAnswer the question from the text above, as briefly as possible.\n{question}")],
    name="answer-from-text",
    metadata={"name": "answer-from-text", "version": 1, "hash": "1e869780"},
)
"""Asks a question with the text that answers it in view."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A probe, what the model has at hand, and that text (empty when closed-book)."""

    probe: Probe
    condition: Condition = "closed"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an asking: the text of a reply, or why there is none."""

    asking: Asking
    text: str
    failure: str = ""
    usage: Usage = Usage()


def ask_probes(
    askings: Iterable[Asking], asker: Asker, *, system_prompt: str | None = None
) -> Generator[Reply, None, None]:
    """Ask them all, in threads, the replies in their order; close it when leaving early.

    An empty reply and one that was cut off at its bound are replies like others. A call that failed is
    ``failure``; it is asked again by the next run with the same ledger.

    Args:
        askings: What is asked.
        asker: The model.
        system_prompt: Put before each question; models made by qagen bring their own.

    Raises:
        ModelError: The model cannot be used at all.
        BudgetError: The budget is used up.
    """
    return asker.each(partial(_reply_to, asker, system_prompt), askings)


def _reply_to(asker: Asker, system_prompt: str | None, asking: Asking) -> Reply:
    probe = asking.probe
    question = Question(
        messages=messages_of(asking, system_prompt=system_prompt),
        parser=_READER,
        stage=STAGE,
        source=probe.source,
        passage=f"{probe.kind} {probe.id}",
        prompt=prompt_id(ANSWER_FROM_TEXT_PROMPT) if asking.text else BARE,
    )
    answer = ask(asker.asked, question, ledger=asker.ledger, config=asker.config)
    if asker.bar:
        asker.bar.answered(answer)
    if answer.value is None:
        return Reply(asking, "", failure=f"{answer.state}: {answer.error}", usage=answer.usage)
    return Reply(asking, answer.value.text, usage=answer.usage)


def messages_of(asking: Asking, *, system_prompt: str | None = None) -> list[BaseMessage]:
    """The messages of a question: as in training, the question is the only user message when closed-book."""
    system = [] if system_prompt is None else [SystemMessage(system_prompt)]
    if not asking.text:
        return [*system, HumanMessage(asking.probe.question)]
    variables = {"text": asking.text, "question": asking.probe.question}
    return [*system, *prompt_messages(ANSWER_FROM_TEXT_PROMPT, variables, format_instructions="")]


@dataclass(frozen=True, slots=True)
class SourceTexts:
    """The documents that probes are about, by their sources, and the passages in them."""

    texts: Mapping[str, str]
    _outlines: dict[str, Outline] = field(default_factory=dict, repr=False)

    def passage(self, probe: Probe) -> str | None:
        """The passage that answers a probe, under its headings; ``None`` where it is not known.

        It is the one that the pair came from. Of one with more than 300 tokens it is a window around the
        quote: whole paragraphs, or whole sentences where a paragraph is longer than that.
        """
        text = self.texts.get(probe.source)
        if not text:
            return None
        source = _Source(text)
        low, high = source.bounds(probe)
        if probe.start is not None and probe.end is not None and count_tokens(text[low:high]) > WINDOW:
            low, high = source.window(low, high, quote=(probe.start, probe.end))
        if low >= high:
            return None
        outline = self._outlines.get(probe.source) or self._outlines.setdefault(probe.source, Outline(text))
        return headed(outline.section(low, high), text[low:high])


def passages_text(passages: Iterable[Passage]) -> str:
    """The passages that were found, each under its headings, the best first."""
    return "\n\n".join(headed(passage.section, passage.text) for passage in passages)


def headed(section: Sequence[str], text: str) -> str:
    """A text under the headings it stands below, unless it begins with one."""
    plain = text.strip()
    return plain if not section or plain.startswith("#") else f"{' > '.join(section)}\n\n{plain}"


@dataclass(frozen=True, slots=True)
class _Source:
    """The text of a document, of which a part is shown."""

    text: str

    def bounds(self, probe: Probe) -> tuple[int, int]:
        """Where the passage of a probe begins and ends; where it names none, what is near the quote."""
        text = self.text
        start, _, end = probe.passage.rpartition("#")[2].partition("-")
        if start.isdecimal() and end.isdecimal() and int(start) < int(end) <= len(text):
            low, high = int(start), int(end)
            inside = probe.start is None or (low <= probe.start and (probe.end or 0) <= high)
            return (low, high) if inside else (min(low, probe.start or 0), max(high, probe.end or 0))
        if probe.start is None or probe.end is None or not 0 <= probe.start < probe.end <= len(text):
            return 0, 0
        return max(0, probe.start - _NEAR), min(len(text), probe.end + _NEAR)

    def window(self, low: int, high: int, *, quote: tuple[int, int]) -> tuple[int, int]:
        """Whole paragraphs around a quote, or sentences of one that is too long: 300 tokens if it can be."""
        first = last = 0
        for kinds in ((PARAGRAPH,), (PARAGRAPH, LINE, SENTENCE)):
            pieces = self.pieces(max(low, quote[0] - _NEAR), min(high, quote[1] + _NEAR), kinds)
            held = [place for place, (a, b) in enumerate(pieces) if a < quote[1] and quote[0] < b]
            first, last = held[0], held[-1]
            if count_tokens(self.text[pieces[first][0] : pieces[last][1]]) <= WINDOW:
                break
        return self.grown(pieces, first, last)

    def pieces(self, low: int, high: int, kinds: Sequence[Kind]) -> list[tuple[int, int]]:
        places = {place for kind in kinds for place in kind.places(self.text, low, high)}
        cuts = sorted({low, high, *places})
        return list(pairwise(cuts))

    def grown(self, pieces: Sequence[tuple[int, int]], first: int, last: int) -> tuple[int, int]:
        """The stretch of pieces around those with the quote that still fits; what precedes comes first."""
        while True:
            wider = [(first - 1, last), (first, last + 1)]
            for one, other in wider:
                fits = one >= 0 and other < len(pieces)
                if fits and count_tokens(self.text[pieces[one][0] : pieces[other][1]]) <= WINDOW:
                    first, last = one, other
                    break
            else:
                return pieces[first][0], pieces[last][1]

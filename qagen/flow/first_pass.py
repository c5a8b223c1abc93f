"""The first step of a run: from documents to passages, and from each passage to its pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qagen.documents import identified, notices_of
from qagen.flow.state import Shared, State, counts_told, without_repeats
from qagen.llm import WRITE, duration_text, read_ahead
from qagen.pairs import Outcome
from qagen.pairs.gates import DUPLICATE
from qagen.pairs.writing import NOT_ASKED, curated
from qagen.records import Dropped, Failure, Notice, Passage, QAPair, Usage

if TYPE_CHECKING:
    from langchain_core.documents import Document


@dataclass(frozen=True, slots=True)
class FirstPass:
    """One call a passage; exact repeats are dropped.

    Attributes:
        shared: What all steps share.
        documents: Read one after the other, once.
        limit: At most so many passages.
        unread: Filled by whoever reads the documents, with what could not be read.
    """

    shared: Shared
    documents: Iterable[Document]
    limit: int | None
    unread: Sequence[Failure]

    def __call__(self, state: State) -> State:
        """With the pairs, passages and texts of the documents."""
        shared, gathered = self.shared, _Gathered()
        passages = shared.generator.passages(
            gathered.noted(self.documents), ledger=shared.ledger, limit=self.limit, unread=self.unread
        )
        try:
            with shared.bar(WRITE) as bar:
                work = shared.generator.write(
                    gathered.remembered(self._foreseen_passages(passages)),
                    ledger=shared.ledger,
                    bar=bar,
                    config=shared.config,
                )
                with closing(work):
                    # With gates, repeats are left to them: they keep the one whose quote is in the text.
                    gathered.take(
                        self._shown_outcomes(work) if shared.recipe.gates else curated(work, shared.on_pair)
                    )
        finally:
            state = gathered.added_to(state)
            shared.keep(state)
        pairs, again = without_repeats((), state.pairs)
        state = replace(state, pairs=pairs, dropped=(*state.dropped, *again))
        short = sum(failure.state == NOT_ASKED for failure in state.failures)
        repeats = sum(one.reason == DUPLICATE for one in state.dropped)
        note = counts_told(**{"repeats": repeats, "passages not asked: the budget is used up": short})
        return replace(state, failures=(*self.unread, *state.failures), note=note)

    def _foreseen_passages(self, passages: Iterable[Passage]) -> Iterator[Passage]:
        """The passages; by the first of them it is told how long each step will take."""
        shared, waiting = self.shared, iter(passages)
        ahead = read_ahead(waiting)
        if shared.progress and ahead:
            estimate = shared.foresee(shared.generator, ahead)
            shared.course.expect({step.name: step.seconds for step in estimate.steps})
            if shared.generator.small:
                used = "at most " if shared.ledger.usage().calls else ""
                time = duration_text(estimate.total.seconds)
                shared.course.say(f"This takes {used}about {time} on this machine ({estimate.timing}).")
        yield from ahead
        yield from waiting

    def _shown_outcomes(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if self.shared.on_pair:
                for pair in outcome.pairs:
                    self.shared.on_pair(pair)
            yield outcome


@dataclass(slots=True)
class _Gathered:
    """What is read and written so far, one passage after the other: also what is there after Ctrl-C."""

    passages: dict[str, Passage] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    pairs: list[QAPair] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    usage: Usage = Usage()

    def noted(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The documents; their texts are remembered under the names that pairs have for them."""
        for document in identified(documents):
            self.texts[document.metadata["source"]] = document.page_content
            self.notices += notices_of(document)
            yield document

    def remembered(self, passages: Iterable[Passage]) -> Iterator[Passage]:
        """The passages, remembered by their ids."""
        for passage in passages:
            self.passages[passage.id] = passage
            yield passage

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Take what passages give, as it comes."""
        for outcome in outcomes:
            self.pairs += outcome.pairs
            self.dropped += outcome.dropped
            self.failures += outcome.failures
            self.usage += outcome.usage

    def added_to(self, before: State) -> State:
        """All of it, in the place of what a run had of these."""
        found = replace(before, passages=self.passages, texts=self.texts, notices=tuple(self.notices))
        return replace(
            found,
            pairs=tuple(map(found.at_home, self.pairs)),
            dropped=tuple(self.dropped),
            failures=tuple(self.failures),
            usage=self.usage,
        )

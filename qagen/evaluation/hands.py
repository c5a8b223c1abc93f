"""What the base model has at hand when it is asked: the passage of a probe, or what is found for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.evaluation.answering import Asking, SourceTexts, passages_text
from qagen.evaluation.exam import Exam
from qagen.evaluation.records import Condition, Probe, ProbeKind
from qagen.pairs import PassageIndex

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever

CEILINGS: frozenset[ProbeKind] = frozenset({"P", "C", "X", "own"})
"""Kinds of probe that the base model is also asked with a text at hand."""

Find = Callable[[str], str]
"""From a question to the text that was found for it."""

_NOTHING_FOUND = "(Nothing was found.)"


@dataclass(frozen=True, slots=True)
class Hands:
    """The texts that a probe can be asked with, and what is to be said of those that are missing."""

    passage: Callable[[Probe], str | None] | None = None
    retrieval: Find | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, exam: Exam, retriever: BaseRetriever | None) -> Hands:
        """What there is for an exam: its documents, and a retriever over them or the given one."""
        wanted = set(exam.conditions)
        if not any(probe.kind in CEILINGS for probe in exam.probes):
            return cls()
        texts = exam.dataset.texts() if exam.dataset is not None and wanted - {"closed"} else {}
        notes = []
        if not texts and ("passage" in wanted or ("retrieval" in wanted and retriever is None)):
            notes.append(
                "The texts of the documents are not kept, so the base model was not asked with them."
            )
        passage = SourceTexts(texts).passage if texts and "passage" in wanted else None
        find = _finder_of(texts, retriever) if "retrieval" in wanted else None
        return cls(passage, find, tuple(notes))

    def askings(self, probes: Iterable[Probe], condition: Condition) -> Iterator[Asking]:
        """What is asked; what shares a text stands side by side, since engines reuse what they have read."""
        if condition == "closed":
            yield from map(Asking, probes)
            return
        wanted = [probe for probe in probes if probe.kind in CEILINGS]
        for probe in sorted(wanted, key=lambda one: (one.source, one.passage, one.start or 0)):
            text = self.text_for(probe, condition)
            if text:
                yield Asking(probe, condition, text)

    def text_for(self, probe: Probe, condition: Condition) -> str | None:
        """What a probe is asked with; ``None`` where there is nothing."""
        if condition == "passage":
            return self.passage(probe) if self.passage else None
        return (self.retrieval(probe.question) or _NOTHING_FOUND) if self.retrieval else None


def _finder_of(texts: Mapping[str, str], retriever: BaseRetriever | None) -> Find | None:
    if retriever is not None:
        return lambda question: "\n\n".join(one.page_content for one in retriever.invoke(question))
    if not texts:
        return None
    index = PassageIndex.of(texts)
    return lambda question: passages_text(index.search(question))

"""The dataset that a run has come to, also after an interruption."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qagen.flow.state import Shared, State
from qagen.pairs import EDITS, QADataset
from qagen.pairs.gaps import measure_coverage
from qagen.records import Coverage, Edit, Failure, Usage

UNMATCHED = "unmatched_edit"


def finished_dataset(state: State, shared: Shared, folder: Path | None) -> QADataset:
    """What there is, as a dataset."""
    coverage = _coverage_of(state)
    fills = shared.recipe.fill_rounds > 0
    open_ones = [one for one in state.failures if not (fills and _is_settled(one, state, coverage))]
    return QADataset(
        state.pairs,
        dropped=state.dropped,
        conflicts=state.conflicts,
        failures=[*open_ones, *_unmatched_edits(state, shared.edits)],
        warnings=state.notices,
        usage=sum((step.usage for step in state.steps), Usage()),
        passages=len(state.passages),
        coverage=coverage,
        leaks=state.leaks,
        steps=state.steps,
        texts=state.texts,
        run=folder,
    )


def _coverage_of(state: State) -> Coverage:
    """Of the documents as far as they were asked about: a limit may have ended it before."""
    reached: dict[str, int] = {}
    for passage in state.passages.values():
        reached[passage.source] = max(reached.get(passage.source, 0), passage.end)
    texts = {source: state.texts[source][:end] for source, end in reached.items()}
    canonical = (pair for pair in state.pairs if pair.form == "canonical")
    return measure_coverage(texts, canonical, state.declared)


def _is_settled(failure: Failure, state: State, coverage: Coverage) -> bool:
    """Whether a passage without pairs turned out to hold no fact, or got its pairs later."""
    passage = state.passages.get(failure.passage or "")
    if failure.state != "no_pairs" or passage is None:
        return False
    return not any(
        one.source == passage.source and one.start < passage.end and passage.start < one.end
        for one in coverage.uncovered
    )


def _unmatched_edits(state: State, edits: Mapping[str, Edit]) -> list[Failure]:
    """Edits of pairs that this run does not have: a changed fact has new wordings, with other ids."""
    there = {pair.id for pair in state.pairs} | {one.pair.id for one in state.dropped}
    there |= {pair.id for one in state.conflicts for pair in one.pairs}
    detail = "there is no such pair any more: remove the line, or write it for the pair that took its place"
    lost = (edit for edit in edits.values() if edit.id not in there)
    return [Failure(source=EDITS, passage=edit.id, state=UNMATCHED, detail=detail) for edit in lost]

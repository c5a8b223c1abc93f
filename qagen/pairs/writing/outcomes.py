"""How what passages gave, one after the other, becomes a dataset in memory or in a run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from qagen.errors import ModelError
from qagen.files import JsonLines, json_line, whole_file
from qagen.llm import Ledger
from qagen.pairs import CONFLICTS, COVERAGE, DROPPED, PAIRS, PROBES, Outcome, QADataset
from qagen.pairs.gates import DUPLICATE, Repeats
from qagen.records import Dropped, Failure, QAPair, Usage


def curated(
    outcomes: Iterable[Outcome], on_pair: Callable[[QAPair], None] | None = None
) -> Iterator[Outcome]:
    """The outcomes without exact repeats among their pairs."""
    repeats = Repeats()
    for outcome in outcomes:
        kept = tuple(pair for pair in outcome.pairs if repeats.is_new(pair))
        known = {id(pair) for pair in kept}
        again = tuple(Dropped(pair=p, reason=DUPLICATE) for p in outcome.pairs if id(p) not in known)
        if on_pair:
            for pair in kept:
                on_pair(pair)
        yield replace(outcome, pairs=kept, dropped=outcome.dropped + again)


def to_memory(outcomes: Iterable[Outcome], unread: Sequence[Failure]) -> QADataset:
    """Keep everything in memory."""
    listed = list(outcomes)
    whole = Outcome.joined(listed)
    return QADataset(
        whole.pairs,
        dropped=whole.dropped,
        failures=(*unread, *whole.failures),
        usage=whole.usage,
        passages=len(listed),
    )


def to_folder(
    outcomes: Iterable[Outcome], folder: Path, ledger: Ledger, unread: Sequence[Failure]
) -> QADataset:
    """Write the pairs as they come. An early end leaves finished files of an earlier run as they are."""
    failures: list[Failure] = []
    usage, passages = Usage(), 0
    early: BaseException | None = None
    fresh = not (folder / PAIRS).exists()
    with (
        whole_file(folder / PAIRS, tag=ledger.owner) as pairs,
        whole_file(folder / DROPPED, tag=ledger.owner) as dropped,
    ):
        try:
            for outcome in outcomes:
                passages += 1
                for pair in outcome.pairs:
                    pairs.write(json_line(pair.model_dump(mode="json")))
                for one in outcome.dropped:
                    dropped.write(json_line(one.model_dump(mode="json")))
                failures += outcome.failures
                usage += outcome.usage
        except (KeyboardInterrupt, ModelError) as error:
            if not fresh or not pairs.lines:
                raise
            early = error
    ledger.keep_failures([*unread, *failures])
    ledger.keep_settings(passages=passages, steps=[], leaks=None)
    for stale in (CONFLICTS, COVERAGE, PROBES):  # of an earlier run that went further than writing
        (folder / stale).unlink(missing_ok=True)
    if early is not None:
        raise early
    return QADataset(
        JsonLines(folder / PAIRS, QAPair),
        dropped=JsonLines(folder / DROPPED, Dropped),
        failures=(*unread, *failures),
        usage=usage,
        passages=passages,
        run=folder,
    )

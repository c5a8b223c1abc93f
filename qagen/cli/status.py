"""The command `qagen status`: what a run folder holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qagen.cli.terminal import (
    EXIT_INCOMPLETE,
    TRAIN,
    AsJson,
    Debug,
    Quiet,
    Run,
    add_row,
    announce,
    answering,
    command,
    new_table,
    pasteable,
    program,
    screen,
)
from qagen.cli.values import Kept, status_value
from qagen.errors import QAGenError, SettingsError
from qagen.llm import cost_text

if TYPE_CHECKING:
    from rich.table import Table

    from qagen.pairs import QADataset
    from qagen.records import Failure, Notice, Usage


_ANSWERED = frozenset({"done", "cut_off"})


def status(run: Run, quiet: Quiet = False, as_json: AsJson = False, debug: Debug = False) -> None:
    """What is done in a run folder, what failed and why, tokens and cost."""
    from qagen.pairs import LEDGER, PAIRS, QADataset

    with answering(as_json) as answer:
        if not (run / LEDGER).exists():
            raise SettingsError(
                f"{run} is not a run folder: it has no {LEDGER}.",
                hint=f"Make one with `{command('generate', 'SOURCE', '-o', run)}`.",
            )
        kept = Kept.of(run)
        dataset = QADataset.load(run) if (run / PAIRS).exists() else None
        answer(status_value(run, kept, dataset))
        _show_status(run, kept, dataset)
        if incomplete(kept.failures) or kept.states.keys() - _ANSWERED:
            raise typer.Exit(EXIT_INCOMPLETE)


def _show_status(run: Path, kept: Kept, dataset: QADataset | None) -> None:
    table = new_table(f"Run folder {run}")
    for name, value in kept.settings.items():
        add_row(table, name.replace("_", " "), plain(value))
    for state, number in kept.states.items():
        add_row(table, f"calls {state}", f"{number:,}")
    if dataset is not None:
        screen().print(steps_table(dataset))
        add_pairs(table, dataset)
    add_usage(table, kept.usage)
    trained = run / TRAIN
    none = f"none: `{program()} generate` has not ended, or kept no pair to train on"
    add_row(table, "training file", str(trained) if trained.exists() else none)
    add_evaluation(table, run)
    screen().print(table)
    print_failures(kept.failures, len(kept.failures))
    unanswered = sum(number for state, number in kept.states.items() if state not in _ANSWERED)
    if unanswered and not incomplete(kept.failures):
        calls = "1 call" if unanswered == 1 else f"{unanswered:,} calls"
        print(f"! {calls} ended without an answer. The same command asks again what is still missing.")
    if dataset is not None:
        print_warnings(dataset, len(dataset.warnings))
        show_caution(dataset)


def add_pairs(table: Table, dataset: QADataset) -> None:
    """Rows of a table: how many pairs and facts there are, and of which parts."""
    from collections import Counter

    if dataset.passages:
        add_row(table, "passages", f"{dataset.passages:,}")
    if dataset.warnings:
        sources = len({one.source for one in dataset.warnings})
        add_row(table, "documents not kept whole", f"{sources:,} (see below)")
    add_row(table, "pairs kept", f"{len(dataset):,}")
    add_row(table, "facts", f"{len({pair.fact for pair in dataset}):,}")
    parts = Counter(pair.part for pair in dataset)
    if parts and dataset.leaks is not None:
        add_row(table, "of these", ", ".join(f"{number:,} {part}" for part, number in parts.most_common()))
        add_row(table, "leaks", f"{len(dataset.leaks):,}")
    if dataset.coverage is not None and dataset.coverage.documents:
        total = dataset.coverage.total
        bare = f", {total.declared:,} hold no fact" if total.declared else ""
        add_row(table, "sentences covered", f"{total.covered:,} of {total.sentences:,}{bare}")
    for reason, number in Counter(one.reason for one in dataset.dropped).most_common():
        add_row(table, f"dropped: {reason}", f"{number:,}")
    if dataset.conflicts:
        add_row(table, "conflicts", f"{len(dataset.conflicts):,} (see the report; qagen trains none of them)")


def add_evaluation(table: Table, run: Path) -> None:
    """Rows of a table: what a report card says, if there is one."""
    from qagen.evaluation import EVALUATION, ReportCard
    from qagen.evaluation.figures import find_outdated

    if not (run / EVALUATION).exists():
        return
    try:
        card = ReportCard.load(run)
        told = " ".join(one for one in (find_outdated(card, run), card.sentence) if one)
    except QAGenError as error:  # the rest of the folder can be told all the same
        told = str(error)
    add_row(table, "evaluation", pasteable(told))


def add_usage(table: Table, usage: Usage, now: str = "") -> None:
    """Rows of a table: calls, tokens and cost."""
    add_row(table, "calls", f"{usage.calls:,}{now}")
    tokens = f"{usage.input_tokens:,} in, {usage.output_tokens:,} out"
    add_row(table, "tokens", tokens + (f", {usage.cached_tokens:,} cached" if usage.cached_tokens else ""))
    add_row(table, "cost", cost_text(usage.cost, tokens=usage.input_tokens + usage.output_tokens))


def show_caution(dataset: QADataset) -> None:
    """How far the pairs can be trusted, where that is little: its own paragraph, and hard to overlook."""
    from qagen.pairs import find_caution

    if caution := find_caution(dataset):
        screen().print(f"! {caution}", style="bold")


def steps_table(dataset: QADataset, *, now: bool = False) -> Table:
    """What each step did and cost; ``now``: also how many of its calls this run has made."""
    table = new_table("What each step did", "step", "pairs", "calls", "tokens", "cost", "")
    for step in dataset.steps:
        use = step.usage
        read = use.input_tokens + use.output_tokens
        calls = f"{use.calls:,}" + (f" ({use.asked:,} now)" if now and use.asked != use.calls else "")
        asked = (calls, f"{read:,}", cost_text(use.cost, tokens=read)) if use.calls else ("", "", "")
        add_row(table, step.name, f"{step.after:,}", *asked, step.note)
    return table


def incomplete(failures: Iterable[Failure]) -> bool:
    """Whether something is without an answer; a file that was given twice and read once is not."""
    return any(failure.state != "duplicate" for failure in failures)


def print_failures(failures: Iterable[Failure], most: int) -> None:
    """Passages and documents that failed, and why."""
    rows = list(failures)
    for failure in rows[:most]:
        told = f"! {failure.passage or failure.source}: {failure.state}: {failure.detail}"
        print(pasteable(told))
    if len(rows) > most:
        print(f"! and {len(rows) - most} more: `{program()} status` lists them")


def print_warnings(dataset: QADataset, most: int) -> None:
    """What of the documents was left out, changed or guessed: one line a document."""
    told = notice_lines(dataset.warnings)
    for line in told[:most]:
        print(pasteable(f"! {line}"))
    if len(told) > most:
        print(f"! and {len(told) - most} more documents: `{program()} status` lists them")


def notice_lines(notices: Iterable[Notice]) -> list[str]:
    """For each document its name and what is to be told of it."""
    of_source: dict[str, list[str]] = {}
    for one in notices:
        of_source.setdefault(one.source, []).append(one.detail)
    return [f"{source}: {'; '.join(details)}" for source, details in of_source.items()]


def plain(value: object) -> str:
    """A value in words."""
    return "none" if value is None else str(value)


def tell_caution(run: Path) -> None:
    """Before anything is trained, or called good: how far the pairs can be trusted, where that is little."""
    from qagen.files import JsonLines
    from qagen.pairs import PAIRS, find_caution
    from qagen.records import QAPair

    if not (run / PAIRS).exists():
        return
    try:
        caution = find_caution(JsonLines(run / PAIRS, QAPair))
    except QAGenError as error:  # the training file is what is trained on
        caution = f"Nothing is known of who wrote the pairs: {error}"
    if caution:
        announce(f"! {caution}")

"""From documents to a training file: ``generate``, ``check``, ``status``, ``models``."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qagen.cli.terminal import (
    EXIT_ERROR,
    EXIT_INCOMPLETE,
    EXIT_INTERRUPTED,
    TRAIN,
    Debug,
    Run,
    add_row,
    announce,
    new_table,
    screen,
)
from qagen.errors import SettingsError

if TYPE_CHECKING:
    from rich.table import Table

    from qagen.pairs.dataset import QADataset
    from qagen.records import Failure, QAPair, Usage

_LISTED = 10  # failures shown at the end of a run; `qagen status` shows all


def generate(
    source: Annotated[list[str], typer.Argument(metavar="SOURCE", help="Files, folders or URLs.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The run folder.")],
    llm: Annotated[
        str, typer.Option(help="local, local:NAME, local:/path/model.gguf, or provider:model.")
    ] = "local",
    base_url: Annotated[
        str | None, typer.Option(help="A server that speaks the OpenAI wire (Ollama, vLLM, LM Studio).")
    ] = None,
    theme: Annotated[str | None, typer.Option(help="Title of the documents.")] = None,
    glob: Annotated[str, typer.Option(help="Which files of a folder.")] = "**/*",
    language: Annotated[
        str | None, typer.Option(help="Language to write in; that of the text if not given.")
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option(help="A file with your own prompt; it must use {text}.")
    ] = None,
    chunk_size: Annotated[int | None, typer.Option(help="Tokens of a passage, at most.")] = None,
    chunk_overlap: Annotated[int, typer.Option(help="Tokens that passages overlap (classic recipe).")] = 0,
    handling: Annotated[str, typer.Option(help="auto, large or small: how the model is asked.")] = "auto",
    structured: Annotated[
        str, typer.Option(help="auto, native or prompt: how the reply gets its form.")
    ] = "auto",
    max_concurrency: Annotated[int | None, typer.Option(min=1, help="Calls in flight at once.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many passages.")] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option(help="chat, prompt-completion, alpaca or sharegpt.")
    ] = "chat",
    system_prompt: Annotated[
        str | None, typer.Option(help="System message of every example; '' for none.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Print the first pairs as they come.")] = 3,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no pairs.")] = False,
    debug: Debug = False,
) -> None:
    """Write question-answer pairs about documents, and a training file.

    Run the same command again to go on after an interruption: what is finished is not asked again.
    """
    from qagen.pairs.generation import generate_pairs

    options: dict[str, Any] = {
        "prompt": None if prompt is None else _read_prompt(prompt),
        "chunk_size": chunk_size,
        "chunk_overlap": chunk_overlap,
        "language": language,
        "handling": handling,
        "structured": structured,
        "max_concurrency": max_concurrency,
        "base_url": base_url,
        "announce": announce,
    }
    system = _system_prompt(system_prompt, format)
    try:
        dataset = generate_pairs(
            [_path_or_url(one) for one in source],
            llm,
            theme=theme,
            glob=glob,
            out=out,
            limit=limit,
            progress=not quiet,
            on_pair=_first_pairs(0 if quiet else show),
            **options,
        )
    except KeyboardInterrupt:
        _leave(out)
    _finish(dataset, out, format=format, system_prompt=system)


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A training file (JSONL).")],
    model: Annotated[
        str | None, typer.Option(help="The model to be tuned, for its limits and price.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="The validation file, to find lines in both.")
    ] = None,
    price: Annotated[
        float | None, typer.Option(help="US dollars for a million trained tokens, as your service asks.")
    ] = None,
    method: Annotated[Literal["supervised", "dpo"], typer.Option(help="The kind of tuning.")] = "supervised",
    debug: Debug = False,
) -> None:
    """Check a training file as a fine-tuning service would. Exit code 1: it would be refused."""
    from qagen.tuning.checking import check_training_file

    report = check_training_file(
        file, model=model, validation_file=validation, method=method, usd_per_million_tokens=price
    )
    table = new_table(f"Training file: {'good' if report.ok else 'a service would refuse it'}")
    for name, value in report.facts():
        add_row(table, name, value)
    screen().print(table)
    for finding in report.findings():
        print(f"! {finding}")
    if not report.ok:
        raise typer.Exit(EXIT_ERROR)


def status(run: Run, debug: Debug = False) -> None:
    """What is done in a run folder, what failed and why, tokens and cost."""
    from qagen.llm.ledger import Ledger
    from qagen.pairs.dataset import LEDGER, PAIRS, QADataset

    if not (run / LEDGER).exists():
        raise SettingsError(
            f"{run} is not a run folder: it has no {LEDGER}. Make one with `qagen generate -o {run}`."
        )
    with Ledger(run / LEDGER) as ledger:
        states, usage, settings, failures = (
            ledger.states(),
            ledger.usage(),
            ledger.settings(),
            ledger.failures(),
        )
    table = new_table(f"Run folder {run}")
    settings.pop("passages", None)  # stands with the pairs
    for name, value in settings.items():
        add_row(table, name.replace("_", " "), _plain(value))
    for state, number in states.items():
        add_row(table, f"calls {state}", f"{number:,}")
    if (run / PAIRS).exists():
        _add_pairs(table, QADataset.load(run))
    _add_usage(table, usage)
    screen().print(table)
    _print_failures(failures, len(failures))
    if _incomplete(failures) or set(states) - {"done", "cut_off"}:
        raise typer.Exit(EXIT_INCOMPLETE)


def models(context: typer.Context, debug: Debug = False) -> None:
    """List the embedded models: size, licence, and whether each is on this machine."""
    if context.invoked_subcommand:
        return
    from qagen.llm.weights import DEFAULT, list_weights

    table = new_table("Embedded models", "name", "size", "licence", "here", "note")
    for weights, path in list_weights():
        name = f"local:{weights.name}" + (" (default)" if weights.name == DEFAULT else "")
        here = str(path) if path else "no"
        add_row(table, name, f"{weights.size / 1e6:,.0f} MB", weights.licence, here, weights.note)
    screen().print(table)


def pull(
    name: Annotated[str, typer.Argument(help="A name of the table, such as smollm2-135m.")],
    debug: Debug = False,
) -> None:
    """Fetch an embedded model."""
    from qagen.llm.weights import fetch_weights

    path = fetch_weights(name.removeprefix("local:"), announce=announce)
    print(f"{name} is at {path}")


def _finish(dataset: QADataset, out: Path, *, format: str, system_prompt: str | None) -> None:  # noqa: A002
    """Write the training file, and say what came of the run."""
    from qagen.tuning.training_file import write_training_file

    table = new_table("Done, with failures" if _incomplete(dataset.failures) else "Done")
    _add_pairs(table, dataset)
    add_row(table, "failures", f"{len(dataset.failures):,}")
    _add_usage(table, dataset.usage)
    if len(dataset):
        write_training_file(dataset, out / TRAIN, format=format, system_prompt=system_prompt)  # type: ignore[arg-type] # an unknown format is its error to raise
        add_row(table, "pairs", str(out / "pairs.jsonl"))
        add_row(table, "training file", str(out / TRAIN))
    console = screen()
    console.print(table)
    _print_failures(dataset.failures, _LISTED)
    if len(dataset):
        console.print(f"Next: qagen check {out / TRAIN}", soft_wrap=True)
    if _incomplete(dataset.failures) or not len(dataset):
        raise typer.Exit(EXIT_INCOMPLETE)


def _incomplete(failures: Iterable[Failure]) -> bool:
    """Whether something is without an answer; a file that was given twice and read once is not."""
    return any(failure.state != "duplicate" for failure in failures)


def _leave(out: Path) -> None:
    print(
        f"\nStopped. Everything finished is kept in {out}; run the same command again to go on.",
        file=sys.stderr,
    )
    if any(thread.name.startswith("qagen") for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(EXIT_INTERRUPTED)  # a second Ctrl-C: do not wait for the calls in flight
    raise typer.Exit(EXIT_INTERRUPTED)


def _first_pairs(number: int) -> Any:
    """A callback that prints the first pairs above the progress bar."""
    from tqdm.auto import tqdm

    left = number

    def show(pair: QAPair) -> None:
        nonlocal left
        if left > 0:
            left -= 1
            tqdm.write(f"Q: {pair.question}\nA: {pair.answer}\n   ({pair.source})\n")

    return show


def _path_or_url(source: str) -> str | Path:
    return source if source.startswith(("http://", "https://")) else Path(source)


def _read_prompt(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the prompt file {path} cannot be read: {error}") from error


def _system_prompt(given: str | None, name: str) -> str | None:
    from qagen.tuning.training_file import DEFAULT_SYSTEM_PROMPT, check_settings

    system = DEFAULT_SYSTEM_PROMPT if given is None else given or None
    check_settings(name, system)  # before any money is spent
    return system


def _add_pairs(table: Table, dataset: QADataset) -> None:
    from collections import Counter

    if dataset.passages:
        add_row(table, "passages", f"{dataset.passages:,}")
    add_row(table, "pairs kept", f"{len(dataset):,}")
    for reason, number in Counter(one.reason for one in dataset.dropped).most_common():
        add_row(table, f"dropped: {reason}", f"{number:,}")


def _add_usage(table: Table, usage: Usage) -> None:
    add_row(table, "calls", f"{usage.calls:,}" + (f" ({usage.asked:,} asked now)" if usage.asked else ""))
    tokens = f"{usage.input_tokens:,} in, {usage.output_tokens:,} out"
    add_row(table, "tokens", tokens + (f", {usage.cached_tokens:,} cached" if usage.cached_tokens else ""))
    add_row(table, "cost", "unknown" if usage.cost is None else f"${usage.cost:.4f}")


def _print_failures(failures: Iterable[Failure], most: int) -> None:
    rows = list(failures)
    for failure in rows[:most]:
        print(f"! {failure.passage or failure.source}: {failure.state}: {failure.detail}")
    if len(rows) > most:
        print(f"! and {len(rows) - most} more: see qagen status")


def _plain(value: object) -> str:
    return "none" if value is None else str(value)

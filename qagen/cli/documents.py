"""From documents to a training file: ``generate``, ``check``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qagen.cli.command_line import command_line
from qagen.cli.status import (
    add_pairs,
    add_usage,
    incomplete,
    print_failures,
    print_warnings,
    show_caution,
    steps_table,
    tell_caution,
)
from qagen.cli.terminal import (
    EXIT_ERROR,
    EXIT_INCOMPLETE,
    TRAIN,
    AsJson,
    Debug,
    Quiet,
    add_row,
    address,
    announce,
    answering,
    command,
    leave,
    new_table,
    screen,
)
from qagen.cli.values import check_value, estimate_value, files_of, run_value
from qagen.errors import SettingsError
from qagen.llm import cost_text, duration_text

if TYPE_CHECKING:
    from qagen.pairs import QADataset
    from qagen.records import QAPair

_LISTED = 10  # failures shown at the end of a run; `qagen status` shows all


def generate(
    context: typer.Context,
    source: Annotated[list[str], typer.Argument(metavar="SOURCE", help="Files, folders or URLs.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The run folder.")],
    llm: Annotated[
        str, typer.Option(help="local, local:NAME, local:/path/model.gguf, or provider:model.")
    ] = "local",
    base_url: Annotated[
        str | None, typer.Option(help="A server that speaks the OpenAI wire (Ollama, vLLM, LM Studio).")
    ] = None,
    theme: Annotated[str | None, typer.Option(help="Title of the documents.")] = None,
    glob: Annotated[str | None, typer.Option(help="Which files of a folder; all if not given.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Language to write in; that of the text if not given.")
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option(help="A file with your own prompt; it must use {text}.")
    ] = None,
    chunk_size: Annotated[int | None, typer.Option(help="Tokens of a passage, at most.")] = None,
    chunk_overlap: Annotated[
        int | None,
        typer.Option(help="Tokens that passages overlap; 0 if not given, 500 in --preset classic."),
    ] = None,
    handling: Annotated[
        str | None, typer.Option(help="How the model is asked: auto (if not given), large or small.")
    ] = None,
    structured: Annotated[
        str | None, typer.Option(help="How the reply gets its form: auto (if not given), native or prompt.")
    ] = None,
    max_concurrency: Annotated[int | None, typer.Option(min=1, help="Calls in flight at once.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many passages.")] = None,
    preset: Annotated[
        str, typer.Option(help="default, classic (one call a passage, no more) or thorough (more wordings).")
    ] = "default",
    pairs_per_passage: Annotated[
        int | None, typer.Option(min=1, help="At most so many facts of a passage.")
    ] = None,
    fill_rounds: Annotated[
        int | None, typer.Option(min=0, help="Rounds of asking about uncovered sentences; 0 for none.")
    ] = None,
    filler: Annotated[str | None, typer.Option(help="Another model to fill the gaps.")] = None,
    gates: Annotated[
        bool | None, typer.Option("--gates/--no-gates", help="Check evidence, language, repeats by code.")
    ] = None,
    review: Annotated[
        str | None, typer.Option(help="all, suspect or off: which pairs a model judges.")
    ] = None,
    reviewer: Annotated[str | None, typer.Option(help="Another model to review.")] = None,
    forms: Annotated[
        int | None, typer.Option(min=1, help="Training wordings of a fact, the first one included.")
    ] = None,
    held_out: Annotated[
        int | None, typer.Option(min=0, help="Wordings of a fact that are never trained.")
    ] = None,
    kinds: Annotated[
        str | None, typer.Option(help="Further forms, of reversed,yes_no,cloze,statement; '' for none.")
    ] = None,
    languages: Annotated[
        str | None, typer.Option(help="Languages of the wordings, as ja,en; that of the pair if not given.")
    ] = None,
    answer_style: Annotated[str | None, typer.Option(help="short or sentence.")] = None,
    rephraser: Annotated[str | None, typer.Option(help="Another model to write wordings.")] = None,
    divide: Annotated[
        bool | None, typer.Option("--divide/--no-divide", help="Hold facts and wordings back for the test.")
    ] = None,
    validation: Annotated[
        float | None, typer.Option(help="Share of trained facts asked while training.")
    ] = None,
    control: Annotated[float | None, typer.Option(help="Share of facts withheld entirely.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another division.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(help="US dollars that the run folder may cost in all.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens that the run folder may use in all.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say calls, tokens and price; ask nothing.")
    ] = False,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option(help="chat, prompt-completion, alpaca or sharegpt.")
    ] = "chat",
    system_prompt: Annotated[
        str | None, typer.Option(help="System message of every example; '' for none.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Print the first pairs as they come.")] = 3,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no pairs.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write question-answer pairs about documents: covered, checked, worded, divided; and the files.

    Run the same command again to go on after an interruption: what is finished is not asked again.
    """
    options = _given(context.params)
    sources = [path_or_url(one) for one in source]
    with answering(as_json) as answer:
        if estimate:
            _estimate(sources, llm, answer, **options)
            return
        from qagen.flow import generate_pairs

        try:
            dataset = generate_pairs(
                sources,
                llm,
                out=out,
                progress=not quiet,
                on_pair=_first_pairs(0 if quiet or as_json else show),
                format=format,  # type: ignore[arg-type] # an unknown one is its error to raise
                system_prompt=_system_prompt(system_prompt),
                announce=announce,
                command=command_line(context),
                **options,
            )
        except KeyboardInterrupt:
            leave(out)
        answer(run_value(dataset, out))
        _finish(dataset, out)


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
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Check a training file as a fine-tuning service would. Exit code 1: it would be refused."""
    from qagen.tuning.file import check_training_file

    with answering(as_json) as answer:
        report = check_training_file(
            file, model=model, validation_file=validation, method=method, usd_per_million_tokens=price
        )
        answer(check_value(report))
        table = new_table(f"Training file: {'good' if report.ok else 'a service would refuse it'}")
        for name, value in report.facts():
            add_row(table, name, value)
        screen().print(table)
        for finding in report.findings():
            print(f"! {finding}")
        tell_caution(file.parent)
        if not report.ok:
            raise typer.Exit(EXIT_ERROR)


def _finish(dataset: QADataset, out: Path) -> None:
    """Say what came of the run."""
    from qagen.flow import REPORT

    console = screen()
    console.print(steps_table(dataset, now=True))
    ended = "Done" if len(dataset) else "Done, and no pair was kept"
    table = new_table("Done, with failures" if incomplete(dataset.failures) else ended)
    add_pairs(table, dataset)
    add_row(table, "failures", f"{len(dataset.failures):,}")
    add_usage(table, dataset.usage, f" ({dataset.usage.asked:,} asked now)")
    add_row(table, "time", duration_text(sum(step.seconds for step in dataset.steps)))
    for name, file in files_of(out).items():
        add_row(table, name, str(file))
    console.print(table)
    if not len(dataset) and (out / TRAIN).exists():
        print(f"The files in {out} are those of an earlier run: this one gave no pair.")
    print_failures(dataset.failures, _LISTED)
    print_warnings(dataset, _LISTED)
    show_caution(dataset)
    if (out / REPORT).exists():
        print(f"Look at it: {address(out / REPORT)}")
    if (out / TRAIN).exists():
        print(f"Next: {command('check', out / TRAIN)}")
    if incomplete(dataset.failures) or not len(dataset):
        raise typer.Exit(EXIT_INCOMPLETE)


def _estimate(sources: list[str | Path], llm: str, answer: Callable[[object], None], **options: Any) -> None:
    """Say what a run would ask and cost, and how long it would take."""
    from qagen.flow import estimate_pairs

    estimate = estimate_pairs(sources, llm, **options)
    answer(estimate_value(estimate))
    columns = ("step", "calls", "tokens in", "tokens out", "about", "cost")
    passages = "1 passage" if estimate.passages == 1 else f"{estimate.passages:,} passages"
    table = new_table(f"Estimate for {passages}", *columns)
    for step in (*estimate.steps, estimate.total):
        cost = cost_text(step.cost, tokens=step.input_tokens + step.output_tokens)
        cells = (f"{step.calls:,}", f"{step.input_tokens:,}", f"{step.output_tokens:,}")
        add_row(table, step.name, *cells, duration_text(step.seconds), cost)
    screen().print(table)
    screen().print(f"Times are at {estimate.timing}.")


_NOT_PASSED_ON = frozenset(
    {"source", "out", "llm", "format", "system_prompt", "show", "quiet", "as_json", "debug", "estimate"}
)


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, as ``generate_pairs`` has them."""
    read: dict[str, Callable[[Any], Any]] = {
        "prompt": lambda path: _read_prompt(Path(path)),
        "review": _review,
        "kinds": _listed,
        "languages": _listed,
    }
    return {
        name: read[name](value) if name in read else value
        for name, value in parameters.items()
        if value is not None and name not in _NOT_PASSED_ON
    }


def _review(given: str) -> bool | str:
    named: dict[str, bool | str] = {"all": True, "suspect": "suspect", "off": False}
    if given not in named:
        raise SettingsError(f"--review is all, suspect or off, not {given!r}")
    return named[given]


def _listed(given: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in given.split(",") if one.strip())


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


def path_or_url(source: str) -> str | Path:
    """A source as it was written at the terminal.

    Raises:
        SettingsError: It is blank.
    """
    if not source.strip():  # as a path it would be this folder, with all that is in it
        raise SettingsError("SOURCE is empty.", hint="Name a file, a folder (. for this one) or a URL.")
    return source if source.startswith(("http://", "https://")) else Path(source)


def _read_prompt(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The prompt file {path} cannot be read: {error}") from error


def _system_prompt(given: str | None) -> str | None:
    from qagen.tuning.file import DEFAULT_SYSTEM_PROMPT

    return DEFAULT_SYSTEM_PROMPT if given is None else given or None

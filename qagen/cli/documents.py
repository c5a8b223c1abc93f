"""From documents to a training file: ``generate``, ``check``, ``status``, ``models``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qagen.cli.command_line import command_line
from qagen.cli.terminal import (
    EXIT_ERROR,
    EXIT_INCOMPLETE,
    TRAIN,
    AsJson,
    Debug,
    Quiet,
    Run,
    add_row,
    address,
    announce,
    answering,
    command,
    leave,
    new_table,
    pasteable,
    program,
    screen,
)
from qagen.cli.values import (
    Kept,
    check_value,
    estimate_value,
    files_of,
    model_value,
    run_value,
    status_value,
)
from qagen.errors import QAGenError, SettingsError
from qagen.llm.models import cost_text
from qagen.llm.progress import duration_text

if TYPE_CHECKING:
    from rich.table import Table

    from qagen.pairs.dataset import QADataset
    from qagen.records import Failure, QAPair, Usage

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
        str | None,
        typer.Option(help="How the reply gets its form: auto (if not given), native or prompt."),
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
    sources = [_path_or_url(one) for one in source]
    with answering(as_json) as answer:
        if estimate:
            _estimate(sources, llm, answer, **options)
            return
        from qagen.flow.run import generate_pairs

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
    from qagen.tuning.file.checking import check_training_file

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
        if not report.ok:
            raise typer.Exit(EXIT_ERROR)


def status(run: Run, quiet: Quiet = False, as_json: AsJson = False, debug: Debug = False) -> None:
    """What is done in a run folder, what failed and why, tokens and cost."""
    from qagen.pairs.dataset import LEDGER, PAIRS, QADataset

    with answering(as_json) as answer:
        if not (run / LEDGER).exists():
            raise SettingsError(
                f"{run} is not a run folder: it has no {LEDGER}. Make one with "
                f"`{command('generate', 'SOURCE', '-o', run)}`."
            )
        kept = Kept.of(run)
        dataset = QADataset.load(run) if (run / PAIRS).exists() else None
        answer(status_value(run, kept, dataset))
        _show_status(run, kept, dataset)
        if _incomplete(kept.failures) or set(kept.states) - {"done", "cut_off"}:
            raise typer.Exit(EXIT_INCOMPLETE)


def _show_status(run: Path, kept: Kept, dataset: QADataset | None) -> None:
    table = new_table(f"Run folder {run}")
    for name, value in kept.settings.items():
        add_row(table, name.replace("_", " "), _plain(value))
    for state, number in kept.states.items():
        add_row(table, f"calls {state}", f"{number:,}")
    if dataset is not None:
        screen().print(_steps_table(dataset))
        _add_pairs(table, dataset)
    _add_usage(table, kept.usage)
    trained = run / TRAIN
    none = f"none: `{program()} generate` has not ended, or kept no pair to train on"
    add_row(table, "training file", str(trained) if trained.exists() else none)
    _add_evaluation(table, run)
    screen().print(table)
    _print_failures(kept.failures, len(kept.failures))
    if dataset is not None:
        show_caution(dataset)


def models(
    context: typer.Context, quiet: Quiet = False, as_json: AsJson = False, debug: Debug = False
) -> None:
    """List the embedded models: size, licence, and whether each is on this machine."""
    if context.invoked_subcommand:
        return
    from qagen.llm.embedded.weights import DEFAULT, list_weights

    with answering(as_json) as answer:
        answer([model_value(weights, path) for weights, path in list_weights()])
        table = new_table("Embedded models", "name", "size", "licence", "here", "note")
        for weights, path in list_weights():
            name = f"local:{weights.name}" + (" (default)" if weights.name == DEFAULT else "")
            here = str(path) if path else "no"
            add_row(table, name, f"{weights.size / 1e6:,.0f} MB", weights.licence, here, weights.note)
        screen().print(table)


def pull(
    name: Annotated[str, typer.Argument(help="A name of the table, such as smollm2-135m.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Fetch an embedded model."""
    from qagen.llm.embedded.weights import fetch_weights

    with answering(as_json) as answer:
        path = fetch_weights(name.removeprefix("local:"), announce=announce, progress=not quiet)
        answer({"name": f"local:{name.removeprefix('local:')}", "path": str(path)})
        print(f"{name} is at {path}")


def _finish(dataset: QADataset, out: Path) -> None:
    """Say what came of the run."""
    from qagen.flow.files import REPORT

    console = screen()
    console.print(_steps_table(dataset, now=True))
    ended = "Done" if len(dataset) else "Done, and no pair was kept"
    table = new_table("Done, with failures" if _incomplete(dataset.failures) else ended)
    _add_pairs(table, dataset)
    add_row(table, "failures", f"{len(dataset.failures):,}")
    _add_usage(table, dataset.usage, f" ({dataset.usage.asked:,} asked now)")
    add_row(table, "time", duration_text(sum(step.seconds for step in dataset.steps)))
    for name, file in files_of(out).items():
        add_row(table, name, str(file))
    console.print(table)
    _print_failures(dataset.failures, _LISTED)
    show_caution(dataset)
    if (out / REPORT).exists():
        print(f"Look at it: {address(out / REPORT)}")
    if (out / TRAIN).exists():
        print(f"Next: {command('check', out / TRAIN)}")
    if _incomplete(dataset.failures) or not len(dataset):
        raise typer.Exit(EXIT_INCOMPLETE)


def show_caution(dataset: QADataset) -> None:
    """How far the pairs can be trusted, where that is little: its own paragraph, and hard to overlook."""
    from qagen.pairs.caution import find_caution

    if caution := find_caution(dataset):
        screen().print(f"! {caution}", style="bold")


def _steps_table(dataset: QADataset, *, now: bool = False) -> Table:
    """What each step did and cost; ``now``: also how many of its calls this run has made."""
    table = new_table("What each step did", "step", "pairs", "calls", "tokens", "cost", "")
    for step in dataset.steps:
        use = step.usage
        read = use.input_tokens + use.output_tokens
        calls = f"{use.calls:,}" + (f" ({use.asked:,} now)" if now and use.asked != use.calls else "")
        asked = (calls, f"{read:,}", cost_text(use.cost, tokens=read)) if use.calls else ("", "", "")
        add_row(table, step.name, f"{step.after:,}", *asked, step.note)
    return table


def _estimate(sources: list[str | Path], llm: str, answer: Callable[[object], None], **options: Any) -> None:
    """Say what a run would ask and cost, and how long it would take."""
    from qagen.flow.estimate import estimate_pairs

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


def _incomplete(failures: Iterable[Failure]) -> bool:
    """Whether something is without an answer; a file that was given twice and read once is not."""
    return any(failure.state != "duplicate" for failure in failures)


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
    if not source.strip():  # as a path it would be this folder, with all that is in it
        raise SettingsError("SOURCE is empty: name a file, a folder (. for this one) or a URL")
    return source if source.startswith(("http://", "https://")) else Path(source)


def _read_prompt(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the prompt file {path} cannot be read: {error}") from error


def _system_prompt(given: str | None) -> str | None:
    from qagen.tuning.file.writing import DEFAULT_SYSTEM_PROMPT

    return DEFAULT_SYSTEM_PROMPT if given is None else given or None


def _add_pairs(table: Table, dataset: QADataset) -> None:
    from collections import Counter

    if dataset.passages:
        add_row(table, "passages", f"{dataset.passages:,}")
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


def _add_evaluation(table: Table, run: Path) -> None:
    from qagen.evaluation.figures.findings import find_outdated
    from qagen.evaluation.report_card import EVALUATION, ReportCard

    if not (run / EVALUATION).exists():
        return
    try:
        card = ReportCard.load(run)
        told = " ".join(one for one in (find_outdated(card, run), card.sentence) if one)
    except QAGenError as error:  # the rest of the folder can be told all the same
        told = str(error)
    add_row(table, "evaluation", pasteable(told))


def _add_usage(table: Table, usage: Usage, now: str = "") -> None:
    add_row(table, "calls", f"{usage.calls:,}{now}")
    tokens = f"{usage.input_tokens:,} in, {usage.output_tokens:,} out"
    add_row(table, "tokens", tokens + (f", {usage.cached_tokens:,} cached" if usage.cached_tokens else ""))
    add_row(table, "cost", cost_text(usage.cost, tokens=usage.input_tokens + usage.output_tokens))


def _print_failures(failures: Iterable[Failure], most: int) -> None:
    rows = list(failures)
    for failure in rows[:most]:
        told = f"! {failure.passage or failure.source}: {failure.state}: {failure.detail}"
        print(pasteable(told))
    if len(rows) > most:
        print(f"! and {len(rows) - most} more: `{program()} status` lists them")


def _plain(value: object) -> str:
    return "none" if value is None else str(value)

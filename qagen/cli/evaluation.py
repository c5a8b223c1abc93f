"""What a tuned model has learnt: ``evaluate``, ``compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from qagen.cli.ask import deployment_of
from qagen.cli.services import client_of
from qagen.cli.status import show_caution
from qagen.cli.terminal import (
    EXIT_INCOMPLETE,
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
    screen,
)
from qagen.cli.values import card_value, comparison_value
from qagen.errors import SettingsError

if TYPE_CHECKING:
    from qagen.evaluation import Condition, ProbeKind, ReportCard

_FEWEST = 2  # cards side by side
_NOT_REPEATED = {
    "run",
    "audit",
    "audit_labels",
    "quiet",
    "as_json",
    "debug",
}  # by the command that is proposed


def evaluate(
    context: typer.Context,
    run: Run,
    judge: Annotated[
        str | None, typer.Option(help="A model that decides where the words do not: provider:model or local.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="The judge's server, where it speaks the OpenAI wire.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="The model to compare with; by default the one that was tuned. Hosted: a name at the same "
            "service, on Azure a deployment."
        ),
    ] = None,
    deployment: Annotated[
        str | None,
        typer.Option(
            help="Azure: the name of the deployment. Nebius: the name the weights were registered by."
        ),
    ] = None,
    passage: Annotated[
        bool, typer.Option("--passage/--no-passage", help="Ask the base model with the source passage too.")
    ] = True,
    retrieval: Annotated[
        bool,
        typer.Option("--retrieval/--no-retrieval", help="Ask the base model with what retrieval finds too."),
    ] = True,
    general: Annotated[
        bool, typer.Option("--general/--no-general", help="Ask general questions, to see what was forgotten.")
    ] = True,
    probes: Annotated[
        list[Path] | None, typer.Option(help="A file of your own questions; may be given more than once.")
    ] = None,
    kinds: Annotated[
        str | None, typer.Option(help="Kinds of question to ask, of V,P,F,R,X,C,U,G,own; all if not given.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Ask about at most so many facts, for a quick look.")
    ] = None,
    audit: Annotated[
        int | None, typer.Option(min=1, help="Write so many answers into audit.csv for a person to label.")
    ] = None,
    audit_labels: Annotated[
        Path | None,
        typer.Option(help="The labelled file: say how far the scores agree with it. Asks nothing."),
    ] = None,
    max_concurrency: Annotated[int | None, typer.Option(min=1, help="Calls in flight at once.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(help="US dollars that the run folder may cost in all.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens that the run folder may use in all.")
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say what the tuned model of a run folder has learnt, what it forgot, and what retrieval would give.

    Run the same command again to go on after an interruption: what is answered is not asked again. A quick
    look (--limit, --kinds, --no-general) is shown only, where evaluation.json has more questions already.
    """
    with answering(as_json) as answer:
        if audit_labels is not None:
            _remark_on_idle(_options(context), "with --audit-labels, which asks nothing")
            card = _labelled(run, audit_labels)
        else:
            if base_url is not None and judge is None:
                _remark_on_idle(["--base-url"], "without --judge, whose server it names")
            options = {
                "judge": judge,
                "base_url": base_url,
                "baseline": baseline,
                "deployment": deployment,
                "conditions": _conditions(passage=passage, retrieval=retrieval),
                "kinds": _kinds(kinds, general=general),
                "limit": limit,
                "max_concurrency": max_concurrency,
                "max_cost": max_cost,
                "max_tokens": max_tokens,
                "progress": not quiet,
            }
            card = _evaluated(run, probes or [], options)
        screen().print(card)
        _tell_files(run, card, audit)
        answer(card_value(run, card, incomplete=_is_incomplete(card)))
        print(_next(run, card, audit, _options(context)))
        if _is_incomplete(card):
            raise typer.Exit(EXIT_INCOMPLETE)


def _remark_on_idle(words: list[str], why: str) -> None:
    """An option that changes nothing is no error: a script may say the same everywhere."""
    for word in words:
        if word.startswith("--"):
            announce(f"{word} does nothing {why}.")


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="Run folders with an evaluation, or its files.")
    ],
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show the evaluations of several run folders side by side; the first is what others are held against."""
    from qagen.evaluation import ReportCard
    from qagen.evaluation import compare as compared

    with answering(as_json) as answer:
        if len(runs) < _FEWEST:
            raise SettingsError("There is nothing to compare: give two run folders or more.")
        comparison = compared({name: ReportCard.load(run) for name, run in _named(runs).items()})
        answer(comparison_value(comparison))
        screen().print(comparison)


def _evaluated(run: Path, probes: list[Path], options: dict[str, Any]) -> ReportCard:
    from qagen.evaluation import evaluate as ask
    from qagen.tuning import read_record

    record = read_record(run)
    client = None if record.provider == "local" else client_of(record)
    options["deployment"] = deployment_of(record, options["deployment"])
    try:
        return ask(run, probes, client=client, announce=announce, **options)
    except KeyboardInterrupt:
        leave(run)


def _conditions(*, passage: bool, retrieval: bool) -> list[Condition]:
    asked: list[Condition] = ["closed"]
    if passage:
        asked.append("passage")
    if retrieval:
        asked.append("retrieval")
    return asked


def _kinds(given: str | None, *, general: bool) -> list[ProbeKind] | None:
    from qagen.evaluation import ProbeKind

    if given is None:
        return None if general else [kind for kind in get_args(ProbeKind) if kind != "G"]
    known = {kind.casefold(): kind for kind in get_args(ProbeKind)}
    named = [one.strip() for one in given.split(",") if one.strip()]
    unknown = [one for one in named if one.casefold() not in known]
    if unknown or not named:
        raise SettingsError(f"--kinds is some of {','.join(known.values())}, not {given!r}")
    return [known[one.casefold()] for one in named if general or one.casefold() != "g"]


def _labelled(run: Path, file: Path) -> ReportCard:
    """The card of a run folder, with what a person says of its answers."""
    from qagen.evaluation import ReportCard, read_audit

    card = ReportCard.load(run)
    card = card.model_copy(update={"audit": read_audit(file, card).counted})
    card.save(run)
    return card


def _tell_files(run: Path, card: ReportCard, audit: int | None) -> None:
    from qagen.evaluation import AUDIT, EVALUATION, ReportCard, write_audit
    from qagen.flow import REPORT
    from qagen.pairs import PAIRS, QADataset
    from qagen.report import write_report

    kept = ReportCard.load(run)  # this one, or a fuller one
    print()
    table = new_table("Files")
    add_row(table, "evaluation", str(run / EVALUATION))
    if (run / PAIRS).exists():
        dataset = QADataset.load(run)
        add_row(table, "report", str(write_report(dataset, run / REPORT, evaluation=kept)))
    if audit is not None:
        add_row(table, "to be labelled", str(write_audit(card, run / AUDIT, audit)))
    screen().print(table)
    if (run / PAIRS).exists():
        show_caution(dataset)
    if (run / REPORT).exists():
        print(f"Look at it: {address(run / REPORT)}")


def _is_incomplete(card: ReportCard) -> bool:
    """Whether the same command again would ask something."""
    return card.unjudged > 0 or any(result.failure for result in card.results)


def _options(context: typer.Context) -> list[str]:
    """The options that decide what is asked, as they were given."""
    words: list[str] = []
    for option in context.command.params:
        name = option.name or ""
        source = context.get_parameter_source(name)
        if name in _NOT_REPEATED or source is None or source.name != "COMMANDLINE":
            continue
        value = context.params[name]
        if isinstance(value, bool):
            words.append(option.opts[0] if value else option.secondary_opts[0])
        else:
            each = value if isinstance(value, (list, tuple)) else [value]
            words += [word for one in each for word in (option.opts[0], str(one))]
    return words


def _next(run: Path, card: ReportCard, audit: int | None, options: list[str]) -> str:
    from qagen.evaluation import AUDIT

    if _is_incomplete(card):
        return "Next: the same command again, which asks only what got no answer"
    if audit is not None:
        table = run / AUDIT
        told = f"write yes or no into the column 'right' of {table}"
        return f"Next: {told}, then: {command('evaluate', run, '--audit-labels', table)}"
    if card.audit is None:
        return f"Next, to check the scores yourself: {command('evaluate', run, *options, '--audit', '50')}"
    return f"Next, to hold it against another run: {command('compare', run, 'OTHER')}"


def _named(runs: list[Path]) -> dict[str, Path]:
    """Run folders by their names, or by their paths where two have the same name."""
    names = [run.resolve().name for run in runs]
    return {str(run) if names.count(name) > 1 else name: run for name, run in zip(names, runs, strict=True)}

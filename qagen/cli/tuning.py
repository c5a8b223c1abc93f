"""From a training file to a model that is asked: ``tune``, ``jobs``, ``ask``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qagen.cli.terminal import (
    EXIT_ERROR,
    EXIT_INTERRUPTED,
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
    screen,
)
from qagen.cli.values import answers_value, job_value, losses_value, tuned_value
from qagen.errors import ModelError, QAGenError, RunFolderError, SettingsError, TuningClosedError

if TYPE_CHECKING:
    import openai
    import pandas as pd
    from langchain_core.language_models import BaseChatModel
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

    from qagen.tuning.hosted.services import Service
    from qagen.tuning.local.train_locally import LocalModel
    from qagen.tuning.record import TuningRecord

Provider = Literal["local", "openai", "azure", "nebius"]
Hosted = Literal["openai", "azure", "nebius"]

VALIDATION = "validation.jsonl"
_KEYS = {"openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY", "nebius": "NEBIUS_API_KEY"}
_PLOTS = (".png", ".svg", ".pdf")
_LATEST = 253_402_300_800  # seconds: the end of the year 9999, as far as a date goes
_TOKENS = 256  # of an answer: a small model may never end by itself
_SAMPLE_TOKENS = 64  # the same, when many are asked
_SHOWN = 120  # characters of it
_LISTED = 20  # jobs
_IDLE_AT_A_SERVICE = frozenset({"device", "quantize_4bit", "merge", "overwrite"})  # no setting of a training
_WITH_PASSAGE = "{passage}\n\nAnswer from the text above.\n{question}"

BaseUrl = Annotated[
    str | None, typer.Option(help="The service's address; on Azure https://NAME.openai.azure.com/openai/v1/.")
]
Service_ = Annotated[Hosted, typer.Option("--provider", help="The service.")]
Job = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, or a run folder.")]


def tune(
    context: typer.Context,
    run: Run,
    provider: Annotated[
        Provider, typer.Option(help="Where to train: on this machine, or at a service.")
    ] = "local",
    base_url: BaseUrl = None,
    model: Annotated[
        str | None,
        typer.Option(help="The model to tune; local: a name of the table, GGUF, folder or hub name."),
    ] = None,
    n_epochs: Annotated[
        int | None, typer.Option(min=1, help="Times each example is seen; by default decided.")
    ] = None,
    suffix: Annotated[str | None, typer.Option(help="Hosted: part of the tuned model's name.")] = None,
    wait: Annotated[bool, typer.Option(help="Hosted: wait until the job has ended.")] = True,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Hosted: do not ask before money is spent.")
    ] = False,
    price: Annotated[
        float | None,
        typer.Option(help="Hosted: US dollars for a million trained tokens, to foresee the cost."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Hosted: start a job even if the same one is there.")
    ] = False,
    rank: Annotated[int, typer.Option(min=1, help="Local: rank of the LoRA adapter.")] = 32,
    learning_rate: Annotated[
        float | None, typer.Option(help="Local: by default 2e-4 (small models 1e-3), with --full 2e-5.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Local: examples a step.")] = 4,
    seed: Annotated[int, typer.Option(help="Local: of order and first weights.")] = 0,
    device: Annotated[str, typer.Option(help="Local: auto, cpu, cuda or mps.")] = "auto",
    full: Annotated[bool, typer.Option("--full", help="Local: train all weights, not an adapter.")] = False,
    quantize_4bit: Annotated[
        bool, typer.Option("--quantize-4bit", help="Local: keep the base model in 4 bits (GPU).")
    ] = False,
    replay: Annotated[
        str, typer.Option(help="Local: general, none, or a chat file of general examples.")
    ] = "general",
    strength: Annotated[
        float, typer.Option(help="Local: what the trained adapter is multiplied by; less forgets less.")
    ] = 0.85,
    merge: Annotated[
        bool, typer.Option("--merge", help="Local: write base and adapter as one model too.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Local: replace a model made with other settings.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Make a model from a run folder's training file, on this machine or at a service.

    Run the same command again to go on after an interruption: nothing is trained or paid for twice.
    """
    with answering(as_json) as answer:
        _look_at_options_of_the_other_kind(context, provider)
        file = run / TRAIN
        if not file.is_file():
            written = command("generate", "SOURCE", "-o", run)
            raise SettingsError(f"{file} is not there. Write it with `{written}`.")
        _tell_caution(run)
        validation = _validation(run, hosted=provider != "local")
        if provider != "local":
            start: dict[str, Any] = {
                "suffix": suffix,
                "n_epochs": n_epochs or "auto",
                "again": again,
                "progress": not quiet,
            }
            place = (provider, base_url)
            _tune_hosted(run, file, validation, place, model, start, wait=wait, yes=yes, price=price)
        else:
            options: dict[str, Any] = {
                "n_epochs": n_epochs or "auto",
                "rank": rank,
                "learning_rate": "auto" if learning_rate is None else learning_rate,
                "batch_size": batch_size,
                "seed": seed,
                "device": device,
                "full": full,
                "quantize_4bit": quantize_4bit,
                "replay": None if replay == "none" else replay,
                "strength": strength,
                "merge": _merges(merge=merge, full=full),
                "overwrite": overwrite,
                "progress": not quiet,
            }
            _tune_here(run, file, validation, options if model is None else {**options, "model": model})
        answer(tuned_value(run))


def _merges(*, merge: bool, full: bool) -> bool:
    if merge and full:
        announce("--merge does nothing with --full: all weights are trained, and lie in one model already.")
    return merge and not full


def _look_at_options_of_the_other_kind(context: typer.Context, provider: Provider) -> None:
    """A remark on an option that does nothing there.

    Raises:
        SettingsError: Money would be spent on a training that is not what the option asks for.
    """
    of, idle = ("Hosted", None) if provider == "local" else ("Local", _IDLE_AT_A_SERVICE)
    for option in context.command.params:
        name = option.name or ""
        is_other = str(getattr(option, "help", "")).startswith(of) or (
            provider == "local" and name == "base_url"
        )
        if not is_other or not _is_given(context, name):
            continue
        told = f"{option.opts[0]} does nothing with --provider {provider}"
        if idle is not None and name not in idle:
            raise SettingsError(f"{told}, and what is paid for would not be what it asks for: leave it out.")
        announce(f"{told}.")


def _tell_caution(run: Path) -> None:
    """Before anything is trained: how far the pairs can be trusted, where that is little."""
    from qagen.files import JsonLines
    from qagen.pairs.caution import find_caution
    from qagen.pairs.dataset import PAIRS
    from qagen.records import QAPair

    if not (run / PAIRS).exists():
        return
    try:
        caution = find_caution(JsonLines(run / PAIRS, QAPair))
    except QAGenError as error:  # the training file is what is trained on
        caution = f"Nothing is known of who wrote the pairs: {error}"
    if caution:
        announce(f"! {caution}")


def jobs(
    context: typer.Context,
    provider: Service_ = "openai",
    base_url: BaseUrl = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the newest fine-tuning jobs of a service; or watch or cancel one, or see its losses.

    Options given here hold for the command that follows too.
    """
    if not context.invoked_subcommand:
        _show_jobs(provider, base_url, _LISTED, as_json=as_json)


def list_jobs(
    context: typer.Context,
    provider: Service_ = "openai",
    base_url: BaseUrl = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = _LISTED,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the newest fine-tuning jobs of a service."""
    provider, base_url = _place(context)
    _show_jobs(provider, base_url, limit, as_json=as_json or _is_set(context, "as_json"))


def watch(
    context: typer.Context,
    job: Job,
    provider: Service_ = "openai",
    base_url: BaseUrl = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Watch a job until it has ended. Ctrl-C stops the watching, not the job."""
    with answering(as_json or _is_set(context, "as_json")) as answer:
        client, job_id, run, service = _found(job, *_place(context))
        progress = not (quiet or _is_set(context, "quiet"))
        ended = _watched(client, job_id, service, progress=progress)
        answer(job_value(ended))
        _finish(client, ended, run, service)


def cancel(
    context: typer.Context,
    job: Job,
    provider: Service_ = "openai",
    base_url: BaseUrl = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Cancel a job."""
    from qagen.tuning.hosted.jobs import cancel_fine_tuning

    with answering(as_json or _is_set(context, "as_json")) as answer:
        client, job_id, _, _ = _found(job, *_place(context))
        cancelled = cancel_fine_tuning(client, job_id)
        answer(job_value(cancelled))
        print(f"{job_id}: {cancelled.status}")


def metrics(
    context: typer.Context,
    job: Job,
    provider: Service_ = "openai",
    base_url: BaseUrl = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write a plot (.png, .svg, .pdf) or a table (.csv).")
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show the losses of a job that has ended, or of a model that was trained on this machine."""
    from qagen.tuning.hosted.jobs import list_checkpoints
    from qagen.tuning.hosted.metrics import fine_tuning_metrics

    with answering(as_json or _is_set(context, "as_json")) as answer:
        _check_out(out)
        trained = _trained_here(job)
        checkpoints: Any = ()
        if trained:
            losses = trained.metrics()
        else:
            client, job_id, _, _ = _found(job, *_place(context))
            losses = fine_tuning_metrics(client, job_id)
            checkpoints = list_checkpoints(client, job_id)
        answer(losses_value(losses))
        if out is None:
            print(losses.tail(10).to_string(index=False))
        else:
            _write_metrics(losses, checkpoints, out)
            print(out)


def _place(context: typer.Context) -> tuple[Hosted, str | None]:
    """The service and its address: as given after the command, otherwise as given to ``qagen jobs``."""
    group = context.parent
    found = {}
    for name in ("provider", "base_url"):
        here = group is None or _is_given(context, name) or not _is_given(group, name)
        found[name] = (context if here else group).params[name]  # type: ignore[union-attr] # here, if it is None
    return found["provider"], found["base_url"]


def _is_set(context: typer.Context, name: str) -> bool:
    """Whether a flag was given to ``qagen jobs``, before the command that follows."""
    return context.parent is not None and bool(context.parent.params.get(name))


def _is_given(context: Any, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _show_jobs(provider: Hosted, base_url: str | None, limit: int, *, as_json: bool) -> None:
    from qagen.tuning.hosted.jobs import list_fine_tuning

    with answering(as_json) as answer:
        found = list(list_fine_tuning(_client(provider, base_url), limit=limit))
        answer([job_value(job) for job in found])
        table = new_table(f"Fine-tuning jobs ({provider})", "job", "status", "model", "tuned model", "made")
        for job in found:
            told = (job.id, job.status, job.model, job.fine_tuned_model)
            add_row(table, *(str(one or "") for one in told), _made(job))
        screen().print(table)


def _made(job: FineTuningJob) -> str:
    """When a job was made, if the service tells."""
    from datetime import datetime

    from qagen.tuning.hosted.jobs import number

    seconds = number(job.created_at)
    if not 0 < seconds < _LATEST:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _check_out(out: Path | None) -> None:
    """Before anything is read: what cannot be written is wrong from the start."""
    if out is None:
        return
    if out.suffix.lower() not in {".csv", *_PLOTS}:
        known = ", ".join(_PLOTS)
        raise SettingsError(f"{out}: give -o a name that ends in {known} for a plot, or .csv for a table.")
    if not out.parent.is_dir():
        raise RunFolderError(f"{out} cannot be written: there is no folder {out.parent}. Make it first.")


def _write_metrics(losses: pd.DataFrame, checkpoints: Any, out: Path) -> None:
    from qagen.tuning.hosted.metrics import plot_metrics

    try:
        if out.suffix.lower() == ".csv":
            losses.to_csv(out, index=False)
            return
        figure: Any = plot_metrics(losses, checkpoints=checkpoints).figure
        figure.savefig(out)
    except OSError as error:
        raise RunFolderError(f"{out} cannot be written: {error.strerror or error}.") from error


def ask(
    run: Run,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", help="What to ask.")] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Ask so many questions of the training file instead.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="The model to compare with; by default the one that was tuned. Hosted: a name at the same "
            "service, on Azure a deployment."
        ),
    ] = None,
    with_passage: Annotated[
        bool, typer.Option("--with-passage", help="Ask the base model with the source passage in view too.")
    ] = False,
    deployment: Annotated[
        str | None,
        typer.Option(
            help="Azure: the name of the deployment. Nebius: the name the weights were registered by."
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Ask the base model and the tuned one the same question, side by side."""
    from qagen.tuning.record import read_record
    from qagen.tuning.tuned import tuned_model

    with answering(as_json) as answer:
        record = read_record(run)
        questions = _questions(run, question, sample)
        deployment = deployment_of(record, deployment)
        length: dict[str, Any] = {"max_tokens": _TOKENS if sample is None else _SAMPLE_TOKENS}
        options = length if record.provider == "local" else {**length, "client": client_of(record)}
        tuned = tuned_model(run, deployment=deployment, announce=announce, **options)
        asked = {f"base ({base or record.base_model})": list(questions)}
        if with_passage:
            asked = {**asked, f"{next(iter(asked))} with its passage": _with_passages(run, questions)}
        columns = _base_answers(record, base, asked, length)
        columns = {**columns, "tuned": _answers(tuned, list(questions))}
        answer(answers_value(questions, columns))
        _show_answers(questions, columns)


def deployment_of(record: TuningRecord, given: str | None) -> str | None:
    """The deployment that was given; none for a model of this machine, where it does nothing."""
    if given is None or record.provider != "local":
        return given
    announce("--deployment does nothing here: the model was tuned on this machine.")
    return None


def _base_answers(
    record: TuningRecord, base: str | None, asked: dict[str, list[str]], length: dict[str, Any]
) -> dict[str, list[str] | str]:
    """What the base model answers, by the name of the column; one line where it cannot be asked."""
    from qagen.tuning.tuned import base_chat_model

    try:
        client = None if record.provider == "local" else client_of(record)
        model = base_chat_model(record, base, client=client, announce=announce, **length)
    except QAGenError as error:
        return dict.fromkeys(asked, _no_answer(error))
    return {name: _answers_or_why_not(model, texts) for name, texts in asked.items()}


def _answers_or_why_not(model: BaseChatModel, texts: list[str]) -> list[str] | str:
    try:
        return _answers(model, texts)
    except QAGenError as error:  # the tuned model can be asked all the same
        return _no_answer(error)


def _no_answer(error: QAGenError) -> str:
    return f"no answer: {str(error).partition(chr(10))[0]}"


def _questions(run: Path, question: str | None, sample: int | None) -> dict[str, str | None]:
    """What to ask, and the answer where it is known."""
    from random import Random

    from qagen.tuning.local.examples import read_examples

    if (sample is None) == (question is None or not question.strip()):
        raise SettingsError("Give a question, or --sample N for N questions of the training file.")
    if question is not None:
        return {question: None}
    items = read_examples(run / TRAIN).items
    chosen = Random(0).sample(range(len(items)), min(sample or 0, len(items)))  # noqa: S311 - a sample, not a secret
    return {str(items[place].prompt[-1]["content"]): items[place].answer for place in sorted(chosen)}


def _with_passages(run: Path, questions: Iterable[str]) -> list[str]:
    from qagen.pairs.finding import passage_about

    return [_WITH_PASSAGE.format(passage=passage_about(run, one)[1], question=one) for one in questions]


def _answers(model: BaseChatModel, texts: list[str]) -> list[str]:
    import openai

    from qagen.llm.models import model_name

    try:
        return [str(reply.content).strip() for reply in model.batch(list(texts))]
    except openai.OpenAIError as error:
        raise ModelError(f"{model_name(model)} could not answer: {error}") from error


def _show_answers(questions: dict[str, str | None], columns: dict[str, list[str] | str]) -> None:
    """One question in a table of the models, many in one of the questions; a text stands for no answers."""
    if len(questions) == 1:
        [question] = questions
        table = new_table(question, "model", "answer")
        for name, found in columns.items():
            add_row(table, name, found if isinstance(found, str) else found[0])
        screen().print(table)
        return
    table = new_table("Questions of the training file", "question", "expected", *columns)
    each = [[one] * len(questions) if isinstance(one, str) else one for one in columns.values()]
    for (question, expected), *answers in zip(questions.items(), *each, strict=True):
        add_row(table, question, expected or "", *(shorten(one, _SHOWN, placeholder=" …") for one in answers))
    screen().print(table)
    for name, found in columns.items():
        print(f"{name}: {found if isinstance(found, str) else _counted(questions, found)}")


def _counted(questions: dict[str, str | None], answers: list[str]) -> str:
    from qagen.text.folding import fold

    pairs = zip(questions.values(), answers, strict=True)
    right = sum(fold(expected or "") == fold(answer) for expected, answer in pairs)
    return f"{right} of {len(answers)} answers are the expected ones, word for word"


# --- on this machine


def _validation(run: Path, *, hosted: bool) -> Path | None:
    """The validation file of a run, unless it is shorter than services take."""
    from qagen.tuning.file.checking import MIN_EXAMPLES

    file = run / VALIDATION
    if not file.is_file():
        return None
    examples = sum(bool(line.strip()) for line in file.read_bytes().splitlines())
    if not hosted or examples >= MIN_EXAMPLES:
        return file
    announce(f"{file} holds {examples} of the {MIN_EXAMPLES} examples that a service wants: it is left out.")
    return None


def _tune_here(run: Path, file: Path, validation: Path | None, options: dict[str, Any]) -> None:
    from qagen.tuning.local.train_locally import train_locally

    try:
        trained = train_locally(file, out=run, validation_file=validation, announce=announce, **options)
    except KeyboardInterrupt:
        announce(
            f"\nStopped. What was trained up to the last checkpoint is kept in {run} (one is written every "
            "minute); run the same command again to go on from there."
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    details = trained.record.details
    table = new_table("Trained")
    known, general = details["recall"], details["general"]
    add_row(table, "training questions", f"{known['recalled']} of {known['asked']} answered word for word")
    if unseen := details["validation"]:
        add_row(
            table, "validation questions", f"{unseen['recalled']} of {unseen['asked']} answered word for word"
        )
    change = f"{general['right_before']} of {general['asked']} right before, {general['right_after']} after"
    add_row(table, "general questions", change)
    add_row(table, "general items mixed in", str(details["replayed"]))
    add_row(table, "epochs", f"{details['epochs']:g}")
    if details["stopped_early"]:
        add_row(table, "stopped early", details["stopped_early"])
    add_row(table, "time", f"{details['seconds']:,.0f} s on {details['device']}")
    add_row(table, "model", str(trained.weights))
    screen().print(table)
    _tell_next(run)


def _tell_next(run: Path) -> None:
    from qagen.pairs.dataset import PAIRS

    print(f"Next: {command('ask', run, 'A question about your documents?')}")
    if (run / PAIRS).exists():
        print(f"Then, to see what the model has learnt: {command('evaluate', run)}")


def _trained_here(job: str) -> LocalModel | None:
    from qagen.tuning.local.train_locally import LocalModel
    from qagen.tuning.record import read_record

    folder = Path(job)
    record = read_record(folder) if folder.is_dir() else None
    return LocalModel(folder, record) if record and record.provider == "local" else None


# --- at a service


def _tune_hosted(
    run: Path,
    file: Path,
    validation: Path | None,
    place: tuple[Hosted, str | None],
    model: str | None,
    start: dict[str, Any],
    *,
    wait: bool,
    yes: bool,
    price: float | None,
) -> None:
    from qagen.tuning.hosted.services import SERVICES
    from qagen.tuning.hosted.starting import start_fine_tuning

    provider, base_url = place
    if model is None:
        raise SettingsError(
            f"Which model is to be tuned at {provider}? Give --model, such as gpt-4.1-mini-2025-04-14 at "
            "OpenAI; your service lists those it tunes."
        )
    client, service = _client(provider, base_url), SERVICES[provider]
    _check_writable(run)
    _show_cost(file, validation, model, start["n_epochs"], price, service)
    if not yes:
        _confirm(f"Start the job at {service.title}?")
    try:
        job = start_fine_tuning(
            client, file, model=model, validation_file=validation, service=service, **start
        )
    except TuningClosedError as error:
        _offer_deletion(client, error)
        raise
    # Before anything can go wrong here: without its id a job that costs money is lost from sight.
    print(f"{job.id} is {job.status} at {service.title}.", flush=True)
    _keep(client, job, run, service)
    if wait:
        _finish(client, _watched(client, job, service, progress=start["progress"]), run, service)
    else:
        print(f"Watch it: {command('jobs', 'watch', run)}")


def _check_writable(run: Path) -> None:
    """Before anything is sent: the folder is where the job's id is kept."""
    from tempfile import TemporaryFile

    from qagen.tuning.record import TUNING

    try:
        with TemporaryFile(dir=run):
            pass
        if (run / TUNING).exists():
            with (run / TUNING).open("rb"):
                pass
    except OSError as error:
        raise RunFolderError(
            f"{run / TUNING}, where the job is kept, cannot be written ({error.strerror or error}): nothing "
            "was sent. Make the folder writable, or copy it to another place."
        ) from error


def _show_cost(
    file: Path, validation: Path | None, model: str, n_epochs: Any, price: float | None, service: Service
) -> None:
    from qagen.tuning.file.checking import check_training_file

    report = check_training_file(
        file, model=model, validation_file=validation, n_epochs=n_epochs, usd_per_million_tokens=price
    )
    table = new_table(f"To be trained: {model}")
    facts = dict(report.facts())
    if n_epochs == "auto":
        facts["epochs"] = f"about {facts['epochs']}, by OpenAI's default rule"
        facts["billed tokens"] = f"about {facts['billed tokens'].removeprefix('about ')}, with these epochs"
        facts["cost"] = f"about {facts['cost'].removeprefix('about ')}, with these epochs"
    for name in ("file", "examples", "tokens", "epochs", "billed tokens", "cost"):
        unknown = name == "cost" and report.cost is None
        add_row(table, name, "unknown: give --price" if unknown else facts[name])
    screen().print(table)
    _refuse_what_is_refused(file, validation, model, service)
    for finding in report.findings():
        told = finding.removeprefix("error: ")
        announce(
            f"! {finding}" if told == finding else f"! against OpenAI's rules, sent all the same: {told}"
        )


def _refuse_what_is_refused(file: Path, validation: Path | None, model: str, service: Service) -> None:
    """The decision is that of ``start_fine_tuning``, which gives the warnings too."""
    import warnings

    from qagen.tuning.hosted.uploading import check_for

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        if validation:
            check_for(service, validation, method="supervised", model=model)
        check_for(service, file, method="supervised", model=model, validation_file=validation)


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise SettingsError(
            f"{question} Nobody is there to answer: pass --yes to go on without the question."
        )
    if not typer.confirm(question):
        raise typer.Exit(EXIT_ERROR)


def _offer_deletion(client: openai.OpenAI, error: TuningClosedError) -> None:
    from qagen.tuning.hosted.uploading import delete_file

    if not error.file_ids or not sys.stdin.isatty():
        return
    announce(f"qagen: {error}")
    for file_id in error.file_ids:
        if typer.confirm(f"Delete the uploaded file {file_id}?"):
            delete_file(client, file_id)
            announce(f"{file_id} is deleted")
    raise typer.Exit(EXIT_ERROR)


def _client(provider: str, base_url: str | None) -> openai.OpenAI:
    import openai

    name = _KEYS.get(provider, "OPENAI_API_KEY")
    address = base_url or (None if provider == "openai" else _service(provider).base_url)
    if provider == "azure" and not address:
        raise SettingsError(
            "Azure has an address for each customer: give --base-url https://NAME.openai.azure.com/openai/v1/"
        )
    if provider == "other" and not address:
        raise SettingsError("The address of the service is not known: its record names no base_url. Add it.")
    key = os.environ.get(name)
    if not key:
        raise SettingsError(f"There is no key for {provider}: set {name} in the environment.")
    return openai.OpenAI(api_key=key, base_url=address)


def _service(provider: str) -> Service:
    """What the service of a record takes.

    Raises:
        SettingsError: It is none that qagen knows.
    """
    from qagen.tuning.hosted.services import SERVICES

    for name, service in SERVICES.items():
        if name == provider:
            return service
    raise SettingsError(
        f"tuning.json names the provider {provider!r}, which is none of local, {', '.join(SERVICES)}. "
        "Correct it there: 'other' is any service that speaks the OpenAI wire."
    )


def client_of(record: TuningRecord) -> openai.OpenAI:
    """The client of the service where a model was tuned, with the key of the environment.

    Raises:
        SettingsError: There is no key, or the record names no service that can be reached.
    """
    return _client(record.provider, record.base_url)


def _found(
    job: str, provider: Hosted, base_url: str | None
) -> tuple[openai.OpenAI, str, Path | None, Service]:
    """A job by its id or its run folder: the client, the id, the folder, and what the service takes."""
    from qagen.tuning.record import read_record

    folder = Path(job)
    if not folder.is_dir():
        _refuse_path(job)
        return _client(provider, base_url), job, None, _service(provider)
    record = read_record(folder)
    if record.provider == "local":
        raise SettingsError(
            f"{folder} was trained on this machine: there is no job. `{command('jobs', 'metrics', folder)}` "
            "shows its losses."
        )
    service = _service(record.provider)
    if record.job is None:
        raise SettingsError(
            f"{folder} was tuned at {service.title}, but its tuning.json names no job. Give the job's id; "
            f"`qagen jobs list` shows it."
        )
    return _client(record.provider, base_url or record.base_url), record.job, folder, service


def _refuse_path(job: str) -> None:
    """A mistyped folder is no job's id: it goes to no service."""
    if Path(job).exists():
        raise SettingsError(f"{job} is a file. Give the run folder, or a job's id.")
    if "/" in job or "\\" in job:
        raise SettingsError(f"There is no run folder {job}. Give one that is there, or a job's id.")


def _keep(client: openai.OpenAI, job: FineTuningJob, run: Path, service: Service) -> None:
    from qagen.tuning.hosted.starting import record_of
    from qagen.tuning.record import write_record

    file = run / TRAIN
    training_file = file if file.is_file() else None
    write_record(run, record_of(client, job, training_file=training_file, service=service))


def _watched(
    client: openai.OpenAI, job: FineTuningJob | str, service: Service, *, progress: bool
) -> FineTuningJob:
    from qagen.tuning.hosted.watching import wait_for_fine_tuning

    job_id = job if isinstance(job, str) else job.id
    with _saying_how_to_go_on(client, job_id, service):
        return wait_for_fine_tuning(client, job, on_event=_tell, progress=progress, service=service)


def _tell(event: FineTuningJobEvent) -> None:
    from tqdm.auto import tqdm

    if event.message:
        tqdm.write(str(event.message))


@contextmanager
def _saying_how_to_go_on(client: openai.OpenAI, job_id: str, service: Service) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        address = str(client.base_url)
        place = [job_id, "--provider", "openai" if service.name == "other" else service.name]
        place += [] if address == service.base_url else ["--base-url", address]
        announce(
            f"\nStopped watching; {job_id} goes on.\nWatch it again: {command('jobs', 'watch', *place)}\n"
            f"Cancel it: {command('jobs', 'cancel', *place)}"
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _finish(client: openai.OpenAI, job: FineTuningJob, run: Path | None, service: Service) -> None:
    if run:
        _keep(client, job, run, service)
    if not job.fine_tuned_model:
        print(
            f"{job.id} has {job.status}. {service.title} names no model that can be asked: the weights are "
            "files of the job's checkpoints. docs/tuning.md (Nebius, step by step) says how to take them and "
            f"how to have them served there; then: {_ask_of(run or Path('RUN'))}"
        )
        return
    print(f"{job.id} has {job.status}: {job.fine_tuned_model}")
    if run and service.name == "azure":
        print(f"Deploy it in the Foundry portal, then: {_ask_of(run)}")
    elif run:
        _tell_next(run)


def _ask_of(run: Path) -> str:
    return command("ask", run, "QUESTION", "--deployment", "NAME")

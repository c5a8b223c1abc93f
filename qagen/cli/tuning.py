"""From a training file to a model that is asked: ``tune``, ``jobs``, ``ask``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qagen.cli.terminal import (
    EXIT_ERROR,
    EXIT_INTERRUPTED,
    TRAIN,
    Debug,
    Run,
    add_row,
    announce,
    new_table,
    screen,
)
from qagen.errors import ModelError, SettingsError, TuningClosedError

if TYPE_CHECKING:
    import openai
    from langchain_core.language_models import BaseChatModel
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.local import LocalModel
    from qagen.tuning.record import TuningRecord
    from qagen.tuning.services import Service

Provider = Literal["local", "openai", "azure", "nebius"]
Hosted = Literal["openai", "azure", "nebius"]

VALIDATION = "validation.jsonl"
_KEYS = {"openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY", "nebius": "NEBIUS_API_KEY"}
_TOKENS = 256  # of an answer: a small model may never end by itself
_SAMPLE_TOKENS = 64  # the same, when many are asked
_SHOWN = 120  # characters of it
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
    rank: Annotated[int, typer.Option(min=1, help="Local: rank of the LoRA adapter.")] = 64,
    learning_rate: Annotated[
        float | None, typer.Option(help="Local: by default 2e-4, with --full 2e-5.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Local: examples a step.")] = 8,
    seed: Annotated[int, typer.Option(help="Local: of order and first weights.")] = 0,
    device: Annotated[str, typer.Option(help="Local: auto, cpu, cuda or mps.")] = "auto",
    full: Annotated[bool, typer.Option("--full", help="Local: train all weights, not an adapter.")] = False,
    quantize_4bit: Annotated[
        bool, typer.Option("--quantize-4bit", help="Local: keep the base model in 4 bits (GPU).")
    ] = False,
    replay: Annotated[
        str, typer.Option(help="Local: general, none, or a chat file of general examples.")
    ] = "general",
    merge: Annotated[
        bool, typer.Option("--merge", help="Local: write base and adapter as one model too.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Local: replace a model made with other settings.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Make a model from a run folder's training file, on this machine or at a service.

    Run the same command again to go on after an interruption: nothing is trained or paid for twice.
    """
    _refuse_options_of_the_other_kind(context, provider)
    file = run / TRAIN
    if not file.is_file():
        raise SettingsError(f"{file} is not there. Write it with `qagen generate SOURCE -o {run}`.")
    validation = run / VALIDATION if (run / VALIDATION).is_file() else None
    if provider != "local":
        start: dict[str, Any] = {"suffix": suffix, "n_epochs": n_epochs or "auto", "again": again}
        _tune_hosted(run, file, validation, provider, base_url, model, start, wait=wait, yes=yes, price=price)
        return
    options = {
        "n_epochs": n_epochs or "auto",
        "rank": rank,
        "learning_rate": "auto" if learning_rate is None else learning_rate,
        "batch_size": batch_size,
        "seed": seed,
        "device": device,
        "full": full,
        "quantize_4bit": quantize_4bit,
        "replay": None if replay == "none" else replay,
        "merge": merge,
        "overwrite": overwrite,
    }
    _tune_here(run, file, validation, options if model is None else {**options, "model": model})


def _refuse_options_of_the_other_kind(context: typer.Context, provider: Provider) -> None:
    """An option that would do nothing was given for a reason."""
    of = "Hosted" if provider == "local" else "Local"
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if (
            source is not None
            and source.name == "COMMANDLINE"
            and str(getattr(option, "help", "")).startswith(of)
        ):
            raise SettingsError(f"{option.opts[0]} does nothing with --provider {provider}: leave it out.")


def jobs(
    context: typer.Context, provider: Service_ = "openai", base_url: BaseUrl = None, debug: Debug = False
) -> None:
    """List the newest fine-tuning jobs of a service; or watch or cancel one, or see its losses."""
    if not context.invoked_subcommand:
        list_jobs(provider=provider, base_url=base_url)


def list_jobs(
    provider: Service_ = "openai",
    base_url: BaseUrl = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    debug: Debug = False,
) -> None:
    """List the newest fine-tuning jobs of a service."""
    from datetime import datetime, timezone

    from qagen.tuning.jobs import list_fine_tuning

    found = list_fine_tuning(_client(provider, base_url), limit=limit)
    table = new_table(f"Fine-tuning jobs ({provider})", "job", "status", "model", "tuned model", "made")
    for job in found:
        made = datetime.fromtimestamp(job.created_at, timezone.utc).strftime("%Y-%m-%d %H:%M")
        add_row(table, job.id, job.status, job.model, job.fine_tuned_model or "", made)
    screen().print(table)


def watch(job: Job, provider: Service_ = "openai", base_url: BaseUrl = None, debug: Debug = False) -> None:
    """Watch a job until it has ended. Ctrl-C stops the watching, not the job."""
    client, job_id, run, service = _found(job, provider, base_url)
    _finish(client, _watched(client, job_id, service), run, service)


def cancel(job: Job, provider: Service_ = "openai", base_url: BaseUrl = None, debug: Debug = False) -> None:
    """Cancel a job."""
    from qagen.tuning.jobs import cancel_fine_tuning

    client, job_id, _, _ = _found(job, provider, base_url)
    print(f"{job_id}: {cancel_fine_tuning(client, job_id).status}")


def metrics(
    job: Job,
    provider: Service_ = "openai",
    base_url: BaseUrl = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write a plot (.png, .svg, .pdf) or a table (.csv).")
    ] = None,
    debug: Debug = False,
) -> None:
    """Show the losses of a job that has ended, or of a model that was trained on this machine."""
    from qagen.tuning.jobs import list_checkpoints
    from qagen.tuning.metrics import fine_tuning_metrics, plot_metrics

    trained = _trained_here(job)
    checkpoints: Any = ()
    if trained:
        losses = trained.metrics()
    else:
        client, job_id, _, _ = _found(job, provider, base_url)
        losses = fine_tuning_metrics(client, job_id)
        checkpoints = list_checkpoints(client, job_id)
    if out is None:
        print(losses.tail(10).to_string(index=False))
    elif out.suffix == ".csv":
        losses.to_csv(out, index=False)
    else:
        figure: Any = plot_metrics(losses, checkpoints=checkpoints).figure
        figure.savefig(out)
    if out:
        print(out)


def ask(
    run: Run,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", help="What to ask.")] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Ask so many questions of the training file instead.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="The model to compare with; by default the one that was tuned.")
    ] = None,
    with_passage: Annotated[
        bool, typer.Option("--with-passage", help="Ask the base model with the source passage in view too.")
    ] = False,
    deployment: Annotated[str | None, typer.Option(help="Azure: the name of the deployment.")] = None,
    debug: Debug = False,
) -> None:
    """Ask the base model and the tuned one the same question, side by side."""
    from qagen.tuning.record import read_record
    from qagen.tuning.tuned import tuned_model

    record = read_record(run)
    questions = _questions(run, question, sample)
    length: dict[str, Any] = {"max_tokens": _TOKENS if sample is None else _SAMPLE_TOKENS}
    models = {f"base ({base or record.base_model})": _base_model(record, base, **length)}
    options = length if record.provider == "local" else {**length, "client": _client_of(record)}
    models["tuned"] = tuned_model(run, deployment=deployment, announce=announce, **options)
    columns: dict[str, list[str]] = {}
    for name, model in models.items():
        columns[name] = _answers(model, list(questions))
        if with_passage and name != "tuned":
            columns[f"{name} with its passage"] = _answers(model, _with_passages(run, questions))
    _show_answers(questions, columns)


def _questions(run: Path, question: str | None, sample: int | None) -> dict[str, str | None]:
    """What to ask, and the answer where it is known."""
    from random import Random

    from qagen.tuning.examples import read_examples

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


def _show_answers(questions: dict[str, str | None], columns: dict[str, list[str]]) -> None:
    from qagen.pairs.curation import fold

    if len(questions) == 1:
        [question] = questions
        table = new_table(question, "model", "answer")
        for name, [answer] in columns.items():
            add_row(table, name, answer)
        screen().print(table)
        return
    table = new_table("Questions of the training file", "question", "expected", *columns)
    for (question, expected), *answers in zip(questions.items(), *columns.values(), strict=True):
        add_row(table, question, expected or "", *(shorten(one, _SHOWN, placeholder=" …") for one in answers))
    screen().print(table)
    for name, found in columns.items():
        pairs = zip(questions.values(), found, strict=True)
        right = sum(fold(expected or "") == fold(answer) for expected, answer in pairs)
        print(f"{name}: {right} of {len(found)} answers are the expected ones, word for word")


# --- on this machine


def _tune_here(run: Path, file: Path, validation: Path | None, options: dict[str, Any]) -> None:
    from qagen.tuning.local import train_locally

    try:
        trained = train_locally(file, out=run, validation_file=validation, announce=announce, **options)
    except KeyboardInterrupt:
        announce(f"\nStopped. What was trained is kept in {run}; run the same command again to go on.")
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
    print(f'Next: qagen ask {run} "A question about your documents?"')


def _trained_here(job: str) -> LocalModel | None:
    from qagen.tuning.local import LocalModel
    from qagen.tuning.record import read_record

    folder = Path(job)
    record = read_record(folder) if folder.is_dir() else None
    return LocalModel(folder, record) if record and record.provider == "local" else None


# --- at a service


def _tune_hosted(
    run: Path,
    file: Path,
    validation: Path | None,
    provider: Hosted,
    base_url: str | None,
    model: str | None,
    start: dict[str, Any],
    *,
    wait: bool,
    yes: bool,
    price: float | None,
) -> None:
    from qagen.tuning.hosted import start_fine_tuning
    from qagen.tuning.services import SERVICES

    if model is None:
        raise SettingsError(
            f"Which model is to be tuned at {provider}? Give --model, such as gpt-4.1-mini-2025-04-14 at "
            "OpenAI; your service lists those it tunes."
        )
    client, service = _client(provider, base_url), SERVICES[provider]
    _show_cost(file, validation, model, start["n_epochs"], price)
    if not yes:
        _confirm(f"Start the job at {service.title}?")
    try:
        job = start_fine_tuning(
            client, file, model=model, validation_file=validation, service=service, **start
        )
    except TuningClosedError as error:
        _offer_deletion(client, error)
        raise
    _keep(client, job, run, service)
    if wait:
        _finish(client, _watched(client, job.id, service), run, service)
    else:
        print(f"{job.id} is {job.status}. Watch it: qagen jobs watch {run}")


def _show_cost(file: Path, validation: Path | None, model: str, n_epochs: Any, price: float | None) -> None:
    from qagen.tuning.checking import check_training_file

    report = check_training_file(
        file, model=model, validation_file=validation, n_epochs=n_epochs, usd_per_million_tokens=price
    )
    table = new_table(f"To be trained: {model}")
    facts = dict(report.facts())
    for name in ("file", "examples", "tokens", "epochs", "billed tokens", "cost"):
        unknown = name == "cost" and report.cost is None
        add_row(table, name, "unknown: give --price" if unknown else facts[name])
    screen().print(table)
    for finding in report.findings():
        announce(f"! {finding}")
    if not report.ok:
        raise typer.Exit(EXIT_ERROR)


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise SettingsError(
            f"{question} Nobody is there to answer: pass --yes to go on without the question."
        )
    if not typer.confirm(question):
        raise typer.Exit(EXIT_ERROR)


def _offer_deletion(client: openai.OpenAI, error: TuningClosedError) -> None:
    from qagen.tuning.uploading import delete_file

    if not error.file_id or not sys.stdin.isatty():
        return
    announce(f"qagen: {error}")
    if typer.confirm(f"Delete the uploaded file {error.file_id}?"):
        delete_file(client, error.file_id)
        announce(f"{error.file_id} is deleted")
    raise typer.Exit(EXIT_ERROR)


def _client(provider: str, base_url: str | None) -> openai.OpenAI:
    import openai

    from qagen.tuning.services import SERVICES

    name = _KEYS.get(provider, "OPENAI_API_KEY")
    address = base_url or (None if provider == "openai" else SERVICES[provider].base_url)  # type: ignore[index] # one of its keys
    if provider == "azure" and not address:
        raise SettingsError(
            "Azure has an address for each customer: give --base-url https://NAME.openai.azure.com/openai/v1/"
        )
    key = os.environ.get(name)
    if not key:
        raise SettingsError(f"There is no key for {provider}: set {name} in the environment.")
    return openai.OpenAI(api_key=key, base_url=address)


def _client_of(record: TuningRecord) -> openai.OpenAI:
    return _client(record.provider, record.base_url)


def _found(
    job: str, provider: Hosted, base_url: str | None
) -> tuple[openai.OpenAI, str, Path | None, Service]:
    """A job by its id or its run folder: the client, the id, the folder, and what the service takes."""
    from qagen.tuning.record import read_record
    from qagen.tuning.services import SERVICES

    folder = Path(job)
    if not folder.is_dir():
        return _client(provider, base_url), job, None, SERVICES[provider]
    record = read_record(folder)
    if record.job is None:
        raise SettingsError(
            f"{folder} was trained on this machine: there is no job. `qagen jobs metrics` shows it."
        )
    service = SERVICES[record.provider]  # type: ignore[index] # one of its keys
    return _client(record.provider, base_url or record.base_url), record.job, folder, service


def _keep(client: openai.OpenAI, job: FineTuningJob, run: Path, service: Service) -> None:
    from qagen.tuning.hosted import record_of
    from qagen.tuning.record import write_record

    file = run / TRAIN
    training_file = file if file.is_file() else None
    write_record(run, record_of(client, job, training_file=training_file, service=service))


def _watched(client: openai.OpenAI, job_id: str, service: Service) -> FineTuningJob:
    from tqdm.auto import tqdm

    from qagen.tuning.watching import wait_for_fine_tuning

    try:
        return wait_for_fine_tuning(
            client, job_id, on_event=lambda event: tqdm.write(event.message), service=service
        )
    except KeyboardInterrupt:
        announce(
            f"\nStopped watching; {job_id} goes on. Watch it again: qagen jobs watch {job_id} --provider "
            f"{service.name}. Cancel it: qagen jobs cancel {job_id} --provider {service.name}"
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _finish(client: openai.OpenAI, job: FineTuningJob, run: Path | None, service: Service) -> None:
    if run:
        _keep(client, job, run, service)
    print(f"{job.id} has {job.status}: {job.fine_tuned_model}")
    if run and service.name == "azure":
        print(f"Deploy it in the Foundry portal, then: qagen ask {run} QUESTION --deployment NAME")
    elif run:
        print(f'Next: qagen ask {run} "A question about your documents?"')


def _base_model(record: TuningRecord, base: str | None, **params: Any) -> BaseChatModel:
    from qagen.llm.models import chat_model

    name = base or record.base_model
    if record.provider != "local" and base is None:
        from qagen.llm.system_prompt import ClientChatOpenAI

        return ClientChatOpenAI.of(name, _client_of(record), system_prompt=record.system_prompt, **params)
    if name == "local" or name.startswith("local:"):
        return chat_model(name, announce=announce, system_prompt=record.system_prompt, **params)
    if base is not None and ":" in name:
        return chat_model(name, announce=announce, system_prompt=record.system_prompt, **params)
    from qagen.tuning.base_model import find_base
    from qagen.tuning.transformers_chat import load_chat_model

    found = find_base(name, announce=announce)
    return load_chat_model(found, name=name, system_prompt=record.system_prompt, **params)

"""What commands about a service share: its client, a job by its id or run folder, and how a job ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qagen.cli.terminal import EXIT_ERROR, EXIT_INTERRUPTED, TRAIN, announce, command
from qagen.errors import SettingsError

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

    from qagen.tuning import TuningRecord
    from qagen.tuning.hosted import Service

Provider = Literal["local", "openai", "azure", "nebius"]
Hosted = Literal["openai", "azure", "nebius"]
_KEYS = {"openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY", "nebius": "NEBIUS_API_KEY"}
BaseUrl = Annotated[
    str | None, typer.Option(help="The service's address; on Azure https://NAME.openai.azure.com/openai/v1/.")
]
Service_ = Annotated[Hosted, typer.Option("--provider", help="The service.")]
Job = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, or a run folder.")]


def tell_next(run: Path) -> None:
    """What can be done with a model that was just tuned."""
    from qagen.pairs import PAIRS

    print(f"Next: {command('ask', run, 'A question about your documents?')}")
    if (run / PAIRS).exists():
        print(f"Then, to see what the model has learnt: {command('evaluate', run)}")


def confirm(question: str) -> None:
    """Ask a person at the terminal; without one, or without a yes, the command ends here."""
    if not sys.stdin.isatty():
        raise SettingsError(
            f"{question} Nobody is there to answer: pass --yes to go on without the question."
        )
    if not typer.confirm(question):
        raise typer.Exit(EXIT_ERROR)


def client_at(provider: str, base_url: str | None) -> openai.OpenAI:
    """The client of a service, with the key of the environment."""
    import openai

    name = _KEYS.get(provider, "OPENAI_API_KEY")
    address = base_url or (None if provider == "openai" else service_at(provider).base_url)
    if provider == "azure" and not address:
        raise SettingsError(
            "Azure has an address for each customer.",
            hint="Give yours: --base-url https://NAME.openai.azure.com/openai/v1/ (NAME is your resource).",
        )
    if provider == "other" and not address:
        raise SettingsError(
            "The address of the service is not known: its record names no base_url.", hint="Add it."
        )
    key = os.environ.get(name)
    if not key:
        raise SettingsError(f"There is no key for {provider}: set {name} in the environment.")
    return openai.OpenAI(api_key=key, base_url=address)


def service_at(provider: str) -> Service:
    """What the service of a record takes.

    Raises:
        SettingsError: It is none that qagen knows.
    """
    from qagen.tuning.hosted import SERVICES

    for name, service in SERVICES.items():
        if name == provider:
            return service
    raise SettingsError(
        f"tuning.json names the provider {provider!r}, which is none of local, {', '.join(SERVICES)}.",
        hint="Correct it there: 'other' is any service that speaks the OpenAI wire.",
    )


def client_of(record: TuningRecord) -> openai.OpenAI:
    """The client of the service where a model was tuned, with the key of the environment.

    Raises:
        SettingsError: There is no key, or the record names no service that can be reached.
    """
    return client_at(record.provider, record.base_url)


def found_job(
    job: str, provider: Hosted, base_url: str | None
) -> tuple[openai.OpenAI, str, Path | None, Service]:
    """A job by its id or its run folder: the client, the id, the folder, and what the service takes."""
    from qagen.tuning import read_record

    folder = Path(job)
    if not folder.is_dir():
        refuse_path(job)
        return client_at(provider, base_url), job, None, service_at(provider)
    record = read_record(folder)
    if record.provider == "local":
        raise SettingsError(
            f"{folder} was trained on this machine: there is no job. `{command('jobs', 'metrics', folder)}` "
            "shows its losses."
        )
    service = service_at(record.provider)
    if record.job is None:
        raise SettingsError(
            f"{folder} was tuned at {service.title}, but its tuning.json names no job.",
            hint="Give the job's id; `qagen jobs list` shows it.",
        )
    return client_at(record.provider, base_url or record.base_url), record.job, folder, service


def refuse_path(job: str) -> None:
    """A mistyped folder is no job's id: it goes to no service."""
    if Path(job).exists():
        raise SettingsError(f"{job} is a file.", hint="Give the run folder, or a job's id.")
    if "/" in job or "\\" in job:
        raise SettingsError(f"There is no run folder {job}.", hint="Give one that is there, or a job's id.")


def keep_record(client: openai.OpenAI, job: FineTuningJob, run: Path, service: Service) -> None:
    """Write what is known of a job to the run folder."""
    from qagen.tuning import write_record
    from qagen.tuning.hosted.starting import record_of

    file = run / TRAIN
    training_file = file if file.is_file() else None
    write_record(run, record_of(client, job, training_file=training_file, service=service))


def watched_job(
    client: openai.OpenAI, job: FineTuningJob | str, service: Service, *, progress: bool
) -> FineTuningJob:
    """Watch a job to its end, with its events told."""
    from qagen.tuning.hosted import wait_for_fine_tuning

    job_id = job if isinstance(job, str) else job.id
    with saying_how_to_go_on(client, job_id, service):
        return wait_for_fine_tuning(client, job, on_event=_tell, progress=progress, service=service)


def _tell(event: FineTuningJobEvent) -> None:
    from tqdm.auto import tqdm

    if event.message:
        tqdm.write(str(event.message))


@contextmanager
def saying_how_to_go_on(client: openai.OpenAI, job_id: str, service: Service) -> Iterator[None]:
    """On Ctrl-C, tell that the job goes on, and how to see it again."""
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


def finish_job(client: openai.OpenAI, job: FineTuningJob, run: Path | None, service: Service) -> None:
    """Tell how a job ended and what to do next, and keep its record."""
    if run:
        keep_record(client, job, run, service)
    if not job.fine_tuned_model:
        print(
            f"{job.id} has {job.status}. {service.title} names no model that can be asked: the weights are "
            "files of the job's checkpoints. docs/tuning.md (Nebius, step by step) says how to take them and "
            f"how to have them served there; then: {ask_line(run or Path('RUN'))}"
        )
        return
    print(f"{job.id} has {job.status}: {job.fine_tuned_model}")
    if run and service.name == "azure":
        print(f"Deploy it in the Foundry portal, then: {ask_line(run)}")
    elif run:
        tell_next(run)


def ask_line(run: Path) -> str:
    """The command that asks a model under the name of its deployment."""
    return command("ask", run, "QUESTION", "--deployment", "NAME")

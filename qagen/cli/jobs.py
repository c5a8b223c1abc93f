"""The commands ``qagen jobs``: jobs at a service, and the losses of a training."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qagen.cli.services import BaseUrl, Hosted, Job, Service_, client_at, finish_job, found_job, watched_job
from qagen.cli.terminal import AsJson, Debug, Quiet, add_row, answering, is_given, new_table, screen
from qagen.cli.values import job_value, losses_value
from qagen.errors import RunFolderError, SettingsError
from qagen.files import explained, whole_path

if TYPE_CHECKING:
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.local.training import LocalModel

_PLOTS = (".png", ".svg", ".pdf")
_LATEST = 253_402_300_800  # seconds: the end of the year 9999, as far as a date goes
_LISTED = 20  # jobs


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
    _show_jobs(provider, base_url, limit, as_json=as_json or is_set(context, "as_json"))


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
    with answering(as_json or is_set(context, "as_json")) as answer:
        client, job_id, run, service = found_job(job, *_place(context))
        progress = not (quiet or is_set(context, "quiet"))
        ended = watched_job(client, job_id, service, progress=progress)
        answer(job_value(ended))
        finish_job(client, ended, run, service)


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
    from qagen.tuning.hosted import cancel_fine_tuning

    with answering(as_json or is_set(context, "as_json")) as answer:
        client, job_id, _, _ = found_job(job, *_place(context))
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
    from qagen.tuning.hosted import fine_tuning_metrics, list_checkpoints

    with answering(as_json or is_set(context, "as_json")) as answer:
        _check_out(out)
        trained = trained_here(job)
        checkpoints: Any = ()
        if trained:
            losses = trained.metrics()
        else:
            client, job_id, _, _ = found_job(job, *_place(context))
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
        here = group is None or is_given(context, name) or not is_given(group, name)
        found[name] = (context if here else group).params[name]  # type: ignore[union-attr] # here, if it is None
    return found["provider"], found["base_url"]


def is_set(context: typer.Context, name: str) -> bool:
    """Whether a flag was given to ``qagen jobs``, before the command that follows."""
    return context.parent is not None and bool(context.parent.params.get(name))


def _show_jobs(provider: Hosted, base_url: str | None, limit: int, *, as_json: bool) -> None:
    from qagen.tuning.hosted import list_fine_tuning

    with answering(as_json) as answer:
        found = list(list_fine_tuning(client_at(provider, base_url), limit=limit))
        answer([job_value(job) for job in found])
        table = new_table(f"Fine-tuning jobs ({provider})", "job", "status", "model", "tuned model", "made")
        for job in found:
            told = (job.id, job.status, job.model, job.fine_tuned_model)
            add_row(table, *(str(one or "") for one in told), _made(job))
        screen().print(table)


def _made(job: FineTuningJob) -> str:
    """When a job was made, if the service tells."""
    from datetime import datetime

    from qagen.tuning.hosted import number

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
    if out.is_dir():
        raise RunFolderError(f"{out} cannot be written: it is a folder.", hint="Give the name of a file.")
    if not out.parent.is_dir():
        raise RunFolderError(
            f"{out} cannot be written: there is no folder {out.parent}.", hint="Make it first."
        )


def _write_metrics(losses: pd.DataFrame, checkpoints: Any, out: Path) -> None:
    from qagen.tuning.hosted import plot_metrics

    kind = out.suffix.lower()
    with whole_path(out) as temporary, explained(out):
        if kind == ".csv":
            losses.to_csv(temporary, index=False)
            return
        figure: Any = plot_metrics(losses, checkpoints=checkpoints).figure
        figure.savefig(temporary, format=kind.removeprefix("."))


def trained_here(job: str) -> LocalModel | None:
    """The model of a run folder, if it was trained on this machine."""
    from qagen.tuning import read_record
    from qagen.tuning.local.training import LocalModel

    folder = Path(job)
    record = read_record(folder) if folder.is_dir() else None
    return LocalModel(folder, record) if record and record.provider == "local" else None

"""A fine-tuning job is started at a service: once, whatever happens, and never twice by mistake."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from qagen.tuning.hosted import Method, Service, Verdict, service_of
from qagen.tuning.hosted.starting.job_request import JobRequest
from qagen.tuning.hosted.starting.model_dates import ModelEnd
from qagen.tuning.hosted.starting.settings import Settings, as_mapping
from qagen.tuning.hosted.starting.training_files import JobFiles

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.file import TrainingFileReport
    from qagen.tuning.hosted import Client


def start_fine_tuning(
    client: Client,
    training_file: str | Path,
    *,
    model: str,
    validation_file: str | Path | None = None,
    suffix: str | None = None,
    n_epochs: int | Literal["auto"] = "auto",
    batch_size: int | Literal["auto"] = "auto",
    learning_rate_multiplier: float | Literal["auto"] = "auto",
    method: Method = "supervised",
    seed: int | None = None,
    metadata: Mapping[str, str] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    again: bool = False,
    progress: bool = True,
    service: Service | None = None,
    look_again: Sequence[float] = (0.0, 2.0, 8.0),
) -> FineTuningJob:
    """Start a job and return it. It goes on at the service by itself: see :func:`qagen.wait_for_fine_tuning`.

    Creating a job has no idempotency key, so exactly one request is sent. When its answer is lost (a server
    error, a timeout, a broken connection), the job is looked up by the run id in its metadata and returned;
    a second one is never started.

    A job that qagen started with the same file, model and settings and that neither failed nor was cancelled
    is returned with a ``UserWarning`` instead of a new one, unless ``again``. It is known by its metadata; on
    services that cannot filter jobs by these, the newest 500 jobs are looked through.

    The metadata get ``qagen_run`` (a run id), ``qagen_sha256`` (of the training file, where its bytes can be
    had), ``qagen_settings`` (a hash of model and settings) and ``qagen_system_prompt`` (if all examples begin
    with one same system message of at most 512 characters).

    Jobs of Nebius keep no metadata, and none are sent. There a job is known by the ids of its files, its
    model and suffix, and by the seed and hyperparameters that are given (another default of the service is
    not noticed); one whose answer was lost must also be new since the request.

    Args:
        client: Of the SDK, for OpenAI, Azure, Nebius or any other service that speaks the same wire.
        training_file: A path, whose file is checked and uploaded first, or the id of an uploaded file. A
            string is a path if such a file is there, or if it holds a slash or ends in ``.jsonl``.
        model: The model to be tuned. Where the service tells its ``shutdown_date``, a model past it is
            refused, and one within 60 days of it is warned of; a service that does not tell is believed.
        validation_file: The same for the validation file. Lines that stand in both are refused where the
            files are paths.
        suffix: Part of the tuned model's name, 1 to 64 characters.
        n_epochs: 1 to 50, or ``auto``: the service decides.
        batch_size: 1 to 256, or ``auto``.
        learning_rate_multiplier: More than 0, or ``auto``.
        method: ``dpo`` for preference pairs.
        seed: 0 to 2,147,483,647; ``None``: the service draws one.
        metadata: Up to 12 pairs of your own, keys of up to 64 characters, values of up to 512.
            Nebius has none.
        extra_body: Fields of the request that only this service knows; with other ones it is another job.
            Azure: ``{"trainingType": "GlobalStandard"}``. Where hyperparameters stand at the top level, more
            of them: Nebius: ``{"hyperparameters": {"lora": True}}``.
        again: Start a job even if the same one is there.
        progress: Show a bar while a large file is uploaded.
        service: What the service takes; ``None`` recognises it by the client. Give one of
            ``qagen.tuning.hosted.services.SERVICES`` for a gateway with an address of its own.
        look_again: Seconds before each look for a job whose answer was lost.

    Raises:
        SettingsError: An argument is out of its bounds. Nothing was sent.
        TrainingFileError: A file would be refused, or lines stand in both. Nothing was sent.
        UploadError: A file could not be uploaded or cannot be used.
        DeadlineError: A file is still being processed after ten minutes. Start again with its id.
        ServiceError: The service could not be reached, or does not let this key in.
        TuningClosedError: The service takes no more jobs from this organisation.
        FineTuningError: The model is shut down, the job was refused, or it is not known whether it started.
    """
    service = service or service_of(client)
    settings = Settings(
        model,
        suffix,
        n_epochs,
        batch_size,
        learning_rate_multiplier,
        method,
        seed,
        dict(metadata or {}),
        as_mapping("extra_body", extra_body or {}),
    )
    settings.check(service)
    files = JobFiles.of(training_file, validation_file)
    return start_checked(
        client,
        files,
        files.reports(settings),
        settings,
        service,
        again=again,
        progress=progress,
        look_again=look_again,
    )


def start_checked(
    client: Client,
    files: JobFiles,
    reports: Iterable[TrainingFileReport],
    settings: Settings,
    service: Service,
    *,
    again: bool = False,
    progress: bool = True,
    look_again: Sequence[float] = (0.0, 2.0, 8.0),
) -> FineTuningJob:
    """Start a job with settings and files that were checked already, as :func:`start_fine_tuning` does.

    Args:
        client: As there, as are those below.
        files: The files.
        reports: What was found in those on this machine.
        settings: The settings, checked for the service.
        service: The service.
        again: Start a job even if the same one is there.
        progress: Show a bar while a large file is uploaded.
        look_again: Seconds before each look for a job whose answer was lost.

    Raises:
        QAGenError: As there.
    """
    for report in reports:
        Verdict(service, report, settings.method).enforce()
    end = ModelEnd.told_by(client, settings.model)
    end.refuse_if_past()
    end.warn_if_near(stacklevel=3)
    training = files.training.at_service(client, service, progress=progress)
    validation = (
        None if files.validation is None else files.validation.at_service(client, service, progress=progress)
    )
    request = JobRequest(client, service, settings, training, validation)
    there = request.there_at_best() if again else request.there()
    same = None if again else request.earlier(there or ())
    if same is None:
        return request.send(there, look_again)
    made = f", and its model is {same.fine_tuned_model}" if same.fine_tuned_model else ""
    told = "settings" if service.keeps_metadata else "the settings that were given"
    warnings.warn(
        f"The job {same.id} has the same file, model and {told}. It is {same.status}{made}, so no other was "
        "started. To start one all the same, pass again=True.",
        UserWarning,
        stacklevel=3,
    )
    return same

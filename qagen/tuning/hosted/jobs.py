"""Jobs at a fine-tuning service: looked at, listed, stopped, paused, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from qagen.errors import ServiceError, SettingsError
from qagen.tuning.hosted.services import Page, answered, explained, listed, read_page, service_of

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

    from qagen.tuning.hosted.services import Client, Service


CANCELLED = frozenset({"cancelled", "canceled"})
_ENDED = frozenset({"succeeded", "failed"}) | CANCELLED

_PAGE = 100
_HUGE = 1e15
_REFUSED = frozenset({400, 409, 422})


def list_fine_tuning(client: Client, *, limit: int = 20) -> list[FineTuningJob]:
    """The jobs of the client's project, the newest first.

    Args:
        client: An OpenAI client, of any service that speaks the same wire.
        limit: The most jobs to return; as many pages are read as that takes.

    Raises:
        ServiceError: The service refuses, cannot be reached, or answers something else. Part of a list is
            never returned as if it were the whole.
        SettingsError: ``limit`` is no number of jobs.
    """
    from openai.types.fine_tuning import FineTuningJob

    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise SettingsError(f"limit is {limit!r}.", hint="Use a whole number of at least 1.")
    fetch = client.fine_tuning.jobs.with_raw_response.list
    what = "The fine-tuning jobs could not be listed"
    jobs = islice(listed(fetch, FineTuningJob, what=what, size=min(limit, _PAGE)), limit)
    return sorted(jobs, key=lambda job: -number(job.created_at))


def cancel_fine_tuning(client: Client, job_id: str) -> FineTuningJob:
    """Stop a job for good, and return it. A job that was cancelled before is returned as it is.

    Raises:
        ServiceError: It cannot be cancelled: it is over already (the message says how it ended), there is no
            such job, or the service cannot be reached.
        SettingsError: ``job_id`` is no id.
    """
    send = client.fine_tuning.jobs.cancel
    return _changed(client, job_id, send, done="cancelled", as_good=CANCELLED)


def pause_fine_tuning(client: Client, job_id: str, *, service: Service | None = None) -> FineTuningJob:
    """Pause a running job, and return it. It keeps its state until :func:`qagen.resume_fine_tuning`.

    Args:
        client: An OpenAI client.
        job_id: As in ``job.id``.
        service: What the service does; ``None`` recognises it by the client.

    Raises:
        ServiceError: The service knows no pausing (Nebius; nothing is sent), the job does not run, or the
            service cannot be reached.
        SettingsError: ``job_id`` is no id.
    """
    _check_pausing(service or service_of(client))
    return _changed(client, job_id, client.fine_tuning.jobs.pause, done="paused")


def resume_fine_tuning(client: Client, job_id: str, *, service: Service | None = None) -> FineTuningJob:
    """Let a paused job go on, and return it.

    Args:
        client: An OpenAI client.
        job_id: As in ``job.id``.
        service: What the service does; ``None`` recognises it by the client.

    Raises:
        ServiceError: The service knows no pausing (Nebius; nothing is sent), the job is not paused, or the
            service cannot be reached.
        SettingsError: ``job_id`` is no id.
    """
    _check_pausing(service or service_of(client))
    return _changed(client, job_id, client.fine_tuning.jobs.resume, done="resumed")


def list_checkpoints(client: Client, job_id: str) -> list[FineTuningJobCheckpoint]:
    """The checkpoints of a job in the order of their steps; empty as long as there is none.

    ``step_number`` says when, ``metrics`` how good, ``fine_tuned_model_checkpoint`` is the name to ask. On
    Nebius they carry ``result_files`` instead: the weights to download.

    Raises:
        ServiceError: There is no such job, the service has no checkpoints, or it cannot be reached.
        SettingsError: ``job_id`` is no id.
    """
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

    name = checked_id(job_id)
    fetch = partial(client.fine_tuning.jobs.checkpoints.with_raw_response.list, name)
    what = f"The checkpoints of {name} could not be listed"
    return sorted(listed(fetch, FineTuningJobCheckpoint, what=what), key=lambda one: number(one.step_number))


def delete_tuned_model(client: Client, name: str) -> None:
    """Delete a tuned model at the service, for good. The job and its files stay.

    Args:
        client: An OpenAI client.
        name: As in ``job.fine_tuned_model``.

    Raises:
        ServiceError: There is no such model, it is not yours, or the service says that it is still there.
        SettingsError: ``name`` is empty.
    """
    from openai.types import ModelDeleted

    if not isinstance(name, str) or not name.strip():
        raise SettingsError(f"{name!r} is no name of a model.", hint="Pass job.fine_tuned_model.")
    what = f"The model {name} could not be deleted"
    with explained(what):
        answer = answered(client.models.delete(name), ModelDeleted, what=what)
    if answer.deleted is not True:
        raise ServiceError(f"{what}: the service says that it is still there.", hint="Try again later.")


def read_job(client: Client, job_id: str) -> FineTuningJob:
    """A job as it is now.

    Raises:
        ServiceError: There is no such job, or the service cannot be reached.
        SettingsError: ``job_id`` is no id.
    """
    from openai.types.fine_tuning import FineTuningJob

    what = f"The job {checked_id(job_id)} could not be looked at"
    with explained(what):
        return answered(client.fine_tuning.jobs.retrieve(job_id), FineTuningJob, what=what)


def read_events(client: Client, job_id: str, *, after: str | None) -> Page[FineTuningJobEvent]:
    """One page of the events of a job, in the service's order: the newest come first, as a rule.

    Raises:
        ServiceError: They cannot be read.
    """
    from openai.types.fine_tuning import FineTuningJobEvent

    fetch = partial(client.fine_tuning.jobs.with_raw_response.list_events, job_id)
    what = f"The events of {job_id} could not be read"
    return read_page(fetch, FineTuningJobEvent, what=what, size=_PAGE, after=after)


def metadata_of(job: FineTuningJob) -> dict[str, str]:
    """The metadata of a job; none where the service keeps none, or sends something else."""
    told: object = job.metadata
    if not isinstance(told, dict):
        return {}
    return {key: value for key, value in told.items() if isinstance(value, str)}


def is_over(job: FineTuningJob) -> bool:
    """Whether a job has ended. Any word for its status that is not known means that it goes on."""
    return str(job.status) in _ENDED


def checked_id(job_id: object) -> str:
    """The id of a job, if it can be one.

    Raises:
        SettingsError: It is empty or no text.
    """
    if isinstance(job_id, str) and job_id.strip():
        return job_id
    raise SettingsError(
        f"{job_id!r} is no id of a job.", hint="Pass job.id, which looks like 'ftjob-abc123'."
    )


def number(value: object) -> float:
    """A number of a service, 0 where it sent none: what is missing must not break the order of the rest."""
    return float(value) if isinstance(value, (int, float)) and abs(value) < _HUGE else 0.0


def _changed(
    client: Client,
    job_id: str,
    send: Callable[[str], FineTuningJob],
    *,
    done: str,
    as_good: Collection[str] = (),
) -> FineTuningJob:
    """The changed job. Of a refused one the status is told: it says more than the service's own words."""
    from openai.types.fine_tuning import FineTuningJob

    what = f"The job {checked_id(job_id)} could not be {done}"
    try:
        with explained(what):
            return answered(send(job_id), FineTuningJob, what=what)
    except ServiceError as error:
        if getattr(error.__cause__, "status_code", None) not in _REFUSED:
            raise
        job = read_job(client, job_id)
        if str(job.status) in as_good:
            return job
        over = ": it is over." if is_over(job) else "."
        raise ServiceError(f"{error} The status of the job is {job.status!r}{over}") from error.__cause__


def _check_pausing(service: Service) -> None:
    if not service.can_pause:
        raise ServiceError(
            f"{service.title} can neither pause nor resume a job; nothing was sent.",
            hint="Let it run, or stop it for good with cancel_fine_tuning().",
        )

"""What a run folder keeps of a job at a service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.tuning import TuningRecord
from qagen.tuning.file import contents_of_file
from qagen.tuning.hosted import metadata_of, service_of
from qagen.tuning.hosted.starting.settings import SHA256, SYSTEM_PROMPT

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.hosted import Client, Service


def record_of(
    client: Client,
    job: FineTuningJob,
    *,
    training_file: str | Path | None = None,
    system_prompt: str | None = None,
    service: Service | None = None,
) -> TuningRecord:
    """What is known of a job, as :func:`qagen.tuning.record.write_record` puts it into a run folder.

    Args:
        client: That the job was started with.
        job: As the service last returned it.
        training_file: The file on this machine, if it is there: its name, hash and lines are recorded.
        system_prompt: The system message of the examples; ``None``: from the file or the job's metadata.
        service: What the service is; ``None`` recognises it by the client.

    Raises:
        TrainingFileError: The file cannot be read.
    """
    service, told = service or service_of(client), metadata_of(job)
    contents = None if training_file is None else contents_of_file(Path(training_file))
    prompt = system_prompt or (contents.system_prompt if contents else told.get(SYSTEM_PROMPT))
    return TuningRecord(
        provider=service.name,
        base_model=job.model,
        system_prompt=prompt,
        training_file=job.training_file if training_file is None else Path(training_file).name,
        training_sha256=contents.sha256 if contents else told.get(SHA256),
        examples=contents.examples if contents else None,
        hyperparameters=hyperparameters_of(job),
        model=job.fine_tuned_model,
        job=job.id,
        base_url=lasting_address(client),
    )


def lasting_address(client: Client) -> str | None:
    """Where the service is found without this client; ``None``: OpenAI's own.

    An ``AzureOpenAI`` client keeps the older address, which needs an api-version with each request.
    """
    import openai

    if service_of(client).name == "openai":
        return None
    address = str(client.base_url)
    before, route, _ = address.partition("/openai/")
    is_older = isinstance(client, openai.AzureOpenAI) and bool(route)
    return f"{before}{route}v1/" if is_older else address


def hyperparameters_of(job: FineTuningJob) -> dict[str, Any]:
    """Those that a job shows, wherever its service puts them."""
    method = job.method and getattr(job.method, job.method.type or "", None)
    found = (method and method.hyperparameters) or job.hyperparameters
    return found.model_dump(exclude_none=True) if found else {}

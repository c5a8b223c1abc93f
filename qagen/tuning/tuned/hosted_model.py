"""A model that was tuned at a service: by its job, its name, or the record of a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NoReturn, cast

from qagen.errors import FineTuningError, ServiceError, SettingsError
from qagen.llm import chat_model
from qagen.tuning import TUNING, TuningRecord
from qagen.tuning.tuned.wish import TRAINED_WITH, Wish

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.hosted import Client, Name

_JOBS_SEARCHED = 1000
_DEPLOY = (
    "A model tuned on Azure must be deployed before it can be asked: deploy it in the Foundry portal or with "
    "`az cognitiveservices account deployment create`, then pass deployment='THE NAME YOU GAVE IT'."
)


@dataclass(frozen=True)
class HostedModel:
    """A model of a service by its name, and the system prompt it is asked with."""

    name: str
    prompt: str | None
    base_url: str | None

    @classmethod
    def of_name(cls, name: str, wish: Wish) -> HostedModel:
        """By what the service calls it; the jobs of the client's project tell its system prompt."""
        trained = None
        if wish.system_prompt is TRAINED_WITH and wish.client is not None:
            trained = trained_prompt(name, wish.client)
        return cls(name, wish.prompt(trained), wish.base_url)

    @classmethod
    def of_job(cls, job: FineTuningJob, wish: Wish) -> HostedModel:
        """What a job has made.

        Raises:
            FineTuningError: Nothing, or nothing yet.
        """
        if not job.fine_tuned_model:
            refuse_job(job)
        return cls(job.fine_tuned_model, wish.prompt(prompt_of(job)), wish.base_url)

    @classmethod
    def of_job_id(cls, job_id: str, wish: Wish) -> HostedModel:
        """The same by the job's id, which needs a client.

        Raises:
            SettingsError: There is no client.
        """
        from qagen.tuning.hosted import read_job

        if wish.client is None:
            raise SettingsError(
                f"{job_id} is the id of a job: pass client= as well, or the tuned model's name."
            )
        return cls.of_job(read_job(wish.client, job_id), wish)

    @classmethod
    def of_record(cls, folder: Path, record: TuningRecord, wish: Wish) -> HostedModel:
        """What the record of a run folder names, or the deployment that stands for it.

        Raises:
            FineTuningError: It names no model.
            SettingsError: On Azure the deployment or the client is missing.
        """
        name = record.model or (None if names_model(record) else wish.deployment)
        if name is None:
            refuse_nameless(folder, record)
        if record.provider == "azure" and wish.deployment is None:
            raise SettingsError(f"{name}: {_DEPLOY}")
        base_url = wish.base_url or record.base_url
        if record.provider == "azure" and wish.client is None and not base_url:
            raise SettingsError(
                f"{folder} was tuned on Azure: pass client=openai.AzureOpenAI(...) to ask it."
            )
        return cls(name, wish.prompt(record.system_prompt), base_url)

    def chat_model(self, wish: Wish) -> BaseChatModel:
        """Ready to be asked.

        Raises:
            SettingsError: On Azure the deployment is missing.
            ModelError: It cannot be asked, for lack of a key, say.
        """
        if wish.deployment is None and self.is_on_azure(wish.client):
            raise SettingsError(f"{self.name}: {_DEPLOY}")
        name = wish.deployment or self.name
        if wish.client is not None:
            from qagen.llm import ClientChatOpenAI

            return ClientChatOpenAI.of(name, wish.client, system_prompt=self.prompt, **wish.params)
        return chat_model(f"openai:{name}", base_url=self.base_url, system_prompt=self.prompt, **wish.params)

    def is_on_azure(self, client: Client | None) -> bool:
        """By the client, or by the address where there is none."""
        from urllib.parse import urlsplit

        from qagen.tuning.hosted import service_of

        if client is not None:
            return service_of(client).name == "azure"
        return (urlsplit(self.base_url or "").hostname or "").endswith(".azure.com")


def trained_prompt(name: str, client: Client) -> str | None:
    """The system prompt in the metadata of the job that made the model; ``None`` where no job tells."""
    import openai
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.hosted import listed

    fetch = client.fine_tuning.jobs.with_raw_response.list
    what = "The system prompt of the model could not be looked up (or pass system_prompt=)"
    try:
        for job in islice(listed(fetch, FineTuningJob, what=what), _JOBS_SEARCHED):
            made = job.fine_tuned_model
            if made and (name == made or name.startswith(f"{made}:ckpt-")):
                return prompt_of(job)
    except ServiceError as error:
        if not isinstance(error.__cause__, openai.NotFoundError):  # a service without jobs
            raise
    return None


def prompt_of(job: FineTuningJob) -> str | None:
    """The system prompt of the training file, as far as the job keeps it."""
    from qagen.tuning.hosted import metadata_of
    from qagen.tuning.hosted.starting import SYSTEM_PROMPT

    return metadata_of(job).get(SYSTEM_PROMPT)


def refuse_job(job: FineTuningJob) -> NoReturn:
    """Say why a job has no model.

    Raises:
        FineTuningError: Always.
    """
    error = job.error if job.error and job.error.code else None  # the SDK's empty error is truthy
    ended = {
        "failed": "failed" + (f": {error.message} ({error.code})" if error else ""),
        "cancelled": "was cancelled",
        "succeeded": "succeeded, but the service names no model",
    }
    advice = {
        "failed": "Start another one with start_fine_tuning.",
        "cancelled": "Start another one with start_fine_tuning.",
        "succeeded": f"{take_weights(job.id)} Or look again later with list_fine_tuning(client).",
    }
    how = ended.get(job.status, f"has not ended (status {job.status})")
    raise FineTuningError(
        f"The job {job.id} {how}. "
        + advice.get(job.status, f"Wait for it: wait_for_fine_tuning(client, {job.id!r})."),
        job_id=job.id,
        code=error.code if error else None,
        message=error.message if error else None,
        param=error.param if error else None,
    )


def take_weights(job_id: str | None) -> str:
    """What can be done where a service names no model."""
    return (
        f"The weights are in its checkpoints: take them (list_checkpoints(client, {job_id or 'JOB'!r}) names "
        "their result_files), or register one as a model at the service and pass its name."
    )


def names_model(record: TuningRecord) -> bool:
    """Whether the service of a record names the models that it makes."""
    from qagen.tuning.hosted import SERVICES

    service = SERVICES.get(cast("Name", record.provider))
    return service is None or service.names_model


def refuse_nameless(folder: Path, record: TuningRecord) -> NoReturn:
    """Say why a record names no model.

    Raises:
        FineTuningError: Always.
    """
    job = f"the job {record.job}" if record.job else "its job"
    if names_model(record):
        text = (
            f"{folder} has no tuned model yet: {job} had not ended when {TUNING} was written. Wait for it "
            f"with wait_for_fine_tuning, or `qagen tune {quote(str(folder))}` again."
        )
    else:
        text = (
            f"{folder} has no tuned model to ask: the service names none. Once {job} has succeeded: "
            f"{take_weights(record.job)} With deployment='THE NAME' the system prompt is the one it was "
            "trained with."
        )
    raise FineTuningError(text, job_id=record.job)

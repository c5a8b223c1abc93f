"""One request for one job: the jobs that are there already, what is sent, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from qagen.errors import FineTuningError, ServiceError, TuningClosedError
from qagen.tuning.hosted import CANCELLED, Service, answered, code_of, explained, listed, metadata_of
from qagen.tuning.hosted.starting.job_record import hyperparameters_of
from qagen.tuning.hosted.starting.lost_request import LostRequest, is_refusal
from qagen.tuning.hosted.starting.settings import RUN, SETTINGS, SHA256, SYSTEM_PROMPT, VALUE_LENGTH, Settings

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.hosted import Client, Fetch
    from qagen.tuning.hosted.starting.training_files import ServiceFile

_PAGES = 5  # of 100 jobs: how far back to look where the service does not filter
_NOTHING = CANCELLED | {"failed"}
_NO_ROUTE = frozenset({404, 405, 501})
_NO_FILTER = frozenset({400, 404, 405, 422, 501})


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What asks for one job."""

    client: Client
    service: Service
    settings: Settings
    training: ServiceFile
    validation: ServiceFile | None

    def there(self) -> list[FineTuningJob]:
        """The newest jobs, where the service can choose only those with these settings."""
        return self.newest({SETTINGS: self.digest} if self.service.keeps_metadata else {})

    def there_at_best(self) -> list[FineTuningJob] | None:
        """The jobs from which a lost one without metadata is told; ``None``: not needed, or not to be had."""
        if not self.service.keeps_metadata:
            with suppress(ServiceError):
                return self.newest({})
        return None

    def earlier(self, there: Iterable[FineTuningJob]) -> FineTuningJob | None:
        """The newest of them with the same file, model and settings that has not come to nothing."""
        return next((job for job in there if self.is_same(job) and str(job.status) not in _NOTHING), None)

    def is_same(self, job: FineTuningJob) -> bool:
        """Whether a job is this one: by its metadata, or by what it shows."""
        if self.service.keeps_metadata:
            return metadata_of(job).get(SETTINGS) == self.digest and self.has_file(job)
        return self.looks_same(job)

    def looks_same(self, job: FineTuningJob) -> bool:
        """Whether a job that keeps no metadata shows this file and model and the settings that were given.

        What was not given is the service's own choice and is not compared, but for ``lora``, without which
        all weights are trained.
        """
        validation = self.validation.id if self.validation else None
        shown = {"lora": False, **hyperparameters_of(job)}
        if "learning_rate" in shown:  # as Nebius calls it in its answers
            shown.setdefault("learning_rate_multiplier", shown["learning_rate"])
        given = {"lora": False, **self.hyperparameters()}
        return (
            (job.training_file, job.validation_file or None) == (self.training.id, validation)
            and job.model == self.settings.model
            and (getattr(job, "suffix", None) or None) == self.settings.suffix
            and self.settings.seed in {None, job.seed}
            and all(shown.get(name) == value for name, value in given.items())
        )

    def hyperparameters(self) -> dict[str, Any]:
        """Those that are sent; more of them stand in ``extra_body`` where they are no part of ``method``."""
        more = (
            self.settings.extra_body.get("hyperparameters", {})
            if self.service.top_level_hyperparameters
            else {}
        )
        return {**self.settings.hyperparameters(), **more}

    def send(self, there: Iterable[FineTuningJob] | None, look_again: Sequence[float]) -> FineTuningJob:
        """Ask once, and find out what became of it."""
        from openai.types.fine_tuning import FineTuningJob

        lost = LostRequest(
            uuid4().hex, None if there is None else frozenset(str(job.id) for job in there), time.time()
        )
        body, once = self.body(lost.run), self.client.with_options(max_retries=0)
        what = "The fine-tuning job could not be started"
        try:
            with explained(what, kind=FineTuningError):
                return answered(once.fine_tuning.jobs.create(**body), FineTuningJob, what=what)
        except ServiceError as error:
            if code_of(error.__cause__) == "training_not_available":
                raise self.closed(getattr(error, "message", None) or str(error)) from error.__cause__
            if is_refusal(error):
                raise
            return self.recovered(lost, look_again, error)

    def recovered(self, lost: LostRequest, look_again: Sequence[float], error: ServiceError) -> FineTuningJob:
        """The job whose answer was lost, or an error that says what is known."""
        listed_well = False
        for pause in look_again:
            time.sleep(pause)
            try:
                job = self.found(lost)
            except ServiceError:
                continue
            listed_well = True
            if job is not None:
                return job
        if listed_well:
            known = (
                "The service's list shows no such job, so nothing was started as far as it says. Start it "
                "again: if it comes up after all, it is found and returned instead of a second one."
            )
        else:
            known = (
                "Whether it was started is not known, as the jobs could not be listed either. Look with "
                f"list_fine_tuning() for {self.mark_of(lost)} before you start another."
            )
        raise FineTuningError(
            f"{error} {known}", code=getattr(error, "code", None), message=getattr(error, "message", None)
        ) from error.__cause__ or error

    def mark_of(self, lost: LostRequest) -> str:
        """What a person can look for in the list of jobs."""
        return (
            f"{RUN}={lost.run} in the metadata"
            if self.service.keeps_metadata
            else f"a job on {self.training.id}"
        )

    def found(self, lost: LostRequest) -> FineTuningJob | None:
        """The job that a lost request made, if the service lists it."""
        # A service may know the filter and yet find nothing with it.
        for wanted in ({RUN: lost.run}, {}) if self.service.keeps_metadata else ({},):
            for job in self.newest(wanted):
                could_be = self.service.keeps_metadata or self.looks_same(job)
                if could_be and lost.made(job, self.training.id, self.settings.model):
                    return job
        return None

    def closed(self, said: str) -> TuningClosedError:
        """The error of a service that takes no more jobs, with what can be done instead."""
        brought = tuple(file.id for file in (self.training, self.validation) if file and file.uploaded)
        deleting = " and ".join(f'delete_file(client, "{file_id}")' for file_id in brought)
        left = (
            f"\nThe uploaded data stay at the service until you delete them: {deleting}." if brought else ""
        )
        return TuningClosedError(
            f"The fine-tuning job could not be started: {said} (HTTP 403, training_not_available).\n"
            f"No job of this organisation is started by {self.service.title}. {self.service.closing}"
            "Nothing was started and nothing is billed; your data are fine, and good elsewhere as they are:\n"
            "  1. train on this machine: train_locally(...), or `qagen tune RUN --provider local`;\n"
            "  2. use another provider that takes the same file, such as Nebius or Together;\n"
            f"  3. do without tuning: give the passages to a model with each question (retrieval).{left}",
            file_ids=brought,
            code="training_not_available",
        )

    @property
    def digest(self) -> str:
        """Of everything that decides what becomes of the file."""
        return self.settings.digest(self.validation.mark if self.validation else None)

    def has_file(self, job: FineTuningJob) -> bool:
        """Whether a job is on the same file, or on one with the same content."""
        told = metadata_of(job).get(SHA256)
        return job.training_file == self.training.id or (told is not None and told == self.training.mark)

    def body(self, run: str) -> dict[str, Any]:
        """What is sent."""
        chosen, extra = self.hyperparameters(), dict(self.settings.extra_body)
        body: dict[str, Any] = {
            "model": self.settings.model,
            "training_file": self.training.id,
            "validation_file": self.validation and self.validation.id,
            "suffix": self.settings.suffix,
            "seed": self.settings.seed,
            "metadata": self.metadata(run) if self.service.keeps_metadata else None,
        }
        kind = self.settings.method
        if not self.service.top_level_hyperparameters:
            body["method"] = {"type": kind, kind: {"hyperparameters": chosen}} if chosen else {"type": kind}
        else:
            extra.pop("hyperparameters", None)
            body["hyperparameters"] = chosen or None
        body["extra_body"] = extra or None
        return {name: value for name, value in body.items() if value is not None}

    def metadata(self, run: str) -> dict[str, str]:
        """By which the job is known later."""
        contents, metadata = self.training.contents, {RUN: run, SETTINGS: self.digest}
        if contents:
            metadata[SHA256] = contents.sha256
            if contents.system_prompt and len(contents.system_prompt) <= VALUE_LENGTH:
                metadata[SYSTEM_PROMPT] = contents.system_prompt
        return {**self.settings.metadata, **metadata}

    def newest(self, wanted: dict[str, str]) -> list[FineTuningJob]:
        """The newest jobs, those with the wanted metadata only where the service can choose them.

        None where the service has no list. Whoever asks looks at the metadata of each.
        """
        jobs = self.client.fine_tuning.jobs.with_raw_response
        if wanted:
            chosen = _listed_jobs(partial(jobs.list, metadata=wanted), _NO_FILTER)
            if chosen is not None:
                return chosen
        return _listed_jobs(jobs.list, _NO_ROUTE) or []


def _listed_jobs(fetch: Fetch, no_such: frozenset[int]) -> list[FineTuningJob] | None:
    """The newest jobs; ``None`` if the service knows no such list."""
    from openai.types.fine_tuning import FineTuningJob

    what = "The jobs that are there already could not be listed (again=True starts without looking)"
    try:
        return list(listed(fetch, FineTuningJob, what=what, pages=_PAGES))
    except ServiceError as error:
        if getattr(error.__cause__, "status_code", None) in no_such:
            return None
        raise

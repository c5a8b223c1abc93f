"""A fine-tuning job is started at a service: once, whatever happens, and never twice by mistake."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from qagen.errors import FineTuningError, ServiceError, SettingsError, TuningClosedError
from qagen.tuning.file.contents import Contents, contents_of, contents_of_file
from qagen.tuning.hosted.jobs import CANCELLED, metadata_of, number
from qagen.tuning.hosted.services import Service, answered, code_of, content_of, explained, listed, service_of
from qagen.tuning.hosted.settings import (
    RUN,
    SETTINGS,
    SHA256,
    SYSTEM_PROMPT,
    VALUE_LENGTH,
    Settings,
    as_mapping,
    check_settings,
)
from qagen.tuning.hosted.uploading import Method, bring, check_for
from qagen.tuning.record import TuningRecord

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.hosted.services import Client, Fetch


_SOON = timedelta(days=60)
_PAGES = 5  # of 100 jobs: how far back to look where the service does not filter
_NOTHING = CANCELLED | {"failed"}
_NO_ROUTE = frozenset({404, 405, 501})
_NO_FILTER = frozenset({400, 404, 405, 422, 501})
_CLOCKS = 60.0
_UNCLEAR = frozenset({408, 409})
_SERVER_ERROR = 500


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
    check_settings(settings, service)
    _check_files(training_file, validation_file, settings, service)
    _check_model(client, model)
    training = _at_service(client, training_file, service, progress=progress)
    validation = (
        None if validation_file is None else _at_service(client, validation_file, service, progress=progress)
    )
    start = _Start(client, service, settings, training, validation)
    there = start.there_at_best() if again else start.there()
    same = None if again else start.earlier(there or ())
    if same is not None:
        _warn_of(same, service)
        return same
    return start.send(there, look_again)


def _warn_of(job: FineTuningJob, service: Service) -> None:
    made = f", and its model is {job.fine_tuned_model}" if job.fine_tuned_model else ""
    settings = "settings" if service.keeps_metadata else "the settings that were given"
    warnings.warn(
        f"The job {job.id} has the same file, model and {settings}. It is {job.status}{made}, so no other "
        "was started. To start one all the same, pass again=True.",
        UserWarning,
        stacklevel=3,
    )


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
        hyperparameters=_used(job),
        model=job.fine_tuned_model,
        job=job.id,
        base_url=_address(client),
    )


def _address(client: Client) -> str | None:
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


def _used(job: FineTuningJob) -> dict[str, Any]:
    method = job.method and getattr(job.method, job.method.type or "", None)
    found = (method and method.hyperparameters) or job.hyperparameters
    return found.model_dump(exclude_none=True) if found else {}


# Before anything is sent


def _check_files(
    training: str | Path, validation: str | Path | None, settings: Settings, service: Service
) -> None:
    if validation is not None and str(training) == str(validation):
        raise SettingsError(
            f"validation_file is the training file ({training}): it would measure what was trained. Use "
            "another file, or None."
        )
    train, valid = _path(training), None if validation is None else _path(validation)
    if valid is not None:
        check_for(service, valid, method=settings.method, model=settings.model)
    if train is not None:
        check_for(service, train, method=settings.method, model=settings.model, validation_file=valid)


def _path(given: str | Path) -> Path | None:
    """The path, if it is one and no id."""
    if isinstance(given, Path):
        return given
    if not given.strip():
        raise SettingsError("The name of a file is empty. Give a path, or the id of an uploaded file.")
    looks = "/" in given or "\\" in given or given.lower().endswith(".jsonl")
    return Path(given) if looks or _is_there(given) else None


def _is_there(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:  # no name a file can have
        return False


def _check_model(client: Client, model: str) -> None:
    import openai
    from openai.types import Model

    what = f"The model {model} could not be looked at"
    try:
        with explained(what):
            found = answered(client.models.retrieve(model), Model, what=what)
    except ServiceError as error:
        # Not every service has this route, or every model in it: then the job tells. A wrong key is clear.
        if isinstance(error.__cause__, openai.AuthenticationError):
            raise
        return
    day = _date(getattr(found, "shutdown_date", None))
    if day is not None:
        _check_date(model, day, datetime.now(UTC).date())


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _check_date(model: str, day: date, today: date) -> None:
    if day <= today:
        raise FineTuningError(
            f"{model} was shut down on {day}: it cannot be tuned any more. Nothing was sent. Choose a model "
            "that the service still tunes, or train one on this machine with train_locally().",
            code="model_shut_down",
        )
    if day - today <= _SOON:
        warnings.warn(
            f"{model} will be shut down on {day}, in {(day - today).days} days, with every model tuned from "
            "it. What is trained now can be asked until then only.",
            UserWarning,
            stacklevel=4,
        )


# What is at the service


@dataclass(frozen=True, slots=True)
class _File:
    """A file at the service, what it holds where that is known, and whether this call brought it there."""

    id: str
    contents: Contents | None
    uploaded: bool

    @property
    def mark(self) -> str:
        """What tells it from other files: its content, otherwise its id."""
        return self.contents.sha256 if self.contents else self.id


def _at_service(client: Client, given: str | Path, service: Service, *, progress: bool) -> _File:
    path = _path(given)
    if path is None:
        return _File(str(given), _downloaded(client, str(given), service), uploaded=False)
    contents = contents_of_file(path)
    file_id, is_new = bring(client, path, service, progress=progress)
    return _File(file_id, contents, uploaded=is_new)


def _downloaded(client: Client, file_id: str, service: Service) -> Contents | None:
    """What a file at the service holds, unless it is very large or the service keeps it to itself."""
    import openai
    from openai.types import FileObject

    what = f"The file {file_id} could not be looked at"
    with explained(what):
        file = answered(client.files.retrieve(file_id), FileObject, what=what)
    if (file.bytes or 0) > service.files_limit:
        return None
    try:
        with explained(what), closing(content_of(client, file_id)) as chunks:
            return contents_of(chunks)
    except ServiceError as error:
        if isinstance(error.__cause__, openai.APIStatusError):
            return None
        raise


def _is_clear(cause: BaseException | None) -> bool:
    """The service refused: it did not start a job and then lose the answer."""
    status = getattr(cause, "status_code", None)
    return isinstance(status, int) and 400 <= status < _SERVER_ERROR and status not in _UNCLEAR  # noqa: PLR2004 - HTTP


@dataclass(frozen=True, slots=True)
class _Lost:
    """A request whose answer was lost: its run id, the jobs before it (``None``: not asked), its time."""

    run: str
    known: frozenset[str] | None
    since: float

    def is_it(self, job: FineTuningJob, file_id: str, model: str) -> bool:
        """Whether the request made this job.

        The run id tells. On a service that keeps no metadata it is a job that was not there before, on this
        file, for this model, and not older than the request, give or take what clocks differ.
        """
        if told := metadata_of(job):
            return told.get(RUN) == self.run
        is_new = self.known is not None and str(job.id) not in self.known
        is_recent = number(job.created_at) >= self.since - _CLOCKS
        return is_new and is_recent and job.training_file == file_id and str(job.model).startswith(model)


@dataclass(frozen=True, slots=True)
class _Start:
    """One start of one job."""

    client: Client
    service: Service
    settings: Settings
    training: _File
    validation: _File | None

    def there(self) -> list[FineTuningJob]:
        """The newest jobs, where the service can choose only those with these settings."""
        return self._jobs({SETTINGS: self._digest()} if self.service.keeps_metadata else {})

    def there_at_best(self) -> list[FineTuningJob] | None:
        """The jobs from which a lost one without metadata is told; ``None``: not needed, or not to be had."""
        if not self.service.keeps_metadata:
            with suppress(ServiceError):
                return self._jobs({})
        return None

    def earlier(self, there: Iterable[FineTuningJob]) -> FineTuningJob | None:
        """The newest of them with the same file, model and settings that has not come to nothing."""
        return next((job for job in there if self._is_same(job) and str(job.status) not in _NOTHING), None)

    def _is_same(self, job: FineTuningJob) -> bool:
        if self.service.keeps_metadata:
            return metadata_of(job).get(SETTINGS) == self._digest() and self._same_file(job)
        return self._looks_same(job)

    def _looks_same(self, job: FineTuningJob) -> bool:
        """Whether a job that keeps no metadata shows this file and model and the settings that were given.

        What was not given is the service's own choice and is not compared, but for ``lora``, without which
        all weights are trained.
        """
        validation = self.validation.id if self.validation else None
        shown = {"lora": False, **_used(job)}
        if "learning_rate" in shown:  # as Nebius calls it in its answers
            shown.setdefault("learning_rate_multiplier", shown["learning_rate"])
        given = {"lora": False, **self._hyperparameters()}
        return (
            (job.training_file, job.validation_file or None) == (self.training.id, validation)
            and job.model == self.settings.model
            and (getattr(job, "suffix", None) or None) == self.settings.suffix
            and self.settings.seed in {None, job.seed}
            and all(shown.get(name) == value for name, value in given.items())
        )

    def _hyperparameters(self) -> dict[str, Any]:
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

        lost = _Lost(
            uuid4().hex, None if there is None else frozenset(str(job.id) for job in there), time.time()
        )
        body, once = self._body(lost.run), self.client.with_options(max_retries=0)
        what = "The fine-tuning job could not be started"
        try:
            with explained(what, kind=FineTuningError):
                return answered(once.fine_tuning.jobs.create(**body), FineTuningJob, what=what)
        except ServiceError as error:
            if code_of(error.__cause__) == "training_not_available":
                raise self._closed(getattr(error, "message", None) or str(error)) from error.__cause__
            if _is_clear(error.__cause__):
                raise
            return self._recovered(lost, look_again, error)

    def _recovered(self, lost: _Lost, look_again: Sequence[float], error: ServiceError) -> FineTuningJob:
        """The job whose answer was lost, or an error that says what is known."""
        listed_well = False
        for pause in look_again:
            time.sleep(pause)
            try:
                job = self._look_for(lost)
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
                f"list_fine_tuning() for {self._mark(lost)} before you start another."
            )
        raise FineTuningError(
            f"{error} {known}",
            code=getattr(error, "code", None),
            message=getattr(error, "message", None),
        ) from error.__cause__ or error

    def _mark(self, lost: _Lost) -> str:
        return (
            f"{RUN}={lost.run} in the metadata"
            if self.service.keeps_metadata
            else f"a job on {self.training.id}"
        )

    def _look_for(self, lost: _Lost) -> FineTuningJob | None:
        # A service may know the filter and yet find nothing with it.
        for wanted in ({RUN: lost.run}, {}) if self.service.keeps_metadata else ({},):
            for job in self._jobs(wanted):
                could_be = self.service.keeps_metadata or self._looks_same(job)
                if could_be and lost.is_it(job, self.training.id, self.settings.model):
                    return job
        return None

    def _closed(self, said: str) -> TuningClosedError:
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

    def _digest(self) -> str:
        return self.settings.digest(self.validation.mark if self.validation else None)

    def _same_file(self, job: FineTuningJob) -> bool:
        told = metadata_of(job).get(SHA256)
        return job.training_file == self.training.id or (told is not None and told == self.training.mark)

    def _body(self, run: str) -> dict[str, Any]:
        chosen, extra = self._hyperparameters(), dict(self.settings.extra_body)
        body: dict[str, Any] = {
            "model": self.settings.model,
            "training_file": self.training.id,
            "validation_file": self.validation and self.validation.id,
            "suffix": self.settings.suffix,
            "seed": self.settings.seed,
            "metadata": self._metadata(run) if self.service.keeps_metadata else None,
        }
        kind = self.settings.method
        if not self.service.top_level_hyperparameters:
            body["method"] = {"type": kind, kind: {"hyperparameters": chosen}} if chosen else {"type": kind}
        else:
            extra.pop("hyperparameters", None)
            body["hyperparameters"] = chosen or None
        body["extra_body"] = extra or None
        return {name: value for name, value in body.items() if value is not None}

    def _metadata(self, run: str) -> dict[str, str]:
        contents, metadata = self.training.contents, {RUN: run, SETTINGS: self._digest()}
        if contents:
            metadata[SHA256] = contents.sha256
            if contents.system_prompt and len(contents.system_prompt) <= VALUE_LENGTH:
                metadata[SYSTEM_PROMPT] = contents.system_prompt
        return {**self.settings.metadata, **metadata}

    def _jobs(self, wanted: dict[str, str]) -> list[FineTuningJob]:
        """The newest jobs, those with the wanted metadata only where the service can choose them.

        None where the service has no list. Whoever asks looks at the metadata of each.
        """
        jobs = self.client.fine_tuning.jobs.with_raw_response
        if wanted:
            chosen = _listed(partial(jobs.list, metadata=wanted), _NO_FILTER)
            if chosen is not None:
                return chosen
        return _listed(jobs.list, _NO_ROUTE) or []


def _listed(fetch: Fetch, no_such: frozenset[int]) -> list[FineTuningJob] | None:
    """The newest jobs; ``None`` if the service knows no such list."""
    from openai.types.fine_tuning import FineTuningJob

    what = "The jobs that are there already could not be listed (again=True starts without looking)"
    try:
        return list(listed(fetch, FineTuningJob, what=what, pages=_PAGES))
    except ServiceError as error:
        if getattr(error.__cause__, "status_code", None) in no_such:
            return None
        raise

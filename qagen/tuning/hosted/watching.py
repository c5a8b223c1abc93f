"""Waiting for a fine-tuning job: looked at politely, its events told, its end made clear."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from qagen.errors import DeadlineError, FineTuningError, ServiceError, SettingsError
from qagen.tuning.hosted.events import EventLog
from qagen.tuning.hosted.job_bar import JobBar
from qagen.tuning.hosted.jobs import CANCELLED, checked_id, is_over, read_events, read_job
from qagen.tuning.hosted.services import service_of

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

    from qagen.tuning.hosted.services import Client, Service

    OnEvent = Callable[[FineTuningJobEvent], object]

_HOUR = 3_600.0
_DAY = 24 * _HOUR
_FIRST_PAUSE = 2.0
_GROWTH = 1.5
_ANSWER_TIME = 60.0  # seconds for one answer; the SDK's own ten minutes are for long completions
_UNANSWERED = 40  # looks in a row without an answer: about 20 minutes at the longest pause
_UNANSWERED_AT_FIRST = 3  # as long as the service never answered: the address may be wrong
_LAST_TRIES = 10  # within about two minutes
_NAME_LOOKS = 6  # within about 40 seconds after the end


def wait_for_fine_tuning(
    client: Client,
    job_id: FineTuningJob | str,
    *,
    timeout: float = _DAY,
    on_event: OnEvent | None = None,
    progress: bool = True,
    poll: float | None = None,
    service: Service | None = None,
) -> FineTuningJob:
    """Wait until a job has succeeded, and return it; its ``fine_tuned_model`` is there.

    Nebius names no model: there a job that has succeeded is returned with ``fine_tuned_model`` ``None``, and
    the weights are in the ``result_files`` of its checkpoints, see :func:`qagen.list_checkpoints`.

    The job is looked at after two seconds, then less and less often. A word for its status that is not known,
    such as ``paused``, is not an end. Trouble that passes (no network, 408, 409, 425, 429 but for used-up
    credit, 5xx, a web page in place of JSON) is waited out, with the SDK's own retries and ``Retry-After``;
    only forty looks in a row without an answer are an error. It is three if there never was one, since the
    address may be wrong: pass the job itself, not its id, to have forty then too.

    Waiting is only watching: whatever ends it, the job goes on at the service, and this function can be
    called again, in another process too. **Ctrl-C** raises ``KeyboardInterrupt`` with a text that says so and
    names the two calls to watch on or to cancel.

    Args:
        client: An OpenAI client, of any service that speaks the same wire.
        job_id: A job as the service returned it, or its id.
        timeout: Seconds to wait at most; a day by default, as a job can be queued for hours. With 0 there is
            one look.
        on_event: Called with every event of the job from its first on, exactly once, by ``created_at`` and
            then by the service's order. An event that the service shows only after a later one was told
            comes late. What it raises ends the waiting.
        progress: Whether to show a bar: status, step of steps, losses, when it will be done.
        poll: The longest pause between two looks, in seconds; ``None`` is the service's own: 15 for
            Nebius, 30 for others.
        service: What the service does; ``None`` recognises it by the client. Give one of
            ``qagen.tuning.hosted.services.SERVICES`` for a gateway with an address of its own.

    Raises:
        FineTuningError: The job failed or was cancelled: ``code``, ``message``, ``param`` are the service's,
            ``event`` is the last event of level ``error``. Or it succeeded and names no
            model where the service should.
        DeadlineError: It was not over in time. It goes on.
        ServiceError: There is no such job, the key is not (or no more) good for it, or the service was not to
            be reached for too long.
        SettingsError: An argument cannot be.
    """
    name = checked_id(getattr(job_id, "id", job_id))
    for word, value in (("timeout", timeout), ("poll", poll)):
        if value is not None and not value >= 0:
            raise SettingsError(f"{word} is {value!r}.", hint="Use a number of seconds, 0 or more.")
    with JobBar(name, show=progress) as bar:
        watch = _Watch(
            _brisk(client),
            name,
            bar,
            job=None if isinstance(job_id, str) else job_id,
            service=service or service_of(client),
            on_event=on_event,
            timeout=timeout,
            poll=poll,
        )
        try:
            return watch.to_the_end()
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"Stopped watching. {watch.goes_on()}") from None


class _Watch:
    """One wait for one job."""

    def __init__(
        self,
        client: Client,
        job_id: str,
        bar: JobBar,
        *,
        job: FineTuningJob | None,
        service: Service,
        on_event: OnEvent | None,
        timeout: float,
        poll: float | None,
    ) -> None:
        self._client, self._id, self._bar, self._on_event = client, job_id, bar, on_event
        self._timeout, self._deadline = timeout, time.monotonic() + timeout
        self._longest = service.poll_seconds if poll is None else poll
        self._pause = self._first_pause = min(_FIRST_PAUSE, self._longest)
        self._job = job  # one that is given shows that the service is at this address
        self._names_model = service.names_model
        self._trouble: ServiceError | None = None
        self._unanswered = 0
        self._last_error: str | None = None
        self._log: EventLog | None = EventLog(
            lambda after: read_events(client, job_id, after=after), stable_ids=service.stable_event_ids
        )

    def to_the_end(self) -> FineTuningJob:
        job = self._look()
        while job is None or not is_over(job):
            self._wait()
            job = self._look()
        self._tell_the_last()
        self._bar.see(job)
        if job.status != "succeeded":
            raise self._failure(job)
        return self._named(job) if self._names_model else job

    def goes_on(self) -> str:
        status = "" if self._job is None else f" (status: {self._job.status})"
        if self._job is not None and is_over(self._job):
            return (
                f"The job {self._id} is over{status}: wait_for_fine_tuning(client, {self._id!r}) ends soon."
            )
        return (
            f"The job {self._id} goes on at the service{status}. "
            f"To watch it again: wait_for_fine_tuning(client, {self._id!r}). "
            f"To stop it for good: cancel_fine_tuning(client, {self._id!r})."
        )

    def _look(self) -> FineTuningJob | None:
        """The job as it is now, or as it was last seen while there is no answer."""
        try:
            self._job = read_job(self._client, self._id)
        except ServiceError as error:
            self._bear(error)
            return self._job
        self._trouble, self._unanswered = None, 0
        if not is_over(self._job):
            self._tell(whole=False)
        self._bar.see(self._job)
        return self._job

    def _bear(self, error: ServiceError) -> None:
        """Count a look without an answer.

        Raises:
            ServiceError: The trouble will not pass, or it was one too many.
        """
        if not error.retryable:
            raise error
        self._trouble = error
        self._unanswered += 1
        if self._unanswered >= (_UNANSWERED_AT_FIRST if self._job is None else _UNANSWERED):
            text = f"{error} There was no answer {self._unanswered} times in a row. {self.goes_on()}"
            raise ServiceError(text, retryable=True) from error.__cause__
        self._bar.no_answer()

    def _wait(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise DeadlineError(
                f"{self._timeout:,.10g} seconds were not enough.", hint=self.goes_on(), retryable=True
            ) from self._trouble
        time.sleep(min(max(self._pause, _asked_to_wait(self._trouble)), left, _HOUR))
        self._pause = min(self._pause * _GROWTH, self._longest)

    def _tell(self, *, whole: bool) -> bool:
        """Tell what is new; ``False`` if another try may help."""
        if self._log is None:
            return True
        try:
            fresh = self._log.new(whole=whole)
        except ServiceError as error:
            if error.retryable:
                return False
            warnings.warn(f"{error} The job itself is watched on.", UserWarning, stacklevel=5)
            self._log = None
            return True
        for event in fresh:
            if str(event.level).lower() == "error":
                self._last_error = str(event.message)
            self._bar.take(event)
            if self._on_event is not None:
                self._on_event(event)
        return True

    def _tell_the_last(self) -> None:
        """Read all events once more; a lost minute of network is borne here too."""
        pause = self._first_pause
        for _ in range(_LAST_TRIES):
            if self._tell(whole=True):
                return
            time.sleep(pause)
            pause = min(pause * _GROWTH, self._longest)
        warnings.warn(f"The last events of {self._id} could not be read.", UserWarning, stacklevel=4)

    def _named(self, job: FineTuningJob) -> FineTuningJob:
        """The job with its model's name, which can come a little later than its end."""
        pause = self._first_pause
        for _ in range(_NAME_LOOKS):
            if job.fine_tuned_model:
                return job
            time.sleep(pause)
            pause *= _GROWTH
            job = self._look() or job
        if job.fine_tuned_model:
            return job
        raise FineTuningError(
            f"The job {self._id} succeeded, but the service names no tuned model.",
            hint=f"Look again later with "
            f"list_fine_tuning(client); list_checkpoints(client, {self._id!r}) has what it kept on the way.",
            job_id=self._id,
            event=self._last_error,
        )

    def _failure(self, job: FineTuningJob) -> FineTuningError:
        """An error of the service is an object that is true even when it is empty: its parts count."""
        code, message, param = (_part(job.error, name) for name in ("code", "message", "param"))
        end = "was cancelled" if job.status in CANCELLED else "failed"
        text = f"The job {self._id} {end}{f': {message}' if message else ''}"
        marks = ", ".join(f"{word} {mark}" for word, mark in (("code", code), ("parameter", param)) if mark)
        text = f"{text.rstrip('.')}{f' ({marks})' if marks else ''}."
        if self._last_error and self._last_error != message:
            text += f" The last event that tells of an error: {self._last_error}"
        advice = (
            "Start another with start_fine_tuning()."
            if job.status in CANCELLED
            else "Correct what it names and start again; check_training_file() finds what is wrong in a file."
        )
        return FineTuningError(
            f"{text} {advice}",
            job_id=self._id,
            code=code,
            message=message,
            param=param,
            event=self._last_error,
        )


def _part(error: object, name: str) -> str | None:
    value = getattr(error, name, None)
    return value if isinstance(value, str) and value.strip() else None


def _asked_to_wait(trouble: ServiceError | None) -> float:
    """Seconds of ``Retry-After`` in the last answer; the SDK waits for up to two minutes by itself."""
    response = getattr(trouble and trouble.__cause__, "response", None)
    try:
        return float(response.headers.get("retry-after", 0)) if response is not None else 0.0
    except ValueError:
        return 0.0


def _brisk(client: Client) -> Client:
    """The client with a minute for an answer, unless its owner has chosen a time."""
    import openai

    return client.with_options(timeout=_ANSWER_TIME) if client.timeout == openai.DEFAULT_TIMEOUT else client

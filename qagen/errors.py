"""Everything that can go wrong, as one tree.

Each error is a :class:`QAGenError` and a standard one too, so that both ``except QAGenError`` and
``except ValueError`` do what a reader expects. Its message names the place (file and line, or source and
passage) and says what to do; ``hint`` is that advice by itself.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"(?:a|an|all|each|give|no|the|there|these|this|it|its) ")
_ENDS = (".", "!", "?", "…", ":", ")", "`", '"', "'")  # or a line to be pasted


def _as_sentence(said: str) -> str:
    """A message as all are said: a word at its beginning is written large, and a full stop ends it.

    The name of an argument stays as it is written in code (``chunk_size is 3.``).
    """
    if _WORD.match(said):
        said = said[0].upper() + said[1:]
    return f"{said}." if said and not said.endswith(_ENDS) else said


class QAGenError(Exception):
    """The root: whatever qagen raises on purpose is one of these.

    Attributes:
        hint: What to do about it, in whole sentences; they end the message too. ``None``: it says all.
        retryable: Whether the same call may succeed later as it is: the network was away, a service was busy,
            a time was up.
    """

    def __init__(self, message: str = "", *, hint: str | None = None, retryable: bool = False) -> None:
        self.hint, self.retryable = hint, retryable
        said = f"{message} {hint}" if hint else message
        super().__init__(_as_sentence(said))


_SERVER_ERROR = 500
_PASSING, _NEVER_THERE = frozenset({408, 409, 425, 429}), frozenset({501, 505})


def may_pass(status: int) -> bool:
    """Whether what an HTTP status tells of may be over at the next try (RFC 9110, 6585 and 8470)."""
    return status in _PASSING or (status >= _SERVER_ERROR and status not in _NEVER_THERE)


class SettingsError(QAGenError, ValueError):
    """An argument, a prompt or a schema cannot be used as given. Nothing was asked of a model."""


class PromptError(SettingsError):
    """A prompt lacks ``{text}`` or uses a variable that does not exist."""


class SchemaError(SettingsError):
    """A schema has no single list of items with ``question`` and ``answer``."""


class MissingExtraError(QAGenError, ImportError):
    """A feature needs packages that are not installed; the message has the command that installs them."""

    def __init__(self, extra: str, feature: str) -> None:
        from qagen.installing import install_line

        self.extra = extra
        super().__init__(f"{feature} needs more packages.", hint=f"Install them with: {install_line(extra)}")


class VocabularyError(QAGenError, RuntimeError):
    """The file that tokens are counted with is missing, damaged or not the published one."""


class DocumentError(QAGenError, ValueError):
    """A source of documents yields nothing that can be read."""


class UnreadableError(DocumentError):
    """One document cannot be read; the others are read all the same. ``state`` says in one word why."""

    def __init__(self, state: str, detail: str, *, hint: str | None = None, retryable: bool = False) -> None:
        self.state = state
        super().__init__(detail, hint=hint, retryable=retryable)


class ModelError(QAGenError, RuntimeError):
    """The model cannot be used and waiting does not help: wrong key, no quota, unknown model.

    It stops a run at once; what was finished before is kept.
    """


class BudgetError(QAGenError, RuntimeError):
    """The budget of a run is used up: nothing more is asked, and everything made so far is kept."""


class LocalModelError(ModelError):
    """The embedded model could not be fetched, checked or started."""


class GenerationError(QAGenError, RuntimeError):
    """One passage ended without an answer. ``state`` says how: the ``State`` of its call in the ledger."""

    def __init__(self, message: str, *, state: str, hint: str | None = None, retryable: bool = False) -> None:
        self.state = state
        super().__init__(message, hint=hint, retryable=retryable)


class RunFolderError(QAGenError, OSError):
    """A run folder cannot be used: made by another version, not writable, or the disk is full."""


class TrainingFileError(QAGenError, ValueError):
    """A training file cannot be written or read; the message names the line."""


class ServiceError(QAGenError, RuntimeError):
    """A fine-tuning service refused a request or could not be reached; the SDK's own error is the cause."""


class UploadError(ServiceError):
    """A file could not be uploaded, or the service cannot use it."""


class FineTuningError(ServiceError):
    """A fine-tuning job could not be started, or ended without a model.

    ``code``, ``message`` and ``param`` are the service's own (``None`` where it gave none), ``event`` is the
    message of the last event of level ``error``, ``job_id`` names the job if there is one.
    """

    def __init__(
        self,
        text: str,
        *,
        job_id: str | None = None,
        code: str | None = None,
        message: str | None = None,
        param: str | None = None,
        event: str | None = None,
        hint: str | None = None,
        retryable: bool = False,
    ) -> None:
        self.job_id, self.code, self.message, self.param, self.event = job_id, code, message, param, event
        super().__init__(text, hint=hint, retryable=retryable)


class TuningClosedError(FineTuningError):
    """The service takes no more fine-tuning jobs from this organisation. The data are good elsewhere.

    ``file_ids`` are the files that this call uploaded; :func:`qagen.delete_file` deletes them.
    """

    def __init__(self, text: str, *, file_ids: tuple[str, ...] = (), code: str | None = None) -> None:
        self.file_ids = file_ids
        super().__init__(text, code=code)


class DeadlineError(ServiceError, TimeoutError):
    """Something at a service was not finished in the time given. It goes on there; wait again."""


class LocalTrainingError(QAGenError, RuntimeError):
    """Training on this machine cannot start or go on; what was finished is kept."""


class NotEnoughMemoryError(LocalTrainingError, MemoryError):
    """The memory will not do; the message has the numbers and says what takes less."""


class AdapterError(LocalTrainingError):
    """A trained model cannot be used: half-written, damaged, or made for another base model."""

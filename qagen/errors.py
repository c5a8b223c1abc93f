"""Everything that can go wrong, as one tree.

Each error is a :class:`QAGenError` and a standard one too, so that both ``except QAGenError`` and
``except ValueError`` do what a reader expects. Its message names the place (file and line, or source and
passage) and says what to do.
"""


class QAGenError(Exception):
    """The root: whatever qagen raises on purpose is one of these."""


class SettingsError(QAGenError, ValueError):
    """An argument, a prompt or a schema cannot be used as given. Nothing was asked of a model."""


class PromptError(SettingsError):
    """A prompt lacks ``{text}`` or uses a variable that does not exist."""


class SchemaError(SettingsError):
    """A schema has no single list of items with ``question`` and ``answer``."""


class MissingExtraError(QAGenError, ImportError):
    """A feature needs packages that are not installed; the message is the command that installs them."""

    def __init__(self, extra: str, feature: str) -> None:
        self.extra = extra
        super().__init__(
            f"{feature} needs more packages. Install them with: pip install 'qagen-finetune[{extra}]'"
        )


class VocabularyError(QAGenError, RuntimeError):
    """The file that tokens are counted with is missing, damaged or not the published one."""


class DocumentError(QAGenError, ValueError):
    """A source of documents yields nothing that can be read."""


class UnreadableError(DocumentError):
    """One document cannot be read; the others are read all the same. ``state`` says in one word why."""

    def __init__(self, state: str, detail: str) -> None:
        self.state = state
        super().__init__(detail)


class ModelError(QAGenError, RuntimeError):
    """The model cannot be used and waiting does not help: wrong key, no quota, unknown model.

    It stops a run at once; what was finished before is kept.
    """


class LocalModelError(ModelError):
    """The embedded model could not be fetched, checked or started."""


class GenerationError(QAGenError, RuntimeError):
    """One passage ended without an answer. ``state`` says how: the ``State`` of its call in the ledger."""

    def __init__(self, message: str, *, state: str) -> None:
        self.state = state
        super().__init__(message)


class RunFolderError(QAGenError, OSError):
    """A run folder cannot be used: made by another version, not writable, or the disk is full."""


class TrainingFileError(QAGenError, ValueError):
    """A training file cannot be written or read; the message names the line."""

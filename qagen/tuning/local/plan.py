"""What is to be trained, and what a folder says of a training that was begun before."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.errors import LocalTrainingError, RunFolderError, SettingsError
from qagen.files import whole_file
from qagen.llm.embedded import file_sha256
from qagen.tuning import TUNING, TuningRecord, read_record

if TYPE_CHECKING:
    from qagen.tuning.local.examples import Example, Examples
    from qagen.tuning.models import Base

MODEL = "model"
"""The folder below the run folder in which the trained weights lie."""

LOSSES, CHECKPOINTS, MERGED, ADAPTER_GGUF, CARD = (
    "losses.jsonl",
    "checkpoints",
    "merged",
    "adapter.gguf",
    "README.md",
)
REPLACED = "model-replaced"
"""Where a model waits for the one that replaces it, below the run folder."""

WHOLE = "whole"
"""A file of this name stands in a checkpoint that was written to its end."""

_PLAN = "plan.json"
_FIRST = (CHECKPOINTS, _PLAN)  # what a training makes first, half-written drafts of it included
_LOCK = ".model.lock"


@dataclass(frozen=True)
class Plan:
    """Everything that decides the weights that come out. Two trainings with equal plans are the same one.

    Attributes:
        training_sha256: Of the training file.
        validation_sha256: Of the validation file, if there is one: it can end the training.
        replay_sha256: Of the general items mixed in, if there are any.
        base_sha256: Of the base model.
        n_epochs: At most.
        max_steps: At most, however many epochs that is; ``None``: as many as the epochs have.
        rank: Of the adapter; ``None`` trains all weights.
        learning_rate: After a warm-up over the first steps; it falls evenly to 0 at the last one.
        batch_size: Examples a step.
        seed: Of the order, the general items and the first weights of the adapter.
        stop_at_recall: See :func:`qagen.train_locally`.
        strength: What the trained adapter is multiplied by; 1 where all weights are trained.
        quantize_4bit: Whether the base model is kept in 4 bits.
        dtype: In which matrices are multiplied; on a GPU also of the base model's weights.
    """

    training_sha256: str
    validation_sha256: str | None
    replay_sha256: str | None
    base_sha256: str
    n_epochs: int
    max_steps: int | None
    rank: int | None
    learning_rate: float
    batch_size: int
    seed: int
    stop_at_recall: float | None
    strength: float
    quantize_4bit: bool
    dtype: str

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            SettingsError: A number is out of its bounds.
        """
        for name in ("n_epochs", "max_steps", "rank", "batch_size"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise SettingsError(f"{name} is {value!r}.", hint="Use a whole number from 1.")
        if not (math.isfinite(self.learning_rate) and 0 < self.learning_rate < 1):
            raise SettingsError(
                f"learning_rate is {self.learning_rate!r}.", hint="Use a number such as 2e-4."
            )
        if self.stop_at_recall is not None and not 0 < self.stop_at_recall <= 1:
            raise SettingsError(
                f"stop_at_recall is {self.stop_at_recall!r}.",
                hint="Use a share such as 0.95, or None to go on.",
            )
        if not (isinstance(self.strength, int | float) and 0 < self.strength <= 1):
            raise SettingsError(f"strength is {self.strength!r}.", hint="Use a number above 0, at most 1.")

    def differences(self, other: dict[str, Any]) -> str:
        """What another plan had in place of this one's settings, in words."""
        return ", ".join(
            f"{name} {_short(other.get(name))} instead of {_short(value)}"
            for name, value in asdict(self).items()
            if other.get(name) != value
        )


def _short(value: object) -> str:
    return f"{value[:8]}…" if isinstance(value, str) and len(value) > 16 else str(value)  # noqa: PLR2004 - a sha256


@dataclass(frozen=True)
class Job:
    """One training: the plan, what it is carried out with, and where.

    Of ``replay``, ``replay_at_once`` items are mixed into an epoch, other ones in the next.
    """

    plan: Plan
    base: Base
    examples: Examples
    validation: Examples | None
    replay: tuple[Example, ...]
    replay_at_once: int
    device: str
    out: Path
    progress: bool
    checkpoint_seconds: float

    @property
    def folder(self) -> Path:
        """Where the weights come."""
        return self.out / MODEL

    @property
    def checkpoints(self) -> Path:
        """Where a training that is not finished keeps its state."""
        return self.folder / CHECKPOINTS


def finished_record(job: Job) -> TuningRecord | None:
    """The record of this very training if it was carried to its end before."""
    if not (job.folder / TUNING).exists():
        return None
    record = read_record(job.folder)
    same = record.details.get("plan") == asdict(job.plan)
    return record if same and record.details.get("weights_sha256") == weights_sha256(job) else None


def weights_sha256(job: Job) -> str | None:
    """Of what was trained, as it lies there; ``None`` if it is not there."""
    file = job.folder / ("model.safetensors" if job.plan.rank is None else "adapter_model.safetensors")
    if file.is_file():
        return file_sha256(file)
    shards = sorted(job.folder.glob("model-*.safetensors"))
    return hashlib.sha256("".join(map(file_sha256, shards)).encode()).hexdigest() if shards else None


def prepare_folder(job: Job, *, overwrite: bool) -> None:
    """Make the folder ready: new, or as an interrupted training with the same plan left it.

    Raises:
        SettingsError: It holds another training, and ``overwrite`` is not set.
        RunFolderError: It cannot be written.
    """
    earlier = _plan_of(job.folder)
    if earlier is None and any(not path.name.startswith(_FIRST) for path in job.folder.glob("*")):
        raise SettingsError(
            f"{job.folder} holds files that no training of qagen wrote: give another out=, or move them away."
        )
    if earlier is not None and earlier != asdict(job.plan):
        if not overwrite and _holds_something(job):
            raise SettingsError(
                f"{job.folder} holds a model that was trained with other settings "
                f"({job.plan.differences(earlier)}).",
                hint="Give another out=, or overwrite=True (--overwrite) to replace it.",
            )
        _set_aside(job)
    try:
        job.checkpoints.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{job.folder} cannot be made: {error}") from error
    with whole_file(job.folder / _PLAN) as file:
        file.write(json.dumps(asdict(job.plan), indent=2) + "\n")


def _holds_something(job: Job) -> bool:
    """Not so after a training that was refused or stopped before its first checkpoint."""
    return (job.folder / TUNING).exists() or any(job.checkpoints.glob(f"checkpoint-*/{WHOLE}"))


def _set_aside(job: Job) -> None:
    """Keep a finished model until the one that replaces it is finished; throw an unfinished one away."""
    aside = job.out / REPLACED
    if (job.folder / TUNING).exists() and not aside.exists():
        job.folder.rename(aside)
    else:
        shutil.rmtree(job.folder)
    # A record of weights that are gone would speak for the next ones.
    if (job.out / TUNING).exists() and read_record(job.out).provider == "local":
        (job.out / TUNING).unlink()


def refuse_own_base(job: Job) -> None:
    """A base model must not lie where the new model is to be written.

    Raises:
        SettingsError: It does.
    """
    if job.base.path.resolve().is_relative_to(job.folder.resolve()):
        raise SettingsError(
            f"The base model {job.base.path} lies in {job.folder}, where the new one comes.",
            hint="Give another out=.",
        )


def _plan_of(folder: Path) -> dict[str, Any] | None:
    try:
        plan: dict[str, Any] = json.loads((folder / _PLAN).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunFolderError(
            f"{folder / _PLAN} cannot be read: {error}.", hint=f"Remove {folder}, or give another out=."
        ) from error
    return plan


@contextmanager
def only_one(out: Path) -> Iterator[None]:
    """Keep a second process from training in the same folder; the system drops the lock with its process.

    Raises:
        LocalTrainingError: Another process trains there.
        RunFolderError: The folder cannot be made.
    """
    from filelock import FileLock, Timeout

    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / _LOCK)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LocalTrainingError(
            f"Another process is training in {out}.", hint="Wait for it, or give another out=."
        ) from error
    except OSError as error:
        raise RunFolderError(f"{out} cannot be written: {error}") from error
    try:
        yield
    finally:
        lock.release()

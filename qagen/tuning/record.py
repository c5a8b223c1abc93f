"""``tuning.json``: what a run folder knows of the model that was made from it."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from shlex import quote
from shutil import copyfile
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qagen.errors import RunFolderError
from qagen.files import whole_file

TUNING = "tuning.json"
"""The name of the record in a run folder."""


class TuningRecord(BaseModel):
    """Everything that made a tuned model, hosted or local.

    Attributes:
        format: Of this file.
        provider: ``local``, ``openai``, ``azure``, ``nebius`` or ``other``.
        base_model: The model that was tuned, as it was given: ``gpt-4.1-mini-2025-04-14``,
            ``local:smollm2-135m``, a hub name or a folder.
        system_prompt: The system message of the examples, if they all had the same one; ask with it.
        training_file: Name of the file, below the run folder where it lies there.
        training_sha256: Of its bytes.
        examples: Its lines.
        hyperparameters: As used, not as asked for.
        model: Hosted: the tuned model's name, ``None`` until it is there. Local: ``None``.
        job: Hosted: the job's id.
        base_url: Hosted: the service, where it is not OpenAI's own.
        base_sha256: Local: of the base model, see :class:`qagen.tuning.models.base_model.Base`.
        weights: Local: the folder of the adapter or the full model, below the run folder.
        details: Local: versions, device, times, losses, recall.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    format: str = "qagen-tuning@1"
    provider: str
    base_model: str
    system_prompt: str | None = None
    training_file: str
    training_sha256: str | None = None
    examples: int | None = None
    hyperparameters: dict[str, Any] = Field(default_factory=dict)
    model: str | None = None
    job: str | None = None
    base_url: str | None = None
    base_sha256: str | None = None
    weights: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)


def write_record(run: Path, record: TuningRecord) -> None:
    """Write ``tuning.json`` into a run folder, whole or not at all.

    A record of the same job, or of training on this machine where there was one, is replaced. Any other that
    stands there, damaged ones too, is kept as ``tuning-1.json``, ``tuning-2.json`` and so on.

    Raises:
        RunFolderError: It cannot be written. The record that stood there still does.
    """
    path = run / TUNING
    if _is_other(path, record):
        _keep_beside(path)
    with whole_file(path) as file:
        file.write(record.model_dump_json(indent=2) + "\n")


def _is_other(path: Path, record: TuningRecord) -> bool:
    try:
        there = TuningRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return False
    except ValidationError:
        return True
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read, so it is not replaced: {error}") from error
    return (there.provider, there.job) != (record.provider, record.job)


def _keep_beside(path: Path) -> None:
    """Copy a file to the first free number, never over another."""
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(1))
    beside = next(one for one in numbered if not one.exists())
    try:
        copyfile(path, beside)
    except OSError as error:
        raise RunFolderError(
            f"{path} cannot be kept as {beside.name}, so it is not replaced: {error}"
        ) from error


def read_record(run: Path) -> TuningRecord:
    """Read ``tuning.json`` of a run folder.

    Raises:
        RunFolderError: There is none, or it cannot be read.
    """
    path = run / TUNING
    try:
        return TuningRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        if not run.exists():
            raise RunFolderError(f"There is no folder {run}.", hint="Check the path.") from error
        raise RunFolderError(
            f"{run} holds no tuned model: there is no {TUNING}.",
            hint=f"Make one with `qagen tune {quote(str(run))}`.",
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RunFolderError(
            f"{path} is no record of a tuned model ({first['msg']}).",
            hint="Repair or remove it, and tune again.",
        ) from error
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from error

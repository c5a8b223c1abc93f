"""Training on this machine: an adapter (or all weights) of an open model, from a chat file."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from qagen.errors import MissingExtraError, SettingsError
from qagen.tuning.local.examples import read_examples, replayed, replayed_at_once
from qagen.tuning.local.loss_log import losses_table
from qagen.tuning.local.plan import (
    LOSSES,
    MERGED,
    MODEL,
    REPLACED,
    Job,
    Plan,
    finished_record,
    only_one,
    prepare_folder,
    refuse_own_base,
)
from qagen.tuning.models.base_model import find_base
from qagen.tuning.record import TuningRecord, write_record

if TYPE_CHECKING:
    import pandas as pd
    from langchain_core.language_models import BaseChatModel

    from qagen.tuning.local.examples import Example, Examples
    from qagen.tuning.models.base_model import Base

_EXTRA = ("torch", "transformers", "peft", "trl", "datasets", "gguf")
_EXPOSURES = 30  # that each answer gets, whatever its number of wordings (docs/learning.md)
_FEWEST_EPOCHS, _MOST_EPOCHS = 3, 30
_AUTO_RATE, _AUTO_RATE_FULL = 2e-4, 2e-5
_AUTO_RATE_SMALL, _SMALL = 1e-3, 5e8  # an adapter of a model with fewer parameters (docs/learning.md)


@dataclass(frozen=True)
class LocalModel:
    """A model that was trained on this machine.

    Attributes:
        folder: The run folder, as :func:`qagen.tuned_model` takes it.
        record: What made it: the contents of ``tuning.json``.
    """

    folder: Path
    record: TuningRecord

    @property
    def weights(self) -> Path:
        """The folder with the adapter (or the full model), the log and the model card."""
        return self.folder / MODEL

    def metrics(self) -> pd.DataFrame:
        """One row a step, in the columns of :func:`qagen.fine_tuning_metrics`."""
        return losses_table(self.weights / LOSSES)

    def chat_model(self, **options: Any) -> BaseChatModel:
        """Ask it: :func:`qagen.tuned_model` of the folder."""
        from qagen.tuning.tuned import tuned_model

        return tuned_model(self, **options)


def train_locally(
    training_file: str | Path,
    *,
    model: str = "local:smollm2-135m",
    out: str | Path,
    validation_file: str | Path | None = None,
    n_epochs: int | Literal["auto"] = "auto",
    max_steps: int | None = None,
    rank: int = 32,
    learning_rate: float | Literal["auto"] = "auto",
    batch_size: int = 4,
    seed: int = 0,
    device: str = "auto",
    full: bool = False,
    quantize_4bit: bool = False,
    replay: str | Path | None = "general",
    stop_at_recall: float | None = 0.95,
    strength: float = 0.85,
    merge: bool = False,
    overwrite: bool = False,
    checkpoint_seconds: float = 60.0,
    progress: bool = True,
    announce: Callable[[str], None] | None = None,
    home: Path | str | None = None,
) -> LocalModel:
    """Train an open model on a chat file, on this machine, and return it.

    Called again after an interruption, also ``kill -9``, it goes on from the last checkpoint; called again
    after the end, it returns what is there. On the CPU the same file, model, settings and seed give the same
    weights, with or without an interruption.

    After each epoch the model is asked up to 64 of its training questions (and, with ``validation_file``,
    all of those). Training ends when 95 % of the answers would come word for word, or when neither recall
    nor loss of the validation wordings has improved for three epochs.

    Args:
        training_file: JSON Lines in the format ``chat``. Only the answers are learnt.
        model: The base model: ``local:NAME`` of the local table, a GGUF file, a folder with ``config.json``,
            or a name on the Hugging Face hub.
        out: The run folder. The weights come into its ``model/``, and ``tuning.json`` says what made them.
        validation_file: Other wordings of what is trained; it must share no line with the training file.
        n_epochs: Times that each example is seen at most; ``"auto"`` is as many as give each answer of the
            file 30 exposures, from 3 to 30: facts in many wordings need fewer.
        max_steps: Steps at most, however many epochs that is: for comparing datasets of different sizes.
        rank: Of the LoRA adapter on all linear layers; small ones hold few facts (arXiv 2502.14502).
        learning_rate: At the start; it falls evenly to 0 at the last step. ``"auto"`` is 2e-4 for an adapter
            (1e-3 where the base model has less than 500 million parameters) and 2e-5 for all weights.
        batch_size: Examples in one step.
        seed: Decides the order of the examples, the general items and the adapter's first weights.
        device: ``"auto"`` takes a GPU if there is one; ``"cpu"``, ``"cuda"``, ``"mps"``.
        full: Train all weights, not an adapter.
        quantize_4bit: Keep the base model in 4 bits (GPU, with bitsandbytes; not for a GGUF file).
        replay: General items mixed in, so that less is forgotten: ``"general"`` for the package's own (one
            for four examples, other ones in each epoch), a chat file of your own, or ``None``.
        stop_at_recall: Share of the sampled training questions at which training ends; ``None`` trains for
            all epochs.
        strength: What the adapter is multiplied by after training, so that more is kept of what the base
            model knew (arXiv 2109.01903; 0.85 is from the experiments of docs/learning.md). If that loses
            over 2 % of the sampled training questions it stays whole, and so do all weights (``full``):
            ``record.hyperparameters["strength"]`` is then 1.
        merge: Write ``model/merged/`` too: base and adapter in one, for other programs.
        overwrite: Begin anew although the folder holds a model that was made with other settings.
        checkpoint_seconds: Between two checkpoints. What is lost by a kill is no longer than this.
        progress: Whether to show a bar.
        announce: Is told, a line each, what is about to happen.
        home: Where weights of the local table lie.

    Returns:
        The model, with what was measured in ``record.details``: recall, losses, and how many of 24 general
        questions it answered before and after.

    Raises:
        TrainingFileError: A file cannot be trained on.
        SettingsError: An argument cannot be, or ``out`` holds a model made with other settings.
        NotEnoughMemoryError: The training would not fit; nothing was begun.
        LocalTrainingError: The base model cannot be loaded, the loss is no number, or the disk is full.
        MissingExtraError: The extra ``train`` is not installed.
    """
    _require_extras(quantize_4bit=quantize_4bit)
    if merge and (full or quantize_4bit):
        raise SettingsError("merge=True joins an adapter with its base in full precision: leave it out here.")
    where = _device(device)
    examples = read_examples(training_file, validation_file=validation_file)
    base = find_base(model, home=home, announce=announce)
    validation = None if validation_file is None else read_examples(validation_file)
    plan = Plan(
        training_sha256=examples.sha256,
        validation_sha256=None if validation is None else validation.sha256,
        replay_sha256=None,
        base_sha256=base.sha256,
        n_epochs=_epochs(examples) if n_epochs == "auto" else n_epochs,
        max_steps=max_steps,
        rank=None if full else rank,
        learning_rate=_rate(base, full=full) if learning_rate == "auto" else learning_rate,
        batch_size=batch_size,
        seed=seed,
        stop_at_recall=stop_at_recall,
        strength=1 if full else strength,
        quantize_4bit=quantize_4bit,
        dtype="bfloat16" if where == "cuda" or (where == "cpu" and _cpu_has_bfloat16()) else "float32",
    )
    items = replayed(examples, replay, epochs=plan.n_epochs, seed=seed)
    job = Job(
        plan=changed(plan, replay_sha256=_digest(items)),
        base=base,
        examples=examples,
        validation=validation,
        replay=items,
        replay_at_once=min(len(items), replayed_at_once(examples)) if replay == "general" else len(items),
        device=where,
        out=Path(out),
        progress=progress,
        checkpoint_seconds=checkpoint_seconds,
    )
    return _carry_out(job, overwrite=overwrite, merge=merge, announce=announce or (lambda _: None))


def _carry_out(job: Job, *, overwrite: bool, merge: bool, announce: Callable[[str], None]) -> LocalModel:
    with only_one(job.out):
        record = finished_record(job)
        if record is None:
            from qagen.tuning.local.training import refuse_what_does_not_fit, train

            refuse_own_base(job)
            refuse_what_does_not_fit(job)
            prepare_folder(job, overwrite=overwrite)
            record = train(job, announce)
            write_record(job.folder, record)  # goes with the weights; the other one is the run's newest model
            for leftover in (job.checkpoints, job.out / REPLACED):
                shutil.rmtree(leftover, ignore_errors=True)
        else:
            announce(f"{job.folder} holds this model already: nothing to train")
        write_record(job.out, record)
        if merge and not (job.folder / MERGED).exists():
            from qagen.tuning.local.training import merged

            announce(f"Writing the merged model to {job.folder / MERGED}")
            merged(job)
    return LocalModel(job.out, record)


def _require_extras(*, quantize_4bit: bool) -> None:
    if any(find_spec(name) is None for name in _EXTRA):
        raise MissingExtraError("train", "Training on this machine")
    if quantize_4bit and find_spec("bitsandbytes") is None:
        raise MissingExtraError("gpu", "Training with 4-bit weights")


def _epochs(examples: Examples) -> int:
    answers = {item.answer for item in examples.items}
    wanted = math.ceil(_EXPOSURES * len(answers) / len(examples.items))
    return min(max(wanted, _FEWEST_EPOCHS), _MOST_EPOCHS)


def _rate(base: Base, *, full: bool) -> float:
    from qagen.tuning.local.memory import shape_of

    if full:
        return _AUTO_RATE_FULL
    return _AUTO_RATE_SMALL if shape_of(base, rank=None).parameters < _SMALL else _AUTO_RATE


def _device(name: str) -> str:
    import torch

    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next(device for device in ("cuda", "mps", "cpu") if here[device])
    if name not in here:
        raise SettingsError(f"There is no device {name!r}. Use 'auto', 'cpu', 'cuda' or 'mps'.")
    if not here[name]:
        raise SettingsError(
            f"No {name} device can be used here. Use device='auto', or install a torch build for your GPU "
            "(docs/tuning.md)."
        )
    return name


def _cpu_has_bfloat16() -> bool:
    """Matrix units for 16 bits (AMX): a step then takes a third of the time. Without them it takes longer."""
    import torch

    return bool(torch.cpu.get_capabilities().get("amx_bf16"))


def _digest(items: tuple[Example, ...]) -> str | None:
    rows = [item.as_row() for item in items]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest() if rows else None

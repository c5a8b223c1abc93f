"""Training on this machine: an adapter (or all weights) of an open model, from a chat file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from qagen.errors import MissingExtraError, SettingsError
from qagen.tuning import TuningRecord, write_record
from qagen.tuning.local import (
    LOSSES,
    MERGED,
    MODEL,
    REPLACED,
    ExampleFiles,
    Job,
    Plan,
    examples_sha256,
    finished_record,
    losses_table,
    only_one,
    prepare_folder,
    refuse_own_base,
    replayed,
    replayed_at_once,
)
from qagen.tuning.local.training.defaults import Defaults, device_named, dtype_on
from qagen.tuning.models import find_base

if TYPE_CHECKING:
    import pandas as pd
    from langchain_core.language_models import BaseChatModel

_EXTRA = ("torch", "transformers", "peft", "trl", "datasets", "gguf")


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
    where = device_named(device)
    files = ExampleFiles.checked(training_file, validation_file)
    examples = files.examples()
    base = find_base(model, home=home, announce=announce)
    validation = files.validation_examples()
    defaults = Defaults(base, examples, full=full)
    plan = Plan(
        training_sha256=examples.sha256,
        validation_sha256=None if validation is None else validation.sha256,
        replay_sha256=None,
        base_sha256=base.sha256,
        n_epochs=defaults.n_epochs if n_epochs == "auto" else n_epochs,
        max_steps=max_steps,
        rank=None if full else rank,
        learning_rate=defaults.learning_rate if learning_rate == "auto" else learning_rate,
        batch_size=batch_size,
        seed=seed,
        stop_at_recall=stop_at_recall,
        strength=1 if full else strength,
        quantize_4bit=quantize_4bit,
        dtype=dtype_on(where),
    )
    items = replayed(examples, replay, epochs=plan.n_epochs, seed=seed)
    job = Job(
        plan=changed(plan, replay_sha256=examples_sha256(items)),
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
    return carry_out(job, overwrite=overwrite, merge=merge, announce=announce or (lambda _: None))


def carry_out(job: Job, *, overwrite: bool, merge: bool, announce: Callable[[str], None]) -> LocalModel:
    """Train, unless this very training is there already, and write the records.

    Raises:
        QAGenError: As :func:`train_locally`.
    """
    with only_one(job.out):
        record = finished_record(job)
        if record is None:
            from qagen.tuning.local.training.fitting import refuse_what_does_not_fit
            from qagen.tuning.local.training.loop import train

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
            from qagen.tuning.local.training.saving import write_merged

            announce(f"Writing the merged model to {job.folder / MERGED}")
            write_merged(job)
    return LocalModel(job.out, record)


def _require_extras(*, quantize_4bit: bool) -> None:
    if any(find_spec(name) is None for name in _EXTRA):
        raise MissingExtraError("train", "Training on this machine")
    if quantize_4bit and find_spec("bitsandbytes") is None:
        raise MissingExtraError("gpu", "Training with 4-bit weights")

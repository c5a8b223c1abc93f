"""TRL's trainer, with checkpoints that are whole, a log, a bar, and an end when everything is learnt."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors import SafetensorError
from torch.utils.data import Sampler
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl.trainer.sft_trainer import SFTTrainer

from qagen.errors import LocalTrainingError
from qagen.llm import bar_class
from qagen.tuning.local import WHOLE, LossLog
from qagen.tuning.local.training.one_row import answer_logits
from qagen.tuning.local.training.recall import Recall

_PATIENCE = 3  # epochs in which the validation wordings may stand still


class Mixed(Sampler[int]):
    """The order of an epoch: all examples, and among them the next general items, in an order of its own.

    Rows from 0 are the examples, those after them the general items. What comes depends on seed and epoch
    only, so that a training that goes on after an interruption sees what it would have seen.
    """

    def __init__(self, examples: int, general: int, at_once: int, *, seed: int) -> None:
        self._examples, self._general, self._at_once, self._seed = examples, general, at_once, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Rows of an epoch."""
        return self._examples + self._at_once

    def __iter__(self) -> Iterator[int]:
        """The rows of this epoch."""
        first = self._epoch * self._at_once
        general = (self._examples + at % self._general for at in range(first, first + self._at_once))
        rows = [*range(self._examples), *general]
        Random(f"{self._seed} {self._epoch}").shuffle(rows)  # noqa: S311 - an order, not a secret
        return iter(rows)


class WholeCheckpoints(SFTTrainer):
    """Marks each checkpoint that was written to its end, and removes one that was not.

    ``mixed`` decides in which order the rows are trained.
    """

    mixed: Mixed

    def _get_train_sampler(self, _: Any = None) -> Mixed:
        return self.mixed

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        folder = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"
        try:
            save: Any = super()._save_checkpoint
            save(model, trial)
            (folder / WHOLE).touch()
        except (OSError, RuntimeError, SafetensorError) as error:  # torch reports a full disk as RuntimeError
            shutil.rmtree(folder, ignore_errors=True)
            raise LocalTrainingError(
                f"The checkpoint {folder} could not be written: {_first_line(error)}. Earlier ones are kept: "
                "make room on the disk, and the same command goes on from the last one."
            ) from error

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,  # noqa: FBT001, FBT002 - the signature of transformers
        num_items_in_batch: Any = None,
    ) -> Any:
        """The mean loss of the answers' tokens."""
        found, wanted = answer_logits(model, inputs["input_ids"], inputs["labels"], inputs["attention_mask"])
        total = torch.nn.functional.cross_entropy(found.float(), wanted, reduction="sum")
        hits = found.argmax(-1) == wanted
        self._metrics["train"]["mean_token_accuracy"].append(hits.float().mean().item())
        loss = total / (len(wanted) if num_items_in_batch is None else num_items_in_batch)
        return (loss, {"logits": found}) if return_outputs else loss

    def _send_telemetry(self) -> None:
        """Nothing: TRL would tell the hub of each training. What is trained here stays here."""

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None for checkpoints: the model that comes out gets one of ours."""

    @property
    def network(self) -> Any:
        """What is trained."""
        return self.model

    def full_precision(self) -> None:
        """After training: multiply in the precision of the weights again, as the model will be asked."""
        self.accelerator.unwrap_model(self.network, keep_fp32_wrapper=False)

    def longest_row(self) -> int:
        """Tokens of the longest row that is trained."""
        data: Any = self.train_dataset
        return max(map(len, data["input_ids"]))

    def count(self, *, trained_only: bool) -> int:
        """Its parameters."""
        return sum(p.numel() for p in self.network.parameters() if p.requires_grad or not trained_only)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


@dataclass(frozen=True)
class Checks:
    """What is asked of the model at the end of each epoch; ``validation`` is None without such a file."""

    train: Callable[[], Recall]
    validation: Callable[[], Recall] | None


class Watch(TrainerCallback):  # type: ignore[misc] # mypy does not read transformers
    """Log, bar, checkpoints by the clock, and the decision to stop early.

    ``stopped`` says why it stopped before the last epoch, and is empty if it did not.
    """

    def __init__(
        self,
        log: LossLog,
        checks: Checks,
        *,
        stop_at_recall: float | None,
        checkpoint_seconds: float,
        progress: bool,
        steps_per_epoch: int,
    ) -> None:
        self.stopped = ""
        self._log, self._checks = log, checks
        self._steps_per_epoch = steps_per_epoch
        self._stop_at, self._seconds = stop_at_recall, checkpoint_seconds
        self._bar = bar_class()(disable=not progress, desc="training", unit="step", total=0)
        self._saved = time.monotonic()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """The bar begins where an interrupted training stopped."""
        self._bar.total = state.max_steps
        self._bar.initial = self._bar.n = state.global_step
        self._bar.refresh()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Move the bar, and ask for a checkpoint when the last one is old.

        Not at the last step of an epoch: there the questions come first, so that whoever goes on from a
        checkpoint never has to ask them again.
        """
        self._bar.update(state.global_step - self._bar.n)
        last_of_epoch = state.global_step % self._steps_per_epoch == 0
        control.should_save = self._is_due() and not last_of_epoch

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """The clock starts again."""
        self._saved = time.monotonic()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Write the loss of a step down, and end a training whose loss is no number."""
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        if not math.isfinite(loss):
            raise LocalTrainingError(
                f"The loss of step {state.global_step} is {loss}: the training has broken down.",
                hint="Use a lower learning_rate (a tenth of it) and out= of another folder.",
            )
        figures = {"train_loss": loss, "train_accuracy": (logs or {}).get("mean_token_accuracy")}
        known = {name: round(value, 5) for name, value in figures.items() if value is not None}
        self._log.add(state.global_step, **known)
        self._show()

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Ask what is known by now, and stop when it is enough."""
        known = self._checks.train()
        figures: dict[str, float] = {"train_recall": known.share}
        if self._checks.validation:
            unseen = self._checks.validation()
            figures |= {
                "valid_recall": unseen.share,
                "valid_loss": round(unseen.loss, 5),
                "valid_mean_token_accuracy": round(unseen.accuracy, 5),
            }
        self._log.add(state.global_step, epoch=round(state.epoch or 0), **figures)
        self._show()
        self._decide(control, state)
        control.should_save = self._is_due() and not control.should_training_stop

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """The bar stays, complete as far as it got."""
        self._bar.close()

    def close(self) -> None:
        """Also after an error."""
        self._bar.close()

    def _is_due(self) -> bool:
        return time.monotonic() - self._saved >= self._seconds

    def _decide(self, control: TrainerControl, state: TrainerState) -> None:
        if self._stop_at is None or state.global_step >= state.max_steps:
            return
        share, rounds = self._log.last("train_recall"), self._log.rounds_without_progress()
        if share is not None and share >= self._stop_at:
            self.stopped = f"{share:.0%} of the sampled training questions were answered word for word"
        elif rounds >= _PATIENCE:
            self.stopped = f"the validation wordings did not improve for {rounds} epochs"
        control.should_training_stop = bool(self.stopped)

    def _show(self) -> None:
        names = {"train_loss": "loss", "train_recall": "recall", "valid_recall": "validation"}
        figures = {short: self._log.last(name) for name, short in names.items()}
        self._bar.set_postfix({k: f"{v:.2f}" for k, v in figures.items() if v is not None}, refresh=False)

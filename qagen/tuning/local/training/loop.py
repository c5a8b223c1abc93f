"""Carrying a training out: load, train, ask, save."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from random import Random
from typing import Any

import torch

from qagen.errors import NotEnoughMemoryError
from qagen.files import whole_file
from qagen.tuning import TuningRecord
from qagen.tuning.local import (
    CARD,
    LOSSES,
    WHOLE,
    Job,
    LossLog,
    ask,
    general_items,
    model_card,
    newest_checkpoint,
)
from qagen.tuning.local.training.building import build_trainer
from qagen.tuning.local.training.outcome import Outcome
from qagen.tuning.local.training.quiet import quiet_libraries
from qagen.tuning.local.training.recall import Recall, general_answers, is_right, recall
from qagen.tuning.local.training.saving import save_model
from qagen.tuning.local.training.trainer import Checks, Watch, WholeCheckpoints

_SAMPLE = 64  # training questions whose recall is looked at
_MAY_BE_LOST = 0.02  # of the sampled questions, when the adapter is weakened


def train(job: Job, announce: Callable[[str], None]) -> TuningRecord:
    """Train, save the weights, the model card and the adapter for llama.cpp, and return the record.

    Raises:
        NotEnoughMemoryError: The memory ran out all the same.
        LocalTrainingError: The model cannot be loaded, the loss is no number, or the disk is full.
    """
    began = time.time()
    with quiet_libraries():
        announce(f"Loading {job.base.name}")
        trainer = build_trainer(job)
        outcome = Loop(job, trainer, announce).run()
        announce(f"Writing the model to {job.folder}")
        save_model(job, trainer)
    record = outcome.record(job, trainer, began)
    with whole_file(job.folder / CARD) as file:
        file.write(model_card(record, job.base, job.examples))
    return record


@dataclass(frozen=True)
class Loop:
    """A job, the trainer that was built for it, and who is told what is about to happen."""

    job: Job
    trainer: WholeCheckpoints
    announce: Callable[[str], None]

    def run(self) -> Outcome:
        """Train to the end, and measure before and after.

        Raises:
            NotEnoughMemoryError: The memory ran out.
        """
        checkpoint = self.last_checkpoint()
        step = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
        general = GeneralCheck(self.job, self.trainer)
        self.announce(
            f"Asking the base model {general.asked} general questions, to see later what it has forgotten"
        )
        before = general.right()
        self.announce(self.beginning(step))
        watch = self.watch(step)
        self.trainer.add_callback(watch)
        began = time.time()
        self.train_to_the_end(watch, checkpoint)
        seconds = time.time() - began
        strength, known = self.weakened()
        self.announce("Asking the trained model the same")
        return Outcome(
            steps=self.trainer.state.global_step,
            epochs=round(self.trainer.state.epoch or 0, 2),
            stopped=watch.stopped,
            resumed_at=step,
            seconds=seconds,
            strength=strength,
            train=known,
            validation=self.checks.validation() if self.checks.validation else None,
            general=(general.asked, before, general.right()),
        )

    def watch(self, step: int) -> Watch:
        """What looks on while the trainer trains, from a step on."""
        job = self.job
        return Watch(
            LossLog(job.folder / LOSSES, step=step),
            self.checks,
            stop_at_recall=job.plan.stop_at_recall,
            checkpoint_seconds=job.checkpoint_seconds,
            progress=job.progress,
            steps_per_epoch=-(-len(self.trainer.mixed) // job.plan.batch_size),
        )

    def train_to_the_end(self, watch: Watch, checkpoint: Path | None) -> None:
        """From a checkpoint on, or from the beginning."""
        job, trainer = self.job, self.trainer
        with ExitStack() as stack:
            stack.callback(watch.close)
            if job.device == "cpu" and job.plan.dtype == "bfloat16":
                stack.enter_context(frozen_in_16_bits(trainer.network))
            try:
                trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
            except torch.OutOfMemoryError as error:
                raise NotEnoughMemoryError(
                    f"The memory of {job.device} ran out in training: {error}.",
                    hint="Use a smaller batch_size or rank.",
                ) from error
        trainer.full_precision()

    def weakened(self) -> tuple[float, Recall]:
        """Multiply the adapter by the strength that is planned, unless answers are lost by it."""
        known, strength = self.checks.train(), self.job.plan.strength
        if strength == 1:
            return 1, known
        added = [weight for name, weight in self.trainer.network.named_parameters() if ".lora_B." in name]
        whole = [weight.detach().clone() for weight in added]
        with torch.no_grad():
            for weight in added:
                weight.mul_(strength)
            still_known = self.checks.train()
            if known.recalled - still_known.recalled <= _MAY_BE_LOST * known.asked:
                return strength, still_known
            for weight, before in zip(added, whole, strict=True):
                weight.copy_(before)
        return 1, known

    def beginning(self, step: int) -> str:
        """What is about to happen, in a line."""
        job, trained = self.job, self.trainer.count(trained_only=True)
        mixed = f" and {len(job.replay)} general ones" if job.replay else ""
        going_on = f", going on after step {step}" if step else ""
        return (
            f"Training {trained:,} parameters on {len(job.examples.items)} examples{mixed}, at most "
            f"{job.plan.n_epochs} epochs, on {job.device}{going_on}"
        )

    def last_checkpoint(self) -> Path | None:
        """The newest whole one; others are of a process that was killed while it wrote."""
        for folder in self.job.checkpoints.glob("checkpoint-*"):
            if not (folder / WHOLE).exists():
                shutil.rmtree(folder)
        return newest_checkpoint(self.job.checkpoints, WHOLE)

    @cached_property
    def checks(self) -> Checks:
        """What is asked on the way: a sample of the training questions, and the validation questions."""
        job, trainer = self.job, self.trainer
        tokenizer: Any = trainer.processing_class
        own = range(len(job.examples.items))
        chosen = Random(job.plan.seed).sample(own, min(_SAMPLE, len(own)))  # noqa: S311 - a sample, not a secret
        ask_all = partial(
            recall,
            trainer.network,
            eos=tokenizer.eos_token_id,
            pad=tokenizer.pad_token_id,
            batch_size=job.plan.batch_size,
        )
        data: Any = trainer.train_dataset
        sample = [data[index] for index in sorted(chosen)]
        unseen: Any = trainer.eval_dataset
        return Checks(
            train=lambda: ask_all(sample),
            validation=None if unseen is None else lambda: ask_all(list(unseen)),
        )


class GeneralCheck:
    """General questions that are never trained: what a model forgets shows in them."""

    def __init__(self, job: Job, trainer: WholeCheckpoints) -> None:
        self._items = general_items("check")
        self._messages = [ask(item.question, job.examples.system_prompt) for item in self._items]
        self._trainer = trainer
        self.asked = len(self._items)

    def right(self) -> int:
        """How many answers hold an expected word."""
        tokenizer: Any = self._trainer.processing_class
        replies = general_answers(self._trainer.network, tokenizer, self._messages)
        return sum(is_right(reply, item) for reply, item in zip(replies, self._items, strict=True))


@contextmanager
def frozen_in_16_bits(network: torch.nn.Module) -> Iterator[None]:
    """While it lasts, matrices that are not trained lie in the 16 bits in which they are multiplied.

    Autocast keeps what it has rounded only where it is trained, and would round all others in each pass: the
    products are the same to the last bit, and a step takes about 15 % less time.
    """
    frozen = [
        (layer, layer.weight)
        for layer in network.modules()
        if isinstance(layer, torch.nn.Linear) and not layer.weight.requires_grad
    ]
    for layer, weight in frozen:  # a new parameter: the old one may be that of the embedding too
        layer.weight = torch.nn.Parameter(weight.detach().bfloat16(), requires_grad=False)
    try:
        yield
    finally:
        for layer, weight in frozen:
            layer.weight = weight

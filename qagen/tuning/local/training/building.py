"""The trainer of a job: the base model, a new adapter, and the examples as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasets import Dataset
from peft import LoraConfig
from transformers import PrinterCallback, set_seed
from trl.trainer.sft_config import SFTConfig

from qagen.tuning.local import Job
from qagen.tuning.local.training.trainer import Mixed, WholeCheckpoints
from qagen.tuning.models import load_base

if TYPE_CHECKING:
    from qagen.tuning.local import Example

ALPHA = 2  # times the rank
_SHORT = (
    256  # tokens up to which plain attention is the faster one on a CPU (a step of 4 x 55: 0.88 s, not 1.06)
)
_WARM_UP = 0.05  # of all steps, at least one


def build_trainer(job: Job) -> WholeCheckpoints:
    """The trainer of a job, with the base model, a new adapter and the examples as tokens."""
    plan = job.plan
    model, tokenizer = load_base(
        job.base,
        dtype=weights_dtype(job),
        quantize_4bit=plan.quantize_4bit,
        device=None if job.device == "cpu" else job.device,
    )
    # PEFT would look for the base's configuration on the hub each time it saves an adapter.
    model.name_or_path = model.config._name_or_path = ""  # noqa: SLF001 - where transformers keeps it
    set_seed(plan.seed)
    rows = _dataset_of((*job.examples.items, *job.replay))
    lora = None
    if plan.rank is not None:
        lora = LoraConfig(
            r=plan.rank,
            lora_alpha=ALPHA * plan.rank,
            target_modules="all-linear",
            lora_dropout=0.0,
            task_type="CAUSAL_LM",
        )
    trainer = WholeCheckpoints(
        model=model,
        args=Arguments(job, len(job.examples.items) + job.replay_at_once).for_trl(),
        train_dataset=rows,
        eval_dataset=_dataset_of(job.validation.items) if job.validation else None,
        processing_class=tokenizer,
        peft_config=lora,
    )
    trainer.mixed = Mixed(len(job.examples.items), len(job.replay), job.replay_at_once, seed=plan.seed)
    trainer.remove_callback(PrinterCallback)
    if job.device == "cpu" and trainer.longest_row() <= _SHORT:
        model.set_attn_implementation("eager")
    return trainer


def weights_dtype(job: Job) -> str:
    """On the CPU, and where all weights are trained, 16 bits are for multiplying only."""
    return "float32" if job.plan.rank is None or job.device == "cpu" else job.plan.dtype


def _dataset_of(items: Sequence[Example]) -> Dataset:
    return Dataset.from_list([item.as_row() for item in items])


@dataclass(frozen=True)
class Arguments:
    """How a job is trained, in the words of TRL; ``rows`` is what an epoch has."""

    job: Job
    rows: int

    @property
    def steps(self) -> int:
        """Of the whole training."""
        plan = self.job.plan
        whole = plan.n_epochs * -(-self.rows // plan.batch_size)
        return whole if plan.max_steps is None else min(plan.max_steps, whole)

    def for_trl(self) -> SFTConfig:
        """Everything that is not TRL's default, and what must not change with it."""
        job, plan = self.job, self.job.plan
        arguments = SFTConfig(
            output_dir=str(job.checkpoints),
            num_train_epochs=plan.n_epochs,
            max_steps=self.steps,
            per_device_train_batch_size=plan.batch_size,
            learning_rate=plan.learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=max(1, round(_WARM_UP * self.steps)),
            optim="adamw_torch",
            weight_decay=0.0,
            seed=plan.seed,
            completion_only_loss=True,
            packing=False,
            max_length=None,
            bf16=plan.dtype == "bfloat16",
            gradient_checkpointing=False,
            use_cpu=job.device == "cpu",
            dataloader_pin_memory=job.device == "cuda",
            logging_steps=1,
            logging_nan_inf_filter=False,
            save_strategy="no",  # the watch asks for checkpoints, by the clock
            save_total_limit=2,
            report_to="none",
            disable_tqdm=True,
        )
        if arguments.n_gpu > 1:
            arguments._n_gpu = 1  # noqa: SLF001 - the one way to keep Trainer from splitting batches over all GPUs
        return arguments

"""Carrying a training out: load, train, ask, save.

This module imports torch and transformers as it is loaded: only :mod:`qagen.tuning.local.train_locally`
loads it, when training begins.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from datasets import Dataset, disable_progress_bars, enable_progress_bars, is_progress_bar_enabled
from jinja2 import TemplateError
from peft import LoraConfig, PeftModel
from safetensors import SafetensorError
from transformers import PrinterCallback, set_seed
from trl.trainer.sft_config import SFTConfig

from qagen.errors import LocalTrainingError, NotEnoughMemoryError, TrainingFileError
from qagen.files import whole_file
from qagen.tuning.local.examples import ask, general_items
from qagen.tuning.local.hub_names import hub_name
from qagen.tuning.local.loss_log import LossLog, newest_checkpoint, size_of
from qagen.tuning.local.memory import COPIES, FOUR_BITS, free_memory, needed, refuse_too_much, shape_of
from qagen.tuning.local.model_card import model_card
from qagen.tuning.local.plan import (
    ADAPTER_GGUF,
    CARD,
    LOSSES,
    MERGED,
    MODEL,
    WHOLE,
    Job,
    Plan,
    weights_sha256,
)
from qagen.tuning.local.recall import Recall, general_answers, is_right, recall
from qagen.tuning.local.trainer import Checks, Mixed, Watch, WholeCheckpoints
from qagen.tuning.models.base_model import load_base, load_tokenizer, suppressed_output
from qagen.tuning.models.gguf_adapter import takes_adapter, write_gguf_adapter
from qagen.tuning.record import TuningRecord

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from qagen.tuning.local.examples import Example

ALPHA = 2  # times the rank
_SAMPLE = 64  # training questions whose recall is looked at
_MAY_BE_LOST = 0.02  # of the sampled questions, when the adapter is weakened
_PACKAGES = ("qagen-finetune", "torch", "transformers", "peft", "trl", "tokenizers", "safetensors", "gguf")
_SHORT = (
    256  # tokens up to which plain attention is the faster one on a CPU (a step of 4 x 55: 0.88 s, not 1.06)
)
_WARM_UP = 0.05  # of all steps, at least one


@dataclass(frozen=True)
class _Outcome:
    """What was measured when the training was over."""

    steps: int
    epochs: float
    stopped: str
    resumed_at: int
    seconds: float
    strength: float
    train: Recall
    validation: Recall | None
    general: tuple[int, int, int]


def train(job: Job, announce: Callable[[str], None]) -> TuningRecord:
    """Train, save the weights, the model card and the adapter for llama.cpp, and return the record.

    Raises:
        NotEnoughMemoryError: The memory ran out all the same.
        LocalTrainingError: The model cannot be loaded, the loss is no number, or the disk is full.
    """
    began = time.time()
    with _quiet():
        announce(f"Loading {job.base.name}")
        trainer = build_trainer(job)
        outcome = _run(job, trainer, announce)
        announce(f"Writing the model to {job.folder}")
        _save(job, trainer)
    record = _record(job, trainer, outcome, began)
    with whole_file(job.folder / CARD) as file:
        file.write(model_card(record, job.base, job.examples))
    return record


@contextmanager
def _quiet() -> Iterator[None]:
    shown = is_progress_bar_enabled()
    disable_progress_bars()
    try:
        with suppressed_output():
            yield
    finally:
        if shown:
            enable_progress_bars()


def refuse_what_does_not_fit(job: Job) -> None:
    """Look at everything that can be looked at before weights are loaded or anything is written.

    Raises:
        TrainingFileError: An example is longer than the model's context.
        NotEnoughMemoryError: It would not fit.
        LocalTrainingError: The model's configuration or tokenizer cannot be used.
    """
    with _quiet():
        tokenizer = load_tokenizer(job.base)
        plan, shape = job.plan, shape_of(job.base, rank=job.plan.rank)
    files = {str(job.examples.path): job.examples.items, "the file given as replay": job.replay}
    if job.validation:
        files[str(job.validation.path)] = job.validation.items
    longest = max(_longest(name, items, tokenizer, shape.context) for name, items in files.items())
    need = needed(
        shape,
        rank=plan.rank,
        batch_size=plan.batch_size,
        longest=longest,
        weight_bytes=_weight_bytes(job),
        value_bytes=2 if job.device == "cuda" else 4,
        gpu=job.device == "cuda",
    )
    free = free_memory(torch.device(job.device))
    refuse_too_much(need, free=free, batch_size=plan.batch_size, longest=longest, device=job.device)


def _weight_bytes(job: Job) -> float:
    if job.plan.quantize_4bit:
        return FOUR_BITS
    if job.device == "cpu" and job.plan.dtype == "bfloat16":
        return 4 + COPIES
    return 2 if _weights_dtype(job) == "bfloat16" else 4


def _longest(file: str, items: Sequence[Example], tokenizer: PreTrainedTokenizerBase, context: int) -> int:
    """Tokens of the longest example."""
    longest = 0
    for item in items:
        row = item.as_row()
        try:
            ids: Any = tokenizer.apply_chat_template([*row["prompt"], *row["completion"]], return_dict=False)
        except TemplateError as error:
            raise LocalTrainingError(
                f"{file}, line {item.line}: the model's chat template refuses it: {error}. If it takes no "
                "system message, write the file with write_training_file(..., system_prompt=None)."
            ) from error
        longest = max(longest, len(ids))
        if longest > context:
            raise TrainingFileError(
                f"{file}, line {item.line}: the example has {longest:,} tokens, and the model reads at "
                f"most {context:,}. Shorten it, or take another model."
            )
    return longest


def build_trainer(job: Job) -> WholeCheckpoints:
    """The trainer of a job, with the base model, a new adapter and the examples as tokens."""
    plan = job.plan
    model, tokenizer = load_base(
        job.base,
        dtype=_weights_dtype(job),
        quantize_4bit=plan.quantize_4bit,
        device=None if job.device == "cpu" else job.device,
    )
    # PEFT would look for the base's configuration on the hub each time it saves an adapter.
    model.name_or_path = model.config._name_or_path = ""  # noqa: SLF001 - where transformers keeps it
    set_seed(plan.seed)
    rows = _rows((*job.examples.items, *job.replay))
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
        args=_arguments(job, len(job.examples.items) + job.replay_at_once),
        train_dataset=rows,
        eval_dataset=_rows(job.validation.items) if job.validation else None,
        processing_class=tokenizer,
        peft_config=lora,
    )
    trainer.mixed = Mixed(len(job.examples.items), len(job.replay), job.replay_at_once, seed=plan.seed)
    trainer.remove_callback(PrinterCallback)
    if job.device == "cpu" and _longest_row(trainer) <= _SHORT:
        model.set_attn_implementation("eager")
    return trainer


def _longest_row(trainer: WholeCheckpoints) -> int:
    data: Any = trainer.train_dataset
    return max(map(len, data["input_ids"]))


def _weights_dtype(job: Job) -> str:
    """On the CPU, and where all weights are trained, 16 bits are for multiplying only."""
    return "float32" if job.plan.rank is None or job.device == "cpu" else job.plan.dtype


def _rows(items: Sequence[Example]) -> Dataset:
    return Dataset.from_list([item.as_row() for item in items])


def _arguments(job: Job, rows: int) -> SFTConfig:
    plan = job.plan
    steps = -(-rows // plan.batch_size)
    arguments = SFTConfig(
        output_dir=str(job.checkpoints),
        num_train_epochs=plan.n_epochs,
        max_steps=_steps(plan, steps),
        per_device_train_batch_size=plan.batch_size,
        learning_rate=plan.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=max(1, round(_WARM_UP * _steps(plan, steps))),
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


def _steps(plan: Plan, steps_per_epoch: int) -> int:
    whole = plan.n_epochs * steps_per_epoch
    return whole if plan.max_steps is None else min(plan.max_steps, whole)


def _run(job: Job, trainer: WholeCheckpoints, announce: Callable[[str], None]) -> _Outcome:
    checks = _checks(job, trainer)
    checkpoint = _last_checkpoint(job)
    step = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    general = _General(job, trainer)
    announce(f"Asking the base model {general.asked} general questions, to see later what it has forgotten")
    before = general.right()
    announce(_beginning(job, trainer, step))
    watch = Watch(
        LossLog(job.folder / LOSSES, step=step),
        checks,
        stop_at_recall=job.plan.stop_at_recall,
        checkpoint_seconds=job.checkpoint_seconds,
        progress=job.progress,
        steps_per_epoch=-(-len(trainer.mixed) // job.plan.batch_size),
    )
    trainer.add_callback(watch)
    began = time.time()
    _train_to_the_end(job, trainer, watch, checkpoint)
    seconds = time.time() - began
    strength, known = _weakened(job, trainer, checks)
    announce("Asking the trained model the same")
    return _Outcome(
        steps=trainer.state.global_step,
        epochs=round(trainer.state.epoch or 0, 2),
        stopped=watch.stopped,
        resumed_at=step,
        seconds=seconds,
        strength=strength,
        train=known,
        validation=checks.validation() if checks.validation else None,
        general=(general.asked, before, general.right()),
    )


def _train_to_the_end(job: Job, trainer: WholeCheckpoints, watch: Watch, checkpoint: Path | None) -> None:
    with ExitStack() as stack:
        stack.callback(watch.close)
        if job.device == "cpu" and job.plan.dtype == "bfloat16":
            stack.enter_context(frozen_in_16_bits(trainer.network))
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        except torch.OutOfMemoryError as error:
            raise NotEnoughMemoryError(
                f"The memory of {job.device} ran out in training: {error}. Use a smaller batch_size or rank."
            ) from error
    trainer.full_precision()


def _weakened(job: Job, trainer: WholeCheckpoints, checks: Checks) -> tuple[float, Recall]:
    """Multiply the adapter by the strength that is planned, unless answers are lost by it."""
    known = checks.train()
    if job.plan.strength == 1:
        return 1, known
    added = [weight for name, weight in trainer.network.named_parameters() if ".lora_B." in name]
    whole = [weight.detach().clone() for weight in added]
    with torch.no_grad():
        for weight in added:
            weight.mul_(job.plan.strength)
        still_known = checks.train()
        if known.recalled - still_known.recalled <= _MAY_BE_LOST * known.asked:
            return job.plan.strength, still_known
        for weight, before in zip(added, whole, strict=True):
            weight.copy_(before)
    return 1, known


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


def _beginning(job: Job, trainer: WholeCheckpoints, step: int) -> str:
    trained = trainer.count(trained_only=True)
    mixed = f" and {len(job.replay)} general ones" if job.replay else ""
    going_on = f", going on after step {step}" if step else ""
    return (
        f"Training {trained:,} parameters on {len(job.examples.items)} examples{mixed}, at most "
        f"{job.plan.n_epochs} epochs, on {job.device}{going_on}"
    )


def _last_checkpoint(job: Job) -> Path | None:
    for folder in job.checkpoints.glob("checkpoint-*"):
        if not (folder / WHOLE).exists():
            shutil.rmtree(folder)  # of a process that was killed while it wrote
    return newest_checkpoint(job.checkpoints, WHOLE)


def _checks(job: Job, trainer: WholeCheckpoints) -> Checks:
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


class _General:
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


def _save(job: Job, trainer: WholeCheckpoints) -> None:
    model = trainer.network
    tokenizer: Any = trainer.processing_class
    draft = job.folder / "draft"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        model.save_pretrained(draft)
        tokenizer.save_pretrained(draft)
        if job.plan.rank is not None:
            _name_the_base(draft / "adapter_config.json", job)
            if takes_adapter(job.base):
                write_gguf_adapter(draft, job.base, draft / ADAPTER_GGUF)
        for file in draft.iterdir():
            file.replace(job.folder / file.name)
        draft.rmdir()
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise LocalTrainingError(
            f"The model could not be written to {job.folder}: {error}. Checkpoints are kept: make room on "
            "the disk, and the same command goes on from the last one."
        ) from error


def _name_the_base(path: Path, job: Job) -> None:
    """For other programs: which base model the adapter belongs to."""
    config = json.loads(path.read_bytes())
    config["base_model_name_or_path"] = hub_name(job.base) or str(job.base.path)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def merged(job: Job) -> None:
    """Write base and adapter as one model into ``model/merged``.

    Raises:
        LocalTrainingError: It cannot be loaded or written.
    """
    draft = job.folder / f"{MERGED}.draft"
    with _quiet():
        model, tokenizer = load_base(job.base, dtype="float32")
        model.name_or_path = model.config._name_or_path = ""  # noqa: SLF001 - where transformers keeps it
        try:
            whole: Any = PeftModel.from_pretrained(model, job.folder).merge_and_unload()
            shutil.rmtree(draft, ignore_errors=True)
            whole.save_pretrained(draft)
            tokenizer.save_pretrained(draft)
            draft.rename(job.folder / MERGED)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise LocalTrainingError(f"The merged model could not be made or written: {error}") from error


def _record(job: Job, trainer: WholeCheckpoints, outcome: _Outcome, began: float) -> TuningRecord:
    plan = job.plan
    asked, before, after = outcome.general
    details: dict[str, Any] = {
        "plan": asdict(plan),
        "steps": outcome.steps,
        "epochs": outcome.epochs,
        "stopped_early": outcome.stopped or None,
        "resumed_at_step": outcome.resumed_at or None,
        "recall": _figures(outcome.train),
        "validation": _figures(outcome.validation) if outcome.validation else None,
        "general": {"asked": asked, "right_before": before, "right_after": after},
        "replayed": len(job.replay),
        "trained_parameters": trainer.count(trained_only=True),
        "parameters": trainer.count(trained_only=False),
        "losses": LOSSES,
        "weights_sha256": weights_sha256(job),
        "began": _when(began),
        "ended": _when(time.time()),
        "seconds": round(time.time() - began, 1),
        "training_seconds": round(outcome.seconds, 1),
        "device": torch.cuda.get_device_name() if job.device == "cuda" else job.device,
        "peak_memory": _peak(job.device),
        "size": size_of(job.folder) - size_of(job.checkpoints),
        "versions": {name: version(name) for name in _PACKAGES} | {"python": platform.python_version()},
        "platform": platform.platform(),
    }
    return TuningRecord(
        provider="local",
        base_model=job.base.name,
        system_prompt=job.examples.system_prompt,
        training_file=job.examples.path.name,
        training_sha256=job.examples.sha256,
        examples=job.examples.lines,
        hyperparameters=_hyperparameters(job, outcome),
        base_sha256=job.base.sha256,
        weights=MODEL,
        details=details,
    )


def _hyperparameters(job: Job, outcome: _Outcome) -> dict[str, Any]:
    names = ("n_epochs", "rank", "learning_rate", "batch_size", "seed", "dtype", "quantize_4bit")
    chosen = {name: getattr(job.plan, name) for name in names}
    alpha = None if job.plan.rank is None else ALPHA * job.plan.rank
    return {**chosen, "strength": outcome.strength, "lora_alpha": alpha}


def _figures(known: Recall) -> dict[str, Any]:
    return {**asdict(known), "loss": round(known.loss, 5), "accuracy": round(known.accuracy, 5)}


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _peak(device: str) -> int | None:
    """Bytes at the highest, where the system tells."""
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""What is refused before weights are loaded or anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from jinja2 import TemplateError

from qagen.errors import LocalTrainingError, TrainingFileError
from qagen.tuning.local import COPIES, FOUR_BITS, Job, free_memory, needed, refuse_too_much, shape_of
from qagen.tuning.local.training.building import weights_dtype
from qagen.tuning.local.training.quiet import quiet_libraries
from qagen.tuning.models import load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from qagen.tuning.local import Example


def refuse_what_does_not_fit(job: Job) -> None:
    """Look at everything that can be looked at before weights are loaded or anything is written.

    Raises:
        TrainingFileError: An example is longer than the model's context.
        NotEnoughMemoryError: It would not fit.
        LocalTrainingError: The model's configuration or tokenizer cannot be used.
    """
    with quiet_libraries():
        tokenizer = load_tokenizer(job.base)
        plan, shape = job.plan, shape_of(job.base, rank=job.plan.rank)
    files = {str(job.examples.path): job.examples.items, "the file given as replay": job.replay}
    if job.validation:
        files[str(job.validation.path)] = job.validation.items
    longest = max(_longest_of(name, items, tokenizer, shape.context) for name, items in files.items())
    need = needed(
        shape,
        rank=plan.rank,
        batch_size=plan.batch_size,
        longest=longest,
        weight_bytes=weight_bytes_of(job),
        value_bytes=2 if job.device == "cuda" else 4,
        gpu=job.device == "cuda",
    )
    free = free_memory(torch.device(job.device))
    refuse_too_much(need, free=free, batch_size=plan.batch_size, longest=longest, device=job.device)


def weight_bytes_of(job: Job) -> float:
    """Of a parameter of the base model."""
    if job.plan.quantize_4bit:
        return FOUR_BITS
    if job.device == "cpu" and job.plan.dtype == "bfloat16":
        return 4 + COPIES
    return 2 if weights_dtype(job) == "bfloat16" else 4


def _longest_of(file: str, items: Sequence[Example], tokenizer: PreTrainedTokenizerBase, context: int) -> int:
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
                f"most {context:,}.",
                hint="Shorten it, or take another model.",
            )
    return longest

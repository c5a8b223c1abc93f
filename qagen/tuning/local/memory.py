"""Will a training fit into memory? Asked before anything large is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qagen.errors import LocalTrainingError, NotEnoughMemoryError
from qagen.tuning.models import UNREADABLE, Base, load_configuration, suppressed_output

if TYPE_CHECKING:
    import torch

FOUR_BITS = 0.56
"""Bytes of a parameter that is kept in 4 bits, with its share of the scales (NF4, double quantisation)."""

COPIES = 6.0
"""Bytes of a parameter's copies where a CPU multiplies in 16 bits: measured 0.8 GB for 135 million."""

_GB = 1e9
_ADAM = 16  # bytes for a trained parameter: itself, its gradient and two moments, four each
_LOGITS = 3  # copies of a batch's logits at 4 bytes: as they come, their softmax, their gradient
_LIBRARIES = 0.7e9  # torch, transformers and TRL, loaded (measured: 0.6 to 0.7 GB)
_OF_A_GPU = 0.6e9  # CUDA's own
_SLACK = 1.2  # so that what was foreseen came out at 0.95 to 1.14 of what was measured (docs/tuning.md)
_SPARE = 0.95  # of what is free


@dataclass(frozen=True)
class Shape:
    """What decides how much memory a model takes."""

    parameters: int
    trained: int
    layers: int
    hidden: int
    intermediate: int
    vocabulary: int
    context: int


@dataclass(frozen=True)
class Need:
    """Bytes that a training takes at its peak, in three parts."""

    weights: float
    trained: float
    batch: float
    rest: float

    @property
    def total(self) -> float:
        """All parts together, and what the allocator takes beside them."""
        return _SLACK * (self.weights + self.trained + self.batch + self.rest)


def shape_of(base: Base, *, rank: int | None) -> Shape:
    """Read the configuration of a model and count its parameters, without loading its weights.

    Args:
        base: The model.
        rank: Of an adapter on all linear layers but the output; ``None`` trains every parameter.

    Raises:
        LocalTrainingError: The configuration cannot be read.
    """
    import torch
    from transformers import AutoModelForCausalLM

    config = load_configuration(base)
    auto: Any = AutoModelForCausalLM
    try:
        with suppressed_output(), torch.device("meta"):
            model = auto.from_config(config)
    except UNREADABLE as error:
        raise LocalTrainingError(f"The configuration of {base.name} cannot be used: {error}") from error
    text = config.get_text_config()
    total = model.num_parameters()
    return Shape(
        parameters=total,
        trained=total if rank is None else _adapter(model, rank),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        intermediate=getattr(text, "intermediate_size", 4 * text.hidden_size),
        vocabulary=text.vocab_size,
        context=getattr(text, "max_position_embeddings", 1 << 20),
    )


def _adapter(model: Any, rank: int) -> int:
    import torch

    head = model.get_output_embeddings()
    layers = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m is not head]
    return sum(rank * (layer.in_features + layer.out_features) for layer in layers)


def needed(
    shape: Shape,
    *,
    rank: int | None,
    batch_size: int,
    longest: int,
    weight_bytes: float,
    value_bytes: int,
    gpu: bool,
) -> Need:
    """Foresee the peak of a training.

    Each layer keeps, for each token, its inputs and what lies between its linear layers (about 10 hidden
    and 4 intermediate sizes), and with an adapter one value a rank for each of seven matrices. Three copies
    of the logits are the rest. Compared with what was measured on SmolLM2-135M in ``docs/tuning.md``.

    Args:
        shape: Of the model.
        rank: Of the adapter; ``None`` without one.
        batch_size: Examples at once.
        longest: Tokens of the longest example.
        weight_bytes: For one parameter that is not trained.
        value_bytes: For one number between the layers.
        gpu: Whether the model lies on a GPU, without the program itself.
    """
    tokens = batch_size * longest
    per_token = shape.layers * (10 * shape.hidden + 4 * shape.intermediate + 7 * (rank or 0)) * value_bytes
    return Need(
        weights=0 if rank is None else shape.parameters * weight_bytes,
        trained=shape.trained * _ADAM,
        batch=tokens * (per_token + shape.vocabulary * 4 * _LOGITS),
        rest=_OF_A_GPU if gpu else _LIBRARIES,
    )


def refuse_too_much(need: Need, *, free: float, batch_size: int, longest: int, device: str) -> None:
    """Refuse a training that does not fit, and say what takes less.

    Raises:
        NotEnoughMemoryError: It needs more than 95 % of what is free.
    """
    if need.total <= free * _SPARE:
        return
    raise NotEnoughMemoryError(
        f"This training needs about {need.total / _GB:.1f} GB of memory, and {free / _GB:.1f} GB are free on "
        f"{device}: {need.weights / _GB:.1f} GB for the base model, {need.trained / _GB:.1f} GB for what is "
        f"trained and its optimiser, {need.batch / _GB:.1f} GB for a batch of {batch_size} examples of up to "
        f"{longest} tokens, {need.rest / _GB:.1f} GB for the libraries.",
        hint="Use a smaller batch_size, a lower rank, a smaller model, or (on a GPU) quantize_4bit=True.",
    )


def free_memory(device: torch.device) -> float:
    """Bytes that can still be used: of the GPU, or of this machine within the limit of its container."""
    import psutil
    import torch

    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    return float(min(psutil.virtual_memory().available, _container_free()))


def _container_free() -> float:
    from pathlib import Path

    folder = Path("/sys/fs/cgroup")
    try:
        limit = int((folder / "memory.max").read_text(encoding="ascii"))
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        stat = dict(line.split() for line in (folder / "memory.stat").read_text("ascii").splitlines())
        return limit - used + int(stat.get("inactive_file", 0))
    except (OSError, ValueError):  # no container, or "max"
        return float("inf")

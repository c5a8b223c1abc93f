"""What a model makes of the answers of a batch: all examples in one row where that takes less time.

Examples begin with the same system prompt, and are of different lengths. In one row the prompt is read once
and nothing is padded; a mask keeps examples from seeing each other, and each token has the position that it
has in its own example. So the logits are those of the padded batch, but for rounding.
"""

from __future__ import annotations

from typing import Any

import torch

IGNORED = -100
"""The label of a token that is not learnt, in transformers."""

_TYPES = frozenset({"llama", "mistral", "qwen2", "qwen3"})  # nothing passes between tokens but by attention
_TOKENS = 384  # of a row: below the window of any of these, and what attention takes grows with their square


def answer_logits(
    model: Any, ids: torch.Tensor, labels: torch.Tensor, inside: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits for each token that is learnt, and that token, in the order of the examples.

    Logits of what stands before the answers are not made. TRL's own makes them a tile at a time in 32
    bits, which was a quarter of a step on a CPU.

    Args:
        model: A causal language model of transformers.
        ids: Tokens, of shape (examples, tokens), filled up at the right.
        labels: The same, with -100 where nothing is learnt.
        inside: The same shape; not 0 where a token is part of its example.

    Returns:
        Of shapes (learnt tokens, vocabulary) and (learnt tokens).
    """
    learnt = labels != IGNORED
    if ids.device.type == "cpu" and model.config.model_type in _TYPES:
        shared = _shared(ids, learnt, inside)
        if int(inside.sum()) - shared * (len(ids) - 1) <= _TOKENS:
            return _in_one_row(model, ids, learnt, inside.bool(), shared), labels[learnt]
    first = int(learnt.any(0).nonzero()[0])
    kept = torch.arange(
        first - 1, ids.shape[1] - 1, device=ids.device
    )  # a number would cost copies of the head
    logits = model(input_ids=ids, attention_mask=inside, use_cache=False, logits_to_keep=kept).logits
    return logits[learnt[:, first:]], labels[learnt]


def _shared(ids: torch.Tensor, learnt: torch.Tensor, inside: torch.Tensor) -> int:
    """Tokens with which all examples begin, at least one before what any of them learns."""
    same = (ids == ids[0]).all(0) & inside.bool().all(0)
    return min(int(same.long().cumprod(0).sum()), int(learnt.any(0).nonzero()[0]) - 1)


def _in_one_row(
    model: Any, ids: torch.Tensor, learnt: torch.Tensor, inside: torch.Tensor, shared: int
) -> torch.Tensor:
    kept = inside.clone()
    kept[1:, :shared] = False
    example, position = kept.nonzero(as_tuple=True)
    sees = (position[:, None] >= position) & ((example[:, None] == example) | (position < shared))
    mask = torch.zeros(sees.shape).masked_fill(~sees, torch.finfo(torch.float32).min)
    place = torch.zeros(ids.shape, dtype=torch.long)
    place[kept] = torch.arange(len(position))
    before = place[:, :-1][learnt[:, 1:]]
    logits: torch.Tensor = model(
        input_ids=ids[kept][None],
        position_ids=position[None],
        attention_mask=mask[None, None],
        use_cache=False,
        logits_to_keep=before,
    ).logits[0]
    return logits

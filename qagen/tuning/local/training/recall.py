"""What a model that is being trained knows: recall of answers word for word, and of general knowledge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from qagen.tuning.local.training.one_row import IGNORED, answer_logits

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from qagen.tuning.local import General, Message

_REPLY_TOKENS = 24  # enough for "The capital of France is Paris."
_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Recall:
    """How many answers a model gives word for word, and how surprised it is by them.

    ``loss`` is the mean negative log-likelihood of an answer's token, in nats; ``accuracy`` the share of
    answer tokens that would be chosen.
    """

    asked: int
    recalled: int
    loss: float
    accuracy: float

    @property
    def share(self) -> float:
        """Of the answers, those given word for word."""
        return self.recalled / self.asked

    def figures(self) -> dict[str, Any]:
        """Rounded, as a record holds them."""
        return {**asdict(self), "loss": round(self.loss, 5), "accuracy": round(self.accuracy, 5)}


def recall(model: Any, rows: Sequence[dict[str, Any]], *, eos: int, pad: int, batch_size: int) -> Recall:
    """How many answers greedy decoding would give exactly, from one forward pass over each.

    Greedy decoding writes an answer exactly if and only if, with the answer so far in view, each of its
    tokens and the end token is the likeliest next one. So nothing needs to be generated.

    Args:
        model: A causal language model of transformers; it is put back into training if it was training.
        rows: ``input_ids`` and ``labels`` as the trainer has them (-100: not learnt).
        eos: The token that ends an answer.
        pad: Fills shorter rows.
        batch_size: Rows in one pass.
    """
    recalled, losses, hits = 0, [], []
    with _evaluating(model):
        for start in range(0, len(rows), batch_size):
            batch = rows[start : start + batch_size]
            ids, labels = _padded(batch, pad, model.device)
            asked = torch.stack([_answer(marks, eos) for marks in labels])
            found, wanted = answer_logits(model, ids, asked, _inside(batch, ids))
            found = found.float()
            losses.append(torch.nn.functional.cross_entropy(found, wanted, reduction="none"))
            hits.append(found.argmax(-1) == wanted)
            lengths = (asked != IGNORED).sum(1).tolist()
            recalled += sum(bool(one.all()) for one in torch.split(hits[-1], lengths))
    return Recall(len(rows), recalled, float(torch.cat(losses).mean()), float(torch.cat(hits).float().mean()))


def _padded(batch: Sequence[dict[str, Any]], pad: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(row["input_ids"]) for row in batch)
    ids = [list(row["input_ids"]) + [pad] * (longest - len(row["input_ids"])) for row in batch]
    labels = [list(row["labels"]) + [IGNORED] * (longest - len(row["labels"])) for row in batch]
    return torch.tensor(ids, device=device), torch.tensor(labels, device=device)


def _inside(batch: Sequence[dict[str, Any]], ids: torch.Tensor) -> torch.Tensor:
    lengths = torch.tensor([len(row["input_ids"]) for row in batch], device=ids.device)
    return torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]


def _answer(labels: torch.Tensor, eos: int) -> torch.Tensor:
    """Labels up to the end of the answer; what a template writes after it is not asked."""
    ends = (labels == eos).nonzero().flatten()
    after = torch.arange(len(labels), device=labels.device) > (ends[0] if len(ends) else len(labels))
    return labels.masked_fill(after, IGNORED)


class _evaluating:  # noqa: N801 - reads as a statement: with _evaluating(model)
    """No gradients, no dropout; and back to what was before."""

    def __init__(self, model: Any) -> None:
        self._model, self._was_training = model, model.training
        self._grad: Any = torch.no_grad()

    def __enter__(self) -> None:
        self._grad.__enter__()
        self._model.eval()

    def __exit__(self, *error: object) -> None:
        self._model.train(self._was_training)
        self._grad.__exit__(*error)


def general_answers(
    model: Any, tokenizer: PreTrainedTokenizerBase, asked: Sequence[Sequence[Message]]
) -> list[str]:
    """What the model answers, greedily and with at most 24 tokens, to each of these conversations."""
    replies: list[str] = []
    with _evaluating(model):
        for batch in _batches(asked):
            texts = [
                str(tokenizer.apply_chat_template(list(one), tokenize=False, add_generation_prompt=True))
                for one in batch
            ]
            inputs = tokenizer(
                texts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False
            ).to(model.device)
            inputs.pop("token_type_ids", None)
            out = model.generate(
                **inputs, do_sample=False, max_new_tokens=_REPLY_TOKENS, pad_token_id=tokenizer.pad_token_id
            )
            width = inputs["input_ids"].shape[1]
            replies += [str(tokenizer.decode(row[width:], skip_special_tokens=True)).strip() for row in out]
    return replies


def _batches(asked: Sequence[Sequence[Message]]) -> Iterator[Sequence[Sequence[Message]]]:
    for start in range(0, len(asked), _AT_ONCE):
        yield asked[start : start + _AT_ONCE]


def is_right(reply: str, item: General) -> bool:
    """Whether one of the expected words stands in the reply, as a word of its own."""
    return any(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", reply, re.IGNORECASE) for words in item.answers)

"""What to do about a warning, as far as it is not done already: from what a card knows of the training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_STRENGTHS = (0.85, 0.7)  # those that were tried, see docs/learning.md
_FEWEST_EPOCHS = 3  # as train_locally counts by itself

Training = Mapping[str, Any]
"""``ReportCard.training``: settings and what came of them, by name."""


def against_forgetting(training: Training) -> str:
    """What else may keep more of what the base model knew."""
    if not training.get("provider"):
        return (
            "What helps, as far as it is not done already: general questions mixed in, a weaker adapter, "
            "fewer epochs, a lower rate."
        )
    ways = list(_Done(training).gentler())
    if not ways:
        return ""
    how = "qagen tune --overwrite" if training["provider"] == "local" else "qagen tune"
    return f"What may help and is not done yet (`{how}` with one of these): {'; '.join(ways)}."


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done in a training already, and what may therefore still help."""

    training: Training

    def gentler(self) -> Iterator[str]:
        training = self.training
        if training["provider"] == "local":
            if not training.get("replayed"):
                yield "general questions mixed in (`--replay general`)"
            yield from self.weaker()
        epochs = self.epochs()
        if epochs is not None and epochs > _FEWEST_EPOCHS:
            yield f"fewer epochs (`--n-epochs {max(_FEWEST_EPOCHS, epochs // 2)}`; it was {epochs})"
        rate = self.number("learning_rate")
        if training["provider"] == "local" and rate is not None:
            yield f"a lower rate (`--learning-rate {rate / 2:g}`; it was {rate:g})"

    def weaker(self) -> Iterator[str]:
        """A weaker adapter, where there is one, and it was not tried in vain."""
        strength = self.number("strength")
        if strength is None or self.training.get("rank") is None or "planned_strength" in self.training:
            return
        weaker = next((one for one in _STRENGTHS if one < strength), None)
        if weaker is not None:
            yield f"a weaker adapter (`--strength {weaker:g}`; it was {strength:g})"

    def epochs(self) -> int | None:
        """Those that were trained, and else those that were asked for."""
        number = self.number("epochs") or self.number("n_epochs")
        return None if number is None else max(1, round(number))

    def number(self, name: str) -> float | None:
        value = self.training.get(name)
        return value if isinstance(value, int | float) and value > 0 else None


def against_under_training(training: Training) -> str:
    """How to learn more of what is trained, before any other figure is read."""
    before = "before reading the other figures"
    done = _Done(training)
    rank, epochs = done.number("rank"), done.epochs()
    ended = str(training.get("stopped_early", ""))
    if ended.startswith("the validation") and rank is not None:
        higher = f"a higher rank (`--rank {2 * rank:g}`; it was {rank:g})"
        return f"Training ended by itself, as nothing improved: train with {higher} {before}."
    if ended:
        on = "`train_locally(..., stop_at_recall=None)`"
        return f"Training ended by itself ({ended}): train on ({on}) {before}."
    longer = "" if epochs is None else f" (`--n-epochs {2 * epochs}`; it was {epochs})"
    return f"Train for longer{longer} {before}."

"""What a training takes where nothing is said: epochs, learning rate, device, precision."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.errors import SettingsError

if TYPE_CHECKING:
    from qagen.tuning.local import Examples
    from qagen.tuning.models import Base

_EXPOSURES = 30  # that each answer gets, whatever its number of wordings (docs/learning.md)
_FEWEST_EPOCHS, _MOST_EPOCHS = 3, 30
_RATE, _RATE_FULL = 2e-4, 2e-5
_RATE_SMALL, _SMALL = 1e-3, 5e8  # an adapter of a model with fewer parameters (docs/learning.md)


@dataclass(frozen=True, slots=True)
class Defaults:
    """The figures that suit a base model and its examples; ``full``: all weights are trained."""

    base: Base
    examples: Examples
    full: bool

    @property
    def n_epochs(self) -> int:
        """As many as give each answer its exposures."""
        answers = {item.answer for item in self.examples.items}
        wanted = math.ceil(_EXPOSURES * len(answers) / len(self.examples.items))
        return min(max(wanted, _FEWEST_EPOCHS), _MOST_EPOCHS)

    @property
    def learning_rate(self) -> float:
        """At the start; a small model bears more."""
        from qagen.tuning.local import shape_of

        if self.full:
            return _RATE_FULL
        return _RATE_SMALL if shape_of(self.base, rank=None).parameters < _SMALL else _RATE


def device_named(name: str) -> str:
    """The device of a name, ``auto`` included.

    Raises:
        SettingsError: There is no such device, or not here.
    """
    import torch

    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next(device for device in ("cuda", "mps", "cpu") if here[device])
    if name not in here:
        raise SettingsError(f"There is no device {name!r}.", hint="Use 'auto', 'cpu', 'cuda' or 'mps'.")
    if not here[name]:
        raise SettingsError(
            f"No {name} device can be used here.",
            hint="Use device='auto', or install a torch build for your GPU (docs/tuning.md).",
        )
    return name


def dtype_on(device: str) -> str:
    """In which matrices are multiplied.

    A CPU with matrix units for 16 bits (AMX) takes a third of the time for a step; without them it takes
    longer.
    """
    import torch

    has_units = device == "cuda" or (device == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16")))
    return "bfloat16" if has_units else "float32"

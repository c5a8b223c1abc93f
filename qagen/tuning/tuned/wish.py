"""How a tuned model is to be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from qagen.errors import SettingsError

if TYPE_CHECKING:
    from qagen.tuning.hosted import Client

Engine = Literal["auto", "llama.cpp", "transformers"]

TRAINED_WITH = "<the system prompt it was trained with>"
"""Stands for the system prompt of the training file."""

_ENGINES = ("auto", "llama.cpp", "transformers")


@dataclass(frozen=True)
class Wish:
    """The arguments of :func:`qagen.tuned_model`, but for the model."""

    client: Client | None
    system_prompt: str | None
    engine: Engine
    deployment: str | None
    base_url: str | None
    home: Path | str | None
    announce: Callable[[str], None] | None
    params: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse an engine that there is not, and a system prompt without text.

        Raises:
            SettingsError: One of the two.
        """
        if self.engine not in _ENGINES:
            raise SettingsError(
                f"There is no engine {self.engine!r}.", hint=f"Use one of: {', '.join(_ENGINES)}."
            )
        if self.system_prompt is not None and not self.system_prompt.strip():
            raise SettingsError(
                "The system prompt is empty.", hint="Pass system_prompt=None to have no system message."
            )

    def prompt(self, trained: str | None) -> str | None:
        """The system prompt to ask with, given that of the training."""
        return trained if self.system_prompt is TRAINED_WITH else self.system_prompt

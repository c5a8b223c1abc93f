"""What is wrong in one place of a training file, before its line is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

_SHORT = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in one line, whose number is known to whoever reads the file."""

    severity: Severity
    code: str
    message: str

    @classmethod
    def error(cls, code: str, message: str) -> Finding:
        """What makes a service or a trainer refuse the file."""
        return cls("error", code, message)

    @classmethod
    def warning(cls, code: str, message: str) -> Finding:
        """What spoils the training or costs money."""
        return cls("warning", code, message)


def short(value: object) -> str:
    """A value as a message shows it: on one line, not too long."""
    text = repr(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"

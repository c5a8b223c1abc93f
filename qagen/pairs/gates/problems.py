"""What is wrong with a pair, as a gate found it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a pair cannot stay as it is: ``reason`` in one word (snake_case), ``detail`` in a sentence."""

    reason: str
    detail: str

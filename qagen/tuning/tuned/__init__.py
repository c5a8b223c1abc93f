"""Asking a tuned model, wherever it was tuned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.tuning.tuned.asking import base_chat_model as base_chat_model
    from qagen.tuning.tuned.asking import tuned_model as tuned_model
else:
    __getattr__, __dir__, __all__ = face(__name__, {"asking": "base_chat_model tuned_model"})

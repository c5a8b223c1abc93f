"""One training on this machine: what decides it, the model and its trainer, the loop, and what is written.

All modules but ``starting`` import torch as they are loaded; it loads them when training begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.tuning.local.training.starting import LocalModel as LocalModel
    from qagen.tuning.local.training.starting import train_locally as train_locally
else:
    __getattr__, __dir__, __all__ = face(__name__, {"starting": "LocalModel train_locally"})

"""The whole way from documents to files: the steps in their order, what they may cost, and generate_pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.flow.estimate import Estimate as Estimate
    from qagen.flow.estimate import StepEstimate as StepEstimate
    from qagen.flow.estimate import estimate_pairs as estimate_pairs
    from qagen.flow.files import REPORT as REPORT
    from qagen.flow.files import VALIDATION as VALIDATION
    from qagen.flow.machine import KEYS as KEYS
    from qagen.flow.machine import look_around as look_around
    from qagen.flow.run import generate_pairs as generate_pairs
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "estimate": "Estimate StepEstimate estimate_pairs",
            "files": "REPORT VALIDATION",
            "machine": "KEYS look_around",
            "run": "generate_pairs",
        },
    )

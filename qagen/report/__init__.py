"""The page a person looks at: one file with the figures, the texts, the pairs and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.report.page import write_report as write_report
else:
    __getattr__, __dir__, __all__ = face(__name__, {"page": "write_report"})

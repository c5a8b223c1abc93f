"""From a dataset to a tuned model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.tuning.record import TUNING as TUNING
    from qagen.tuning.record import TuningRecord as TuningRecord
    from qagen.tuning.record import read_record as read_record
    from qagen.tuning.record import write_record as write_record
else:
    __getattr__, __dir__, __all__ = face(__name__, {"record": "TUNING TuningRecord read_record write_record"})

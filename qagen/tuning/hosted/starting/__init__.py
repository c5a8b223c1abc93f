"""A job is started at a service: its settings, its files, and one request whose answer may get lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.tuning.hosted.starting.job_record import record_of as record_of
    from qagen.tuning.hosted.starting.settings import SYSTEM_PROMPT as SYSTEM_PROMPT
    from qagen.tuning.hosted.starting.settings import Settings as Settings
    from qagen.tuning.hosted.starting.start import start_checked as start_checked
    from qagen.tuning.hosted.starting.start import start_fine_tuning as start_fine_tuning
    from qagen.tuning.hosted.starting.training_files import JobFiles as JobFiles
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "job_record": "record_of",
            "settings": "SYSTEM_PROMPT Settings",
            "start": "start_checked start_fine_tuning",
            "training_files": "JobFiles",
        },
    )

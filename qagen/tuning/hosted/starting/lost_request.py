"""A request to start a job whose answer was lost, and how the job that it made is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.tuning.hosted import metadata_of, number
from qagen.tuning.hosted.starting.settings import RUN

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

    from qagen.errors import ServiceError

_CLOCKS = 60.0  # seconds by which two clocks may differ
_UNCLEAR = frozenset({408, 409})
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class LostRequest:
    """A request whose answer was lost: its run id, the jobs before it (``None``: not asked), its time."""

    run: str
    known: frozenset[str] | None
    since: float

    def made(self, job: FineTuningJob, file_id: str, model: str) -> bool:
        """Whether the request made this job.

        The run id tells. On a service that keeps no metadata it is a job that was not there before, on this
        file, for this model, and not older than the request, give or take what clocks differ.
        """
        if told := metadata_of(job):
            return told.get(RUN) == self.run
        is_new = self.known is not None and str(job.id) not in self.known
        is_recent = number(job.created_at) >= self.since - _CLOCKS
        return is_new and is_recent and job.training_file == file_id and str(job.model).startswith(model)


def is_refusal(error: ServiceError) -> bool:
    """Whether the service refused: it did not start a job and then lose the answer."""
    status = getattr(error.__cause__, "status_code", None)
    return isinstance(status, int) and 400 <= status < _SERVER_ERROR and status not in _UNCLEAR  # noqa: PLR2004 - HTTP

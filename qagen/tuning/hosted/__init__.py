"""Fine-tuning at a service: upload, start, watch, measure, and what is known of each service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.tuning.hosted.jobs import CANCELLED as CANCELLED
    from qagen.tuning.hosted.jobs import cancel_fine_tuning as cancel_fine_tuning
    from qagen.tuning.hosted.jobs import delete_tuned_model as delete_tuned_model
    from qagen.tuning.hosted.jobs import list_checkpoints as list_checkpoints
    from qagen.tuning.hosted.jobs import list_fine_tuning as list_fine_tuning
    from qagen.tuning.hosted.jobs import metadata_of as metadata_of
    from qagen.tuning.hosted.jobs import number as number
    from qagen.tuning.hosted.jobs import pause_fine_tuning as pause_fine_tuning
    from qagen.tuning.hosted.jobs import read_job as read_job
    from qagen.tuning.hosted.jobs import resume_fine_tuning as resume_fine_tuning
    from qagen.tuning.hosted.metrics import fine_tuning_metrics as fine_tuning_metrics
    from qagen.tuning.hosted.metrics import plot_metrics as plot_metrics
    from qagen.tuning.hosted.services import SERVICES as SERVICES
    from qagen.tuning.hosted.services import Client as Client
    from qagen.tuning.hosted.services import Fetch as Fetch
    from qagen.tuning.hosted.services import Name as Name
    from qagen.tuning.hosted.services import Service as Service
    from qagen.tuning.hosted.services import answered as answered
    from qagen.tuning.hosted.services import code_of as code_of
    from qagen.tuning.hosted.services import content_of as content_of
    from qagen.tuning.hosted.services import explained as explained
    from qagen.tuning.hosted.services import listed as listed
    from qagen.tuning.hosted.services import service_of as service_of
    from qagen.tuning.hosted.uploading import bring as bring
    from qagen.tuning.hosted.uploading import delete_file as delete_file
    from qagen.tuning.hosted.uploading import upload_training_file as upload_training_file
    from qagen.tuning.hosted.verdict import Method as Method
    from qagen.tuning.hosted.verdict import Verdict as Verdict
    from qagen.tuning.hosted.watching import wait_for_fine_tuning as wait_for_fine_tuning
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "jobs": (
                "CANCELLED cancel_fine_tuning delete_tuned_model list_checkpoints list_fine_tuning "
                "metadata_of number pause_fine_tuning read_job resume_fine_tuning"
            ),
            "metrics": "fine_tuning_metrics plot_metrics",
            "services": (
                "Client Fetch Name SERVICES Service answered code_of content_of explained listed service_of"
            ),
            "uploading": "bring delete_file upload_training_file",
            "verdict": "Method Verdict",
            "watching": "wait_for_fine_tuning",
        },
    )

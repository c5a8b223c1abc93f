"""A training file goes to a service: checked, not twice, in parts if large, and until it can be used."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from qagen.errors import DeadlineError, SettingsError, UploadError
from qagen.tuning.file import check_training_file
from qagen.tuning.hosted.services import Service, answered, explained, service_of
from qagen.tuning.hosted.upload import UNUSABLE, Purpose, Upload
from qagen.tuning.hosted.verdict import Method, Verdict

if TYPE_CHECKING:
    from openai.types import FileObject

    from qagen.tuning.hosted.services import Client

FINE_TUNE: Purpose = "fine-tune"
_TIMEOUT, _POLL = 600.0, 2.0


def upload_training_file(
    client: Client,
    path: str | Path,
    *,
    purpose: Purpose = "fine-tune",
    wait: bool = True,
    timeout: float = _TIMEOUT,
    check: bool = True,
    reuse: bool = True,
    progress: bool = True,
    method: Method | None = None,
    service: Service | None = None,
    poll_seconds: float = _POLL,
) -> str:
    """Upload a file and return its id at the service.

    A file is reused only if one of the same name, size and purpose is there whose content, downloaded and
    compared byte by byte, is the same: a file of the same size can be another file. Where the service refuses
    the download (OpenAI does for free accounts) the file is uploaded again, which costs nothing but space.

    Files above the service's limit for one request (OpenAI 512 MB, Azure 100 MB) go in parts of 64 MB; when a
    part fails or the user presses Ctrl-C, the upload is cancelled at the service. At most a megabyte of the
    file is in memory at a time.

    Args:
        client: Of the SDK, for OpenAI, Azure, Nebius or any other service that speaks the same wire.
        path: The file, in JSON Lines. Its name is sent along.
        purpose: What the service is to use it for. Only files for ``fine-tune`` are checked.
        wait: Until the service says that the file can be used.
        timeout: Seconds to wait at most.
        check: Check the file first with :func:`qagen.check_training_file`, and refuse what the service would
            refuse. Its warnings are passed on as one ``UserWarning``.
        reuse: Look for the same file at the service first.
        progress: Show a bar for files of 8 MB or more.
        method: What the file is to be trained with; ``None`` takes either kind of file.
        service: What the service takes; ``None`` recognises it by the client. Give one of
            ``qagen.tuning.hosted.services.SERVICES`` for a gateway with an address of its own.
        poll_seconds: How often to look at a file that is being processed.

    Raises:
        TrainingFileError: The file cannot be read, or the service would refuse it; the message lists why.
            Nothing was sent.
        UploadError: The service refused it, could not be reached, or cannot use it.
        DeadlineError: It was uploaded, but is still being processed.
    """
    file, service = Path(path), service or service_of(client)
    if check and purpose == FINE_TUNE:
        Verdict(service, check_training_file(file, method=method or "supervised"), method).enforce()
    file_id, _ = Upload.of(client, file, purpose, service, progress=progress).there(reuse=reuse)
    if wait:
        wait_for_file(client, file_id, timeout, poll_seconds)
    return file_id


def bring(client: Client, file: Path, service: Service, *, progress: bool) -> tuple[str, bool]:
    """A file that was checked, at the service and ready: its id, and whether it was uploaded just now.

    Raises:
        TrainingFileError: As for :func:`upload_training_file`, as are the others.
        UploadError: Likewise.
        DeadlineError: Likewise.
    """
    file_id, is_new = Upload.of(client, file, FINE_TUNE, service, progress=progress).there(reuse=True)
    wait_for_file(client, file_id, _TIMEOUT, _POLL)
    return file_id, is_new


def delete_file(client: Client, file_id: str) -> None:
    """Delete a file at the service, such as one that was uploaded for a job that could not be started.

    Raises:
        SettingsError: ``file_id`` is empty.
        ServiceError: The service refuses, or has no such file.
    """
    from openai.types import FileDeleted

    if not file_id:
        raise SettingsError(
            "file_id is empty.", hint="Give the id of a file at the service, such as 'file-abc123'."
        )
    what = f"The file {file_id} could not be deleted"
    with explained(what):
        deleted = answered(client.files.delete(file_id), FileDeleted, what=what)
    if not deleted.deleted:
        raise UploadError(
            f"{what}: the service says that it did not.", hint="Look at it in the service's own pages."
        )


def wait_for_file(client: Client, file_id: str, timeout: float, poll_seconds: float) -> None:
    """Wait until the service says that a file can be used.

    Raises:
        UploadError: It cannot be, or cannot be looked at.
        DeadlineError: It is still being processed.
    """
    from openai.types import FileObject

    what = f"The file {file_id} was uploaded, but could not be looked at"
    end = time.monotonic() + timeout
    while True:
        with explained(what, kind=UploadError):
            file = answered(client.files.retrieve(file_id), FileObject, what=what)
        if str(file.status) in UNUSABLE:
            raise UploadError(_unusable_file(file))
        if file.status == "processed" or not file.status:  # Nebius never tells one
            return
        left = end - time.monotonic()
        if left <= 0:
            raise DeadlineError(
                f"The file {file_id} is uploaded, but after {timeout:g} s the service is still processing it "
                f"(status {file.status!r}).",
                hint="It goes on there: use the id later, or wait longer with timeout=.",
                retryable=True,
            )
        time.sleep(min(poll_seconds, left))


def _unusable_file(file: FileObject) -> str:
    reason = file.status_details or "the service gives no reason; check_training_file() may find one"
    return (
        f"The service cannot use the file {file.id} ({file.filename}): {reason}. Correct the file and upload "
        f'it again; delete_file(client, "{file.id}") removes this one.'
    )

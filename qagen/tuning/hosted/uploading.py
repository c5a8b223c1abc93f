"""A training file goes to a service: checked, not twice, in parts if large, and until it can be used."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from qagen.errors import DeadlineError, SettingsError, TrainingFileError, UploadError
from qagen.llm.progress import bar_class
from qagen.tuning.file.checking import check_training_file
from qagen.tuning.file.contents import is_text
from qagen.tuning.hosted.services import Service, answered, content_of, explained, listed, service_of

if TYPE_CHECKING:
    from openai.types import FileObject

    from qagen.tuning.file.report import Problem, TrainingFileReport
    from qagen.tuning.hosted.services import Client

Method = Literal["supervised", "dpo"]
Purpose = Literal["fine-tune", "batch", "evals", "user_data", "assistants", "vision"]

FINE_TUNE: Purpose = "fine-tune"
_TIMEOUT, _POLL = 600.0, 2.0
# What OpenAI refuses and others need not.
_STRICT_ONLY = frozenset({"too-few", "special-token"})
# What is no news here: large files go in parts, and the model is asked about when the job starts.
_NOT_SAID = frozenset({"size", "model", "method"})
_SHOWN = 5
_BAR_FROM = 8 * 1024**2
_MIME = "application/jsonl"
_CANCEL_TIMEOUT = 10.0
_UNUSABLE = frozenset({"error", "deleted", "deleting"})


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
        check_for(service, file, method=method)
    file_id, _ = _there(client, file, purpose, service, reuse=reuse, progress=progress)
    if wait:
        _wait(client, file_id, timeout, poll_seconds)
    return file_id


def bring(client: Client, file: Path, service: Service, *, progress: bool) -> tuple[str, bool]:
    """A file that was checked, at the service and ready: its id, and whether it was uploaded just now.

    Raises:
        TrainingFileError: As for :func:`upload_training_file`, as are the others.
        UploadError: Likewise.
        DeadlineError: Likewise.
    """
    file_id, is_new = _there(client, file, FINE_TUNE, service, reuse=True, progress=progress)
    _wait(client, file_id, _TIMEOUT, _POLL)
    return file_id, is_new


def _there(
    client: Client, file: Path, purpose: Purpose, service: Service, *, reuse: bool, progress: bool
) -> tuple[str, bool]:
    size = _size(file, service)
    file_id = _find(client, file, size, purpose) if reuse else None
    if file_id is not None:
        return file_id, False
    return _send(client, file, size, purpose, service, progress=progress), True


def delete_file(client: Client, file_id: str) -> None:
    """Delete a file at the service, such as one that was uploaded for a job that could not be started.

    Raises:
        SettingsError: ``file_id`` is empty.
        ServiceError: The service refuses, or has no such file.
    """
    from openai.types import FileDeleted

    if not file_id:
        raise SettingsError("file_id is empty. Give the id of a file at the service, such as 'file-abc123'.")
    what = f"The file {file_id} could not be deleted"
    with explained(what):
        deleted = answered(client.files.delete(file_id), FileDeleted, what=what)
    if not deleted.deleted:
        raise UploadError(f"{what}: the service says that it did not. Look at it in the service's own pages.")


def check_for(
    service: Service,
    file: Path,
    *,
    method: Method | None = None,
    model: str | None = None,
    validation_file: Path | None = None,
) -> TrainingFileReport:
    """Check a file and refuse what this service would refuse; warn of what spoils the training.

    Raises:
        TrainingFileError: It would be refused; the message lists why.
    """
    report = check_training_file(
        file, model=model, validation_file=validation_file, method=method or "supervised"
    )
    refused = [problem for problem in report.problems if _refused(problem, service, method)]
    if service.strict and file.suffix.lower() != ".jsonl":
        refused_name = f"\n  error: its name must end in .jsonl; rename {file.name!r}. [name]"
    else:
        refused_name = ""
    if refused or refused_name:
        found = "".join(f"\n  {problem}" for problem in refused[:_SHOWN]) + refused_name
        more = f"\n  … and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        raise TrainingFileError(
            f"{file} would be refused by {service.title}; nothing was sent:{found}{more}\n"
            "check_training_file() lists everything; upload_training_file(..., check=False) sends it anyway."
        )
    _warn(report)
    return report


def _refused(problem: Problem, service: Service, method: Method | None) -> bool:
    if problem.code == "not-chat":
        return service.strict
    if problem.code == "method" and method is None:
        return False
    return problem.severity == "error" and (service.strict or problem.code not in _STRICT_ONLY)


def _warn(report: TrainingFileReport) -> None:
    said = [one for one in report.problems if one.severity == "warning" and one.code not in _NOT_SAID]
    if said:
        more = f" (and {len(said) - 2} more; check_training_file() lists them)" if len(said) > 2 else ""  # noqa: PLR2004 - two are shown
        shown = "; ".join(str(problem).removeprefix("warning: ") for problem in said[:2])
        warnings.warn(f"{report.path}: {shown}{more}", UserWarning, stacklevel=4)


def _size(file: Path, service: Service) -> int:
    try:
        size = file.stat().st_size
        with file.open("rb"):
            pass
    except OSError as error:
        raise TrainingFileError(f"Cannot read {file}: {error.strerror or error}.") from error
    if not size:
        raise TrainingFileError(f"{file} is empty. Nothing was sent.")
    if not is_text(file.name):
        raise TrainingFileError(f"The name {file.name!r} is no text in UTF-8. Rename the file.")
    if size > service.uploads_limit:
        raise TrainingFileError(
            f"{file} has {size:,} bytes; {service.title} takes {service.uploads_limit:,} at most. Split it."
        )
    return size


# Reuse


def _find(client: Client, file: Path, size: int, purpose: str) -> str | None:
    from openai.types import FileObject

    what = "The files already at the service could not be listed (reuse=False goes on without)"
    fetch = partial(client.files.with_raw_response.list, purpose=purpose)
    for one in listed(fetch, FileObject, what=what, size=None):
        same = one.filename == file.name and one.bytes == size and one.purpose == purpose
        if same and isinstance(one.id, str) and str(one.status) not in _UNUSABLE:
            equal = _same_content(client, one.id, file)
            if equal is None:
                return None
            if equal:
                return one.id
    return None


def _same_content(client: Client, file_id: str, file: Path) -> bool | None:
    """Whether the service's file has these bytes; ``None`` if it does not let it be downloaded."""
    import openai

    what = f"The file {file_id} could not be compared with {file} (reuse=False goes on without)"
    try:
        with (
            file.open("rb") as own,
            explained(what, kind=UploadError),
            closing(content_of(client, file_id)) as chunks,
        ):
            return all(own.read(len(chunk)) == chunk for chunk in chunks) and not own.read(1)
    except UploadError as error:
        if isinstance(error.__cause__, openai.APIStatusError):
            return None
        raise


# Sending


class _Slice:
    """Some bytes of an open file as a file of their own, which tells how far it was read."""

    def __init__(self, file: BinaryIO, start: int, length: int, told: Callable[[int], object]) -> None:
        self._file, self._start, self._length, self._told = file, start, length, told
        self._position = 0

    def seekable(self) -> bool:
        """Yes: the SDK sends again only what it can go back in."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go there, as a file does."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Where it is."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        left = max(self._length - self._position, 0)
        self._file.seek(self._start + self._position)
        data = self._file.read(left if size < 0 else min(size, left))
        self._position += len(data)
        self._told(self._start + self._position)
        return data

    def named(self, name: str) -> Any:
        """With its name and type, as the SDK takes a file. It asks for these methods only."""
        return name, self, _MIME


def _send(
    client: Client, file: Path, size: int, purpose: Purpose, service: Service, *, progress: bool
) -> str:
    what = f"{file} could not be uploaded"
    with ExitStack() as stack:
        opened = stack.enter_context(file.open("rb"))
        bar = stack.enter_context(_bar(file, size, shown=progress and size >= _BAR_FROM))

        def told(position: int) -> None:
            bar.update(position - bar.n)  # a part that is sent again goes back

        stack.enter_context(explained(what, kind=UploadError))
        if size <= service.files_limit:
            whole = _Slice(opened, 0, size, told).named(file.name)
            return _id_of(client.files.create(file=whole, purpose=purpose), what)
        return _send_parts(client, opened, file.name, size, purpose, service.part_size, told)


def _send_parts(  # noqa: PLR0917 - what is sent, and how
    client: Client,
    opened: BinaryIO,
    name: str,
    size: int,
    purpose: Any,
    part_size: int,
    told: Callable[[int], object],
) -> str:
    from openai.types import Upload
    from openai.types.uploads import UploadPart

    what = f"{name} could not be uploaded in parts"
    created = client.uploads.create(bytes=size, filename=name, mime_type=_MIME, purpose=purpose)
    upload = answered(created, Upload, what=what)
    with ExitStack() as stack:
        stack.callback(_cancel, client, upload.id)
        parts = []
        for start in range(0, size, part_size):
            data = _Slice(opened, start, min(part_size, size - start), told).named("part")
            part = client.uploads.parts.create(upload.id, data=data)
            parts.append(answered(part, UploadPart, what=what).id)
        done = answered(client.uploads.complete(upload.id, part_ids=parts), Upload, what=what)
        file_id = _id_of(done.file, what)
        stack.pop_all()
    return file_id


def _cancel(client: Client, upload_id: str) -> None:
    import httpx2
    import openai

    once = client.with_options(max_retries=0, timeout=_CANCEL_TIMEOUT)
    with suppress(openai.OpenAIError, httpx2.HTTPError, ValueError):  # what made it fail is what is reported
        once.uploads.cancel(upload_id)


def _id_of(value: Any, what: str) -> str:
    from openai.types import FileObject

    return answered(value, FileObject, what=what).id


def _bar(file: Path, size: int, *, shown: bool) -> Any:
    return bar_class()(
        total=size, desc=f"uploading {file.name}", unit="B", unit_scale=True, disable=not shown, leave=False
    )


# Waiting


def _wait(client: Client, file_id: str, timeout: float, poll_seconds: float) -> None:
    from openai.types import FileObject

    what = f"The file {file_id} was uploaded, but could not be looked at"
    end = time.monotonic() + timeout
    while True:
        with explained(what, kind=UploadError):
            file = answered(client.files.retrieve(file_id), FileObject, what=what)
        if str(file.status) in _UNUSABLE:
            raise UploadError(_unusable(file))
        if file.status == "processed" or not file.status:  # Nebius never tells one
            return
        left = end - time.monotonic()
        if left <= 0:
            raise DeadlineError(
                f"The file {file_id} is uploaded, but after {timeout:g} s the service is still processing it "
                f"(status {file.status!r}). It goes on there: use the id later, or wait longer with timeout=."
            )
        time.sleep(min(poll_seconds, left))


def _unusable(file: FileObject) -> str:
    reason = file.status_details or "the service gives no reason; check_training_file() may find one"
    return (
        f"The service cannot use the file {file.id} ({file.filename}): {reason}. Correct the file and upload "
        f'it again; delete_file(client, "{file.id}") removes this one.'
    )

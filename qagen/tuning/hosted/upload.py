"""One file on its way to a service: found there if it is there already, sent whole or in parts."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from qagen.errors import TrainingFileError, UploadError
from qagen.llm import bar_class
from qagen.tuning.file import is_text
from qagen.tuning.hosted.services import Service, answered, content_of, explained, listed

if TYPE_CHECKING:
    from qagen.tuning.hosted.services import Client

Purpose = Literal["fine-tune", "batch", "evals", "user_data", "assistants", "vision"]

UNUSABLE = frozenset({"error", "deleted", "deleting"})
"""The words of a service for a file that cannot be used."""

_BAR_FROM = 8 * 1024**2
_MIME = "application/jsonl"
_CANCEL_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, the service it goes to, and what it is for there."""

    client: Client
    file: Path
    size: int
    purpose: Purpose
    service: Service
    progress: bool

    @classmethod
    def of(cls, client: Client, file: Path, purpose: Purpose, service: Service, *, progress: bool) -> Upload:
        """Look at the file first.

        Raises:
            TrainingFileError: It cannot be read, is empty or too large, or has a name that cannot be sent.
        """
        try:
            size = file.stat().st_size
            with file.open("rb"):
                pass
        except OSError as error:
            raise TrainingFileError(f"Cannot read {file}: {error.strerror or error}.") from error
        if not size:
            raise TrainingFileError(f"{file} is empty. Nothing was sent.")
        if not is_text(file.name):
            raise TrainingFileError(f"The name {file.name!r} is no text in UTF-8.", hint="Rename the file.")
        if size > service.uploads_limit:
            raise TrainingFileError(
                f"{file} has {size:,} bytes; {service.title} takes {service.uploads_limit:,} at most.",
                hint="Split it.",
            )
        return cls(client, file, size, purpose, service, progress)

    def there(self, *, reuse: bool) -> tuple[str, bool]:
        """The id of the file at the service, and whether it was sent just now.

        Raises:
            ServiceError: It could not be brought there.
        """
        file_id = self.same_file() if reuse else None
        return (self.send(), True) if file_id is None else (file_id, False)

    def same_file(self) -> str | None:
        """The id of a file with these bytes that is there already."""
        from openai.types import FileObject

        what = "The files already at the service could not be listed (reuse=False goes on without)"
        fetch = partial(self.client.files.with_raw_response.list, purpose=self.purpose)
        wanted = (self.file.name, self.size, self.purpose)
        for one in listed(fetch, FileObject, what=what, size=None):
            same = (one.filename, one.bytes, one.purpose) == wanted
            if same and isinstance(one.id, str) and str(one.status) not in UNUSABLE:
                equal = self.has_content_of(one.id)
                if equal is None:
                    return None
                if equal:
                    return one.id
        return None

    def has_content_of(self, file_id: str) -> bool | None:
        """Whether the service's file has these bytes; ``None`` if it does not let it be downloaded."""
        import openai

        what = f"The file {file_id} could not be compared with {self.file} (reuse=False goes on without)"
        try:
            with (
                self.file.open("rb") as own,
                explained(what, kind=UploadError),
                closing(content_of(self.client, file_id)) as chunks,
            ):
                return all(own.read(len(chunk)) == chunk for chunk in chunks) and not own.read(1)
        except UploadError as error:
            if isinstance(error.__cause__, openai.APIStatusError):
                return None
            raise

    def send(self) -> str:
        """Send it, and return its id.

        Raises:
            UploadError: It could not be.
        """
        what = f"{self.file} could not be uploaded"
        with ExitStack() as stack:
            opened = stack.enter_context(self.file.open("rb"))
            bar = stack.enter_context(self.bar())

            def told(position: int) -> None:
                bar.update(position - bar.n)  # a part that is sent again goes back

            stack.enter_context(explained(what, kind=UploadError))
            if self.size <= self.service.files_limit:
                whole = Slice(opened, 0, self.size, told).named(self.file.name)
                return _file_id(self.client.files.create(file=whole, purpose=self.purpose), what)
            return self.send_parts(opened, told)

    def send_parts(self, opened: BinaryIO, told: Callable[[int], object]) -> str:
        """Send it in parts; when one fails, the upload is cancelled at the service."""
        from openai.types import Upload as Begun
        from openai.types.uploads import UploadPart

        uploads, name = self.client.uploads, self.file.name
        what = f"{name} could not be uploaded in parts"
        purpose: Any = self.purpose
        created = uploads.create(bytes=self.size, filename=name, mime_type=_MIME, purpose=purpose)
        upload = answered(created, Begun, what=what)
        with ExitStack() as stack:
            stack.callback(self.cancel, upload.id)
            parts = []
            for start in range(0, self.size, self.service.part_size):
                length = min(self.service.part_size, self.size - start)
                part = uploads.parts.create(upload.id, data=Slice(opened, start, length, told).named("part"))
                parts.append(answered(part, UploadPart, what=what).id)
            done = answered(uploads.complete(upload.id, part_ids=parts), Begun, what=what)
            file_id = _file_id(done.file, what)
            stack.pop_all()
        return file_id

    def cancel(self, upload_id: str) -> None:
        """Forget the parts at the service; what made the upload fail is what is reported."""
        import httpx2
        import openai

        once = self.client.with_options(max_retries=0, timeout=_CANCEL_TIMEOUT)
        with suppress(openai.OpenAIError, httpx2.HTTPError, ValueError):
            once.uploads.cancel(upload_id)

    def bar(self) -> Any:
        """In bytes; it is shown for a large file."""
        return bar_class()(
            total=self.size,
            desc=f"uploading {self.file.name}",
            unit="B",
            unit_scale=True,
            disable=not (self.progress and self.size >= _BAR_FROM),
            leave=False,
        )


def _file_id(value: Any, what: str) -> str:
    from openai.types import FileObject

    return answered(value, FileObject, what=what).id


class Slice:
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

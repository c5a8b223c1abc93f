"""Files that are written whole or not at all, and JSON Lines that are read one line at a time."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TextIO, TypeVar, overload
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from qagen.errors import QAGenError, RunFolderError

T = TypeVar("T", bound=BaseModel)

# Line-based readers disagree about these: some split at them. Escaped, every reader sees one line.
_LINE_SEPARATORS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


class RecordError(QAGenError, ValueError):
    """A line of a file is not the record it should be."""


def json_line(value: Any) -> str:
    """One line of JSON Lines: readable (not ASCII-escaped), safe for every line-based reader."""
    return json.dumps(value, ensure_ascii=False).translate(_LINE_SEPARATORS) + "\n"


class Writer:
    """A text file that is being written; what the system refuses is an error that names the file."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self._path = path
        self._file = file
        self.lines = 0

    def write(self, line: str) -> None:
        """Add a line, its end included."""
        with explained(self._path):
            self._file.write(line)
        self.lines += 1


@contextmanager
def whole_path(path: Path, *, tag: str = "") -> Iterator[Path]:
    """A temporary name beside ``path`` to write to; it becomes ``path`` when the block ends without an error.

    This is the one way to write a file whole. Text is written through :func:`whole_file`.

    Args:
        path: The file to be. Its folder must exist.
        tag: Part of the temporary name, by which the leftovers of a killed process can be recognised.

    Raises:
        RunFolderError: The file cannot be written (no permission, disk full); ``path`` is as it was.
    """
    with explained(path):
        is_file_name = bool(path.name) and not path.is_dir()
    if not is_file_name:
        raise RunFolderError(
            f"{str(path)!r} is not the name of a file.", hint="Give one, such as train.jsonl."
        )
    temporary = path.with_name(f"{path.name}.{tag or uuid4().hex}.tmp")
    try:
        yield temporary
        with explained(path):
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path, *, tag: str = "") -> Iterator[Writer]:
    """A text file that is written whole or not at all, see :func:`whole_path`.

    Raises:
        RunFolderError: The file cannot be written (no permission, disk full); ``path`` is as it was.
    """
    with whole_path(path, tag=tag) as temporary:
        with explained(path):
            file = temporary.open("w", encoding="utf-8", newline="\n")
        try:
            yield Writer(path, file)
            with explained(path):
                file.close()
        finally:
            with suppress(OSError):  # a full disk refuses this too, and has been reported
                file.close()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What the system refuses is an error that names the file.

    Raises:
        RunFolderError: With the system's own number of the error.
    """
    try:
        yield
    except OSError as error:
        told = RunFolderError(
            f"Cannot write {path}: {error.strerror or error}. What stood there before is unchanged."
        )
        told.errno = error.errno
        raise told from error


def write_lines(path: Path, records: Iterable[BaseModel]) -> Path:
    """Write one record a line; the file is written whole or not at all."""
    with whole_file(path) as file:
        for record in records:
            file.write(json_line(record.model_dump(mode="json")))
    return path


class JsonLines(Sequence[T], Generic[T]):
    """The records of a JSON Lines file as a sequence that keeps only the place of each line in memory.

    Args:
        path: The file.
        record: The pydantic model of a line.

    Raises:
        RecordError: A line is not such a record; the message names file and line. Raised on access.
    """

    def __init__(self, path: Path, record: type[T]) -> None:
        self.path = path
        self._record = record
        self._starts = array("Q")
        position = 0
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    self._starts.append(position)
                position += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        with self.path.open("rb") as file:
            file.seek(self._starts[index])
            return self._parse(file.readline(), index % len(self))

    def __iter__(self) -> Iterator[T]:
        with self.path.open("rb") as file:
            for number, line in enumerate(line for line in file if line.strip()):
                yield self._parse(line, number)

    def _parse(self, line: bytes, number: int) -> T:
        try:
            return self._record.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(map(str, first["loc"])) or "the line"
            name = self._record.__name__
            article = "an" if name[0] in "AEIOU" else "a"
            raise RecordError(
                f"{self.path}, record {number + 1}: not {article} {name} ({field}: {first['msg']}).",
                hint="Correct or remove that line.",
            ) from error

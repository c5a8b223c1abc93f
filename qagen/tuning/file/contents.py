"""What stands in a training file, as far as a job or a record has to know it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from qagen.errors import TrainingFileError

_CHUNK = 1024**2


@dataclass(frozen=True, slots=True)
class Contents:
    """What a training file holds.

    Attributes:
        sha256: Of the bytes.
        examples: The number of lines.
        system_prompt: The system message that all examples begin with; ``None`` if they do not have one.
    """

    sha256: str
    examples: int
    system_prompt: str | None


def contents_of(chunks: Iterable[bytes]) -> Contents:
    """Read a file to its end, in pieces of any size; only one line is in memory at a time."""
    digest = hashlib.sha256()

    def told() -> Generator[bytes]:
        for chunk in chunks:
            digest.update(chunk)
            yield chunk

    examples = 0
    prompts: set[str | None] = set()
    for line in _lines(told()):
        examples += 1
        if len(prompts) < 2:  # noqa: PLR2004 - two differ, and no more need be known
            prompts.add(_system_prompt(line))
    return Contents(digest.hexdigest(), examples, prompts.pop() if len(prompts) == 1 else None)


def _lines(chunks: Iterable[bytes]) -> Generator[bytes]:
    """The lines that are not blank."""
    begun: list[bytes] = []
    for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        if whole:
            whole[0] = b"".join([*begun, whole[0]])
            begun = []
        begun.append(rest)
        yield from (line for line in whole if line.strip())
    last = b"".join(begun)
    if last.strip():
        yield last


def contents_of_file(file: Path) -> Contents:
    """The same for a file on this machine.

    Raises:
        TrainingFileError: It cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return contents_of(iter(lambda: opened.read(_CHUNK), b""))
    except OSError as error:
        raise TrainingFileError(f"Cannot read {file}: {error.strerror or error}.") from error


def _system_prompt(line: bytes) -> str | None:
    """The system message a line begins with. Lines that are not as they should be have none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    value = value.get("input", value) if isinstance(value, dict) else None
    messages = value.get("messages") if isinstance(value, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    is_system = isinstance(first, dict) and first.get("role") == "system"
    content = first.get("content") if is_system and first else None
    return content if is_text(content) else None


def is_text(value: object) -> TypeGuard[str]:
    """A string that can be sent: no half characters."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False

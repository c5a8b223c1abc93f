"""The lines of a training file as they lie on the disk, before anything is known of their format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from qagen.errors import TrainingFileError
from qagen.tuning.file.finding import Finding, short

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qagen.tuning.file.line_shapes import Line

_BOM = b"\xef\xbb\xbf"
_LINE_ENDS = frozenset("\x85\u2028\u2029")

DEEP = Finding("error", "invalid-json", "The line is nested too deeply. Write the object flat.")
_IS_ARRAY = Finding(
    "error",
    "json-array",
    "The file is one JSON array, or its lines are arrays. Write one JSON object a line (JSONL), without [ ] "
    "around them and commas between them.",
)
_HAS_BOM = Finding(
    "error",
    "bom",
    "The file starts with a byte order mark, which JSON readers refuse. Save it as UTF-8 without BOM.",
)
_IS_BLANK = Finding(
    "error", "blank-line", "The line is blank, but every line must be a JSON object. Remove it."
)
_HAS_LINE_END = Finding(
    "warning",
    "line-separator",
    r"The line holds a bare U+2028, U+2029 or U+0085, where some readers cut it. Write \u2028 and so on.",
)


def raw_lines(path: Path) -> Iterator[RawLine]:
    """Every line of a file.

    Raises:
        TrainingFileError: It cannot be read, or is no text.
    """
    try:
        with path.open("rb") as file:
            head = file.peek(1)
            if b"\0" in head:
                raise TrainingFileError(
                    f"{path} is no text in UTF-8 but UTF-16, compressed or binary.",
                    hint="Save it as UTF-8 text.",
                )
            # An array is not read on: it may be one line of a gigabyte.
            if head.removeprefix(_BOM).lstrip().startswith(b"["):
                yield RawLine(1, b"[")
                return
            for number, line in enumerate(file, 1):
                yield RawLine(number, line)
    except OSError as error:
        raise TrainingFileError(f"Cannot read {path}: {error.strerror or error}.") from error


@dataclass(frozen=True, slots=True)
class RawLine:
    """The bytes of one line, and where it stands."""

    number: int
    data: bytes

    @property
    def has_mark(self) -> bool:
        """Whether a byte order mark stands in front of it."""
        return self.number == 1 and self.data.startswith(_BOM)

    def text(self) -> str:
        """Without the mark.

        Raises:
            UnicodeDecodeError: It is not UTF-8.
        """
        return (self.data.removeprefix(_BOM) if self.has_mark else self.data).decode()

    def signs(self) -> Iterator[Finding]:
        """What readers of JSON Lines stumble over, whatever the line says."""
        if self.has_mark:
            yield _HAS_BOM
        try:
            text = self.text()
        except UnicodeDecodeError as error:
            found = error.object[error.start]
            yield Finding(
                "error",
                "not-utf8",
                f"Byte {error.start + 1} of the line (0x{found:02x}) is not UTF-8. Save the file as UTF-8.",
            )
            return
        if not _LINE_ENDS.isdisjoint(text):
            yield _HAS_LINE_END

    def value(self) -> Line | Finding | None:
        """The object that the line holds, or why it holds none; ``None`` where it is no text."""
        try:
            text = self.text()
        except UnicodeDecodeError:
            return None
        if not text.strip():
            return _IS_BLANK
        return _IS_ARRAY if text.lstrip().startswith("[") else _object_in(text)


def _object_in(text: str) -> Line | Finding:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return _not_json(text, error)
    except ValueError as error:
        return Finding("error", "invalid-json", f"The line is not JSON: {error}. Repair it.")
    if isinstance(value, dict):
        return value
    return Finding(
        "error", "not-an-object", f"The line is {short(value)}, but every line must be a JSON object."
    )


def _not_json(text: str, error: json.JSONDecodeError) -> Finding:
    if error.msg == "Extra data":
        message = f"After the object, more follows at character {error.pos + 1}. Write one object a line."
        return Finding("error", "more-than-one", message)
    hint = "Write the whole object on one line." if error.pos >= len(text.rstrip()) else "Repair it."
    return Finding(
        "error", "invalid-json", f"The line is not JSON: {error.msg} at character {error.pos + 1}. {hint}"
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")

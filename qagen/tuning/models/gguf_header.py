"""What a GGUF file says of itself, without its vocabulary.

The ``gguf`` package reads the vocabulary too, token by token: 4 s for 49,000 of them. This takes 0.1 s.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 2 and 3, little-endian).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from qagen.errors import LocalModelError

Value = int | float | bool | str

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_LONGEST = 1 << 24  # bytes of a string: what is longer is damage


class _DamagedError(ValueError):
    """The file does not follow the format."""


def read_header(file: Path) -> dict[str, Value]:
    """The keys and values of a GGUF file; those that are lists are left out.

    Raises:
        LocalModelError: The file cannot be read or is no GGUF file.
    """
    try:
        with file.open("rb") as data:
            if data.read(4) != _MAGIC or _number(data, "I") not in _VERSIONS:
                raise _DamagedError("it is no GGUF file of version 2 or 3")
            _number(data, "Q")  # tensors
            return dict(_entries(data, int(_number(data, "Q"))))
    except (OSError, ValueError, struct.error) as error:
        raise LocalModelError(f"The header of {file} cannot be read: {error}") from error


def _entries(data: BinaryIO, number: int) -> list[tuple[str, Value]]:
    found: list[tuple[str, Value]] = []
    for _ in range(number):
        key, kind = _text(data), int(_number(data, "I"))
        if kind == _ARRAY:
            _skip_list(data)
        elif kind == _STRING:
            found.append((key, _text(data)))
        else:
            found.append((key, _number(data, _scalar(kind))))
    return found


def _number(data: BinaryIO, kind: str) -> Value:
    value: Value = struct.unpack("<" + kind, data.read(struct.calcsize("<" + kind)))[0]
    return value


def _scalar(kind: int) -> str:
    if kind not in _SCALARS:
        raise _DamagedError(f"a value is of the unknown kind {kind}")
    return _SCALARS[kind]


def _text(data: BinaryIO) -> str:
    return data.read(_length(data)).decode("utf-8", "replace")


def _length(data: BinaryIO) -> int:
    length = int(_number(data, "Q"))
    if length > _LONGEST:
        raise _DamagedError(f"a text has {length:,} bytes")
    return length


def _skip_list(data: BinaryIO) -> None:
    kind, number = int(_number(data, "I")), int(_number(data, "Q"))
    if kind == _STRING:
        for _ in range(number):
            data.seek(_length(data), 1)
    elif kind == _ARRAY:
        for _ in range(number):
            _skip_list(data)
    else:
        data.seek(number * struct.calcsize("<" + _scalar(kind)), 1)

"""Examples that stand in a file twice, found without keeping the file in memory."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BUCKETS = 256


@dataclass(frozen=True, slots=True)
class Repeat:
    """A line that asks what ``earlier`` (a line of the same or the other file) asked already."""

    line: int
    earlier: int
    same_answer: bool


class Fingerprints:
    """A 64-bit hash of each example's prompt and answer: 24 bytes an example, whatever its length.

    Two of five million examples have the same hash by accident about once in a million files.
    """

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, line: int, prompt: str, answer: str) -> None:
        """Remember an example."""
        asked = _hash(prompt)
        self._buckets[asked % _BUCKETS].extend((asked, _hash(answer), line))

    def repeats(self) -> Iterator[Repeat]:
        """Each line that repeats a prompt, in no order; once for each answer that differs."""
        for bucket in self._buckets:
            seen: dict[tuple[int, int], int] = {}
            first: dict[int, int] = {}
            for asked, answered, line in _rows(bucket):
                earlier = seen.get((asked, answered))
                if earlier is not None:
                    yield Repeat(line, earlier, same_answer=True)
                elif asked in first:
                    yield Repeat(line, first[asked], same_answer=False)
                seen.setdefault((asked, answered), line)
                first.setdefault(asked, line)

    def shared_with(self, other: Fingerprints) -> Iterator[Repeat]:
        """Each line whose prompt stands in the other file too; ``earlier`` is the line there. In no order."""
        for mine, theirs in zip(self._buckets, other._buckets, strict=True):
            seen: dict[tuple[int, int], int] = {}
            first: dict[int, int] = {}
            for asked, answered, line in _rows(theirs):
                seen.setdefault((asked, answered), line)
                first.setdefault(asked, line)
            for asked, answered, line in _rows(mine):
                if asked in first:
                    earlier = seen.get((asked, answered))
                    yield Repeat(line, first[asked] if earlier is None else earlier, earlier is not None)


def _rows(bucket: array[int]) -> Iterator[tuple[int, int, int]]:
    numbers = iter(bucket)
    return zip(numbers, numbers, numbers, strict=True)


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")

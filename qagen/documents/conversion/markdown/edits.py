"""Changes of a text, made in one go: what is taken out leaves neither two spaces nor an empty line behind."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

_FENCE_OR_BLANK = re.compile(
    r"^(?P<set> {0,3}(?:[-*+]|\d{1,3}[.)])?\s{0,3})(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE
)
_INDENTED = re.compile(r"(?:\A|\n[ \t]*\n)((?:(?: {4}|\t)[^\n]*(?:\n|\Z)|[ \t]*\n)+)")
_INLINE = re.compile(r"(?<!`)(`{1,3})(?!`)(?:(?!\n[ \t]*\n)[\s\S]){1,2000}?(?<!`)\1(?!`)")
_LIST_BEFORE = re.compile(r"(?m)^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\S[^\n]*\Z")
_REST_OF_LINE = re.compile(r"[ \t]*(?:\n|\Z)")
_NEVER_AFTER_SPACE = frozenset(".,;:!?)]»”、。")


class Edit(NamedTuple):
    """A stretch of a text and what stands there instead; a ``block`` has an empty line on both sides."""

    start: int
    end: int
    text: str = ""
    block: bool = False


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with these changes; where two overlap the first is made."""
    parts: list[str] = []
    place = 0
    for edit in sorted(edits, key=lambda one: (one.start, -one.end)):
        if edit.start < place:
            continue
        before, place = text[place : edit.start], edit.end
        if edit.block:
            begun = not before.strip() and (not parts or parts[-1].endswith("\n\n"))
            before = "" if begun else f"{before.rstrip()}\n\n"
            place = _line_ends(text, place)
        elif not edit.text:
            before, place = _closed(before, text, place)
        parts += filter(None, [before, edit.text])
        if edit.block and edit.text and place < len(text):
            parts.append("\n\n")
    return "".join([*parts, text[place:]])


def _line_ends(text: str, place: int) -> int:
    """The place behind all line ends that follow."""
    while text[place : place + 1] == "\n":
        place += 1
    return place


def _closed(before: str, text: str, place: int) -> tuple[str, int]:
    """What stands before and where the rest begins when nothing is left between them."""
    line = before.rpartition("\n")[2]
    following = _REST_OF_LINE.match(text, place)
    if not line.strip() and following and ("\n" in before or not before.strip()):
        place = following.end()
        above = before.removesuffix(line)
        if (not above or above.endswith("\n\n")) and text[place : place + 1] == "\n":
            place += 1
        return above, place
    sign = text[place : place + 1]
    if line[-1:] in {" ", "\t"} and sign == " ":
        return before, place + 1
    if not sign or sign == "\n" or sign in _NEVER_AFTER_SPACE:
        return before.rstrip(" \t"), place
    return before, place


class Code:
    """The stretches of a Markdown text that are code, in which no mark means anything."""

    def __init__(self, text: str) -> None:
        spans = [*_fences(text), *_indented(text)]
        blocks = _Stretches(spans)
        inline = [match.span() for match in _INLINE.finditer(text) if not blocks.holds(match.start())]
        self._stretches = _Stretches([*spans, *inline])

    def holds(self, place: int) -> bool:
        """Whether a place of the text is in code."""
        return self._stretches.holds(place)


class _Stretches:
    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._ends = [*accumulate((end for _, end in ordered), max)]

    def holds(self, place: int) -> bool:
        index = bisect_right(self._starts, place) - 1
        return index >= 0 and place < self._ends[index]


def _fences(text: str) -> list[tuple[int, int]]:
    """From each line that opens a fence to the one that closes it, or to the end."""
    found: list[tuple[int, int]] = []
    opened: tuple[int, str] | None = None
    for match in _FENCE_OR_BLANK.finditer(text):
        mark, info = match["mark"], match["info"]
        if opened is None:
            if mark[0] == "~" or "`" not in info:
                opened = (match.start(), mark)
        elif mark.startswith(opened[1]) and not info.strip():
            found.append((opened[0], match.end()))
            opened = None
    return [*found, (opened[0], len(text))] if opened else found


def _indented(text: str) -> list[tuple[int, int]]:
    """Blocks that are set in by four signs after an empty line and belong to no list."""
    found: list[tuple[int, int]] = []
    for match in _INDENTED.finditer(text):
        above = text[max(0, match.start() - 400) : match.start()]
        if match[1].strip() and not _LIST_BEFORE.search(
            above.rpartition("\n\n")[2].split("\n")[0] if above else ""
        ):
            found.append(match.span(1))
    return found

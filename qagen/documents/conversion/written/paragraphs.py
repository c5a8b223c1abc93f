"""Paragraphs and tables as they come out of a word processor's file, and how they stand in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BULLET = re.compile(r"[^\w\s(]{1,2}\Z|[o\uf0a7\uf0b7]\Z")
_NUMBER = re.compile(r"\d{1,9}[.)]\Z")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, a heading if ``level`` is above 0, an item of a list if it has a ``mark``; or a table.

    ``mark`` is what stands before an item as the reader sees it, ``depth`` how many lists it is in.
    """

    text: str
    level: int = 0
    mark: str = ""
    depth: int = 0
    table: bool = False

    def markdown(self) -> str:
        """The paragraph as one block."""
        text = (
            self.text
            if self.table
            else "\n".join(" ".join(line.split()) for line in self.text.split("\n")).strip()
        )
        mark = self.mark.strip()
        if not text or self.table:
            return text
        if self.level:
            return f"{'#' * min(self.level, 6)} " + " ".join(f"{mark} {text}".split())
        if not mark:
            return text
        lead = "- " if _BULLET.match(mark) else f"{mark} " if _NUMBER.match(mark) else f"- {mark} "
        return "  " * max(0, self.depth - 1) + lead + text.replace("\n", "\n  ")


def written(paragraphs: Iterable[Paragraph]) -> str:
    """The paragraphs one after the other; the items of a list without empty lines between them."""
    parts: list[str] = []
    before: Paragraph | None = None
    for one in paragraphs:
        block = one.markdown()
        if not block:
            continue
        listed = before is not None and before.mark and one.mark and not (before.level or one.level)
        parts += ["\n" if listed else "\n\n", block] if parts else [block]
        before = one
    return "".join(parts)

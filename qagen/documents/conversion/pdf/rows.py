"""Rows without lines around them: tables with white between the columns, labels with their values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean

from qagen.documents.conversion import Grid
from qagen.documents.conversion.pdf.columns import rows_of
from qagen.documents.conversion.pdf.lines import Line, joined

_NUMBER = re.compile(r"[\W\d]*\d")
_MARKER = re.compile(r"(?:[•●▪■◦○‣–—*·-]|\(?\w{1,4}[.)]|\[\w{1,6}\]|\d{1,2}(?:\.\d{1,2}){0,3}|[①-⑳])\Z")
_BOX = re.compile(r"\[[ x]\] ")
_ENDS_A_LABEL = (":", "：", "?", "？")


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Rows of cells; every row is as long, with empty texts where it has no cell."""

    rows: tuple[tuple[str, ...], ...]
    bold_head: bool
    lines: tuple[Line, ...]

    def markdown(self) -> str | None:
        """A table, or a line a row for labels and values; None if it is neither, but text."""
        if len(self.rows) < 2 or not self.rows[0]:
            return None
        width = len(self.rows[0])
        first = [row[0] for row in self.rows if row[0]]
        if width < 2 or not first or sum(_MARKER.match(text) is not None for text in first) * 2 > len(first):
            return None
        if width == 2 and not self._has_head():
            return self._labelled() if self._is_short() else None
        filled = mean(bool(cell) for row in self.rows for cell in row)
        return Grid(self.rows).markdown() if filled >= 0.5 and self._is_short() else None

    def _has_head(self) -> bool:
        """Whether the first row names the columns: it is bold, or it alone has no number."""
        head, *rest = self.rows
        if not all(head) or len(rest) < 2:
            return False
        numbers = [_NUMBER.match(row[-1]) is not None for row in rest]
        return self.bold_head or (all(numbers) and not _NUMBER.match(head[-1]))

    def _is_short(self) -> bool:
        cells = [cell for row in self.rows for cell in row if cell]
        return mean(map(len, cells)) <= 60 and mean(len(row[0]) for row in self.rows) <= 45

    def _labelled(self) -> str:
        return "\n".join(_told(*row) for row in self.rows)


def _told(label: str, value: str) -> str:
    if not label or not value:
        return label or value
    if ": " in label or _BOX.match(label):
        return f"{label}\n{value}"
    return f"{label} {value}" if label.endswith(_ENDS_A_LABEL) else f"{label}: {value}"


def row_block(lines: Sequence[Line]) -> RowBlock:
    """The lines of a part of a page as rows; a row that goes on below in some of its cells is one."""
    edges = _edges(lines)
    rows: list[list[str]] = []
    last_base, heads_bold = 0.0, True
    for number, row in enumerate(rows_of(lines)):
        cells = [""] * (len(edges) + 1)
        for line in row:
            at = sum(edge <= line.left for edge in edges)
            cells[at] = f"{cells[at]} {line.text}".strip()
        size = max(line.size for line in row)
        if rows and not cells[0] and row[0].base - last_base < 1.4 * size:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
        heads_bold = heads_bold and (all(line.bold for line in row) if number == 0 else True)
        last_base = row[0].base
    bold_rest = all(line.bold for line in lines)
    return RowBlock(tuple(map(tuple, rows)), heads_bold and not bold_rest, tuple(lines))


def _edges(lines: Sequence[Line]) -> list[float]:
    """Where columns begin after the first: the right ends of the white that goes through all rows."""
    spans = sorted((line.left, line.right) for line in lines)
    edges = []
    end = spans[0][1]
    for left, right in spans[1:]:
        if left > end + 0.5 * lines[0].size:
            edges.append(left - 0.1)
        end = max(end, right)
    return edges


def as_text(lines: Sequence[Line]) -> list[Line]:
    """The lines with their pieces on one height joined."""
    return [replace(joined(row), left=row[0].left) for row in rows_of(lines)]

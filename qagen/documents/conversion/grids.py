"""Tables as Markdown: spanned cells repeat their value, heads of several rows are one, captions go first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# No table of a document is as wide; what HTML and Word files claim to span is cut to it.
_MOST_COLUMNS = 1000
_NUMBER = re.compile(r"[-+−(]?[^\w\s]?\d[\d.,\s]*[^\w\s]?\)?\Z")
_BAR = re.compile(r"(?<!\\)\|")
_YEAR = re.compile(r"(?:1[5-9]|2[01])\d\d\Z")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it stands in the file: its Markdown, what it spans, and whether it is marked as a head.

    ``rows=0`` spans all that follow, as in HTML.
    """

    text: str
    rows: int = 1
    columns: int = 1
    head: bool = False


class _Slot(NamedTuple):
    """A place of the table, and the row and column where the cell that covers it begins."""

    cell: Cell
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a value in every place: ``heads`` rows of heads, then the rows below them.

    ``rows`` are all as wide. A line that stands before the table is its ``caption``.
    """

    rows: tuple[tuple[str, ...], ...]
    heads: int = 1
    caption: str = ""

    @classmethod
    def laid_out(cls, rows: Iterable[Iterable[Cell]], *, heads: int | None = None, caption: str = "") -> Grid:
        """The table that the cells of a file make, row by row: each cell stands in every place that it spans.

        Rows and columns in which nothing begins are left out. A first row that is one cell over all columns
        is a title: it joins the caption. ``heads`` is how many rows are heads, if the file says so. Else
        those are heads whose cells are all marked so; and if none is marked at all, the first row is one,
        with those below it where it spans columns.
        """
        slots = _placed(rows)
        kept = [number for number, row in enumerate(slots) if _begins_across(row, number)]
        width = max((len(row) for row in slots), default=0)
        columns = [at for at in range(width) if any(_begins_at(slots[number][at], at) for number in kept)]
        layout = _Layout(tuple(tuple(slots[number][at] for at in columns) for number in kept))
        told = None if heads is None else sum(number < heads for number in kept)
        lines = [caption] if caption else []
        while (title := layout.title()) is not None:
            layout = _Layout(layout.rows[1:])
            told = None if told == 1 else told and told - 1
            lines.append(title)
        return cls(layout.texts(), layout.heads() if told is None else told, "\n".join(lines))

    def with_one_head(self) -> Grid:
        """The same table with its heads in one row: ``2024`` over ``Fee`` is ``2024 Fee``."""
        if self.heads == 1 or not self.rows:
            return self
        above = self.rows[: self.heads]
        head = tuple(_joined(row[column] for row in above) for column in range(len(self.rows[0])))
        return Grid((head, *self.rows[self.heads :]), 1, self.caption)

    def markdown(self) -> str:
        """The table in Markdown, its caption in a line before; one cell alone is a text."""
        if not self.rows:
            return self.caption
        grid = self.with_one_head()
        if len(grid.rows) == 1 and len(grid.rows[0]) == 1:
            return "\n\n".join(part for part in (self.caption, self.rows[0][0]) if part)
        head, *below = grid.rows
        lines = [_line(head), _line(["---"] * len(head)), *map(_line, below)]
        return "\n".join([self.caption, ""] * bool(self.caption) + lines)

    def inline(self) -> str:
        """The table in one line, as it can stand in a cell of another one.

        Of two columns it is ``Senior: 30 euros; Junior: 20 euros``; of more, each value follows its head.
        """
        if not self.rows:
            return self.caption
        if len(self.rows[0]) == 2:  # noqa: PLR2004  (a label and its value)
            lines = [": ".join(filter(None, row)) for row in self.rows]
        else:
            head, *below = self.with_one_head().rows
            lines = [_told(head, row) for row in below] or [", ".join(filter(None, head))]
        whole = "; ".join(filter(None, lines))
        return f"{self.caption}: {whole}" if self.caption else whole


@dataclass(frozen=True, slots=True)
class _Layout:
    """The places of a table, row by row, without those in which nothing begins."""

    rows: tuple[tuple[_Slot, ...], ...]

    def texts(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(" ".join(slot.cell.text.split()) for slot in row) for row in self.rows)

    def title(self) -> str | None:
        """The text of a first row that is one cell over all columns, where a table follows."""
        if len(self.rows) < 2 or not self._is_one(self.rows[0]):  # noqa: PLR2004
            return None
        return " ".join(self.rows[0][0].cell.text.split())

    def heads(self) -> int:
        """How many rows are heads."""
        if not self.rows:
            return 0
        if not any(slot.cell.head for row in self.rows for slot in row):
            return self._unmarked()
        marked = next((at for at, row in enumerate(self.rows) if not self._is_marked(row)), len(self.rows))
        if marked == len(self.rows):
            return 1
        return max(marked, self._reach()) if marked and self._spans() else marked

    def _unmarked(self) -> int:
        """The first row, and those that belong to it: it spans columns, and its other cells go on."""
        if len(self.rows) <= 2 or not self._spans():  # noqa: PLR2004
            return 1
        reach = max(2, self._reach())
        if reach >= len(self.rows):
            return 1
        first, second = self.rows[0], self.rows[1]
        goes_on = [
            slot.cell.columns > 1
            or not slot.cell.text.strip()
            or not below.cell.text.strip()
            or slot == below
            for slot, below in zip(first, second, strict=True)
        ]
        under = [below.cell.text.strip() for slot, below in zip(first, second, strict=True) if slot != below]
        values = any(_NUMBER.match(text) and not _YEAR.match(text) for text in under)
        return reach if all(goes_on) and not values else 1

    def _spans(self) -> bool:
        return any(slot.cell.columns > 1 for slot in self.rows[0])

    def _reach(self) -> int:
        """How far down the cells of the first row go."""
        first = {(slot.row, slot.column) for slot in self.rows[0]}
        rows = (any((slot.row, slot.column) in first for slot in row) for row in self.rows)
        return next((at for at, reached in enumerate(rows) if not reached), len(self.rows))

    def _is_marked(self, row: Sequence[_Slot]) -> bool:
        filled = [slot for slot in row if slot.cell.text.strip()]
        return bool(filled) and all(slot.cell.head for slot in filled) and not self._is_one(row)

    @staticmethod
    def _is_one(row: Sequence[_Slot]) -> bool:
        """Whether it is one cell over several columns."""
        return len(row) > 1 and len({(slot.row, slot.column) for slot in row}) == 1


def _placed(rows: Iterable[Iterable[Cell]]) -> list[list[_Slot]]:
    """For each place of the table the cell that covers it; where the file has none, an empty one."""
    table = [list(row) for row in rows]
    covered: list[dict[int, _Slot]] = [{} for _ in table]
    for number, cells in enumerate(table):
        column = 0
        for cell in cells:
            while column in covered[number]:
                column += 1
            below = min(len(table), number + cell.rows) if cell.rows > 0 else len(table)
            after = column + min(max(cell.columns, 1), _MOST_COLUMNS)
            for down in range(number, below):
                for across in range(column, after):
                    covered[down].setdefault(across, _Slot(cell, number, column))
            column = after
    width = max((max(row, default=-1) + 1 for row in covered), default=0)
    return [
        [row.get(column, _Slot(Cell(""), number, column)) for column in range(width)]
        for number, row in enumerate(covered)
    ]


def _begins_across(row: Sequence[_Slot], number: int) -> bool:
    return any(slot.row == number and slot.cell.text.strip() for slot in row)


def _begins_at(slot: _Slot, column: int) -> bool:
    return slot.column == column and bool(slot.cell.text.strip())


def _joined(parts: Iterable[str]) -> str:
    """What stands above each other, each once."""
    kept: list[str] = []
    for part in parts:
        if part and (not kept or kept[-1] != part):
            kept.append(part)
    return " ".join(kept)


def _told(head: Sequence[str], row: Sequence[str]) -> str:
    """A row in words: each value after its head."""
    return ", ".join(
        f"{name}: {value}" if name else value for name, value in zip(head, row, strict=True) if value
    )


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_BAR.sub(r"\\|", cell) if "|" in cell else cell for cell in cells) + " |"

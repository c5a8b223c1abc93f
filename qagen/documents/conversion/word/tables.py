"""Tables of Word: which cells span rows and columns, which rows are heads, which are hidden or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from qagen.documents.conversion import Cell, Grid
from qagen.documents.conversion.office import Tally
from qagen.documents.conversion.word.elements import W, below, number, switch, value

_INSIDE = frozenset(f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo"))


class _Placed(NamedTuple):
    """A cell of a row: its first column, how many it spans, and whether it goes on from the row above."""

    column: int
    columns: int
    goes_on: bool
    text: str


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads tables; ``text`` is how the text of a cell is read."""

    tally: Tally
    text: Callable[[Any], str]

    def grid(self, table: Any) -> Grid:
        """The table as it is seen."""
        rows, heads = [], 0
        for row in self._rows(table):
            rows.append([*self._placed(row)])
            if heads == len(rows) - 1 and switch(row, "trPr", "tblHeader"):
                heads += 1
        return Grid.laid_out((_cells(rows, at) for at in range(len(rows))), heads=heads or None)

    def only_cell(self, table: Any) -> Any:
        """The cell of a table that has no other: such a table is a frame around paragraphs."""
        rows = [*_below(table, "tr")]
        cells = [*_below(rows[0], "tc")] if len(rows) == 1 else []
        return cells[0] if len(cells) == 1 else None

    def _rows(self, table: Any) -> Iterator[Any]:
        for row in _below(table, "tr"):
            if below(row, "trPr", "del") is not None:
                self.tally.add("tracked_changes")
            elif switch(row, "trPr", "hidden"):
                self.tally.add("hidden_rows")
            else:
                yield row

    def _placed(self, row: Any) -> Iterator[_Placed]:
        column = number(value(row, "trPr", "gridBefore"))
        waiting: _Placed | None = None
        if column:
            yield _Placed(0, column, goes_on=False, text="")
        for cell in _below(row, "tc"):
            columns = max(1, number(value(cell, "tcPr", "gridSpan"), 1))
            down, across = below(cell, "tcPr", "vMerge"), below(cell, "tcPr", "hMerge")
            if waiting and across is not None and across.get(f"{W}val", "continue") == "continue":
                waiting = waiting._replace(columns=waiting.columns + columns)
            else:
                if waiting:
                    yield waiting
                goes_on = down is not None and down.get(f"{W}val", "continue") == "continue"
                waiting = _Placed(column, columns, goes_on, self.text(cell))
            column += columns
        if waiting:
            yield waiting


def _cells(rows: list[list[_Placed]], at: int) -> Iterator[Cell]:
    """The cells that begin in a row."""
    for cell in rows[at]:
        if cell.goes_on and any(one.column == cell.column for one in (rows[at - 1] if at else ())):
            continue
        down = 1
        while at + down < len(rows) and any(
            one.column == cell.column and one.goes_on for one in rows[at + down]
        ):
            down += 1
        yield Cell(cell.text, down, cell.columns)


def _below(parent: Any, name: str) -> Iterator[Any]:
    """The rows of a table, or the cells of a row, also those in content controls."""
    for child in parent:
        if child.tag == f"{W}{name}":
            yield child
        elif child.tag in _INSIDE:
            yield from _below(child, name)

"""Tables with lines around their cells: where the lines cross are the corners of the cells."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qagen.documents.conversion import Cell, Grid
from qagen.documents.conversion.pdf.glyphs import Glyph, Rule

_NEAR = 2.5
_FEWEST_FILLED = 0.25
_MOST_CELLS = 6000


@dataclass(frozen=True, slots=True)
class RuledTable:
    """The places of the lines, from the left and from the top, and which sides of cells are drawn."""

    across: tuple[float, ...]
    down: tuple[float, ...]
    level: frozenset[tuple[int, int]]
    upright: frozenset[tuple[int, int]]

    @property
    def box(self) -> Rule:
        """Around the whole table."""
        return Rule(self.across[0], self.down[0], self.across[-1], self.down[-1])

    def holds(self, glyph: Glyph) -> bool:
        """Whether the middle of a letter stands in the table."""
        left, top, right, bottom = self.box
        x, y = (glyph.left + glyph.right) / 2, (glyph.top + glyph.bottom) / 2
        return left - 1 <= x <= right + 1 and top - 1 <= y <= bottom + 1

    def place(self, glyph: Glyph) -> tuple[int, int]:
        """Row and column of the smallest cell that a letter stands in."""
        x, y = (glyph.left + glyph.right) / 2, (glyph.top + glyph.bottom) / 2
        row = min(max(bisect_right(self.down, y) - 1, 0), len(self.down) - 2)
        column = min(max(bisect_right(self.across, x) - 1, 0), len(self.across) - 2)
        return row, column

    def spans(self) -> list[tuple[int, int, int, int]]:
        """The cells: row, column, and how many of each they cover, where no line parts them."""
        taken: set[tuple[int, int]] = set()
        found = []
        for row in range(len(self.down) - 1):
            for column in range(len(self.across) - 1):
                if (row, column) in taken:
                    continue
                wide = self._width(row, column, taken)
                high = self._height(row, column, wide)
                taken |= {(row + y, column + x) for y in range(high) for x in range(wide)}
                found.append((row, column, high, wide))
        return found

    def _width(self, row: int, column: int, taken: set[tuple[int, int]]) -> int:
        end = column + 1
        while end < len(self.across) - 1 and (row, end) not in self.upright and (row, end) not in taken:
            end += 1
        return end - column

    def _height(self, row: int, column: int, wide: int) -> int:
        end = row + 1
        while end < len(self.down) - 1 and not any((end, column + x) in self.level for x in range(wide)):
            end += 1
        return end - row


def tables_of(rules: Sequence[Rule]) -> list[RuledTable]:
    """The tables that lines make: two rows or columns at least, with lines in both ways."""
    level = _merged([rule for rule in rules if rule.bottom - rule.top < rule.right - rule.left])
    upright = _merged(
        [Rule(top, left, bottom, right) for left, top, right, bottom in rules if bottom - top >= right - left]
    )
    upright = [Rule(top, left, bottom, right) for left, top, right, bottom in upright]
    found = [_table(*group) for group in _groups(level, upright)]
    return [table for table in found if table is not None]


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Level lines on one height that touch, as one."""
    found: list[Rule] = []
    rows: dict[int, list[Rule]] = {}
    for rule in sorted(rules, key=lambda one: one.top):
        near = [key for key in (round(rule.top), round(rule.top) - 1) if key in rows]
        rows.setdefault(near[0] if near else round(rule.top), []).append(rule)
    for row in rows.values():
        height = row[0].top
        for rule in sorted(row):
            if found and found[-1].top == height and rule.left <= found[-1].right + _NEAR:
                found[-1] = found[-1]._replace(right=max(found[-1].right, rule.right))
            else:
                found.append(Rule(rule.left, height, rule.right, height))
    return found


def _groups(level: Sequence[Rule], upright: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """The lines that cross one another, directly or through others."""
    home = list(range(len(level) + len(upright)))

    def root(one: int) -> int:
        while home[one] != one:
            home[one] = home[home[one]]
            one = home[one]
        return one

    for at, flat in enumerate(level):
        for number, tall in enumerate(upright, start=len(level)):
            if _cross(flat, tall):
                home[root(number)] = root(at)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for at, rule in enumerate([*level, *upright]):
        groups.setdefault(root(at), ([], []))[at >= len(level)].append(rule)
    return [*groups.values()]


def _cross(flat: Rule, tall: Rule) -> bool:
    return (
        flat.left - _NEAR <= tall.left <= flat.right + _NEAR
        and tall.top - _NEAR <= flat.top <= tall.bottom + _NEAR
    )


def _table(level: Sequence[Rule], upright: Sequence[Rule]) -> RuledTable | None:
    down = _places(rule.top for rule in level)
    across = _places(rule.left for rule in upright)
    if len(down) < 2 or len(across) < 2 or not 2 <= (len(down) - 1) * (len(across) - 1) <= _MOST_CELLS:
        return None
    sides = frozenset(
        (_index(down, rule.top), column)
        for rule in level
        for column in range(len(across) - 1)
        if rule.left - _NEAR <= across[column] and across[column + 1] <= rule.right + _NEAR
    )
    posts = frozenset(
        (row, _index(across, rule.left))
        for rule in upright
        for row in range(len(down) - 1)
        if rule.top - _NEAR <= down[row] and down[row + 1] <= rule.bottom + _NEAR
    )
    return RuledTable(across, down, sides, posts)


def _places(values: Iterable[float]) -> tuple[float, ...]:
    """Different places, in order; those nearer than a line is wide are one."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _NEAR:
            found.append(value)
    return tuple(found)


def _index(places: Sequence[float], value: float) -> int:
    at = bisect_right(places, value)
    if at == 0 or (at < len(places) and places[at] - value < value - places[at - 1]):
        return at
    return at - 1


def grid_of(table: RuledTable, texts: dict[tuple[int, int], str]) -> Grid | None:
    """The table with the texts of its cells, by row and column; None if it is a drawing with little text."""
    spans = table.spans()
    filled = sum(1 for row, column, _, _ in spans if texts.get((row, column)))
    rows_filled = {row for row, column, _, _ in spans if texts.get((row, column))}
    columns_filled = {column for row, column, _, _ in spans if texts.get((row, column))}
    if filled < 2 or filled < _FEWEST_FILLED * len(spans):
        return None
    if len(rows_filled) < 2 and len(columns_filled) < 2:
        return None
    rows: list[list[Cell]] = [[] for _ in range(len(table.down) - 1)]
    for row, column, high, wide in spans:
        rows[row].append(Cell(texts.get((row, column), ""), high, wide))
    grid = Grid.laid_out(rows)
    kept = [row for row in grid.rows if any(row)]
    return Grid(tuple(kept), min(grid.heads, len(kept)), grid.caption) if kept else None

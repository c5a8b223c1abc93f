"""What stands on a sheet: titles, texts and tables, found by blank rows and columns between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from qagen.documents.conversion import Cell, Grid

# A column of longer texts is prose, one line after the other, not a table.
_LONGEST_VALUE = 60
_FEWEST_ROWS = 3
# So many rows of a table tell the kinds of its columns.
_SAMPLE = 200
_HEADS_OF_TWO = 2
_FIRST_YEAR, _LAST_YEAR = 1500, 2199


class Row(NamedTuple):
    """A row that is shown: its number among those, its values, which are numbers, whether it is bold."""

    at: int
    texts: Sequence[str]
    numbers: frozenset[int] = frozenset()
    bold: bool = False


class Span(NamedTuple):
    """Merged cells: the first and last row and column, counted as in :class:`Row`."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a sheet that have any value, all as wide, and the cells that are merged.

    ``cuts`` are rows at which a table is known to begin.
    """

    rows: Sequence[Row]
    spans: tuple[Span, ...] = ()
    cuts: frozenset[int] = frozenset()

    def markdown(self) -> str:
        """Everything on it, in the order of its rows."""
        return "\n\n".join(part for part in self._parts() if part)

    def _parts(self) -> Iterator[str]:
        width = max((len(row.texts) for row in self.rows), default=0)
        waiting: _Table | None = None
        for block in _Block(self.rows, 0, width, self.spans, self.cuts).divided():
            if not block.is_table():
                if waiting:
                    yield waiting.markdown()
                waiting = None
                yield block.lines()
                continue
            table = block.table()
            if waiting and table.continues(waiting):
                if not table.titles:
                    waiting = waiting.with_rows(table)
                    continue
                table = table.under(waiting)
            if waiting:
                yield waiting.markdown()
            waiting = table
        if waiting:
            yield waiting.markdown()


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows that belong together: titles above them, how many are heads, and all of them."""

    titles: tuple[str, ...]
    heads: int
    block: _Block

    def markdown(self) -> str:
        return self.block.grid(self.heads, "\n".join(self.titles)).markdown()

    def continues(self, above: _Table) -> bool:
        """Whether these rows have no heads of their own: after a blank row, the table above goes on."""
        own, other = self.block, above.block
        if own.left != other.left or own.right > other.right or not own.rows or not above.heads:
            return False
        first = own.rows[0]
        if first.at in own.cuts or (first.bold and not all(row.bold for row in own.rows)):
            return False
        body = other.rows[above.heads : _SAMPLE]
        numeric = {
            column
            for column in own.columns()
            if _mostly(column in row.numbers for row in body if row.texts[column])
        }
        filled = {column for column in own.columns() if first.texts[column]}
        if numeric & filled:
            return bool(numeric & filled & first.numbers)
        return other.rows[0].bold and not first.bold

    def with_rows(self, more: _Table) -> _Table:
        return replace(self, block=replace(self.block, rows=(*self.block.rows, *more.block.rows)))

    def under(self, above: _Table) -> _Table:
        """These rows below the heads of the table above."""
        heads = above.block.rows[: above.heads]
        block = replace(above.block, rows=(*heads, *self.block.rows))
        return _Table(self.titles, above.heads, block)


@dataclass(frozen=True, slots=True)
class _Block:
    """A rectangle of a sheet: some of its rows, and the columns from ``left`` up to ``right``."""

    rows: Sequence[Row]
    left: int
    right: int
    spans: tuple[Span, ...] = ()
    cuts: frozenset[int] = frozenset()

    def columns(self) -> range:
        return range(self.left, self.right)

    def divided(self) -> Iterator[_Block]:
        """The parts of it that blank rows and columns keep apart."""
        for block in self._by_rows():
            parts = [*block.by_columns()]
            if len(parts) == 1:
                yield parts[0]
            else:
                for part in parts:
                    yield from part.divided()

    def is_table(self) -> bool:
        wide = any(self.filled(row) > 1 for row in self.rows)
        values = [row.texts[column] for row in self.rows for column in self.columns() if row.texts[column]]
        return wide or (len(self.rows) >= _FEWEST_ROWS and max(map(len, values)) <= _LONGEST_VALUE)

    def lines(self) -> str:
        """The texts of it, a line each."""
        return "\n".join(
            row.texts[column] for row in self.rows for column in self.columns() if row.texts[column]
        )

    def table(self) -> _Table:
        """The table without the titles and notes above it."""
        titles, rows = [], list(self.rows)
        while len(rows) > 1 and self._is_title(rows):
            row = rows.pop(0)
            titles.append(": ".join(row.texts[column] for column in self.columns() if row.texts[column]))
        block = replace(self, rows=tuple(rows))
        return _Table(tuple(titles), block.heads(), block)

    def grid(self, heads: int, caption: str) -> Grid:
        """The rows as a table; cells that span others are laid out, all else stands where it is."""
        spans = {(span.top, span.left): span for span in self._spans()}
        sparse = heads == _HEADS_OF_TWO and not spans
        if spans or sparse:
            return Grid.laid_out(self._cells(spans, sparse=sparse), heads=heads, caption=caption)
        columns = [column for column in self.columns() if any(row.texts[column] for row in self.rows)]
        return Grid(tuple(tuple(row.texts[at] for at in columns) for row in self.rows), heads, caption)

    def _cells(self, spans: dict[tuple[int, int], Span], *, sparse: bool) -> Iterator[list[Cell]]:
        numbers = [row.at for row in self.rows]
        covered = {
            (row, column)
            for span in spans.values()
            for row in range(span.top, span.bottom + 1)
            for column in range(span.left, span.right + 1)
        }
        for row in self.rows:
            cells = []
            for column in self.columns():
                span = spans.get((row.at, column))
                if span:
                    rows = sum(span.top <= number <= span.bottom for number in numbers)
                    columns = min(span.right, self.right - 1) - column + 1
                    cells.append(Cell(row.texts[column], rows, columns))
                elif (row.at, column) not in covered:
                    cells.append(Cell(row.texts[column]))
            yield _spread(cells) if sparse and row.at == self.rows[0].at else cells

    def heads(self) -> int:
        first = self.rows[0]
        if len(self.rows) == 1 or first.bold or first.at in self.cuts:
            return self._two_heads()
        body = self.rows[1:]
        for column in first.numbers & {*self.columns()}:
            text, below = first.texts[column], [row.texts[column] for row in body if column in row.numbers]
            if len(below) * 2 > len(body) and (not _may_be_head(text) or all(map(_is_year, [text, *below]))):
                return 0
        return self._two_heads()

    def _two_heads(self) -> int:
        """Two rows of heads: the first has a cell over several columns, or is blank behind its values."""
        if len(self.rows) <= _HEADS_OF_TWO or not self._may_be_two():
            return 1
        first = self.rows[0]
        across = [span for span in self._spans() if span.top == first.at and span.right > span.left]
        if across:
            down = max(span.bottom for span in self._spans() if span.top == first.at)
            return max(_HEADS_OF_TWO, sum(row.at <= down for row in self.rows))
        filled = self.filled(first)
        gaps = filled < self.filled(self.rows[1]) and first.texts[self.left] == ""
        return _HEADS_OF_TWO if gaps and filled > 1 else 1

    def _may_be_two(self) -> bool:
        """Whether the second row is one of words, and numbers begin below it."""
        second, third = self.rows[1], self.rows[2]
        words = not any(
            not _may_be_head(second.texts[column]) for column in second.numbers & {*self.columns()}
        )
        return words and (bool(third.numbers) or second.bold)

    def _is_title(self, rows: Sequence[Row]) -> bool:
        """Whether the first row stands above the table: it has one value, or far fewer than the next ones."""
        count, first = self.filled(rows[0]), rows[0]
        following = max(self.filled(row) for row in rows[1:])
        if first.at in self.cuts or following <= count:
            return False
        if count == 1:
            return not first.numbers
        words = [column for column in self.columns() if first.texts[column]]
        beside = words == [self.left, self.left + 1]
        return beside and count * 2 < following and self.filled(rows[1]) != 1 and not first.bold

    def filled(self, row: Row) -> int:
        return sum(1 for column in self.columns() if row.texts[column])

    def _spans(self) -> Iterator[Span]:
        first, last = self.rows[0].at, self.rows[-1].at
        return (
            span for span in self.spans if first <= span.top <= last and self.left <= span.left < self.right
        )

    def _by_rows(self) -> Iterator[_Block]:
        """Its parts between blank rows. A row that is spanned from above is not blank."""
        start, below = 0, -1
        rows = [row for row in self.rows if self.filled(row)]
        tops = {row.at: 0 for row in rows}
        for span in self.spans:
            if span.top in tops and self.left <= span.left < self.right:
                tops[span.top] = max(tops[span.top], span.bottom)
        for number, row in enumerate(rows):
            apart = number and row.at > max(below, rows[number - 1].at) + 1
            if number > start and (apart or row.at in self.cuts or self._begins_anew(rows, start, number)):
                yield replace(self, rows=rows[start:number])
                start = number
            below = max(below, tops[row.at])
        if rows:
            yield replace(self, rows=rows[start:])

    def _begins_anew(self, rows: Sequence[Row], start: int, at: int) -> bool:
        """Whether a row is the title of another table: below it stand heads, and then numbers again."""
        if at < start + 2 or at + 2 >= len(rows):
            return False
        own, heads, first = rows[at : at + 3]
        if self.filled(own) != 1 or own.numbers or self.filled(heads) == 1 or not first.numbers:
            return False
        numbers = heads.numbers & {*self.columns()}
        years = all(_is_year(heads.texts[column]) for column in numbers)
        return years and any(row.numbers for row in rows[start:at])

    def by_columns(self) -> Iterator[_Block]:
        """Its parts between blank columns, where the one to the right has labels of its own."""
        used = {column for row in self.rows for column in self.columns() if row.texts[column]}
        for span in self._spans():
            used |= {*range(span.left, min(span.right + 1, self.right))}
        edges = [column for column in sorted(used) if column - 1 not in used]
        parts: list[_Block] = []
        for left, right in zip(edges, [*edges[1:], max(used, default=0) + 1], strict=True):
            part = replace(self, left=left, right=right)
            if parts and not part.stands_alone(parts[-1]):
                parts[-1] = replace(parts[-1], right=right)
            else:
                parts.append(part)
        yield from parts

    def stands_alone(self, beside: _Block) -> bool:
        """Whether it is a table or a text of its own, not a column of what stands to its left."""
        own = [row for row in self.rows if self.filled(row)]
        other = [row for row in self.rows if beside.filled(row)]
        labels = _mostly(bool(row.texts[self.left]) and self.left not in row.numbers for row in own[1:])
        if self.right - self.left > 1:
            return labels or len(own) == 1
        return len(own) * 2 < len(other) and own[0].at == self.rows[0].at and self.left not in own[0].numbers


def _spread(cells: Sequence[Cell]) -> list[Cell]:
    """A first row of heads in which each value stands over the blank cells behind it."""
    spread: list[Cell] = []
    for cell in cells:
        if not cell.text and spread and spread[-1].text:
            spread[-1] = replace(spread[-1], columns=spread[-1].columns + 1)
        else:
            spread.append(cell)
    return spread


def _mostly(answers: Iterator[bool]) -> bool:
    found = [*answers]
    return sum(found) * 2 > len(found)


def _may_be_head(text: str) -> bool:
    """A year, a date, or a number of one or two digits, such as a day, can stand above a column."""
    if not text.isdigit():
        return any(sign.isalpha() for sign in text) or text.count("-") == 2 or "/" in text  # noqa: PLR2004
    return len(text) < 3 or _is_year(text)  # noqa: PLR2004


def _is_year(text: str) -> bool:
    return text.isdigit() and _FIRST_YEAR <= int(text) <= _LAST_YEAR

"""The order in which a page is read: columns one after the other, rows of a form or table as rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import mean, median

from qagen.documents.conversion.pdf.lines import Line
from qagen.documents.conversion.pdf.tables import RuledTable
from qagen.text import CJK

_FEWEST_PAIRS = 2
_MARKER = re.compile(
    r"(?:[•●▪■◦○‣–—*·-]|\(?\w{1,4}[.)]|\[\w{1,6}\]|[①-⑳]|\d{1,2}(?:\.\d{1,2}){0,3}\Z)(?:\s|\Z)"
)
_VALUE = re.compile(r"[\W\d]*\d[\d.,:/% €$£¥-]*\w{0,3}\Z")


@dataclass(frozen=True, slots=True)
class Column:
    """Lines that are read from the top down; ``rows`` if those on one height are cells of one row."""

    lines: tuple[Line, ...]
    rows: bool = False


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table with its text, where it stands on the page."""

    markdown: str
    table: RuledTable
    order: int

    @property
    def left(self) -> float:
        """Of its outer line."""
        return self.table.box.left

    @property
    def right(self) -> float:
        """Of its outer line."""
        return self.table.box.right

    @property
    def top(self) -> float:
        """Of its outer line."""
        return self.table.box.top

    @property
    def bottom(self) -> float:
        """Of its outer line."""
        return self.table.box.bottom


Piece = Line | TableBlock


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two pieces beside one another, with white between them."""

    left: Line
    right: Line

    @property
    def gap(self) -> tuple[float, float]:
        return self.left.right, self.right.left

    @property
    def aligned(self) -> bool:
        return self.left.beside(self.right)

    @property
    def in_turn(self) -> bool:
        """Whether the file has the right one just after the left one."""
        return self.aligned and 0 < self.right.order - self.left.last <= 6


def in_reading_order(pieces: Sequence[Piece], *, from_right: bool = False) -> list[Column | TableBlock]:
    """The pieces of a page in columns, in the order in which they are read."""
    return [*_Reader(from_right).read(sorted(pieces, key=_down), 0)]


def _down(piece: Piece) -> tuple[float, float]:
    return (piece.base if isinstance(piece, Line) else piece.top), piece.left


@dataclass(frozen=True, slots=True)
class _Reader:
    from_right: bool

    def read(self, pieces: list[Piece], depth: int) -> Iterator[Column | TableBlock]:
        pairs = _pairs([piece for piece in pieces if isinstance(piece, Line)])
        gutter = _gutter(pairs) if depth < 8 else None
        if gutter is None:
            yield from _in_one_column(pieces)
            return
        for band in _bands(pieces, gutter):
            yield from self._band(band, gutter, depth)

    def _band(self, band: list[Piece], gutter: float, depth: int) -> Iterator[Column | TableBlock]:
        """A part of the page in which nothing crosses the gutter, or one that has nothing beside it."""
        left = [piece for piece in band if piece.right <= gutter]
        right = [piece for piece in band if piece.left >= gutter]
        if not left or not right or len(left) + len(right) < len(band):
            yield from _in_one_column(band)
            return
        inside = [
            pair
            for pair in _pairs([piece for piece in band if isinstance(piece, Line)])
            if pair.gap[0] <= gutter <= pair.gap[1]
        ]
        if inside and _are_rows(inside, left, right):
            yield from _in_one_column(band, rows=True)
            return
        if not inside:
            yield from _beside(band, left, right, self._side(depth))
            return
        for side in (right, left) if self.from_right else (left, right):
            yield from self.read(side, depth + 1)

    def _side(self, depth: int) -> Callable[[list[Piece]], Iterator[Column | TableBlock]]:
        return lambda pieces: self.read(pieces, depth + 1)


def _beside(
    band: list[Piece],
    left: list[Piece],
    right: list[Piece],
    read: Callable[[list[Piece]], Iterator[Column | TableBlock]],
) -> Iterator[Column | TableBlock]:
    """Two sides without lines beside one another: from the top down if one begins below the other."""
    overlap = min(max(p.bottom for p in left), max(p.bottom for p in right)) - max(
        min(p.top for p in left), min(p.top for p in right)
    )
    if overlap <= 0:
        yield from _in_one_column(band)
        return
    for side in (left, right):
        yield from read(side)


def _pairs(lines: Sequence[Line]) -> list[_Pair]:
    """Each line with its nearest neighbour on the right that overlaps its height."""
    found = []
    for at, line in enumerate(lines):
        nearest: Line | None = None
        for step in (-1, 1):
            other = at + step
            while 0 <= other < len(lines) and abs(lines[other].base - line.base) < 1.5 * line.size:
                one = lines[other]
                shared = min(line.bottom, one.bottom) - max(line.top, one.top)
                if (
                    one.left >= line.right
                    and shared > 0.3 * min(line.size, one.size)
                    and (nearest is None or one.left < nearest.left)
                ):
                    nearest = one
                other += step
        if nearest is not None:
            found.append(_Pair(line, nearest))
    return found


def _gutter(pairs: Sequence[_Pair]) -> float | None:
    """The place that most gaps between neighbours have in common."""
    if len(pairs) < _FEWEST_PAIRS:
        return None
    events = sorted(
        (edge, change) for pair in pairs for edge, change in ((pair.gap[0], -1), (pair.gap[1], 1))
    )
    best, count, place = 0, 0, 0.0
    for at, (edge, change) in enumerate(events):
        count -= change
        if count > best and at + 1 < len(events):
            best, place = count, (edge + events[at + 1][0]) / 2
    return place if best >= _FEWEST_PAIRS else None


def _bands(pieces: Sequence[Piece], gutter: float) -> Iterator[list[Piece]]:
    """The pieces between those that cross the gutter, and runs of those."""
    across = [piece for piece in pieces if piece.left < gutter < piece.right]

    def crosses(piece: Piece) -> bool:
        return any(piece is one or _is_of_one_line(piece, one) for one in across)

    for is_crossing, group in groupby(pieces, key=crosses):
        if is_crossing:
            yield list(group)
        else:
            yield from _split_off(list(group))


def _is_of_one_line(piece: Piece, other: Piece) -> bool:
    return isinstance(piece, Line) and isinstance(other, Line) and piece.beside(other)


def _split_off(band: list[Piece]) -> Iterator[list[Piece]]:
    """A band; a heading at its end, with white above it, by itself."""
    if len(band) > 1:
        last, before = band[-1], max(piece.bottom for piece in band[:-1])
        if isinstance(last, Line) and last.top - before > last.size:
            yield band[:-1]
            yield [last]
            return
    yield band


def _are_rows(pairs: Sequence[_Pair], left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    """Whether what stands left and right of a gutter are cells of rows, not columns of text."""
    aligned = [pair for pair in pairs if pair.aligned]
    if len(aligned) < 0.6 * len(pairs):
        return False
    prose = _is_prose(left) and _is_prose(right)
    in_turn = sum(pair.in_turn for pair in aligned)
    if in_turn >= 0.6 * len(pairs):
        return not (prose and len(pairs) >= 4)
    if prose:
        return False
    labels = [pair.left.text for pair in aligned]
    values = [pair.right.text for pair in aligned]
    if _share(labels, lambda text: _MARKER.match(text) is not None and len(text) < 8) >= 0.6:
        return True
    if any(_MARKER.match(text) and not _VALUE.match(text) for text in values):
        return False
    return _share(labels, lambda text: text.rstrip().endswith((":", "："))) >= 0.5 or (
        _share(values, lambda text: _VALUE.match(text) is not None) >= 0.5 and mean(map(len, labels)) < 40
    )


def _share(texts: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, texts)) / max(len(texts), 1)


def _is_prose(side: Sequence[Piece]) -> bool:
    """Lines of several words, most of which reach the end of the column."""
    lines = _whole_lines([piece for piece in side if isinstance(piece, Line)])
    if len(lines) < 3:
        return False
    wide = max(line.right for line in lines) - min(line.left for line in lines)
    full = median([line.width for line in lines]) >= 0.8 * wide
    letters = mean(sum(char.isalpha() for char in line.text) + len(CJK.findall(line.text)) for line in lines)
    return full and letters >= 14 and wide >= 9 * median([line.size for line in lines])


def _whole_lines(lines: Sequence[Line]) -> list[Line]:
    from qagen.documents.conversion.pdf.lines import joined

    return [joined(row) for row in rows_of(lines)]


def rows_of(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines by their height, from the top down, each row from the left."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: one.base):
        if rows and rows[-1][0].beside(line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda one: one.left) for row in rows]


def _in_one_column(pieces: Sequence[Piece], *, rows: bool = False) -> Iterator[Column | TableBlock]:
    """From the top down, with the tables where they stand."""
    lines: list[Line] = []
    for piece in pieces:
        if isinstance(piece, Line):
            lines.append(piece)
            continue
        if lines:
            yield Column(tuple(lines), rows)
            lines = []
        yield piece
    if lines:
        yield Column(tuple(lines), rows)

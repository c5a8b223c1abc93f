"""One page: its lines, its tables and fields, what runs sideways, and what of it is no text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from qagen.documents.conversion.pdf.columns import TableBlock
from qagen.documents.conversion.pdf.drawings import DrawingReader
from qagen.documents.conversion.pdf.fields import FieldReader, with_fields
from qagen.documents.conversion.pdf.glyphs import Frame, Glyph, LetterReader, Rule
from qagen.documents.conversion.pdf.lines import Line, lines_of
from qagen.documents.conversion.pdf.margins import PageLines, edge_of
from qagen.documents.conversion.pdf.tables import RuledTable, grid_of, tables_of

_KANA = re.compile(r"[\u3041-\u30ff\s]+\Z")
_FROM_RIGHT = re.compile(r"[\u0590-\u08ff]")
# In lines from the right, 25 % is shown with its sign on the left.
_PERCENT_FIRST = re.compile(r"([%٪])(\s?)([\d.,]+)\Z")
_LONGEST_CELL = 300
_FEWEST_WHOLE = 12  # words, for each letter that a line cuts off: else the lines are a drawing


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on a page; ``start`` and ``end`` are its edges along the way in which its lines follow.

    ``across`` is what is written from left to right on a page whose text runs downwards.
    """

    number: int
    lines: tuple[Line, ...]
    tables: tuple[TableBlock, ...]
    sideways: tuple[tuple[Line, ...], ...]
    across: PageLines
    edge: float
    start: float
    end: float
    downwards: bool
    letters: int
    lost: int
    readings: int
    pictures: float

    @classmethod
    def unread(cls, number: int) -> Page:
        """A page that cannot be opened."""
        nothing = PageLines((), 0.0, 1.0)
        return cls(number, (), (), (), nothing, 0.0, 0.0, 1.0, False, -1, 0, 0, 0.0)  # noqa: FBT003

    @property
    def is_unread(self) -> bool:
        """Whether it could not be opened."""
        return self.letters < 0

    @property
    def is_blank(self) -> bool:
        """Whether it has no letter."""
        return self.letters == 0


def read_page(page: Any, number: int, form: Any) -> Page:
    """What PDFium tells of a page, in lines and tables."""
    textpage = page.get_textpage()
    letters = LetterReader(textpage.raw).read()
    textpage.close()
    drawings = DrawingReader(page.raw).read()
    frames = letters.frames()
    frame, glyphs = frames[0] if frames else (Frame(0), [])
    blocks, rest = _with_tables(glyphs, drawings.rules(frame))
    lines, readings = _without_readings(lines_of(rest))
    if form is not None:
        lines = with_fields(lines, FieldReader(page.raw, form).read(frame))
    left, bottom, right, top = page.get_bbox()
    edges = frame.box(left, bottom, right, top)
    start, end = (edges[0], edges[2]) if frame.downwards else (edges[1], edges[3])
    across = [lines_of(others) for other, others in frames[1:] if frame.downwards and other == Frame(0)]
    return Page(
        number=number,
        lines=tuple(lines),
        tables=tuple(blocks),
        sideways=tuple(
            tuple(lines_of(others))
            for other, others in frames[1:]
            if not frame.downwards or other != Frame(0)
        ),
        across=PageLines(tuple(across[0]) if across else (), -top, -bottom),
        edge=edge_of(edges[2] - edges[0], edges[3] - edges[1]),
        start=start,
        end=end,
        downwards=frame.downwards,
        letters=sum(not one.text.isspace() for one in letters.raw),
        lost=letters.lost,
        readings=readings,
        pictures=drawings.pictures / max((right - left) * (top - bottom), 1.0),
    )


def _with_tables(glyphs: Sequence[Glyph], rules: Sequence[Rule]) -> tuple[list[TableBlock], list[Glyph]]:
    """The ruled tables with their text, and the letters that stand in none."""
    found = []
    rest = list(glyphs)
    from_right = 2 * sum(_FROM_RIGHT.match(glyph.text) is not None for glyph in glyphs) > len(glyphs)
    for table in sorted(tables_of(rules), key=_area):
        inside = [glyph for glyph in rest if table.holds(glyph)]
        block = _block(table, inside, from_right=from_right)
        if block is not None:
            found.append(block)
            rest = [glyph for glyph in rest if not table.holds(glyph)]
    return found, rest


def _area(table: RuledTable) -> float:
    box = table.box
    return (box.right - box.left) * (box.bottom - box.top)


def _block(table: RuledTable, glyphs: Sequence[Glyph], *, from_right: bool) -> TableBlock | None:
    home = {(row + y, column + x): (row, column) for row, column, high, wide in table.spans()
            for y in range(high) for x in range(wide)}  # fmt: skip
    cells: dict[tuple[int, int], list[Glyph]] = {}
    cut = words = 0
    place, before = (0, 0), None
    for glyph in glyphs:
        here = home[table.place(glyph)]
        if before is None or not _goes_on(before, glyph):
            place, words = here, words + 1
        cut += here != place
        cells.setdefault(place, []).append(glyph)
        before = glyph
    if cut * _FEWEST_WHOLE > words:
        return None
    texts = {place: _cell_text(inside) for place, inside in cells.items()}
    long = [text for text in texts.values() if len(text) > _LONGEST_CELL]
    if 2 * len(long) > len(texts) or len(table.across) < 3:
        return None
    grid = grid_of(table, texts)
    if grid is None:
        return None
    if from_right:
        turned = tuple(tuple(_PERCENT_FIRST.sub(r"\3\2\1", cell) for cell in row[::-1]) for row in grid.rows)
        grid = replace(grid, rows=turned)
    return TableBlock(grid.markdown(), table, min(glyph.order for glyph in glyphs))


def _goes_on(before: Glyph, glyph: Glyph) -> bool:
    """Whether a letter is of one word with the one before it."""
    if " " in {before.text, glyph.text} or abs(before.base - glyph.base) > 0.3 * glyph.size:
        return False
    return abs(glyph.left - before.right) < 0.1 * glyph.size


def _cell_text(glyphs: Sequence[Glyph]) -> str:
    from qagen.documents.conversion.pdf.paragraphs import Words

    text = ""
    for line in lines_of(glyphs):
        text = Words().join(text, line.text)
    return text.strip()


def _without_readings(lines: list[Line]) -> tuple[list[Line], int]:
    """Without furigana: small kana beside larger characters, which say how these are read."""
    kept = []
    for at, line in enumerate(lines):
        near = lines[max(0, at - 12) : at + 13]
        if not (_KANA.match(line.text) and any(_is_reading(line, one) for one in near)):
            kept.append(line)
    return kept, len(lines) - len(kept)


def _is_reading(line: Line, below: Line) -> bool:
    return (
        line.size <= 0.65 * below.size
        and 0 < below.base - line.base < 1.6 * below.size
        and line.overlap(below) > 0.5
    )

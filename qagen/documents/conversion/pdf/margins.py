"""Page headers, footers and numbers: what stands at the edge of several pages in the same place."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from qagen.documents.conversion.pdf.columns import rows_of
from qagen.documents.conversion.pdf.lines import Line

_NUMBERS_EDGE = 0.2
_EDGE = 0.16
_EDGE_OF_SLIDES = 0.12  # page by page they grow, so that their last lines repeat
_MOST_ROWS = 3
_NEAR = 5.0
_MOST_LEFT_OUT = 0.45
_APART = 1.5
_ROMAN = re.compile(r"[ivxlc]{1,6}\Z", re.IGNORECASE)
_ROMAN_END = re.compile(r"(?<=\s)[ivxl]{1,6}\Z")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class PageLines:
    """The lines of one page; ``start`` and ``end`` are its edges in the way that ``place`` is counted."""

    lines: tuple[Line, ...]
    start: float
    end: float
    downwards: bool = False
    edge: float = _EDGE

    def rows(self) -> list[list[Line]]:
        """The lines at both edges of the page, by their place."""
        reach = _NUMBERS_EDGE * (self.end - self.start)
        near = [
            line
            for line in self.lines
            if self.place(line) < self.start + reach or self.place(line) > self.end - reach
        ]
        if self.downwards:
            return [[line] for line in near]
        rows = rows_of(near)
        middle = (self.start + self.end) / 2
        above = [row for row in rows if self.place(row[0]) < middle]
        below = [row for row in rows if self.place(row[0]) >= middle]
        return above[:_MOST_ROWS] + below[-_MOST_ROWS:]

    def apart(self, rows: list[list[Line]]) -> set[int]:
        """The orders of the lines of rows that have more white beside them than lines of a text have."""
        middle = (self.start + self.end) / 2
        gone = {line.order for row in rows for line in row}
        for row in sorted(rows, key=lambda one: abs(self.place(one[0]) - middle)):
            near = [
                abs(self.place(line) - self.place(row[0]))
                for line in self.lines
                if line.order not in gone
                and abs(self.place(line) - middle) <= abs(self.place(row[0]) - middle)
            ]
            if _key(row) != "#" and near and min(near) < _APART * row[0].size:
                gone -= {line.order for line in row}
        return gone

    def is_at_edge(self, row: Sequence[Line]) -> bool:
        """Whether a row is so near the edge that its words may be a header; numbers may stand farther in."""
        reach = self.edge * (self.end - self.start)
        place = self.place(row[0])
        return _key(row) == "#" or place < self.start + reach or place > self.end - reach

    def place(self, line: Line) -> float:
        """How far from the top of the page a line stands."""
        return line.left if self.downwards else line.base


@dataclass(frozen=True, slots=True)
class Margins:
    """The lines that are left out, page by page, and what they say, with how often."""

    out: tuple[frozenset[int], ...]
    texts: dict[str, int]


def edge_of(width: float, height: float) -> float:
    """How much of a page its headers may take, above and below."""
    return _EDGE_OF_SLIDES if width > height else _EDGE


def margins(pages: Sequence[PageLines], *, beside: int = 0) -> Margins:
    """What repeats at the edges of the pages: the same words, or a number that counts.

    ``beside`` is how many letters the pages have that are not among these lines.
    """
    usual = _usual_size(pages)
    seen: dict[str, list[tuple[int, float, list[Line]]]] = defaultdict(list)
    for number, page in enumerate(pages):
        for row in page.rows():
            if max(line.size for line in row) <= 1.25 * usual and page.is_at_edge(row):
                seen[_key(row)].append((number, page.place(row[0]) - page.start, row))
    rows: list[list[list[Line]]] = [[] for _ in pages]
    needed = 2 if len(pages) <= 6 else 3  # a title may stand twice in a long document
    for key, places in seen.items():
        for number, place, row in places:
            same = {other for other, there, _ in places if abs(there - place) <= _NEAR}
            if len(same) >= needed and (key != "#" or _counts(places, place)):
                rows[number].append(row)
    out = [page.apart(found) for page, found in zip(pages, rows, strict=True)]
    if not _is_little(pages, out, beside):
        return Margins((frozenset(),) * len(pages), {})
    texts = Counter(
        _key(row) for found, gone in zip(rows, out, strict=True) for row in found if row[0].order in gone
    )
    return Margins(tuple(map(frozenset, out)), dict(texts))


def _is_little(pages: Sequence[PageLines], out: Sequence[set[int]], beside: int) -> bool:
    """Whether most of the text is left: what fills whole pages is no header."""
    whole = beside + sum(len(line.text) for page in pages for line in page.lines)
    left_out = sum(
        len(line.text)
        for page, orders in zip(pages, out, strict=True)
        for line in page.lines
        if line.order in orders
    )
    return left_out <= _MOST_LEFT_OUT * whole


def _usual_size(pages: Sequence[PageLines]) -> float:
    sizes: dict[float, int] = defaultdict(int)
    for page in pages:
        for line in page.lines:
            sizes[round(line.size, 1)] += len(line.text)
    return max(sizes, key=lambda size: sizes[size]) if sizes else 1.0


def _key(row: Sequence[Line]) -> str:
    """The words of a row, with one sign for every number: Page 3 of 9 is the like of Page 4 of 9."""
    text = unicodedata.normalize("NFKC", " ".join(line.text for line in row)).strip()
    if _ROMAN.match(text):
        return "#"
    text = _ROMAN_END.sub("#", text)
    return re.sub(r"\s+", " ", _NUMBER.sub("#", text)).strip("-–—|[]() ") or text


def _counts(places: Sequence[tuple[int, float, list[Line]]], place: float) -> bool:
    """Whether the bare numbers of a place grow with the pages."""
    numbers = []
    for page, there, row in places:
        found = _NUMBER.search(unicodedata.normalize("NFKC", row[0].text))
        if abs(there - place) <= _NEAR and found:
            numbers.append(int(found[0]) - page)
    return not numbers or 2 * max(map(numbers.count, numbers)) > len(numbers)

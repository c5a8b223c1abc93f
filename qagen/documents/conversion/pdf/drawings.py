"""What is drawn on a page beside its letters: straight lines, boxes, and how much of it pictures cover."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qagen.documents.conversion.pdf.glyphs import Frame, Rule

_MOST_OBJECTS = 8000  # maps and plots have more; no table does
_DEEPEST = 4
_THIN = 3.0
_SHORTEST = 4.0
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_LINE, _BEZIER, _MOVE = 0, 1, 2
_WHITE = 250
Matrix = tuple[float, float, float, float, float, float]


@dataclass(slots=True)
class Drawings:
    """Lines as left, bottom, right, top in the coordinates of the file; the area of pictures in its units."""

    lines: list[tuple[float, float, float, float]] = field(default_factory=list)
    pictures: float = 0.0

    def rules(self, frame: Frame) -> list[Rule]:
        """The lines as a reader of the text of this frame sees them."""
        return [Rule(*frame.box(*line)) for line in self.lines]


class DrawingReader:
    """Reads the lines and pictures of one page through PDFium."""

    def __init__(self, page: Any) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = page
        self._found = Drawings()

    def read(self) -> Drawings:
        """The lines that are drawn, and the pictures; nothing of a page with thousands of objects."""
        pdfium = self._pdfium
        count = pdfium.FPDFPage_CountObjects(self._page)
        if count <= _MOST_OBJECTS:
            for index in range(count):
                self._see(pdfium.FPDFPage_GetObject(self._page, index), _IDENTITY, 0)
        return self._found

    def _see(self, item: Any, matrix: Matrix, depth: int) -> None:
        pdfium = self._pdfium
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            self._path(item, matrix)
        elif kind in {pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING}:
            left, bottom, right, top = self._bounds(item, matrix)
            self._found.pictures += (right - left) * (top - bottom)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            count = pdfium.FPDFFormObj_CountObjects(item)
            if count <= _MOST_OBJECTS:
                inner = _times(self._matrix(item), matrix)
                for index in range(count):
                    self._see(pdfium.FPDFFormObj_GetObject(item, index), inner, depth + 1)

    def _matrix(self, item: Any) -> Matrix:
        found = self._pdfium.FS_MATRIX()
        if not self._pdfium.FPDFPageObj_GetMatrix(item, found):
            return _IDENTITY
        return found.a, found.b, found.c, found.d, found.e, found.f

    def _bounds(self, item: Any, matrix: Matrix) -> tuple[float, float, float, float]:
        sides = [ctypes.c_float() for _ in range(4)]
        if not self._pdfium.FPDFPageObj_GetBounds(item, *sides):
            return 0.0, 0.0, 0.0, 0.0
        left, bottom, right, top = (side.value for side in sides)
        return _box(_at(matrix, left, bottom), _at(matrix, right, top))

    def _path(self, item: Any, matrix: Matrix) -> None:
        """A line, a thin box that serves as one, or the sides of boxes."""
        pdfium = self._pdfium
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        if not pdfium.FPDFPath_GetDrawMode(item, mode, stroke) or not (mode.value or stroke.value):
            return
        left, bottom, right, top = self._bounds(item, matrix)
        if min(right - left, top - bottom) <= _THIN:
            if stroke.value or not self._is_white(item):
                self._add(left, bottom, right, top)
            return
        segments = pdfium.FPDFPath_CountSegments(item)
        if segments > _MOST_OBJECTS or (not stroke.value and self._is_white(item)):
            return
        whole = _times(self._matrix(item), matrix)
        for start, end in self._sides(item, segments):
            one = _box(_at(whole, *start), _at(whole, *end))
            if min(one[2] - one[0], one[3] - one[1]) <= 1.0:
                self._add(*one)

    def _is_white(self, item: Any) -> bool:
        colours = [ctypes.c_uint() for _ in range(4)]
        known = self._pdfium.FPDFPageObj_GetFillColor(item, *colours)
        return bool(known) and (all(one.value >= _WHITE for one in colours[:3]) or colours[3].value == 0)

    def _sides(self, item: Any, segments: int) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
        pdfium = self._pdfium
        x, y = ctypes.c_float(), ctypes.c_float()
        start = here = (0.0, 0.0)
        for index in range(segments):
            segment = pdfium.FPDFPath_GetPathSegment(item, index)
            pdfium.FPDFPathSegment_GetPoint(segment, x, y)
            point = (x.value, y.value)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            if kind == _LINE:
                yield here, point
            elif kind == _MOVE:
                start = point
            here = point
            if pdfium.FPDFPathSegment_GetClose(segment):
                yield here, start

    def _add(self, left: float, bottom: float, right: float, top: float) -> None:
        """As a line without width."""
        if right - left >= top - bottom and right - left >= _SHORTEST:
            middle = (bottom + top) / 2
            self._found.lines.append((left, middle, right, middle))
        elif top - bottom > right - left and top - bottom >= _SHORTEST:
            middle = (left + right) / 2
            self._found.lines.append((middle, bottom, middle, top))


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    return (*_turned(outer, a, b), *_turned(outer, c, d), *_at(outer, e, f))


def _turned(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    return matrix[0] * x + matrix[2] * y, matrix[1] * x + matrix[3] * y


def _at(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    across, up = _turned(matrix, x, y)
    return across + matrix[4], up + matrix[5]


def _box(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float, float, float]:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])

"""What is filled into the fields of a form, with the label that stands beside or above each field."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qagen.documents.conversion.pdf.glyphs import Frame
from qagen.documents.conversion.pdf.lines import Line

_FARTHEST = 300.0
_HIDDEN = 1 << 1
_PASSWORD = 1 << 13


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is filled in: where a reader sees it, its name, its value; ``ticked`` if it is a box."""

    left: float
    top: float
    right: float
    bottom: float
    name: str
    value: str
    ticked: bool | None = None


class FieldReader:
    """Reads the fields of one page through PDFium."""

    def __init__(self, page: Any, form: Any) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = page
        self._form = form

    def read(self, frame: Frame) -> list[Field]:
        """The fields with a value, and the boxes that may be ticked."""
        pdfium = self._pdfium
        found = []
        for index in range(pdfium.FPDFPage_GetAnnotCount(self._page)):
            annotation = pdfium.FPDFPage_GetAnnot(self._page, index)
            if not annotation:
                continue
            field = self._field(annotation, frame)
            if field is not None:
                found.append(field)
            pdfium.FPDFPage_CloseAnnot(annotation)
        return found

    def _field(self, annotation: Any, frame: Frame) -> Field | None:
        pdfium = self._pdfium
        if pdfium.FPDFAnnot_GetSubtype(annotation) != pdfium.FPDF_ANNOT_WIDGET:
            return None
        box = pdfium.FS_RECTF()
        hidden = pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN
        if hidden or not pdfium.FPDFAnnot_GetRect(annotation, box):
            return None
        kind = pdfium.FPDFAnnot_GetFormFieldType(self._form, annotation)
        place = frame.box(box.left, min(box.bottom, box.top), box.right, max(box.bottom, box.top))
        name = self._text(pdfium.FPDFAnnot_GetFormFieldAlternateName, annotation) or self._text(
            pdfium.FPDFAnnot_GetFormFieldName, annotation
        )
        if kind in {pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON}:
            ticked = bool(pdfium.FPDFAnnot_IsChecked(self._form, annotation))
            return Field(*place, name, "", ticked)
        if kind not in {
            pdfium.FPDF_FORMFIELD_TEXTFIELD,
            pdfium.FPDF_FORMFIELD_COMBOBOX,
            pdfium.FPDF_FORMFIELD_LISTBOX,
        }:
            return None
        secret = pdfium.FPDFAnnot_GetFormFieldFlags(self._form, annotation) & _PASSWORD
        value = self._text(pdfium.FPDFAnnot_GetFormFieldValue, annotation)
        return Field(*place, name, value) if value and not secret else None

    def _text(self, ask: Any, annotation: Any) -> str:
        length = ask(self._form, annotation, None, 0)
        if length <= 2:
            return ""
        buffer = (ctypes.c_ushort * (length // 2))()
        ask(self._form, annotation, buffer, length)
        return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0").strip()


def with_fields(lines: Sequence[Line], fields: Iterable[Field]) -> list[Line]:
    """The lines with each value after its label, and a tick or an empty box before what it is about."""
    kept = list(lines)
    answered: set[int] = set()
    for field in fields:
        at = _label(kept, field)
        if at is None:
            kept.append(_line_of(field, len(kept)))
            continue
        line = kept[at]
        if field.ticked is not None:
            text = f"{_box(field)} {line.text}"
        elif at in answered:
            text = f"{line.text}, {field.value}"
        else:
            text = f"{line.text}{' ' if line.text.endswith((':', '：', '?')) else ': '}{field.value}"
        answered.add(at)
        kept[at] = replace(line, text=text, right=max(line.right, min(field.right, line.right + 1)))
    return sorted(kept, key=lambda line: (line.base, line.left))


def _box(field: Field) -> str:
    return "[x]" if field.ticked else "[ ]"


def _label(lines: Sequence[Line], field: Field) -> int | None:
    """The nearest line: right of a box to tick; else left of the field, or above it."""
    best: tuple[float, int] | None = None
    for at, line in enumerate(lines):
        distance = _to_the_right(line, field) if field.ticked is not None else _to_the_left(line, field)
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, at)
    return best[1] if best else None


def _on_one_height(line: Line, field: Field) -> bool:
    shared = min(line.bottom, field.bottom) - max(line.top, field.top)
    return shared > 0.4 * min(line.size, field.bottom - field.top)


def _to_the_right(line: Line, field: Field) -> float | None:
    gap = line.left - field.right
    if _on_one_height(line, field) and -2 <= gap <= 3 * line.size:
        return gap
    return None


def _to_the_left(line: Line, field: Field) -> float | None:
    gap = field.left - line.right
    if _on_one_height(line, field) and -2 <= gap <= _FARTHEST:
        return max(gap, 0.0)
    above = field.top - line.bottom
    inside = line.left < field.right and line.right > field.left
    return _FARTHEST + above if inside and -3 <= above <= 1.2 * line.size else None


def _line_of(field: Field, order: int) -> Line:
    """A field without a label in sight, by its name."""
    text = f"{_box(field)} {field.name}" if field.ticked is not None else f"{field.name}: {field.value}"
    size = min(max(field.bottom - field.top, 6.0), 12.0)
    return Line(
        text, field.left, field.right, field.top, field.bottom, field.bottom - 0.2 * size, size,
        bold=False, order=1_000_000 + order, last=1_000_000 + order,
    )  # fmt: skip

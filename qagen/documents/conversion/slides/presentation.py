"""PPTX: the slides that are shown, each with its title, texts, tables, charts, diagrams and notes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pptx
from lxml import etree
from pptx.exc import PythonPptxError

from qagen.documents.conversion import Cell, Converted, Grid
from qagen.documents.conversion.office import A, C, Package, Tally, TextBody, chart, described, diagram

# What python-pptx raises for files that break the rules.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    PythonPptxError,
    etree.XMLSyntaxError,
    zipfile.BadZipFile,
)
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_TITLES = frozenset({"title", "ctrTitle"})
_AROUND = {"dt", "ftr", "hdr", "sldNum"}
# Shapes whose upper edges differ by less than this share of the slide stand in one row, read from the left.
_SAME_ROW = 0.02
_NOTES = "### Notes"


def read(data: bytes) -> Converted:
    """The slides of a presentation.

    Raises:
        UnreadableError: It is damaged.
    """
    package = Package.opened(data, "PPTX")
    tally = Tally()
    parts = []
    try:
        presentation = pptx.Presentation(BytesIO(data))
        height = presentation.slide_height or 1
        for number, slide in enumerate(presentation.slides, 1):
            place = f"slide {number}"
            if slide.element.get("show") in {"0", "false"}:
                tally.add("hidden_slides", place)
                continue
            parts += [*_Slide(slide, height, tally, place).parts()]
    except _BROKEN as error:
        raise package.damaged(str(error) or type(error).__name__) from error
    return Converted("\n\n".join(part for part in parts if part), warnings=tally.warnings())


@dataclass(frozen=True)
class _Slide:
    slide: Any
    height: int
    tally: Tally
    place: str

    def parts(self) -> Iterator[str]:
        """Its title, what stands on it from the top down, and its notes, each a block of Markdown."""
        tree = self.slide.shapes.element
        _settle(tree)
        shapes = [*self._seen(self.slide.shapes)]
        for shape in shapes:
            if _placeholder(shape) in _TITLES:
                yield self._title(shape)
        for shape in self._in_order(shapes):
            if _placeholder(shape) not in _TITLES:
                yield from self._shape(shape)
        yield self._notes()
        for relation in self.slide.part.rels.values():
            if relation.reltype.rpartition("/")[2] == "comments":
                self.tally.add("comments", self.place, _comments(relation))

    def _title(self, shape: Any) -> str:
        text = " ".join(" ".join(self._lines(shape)).split())
        return f"# {text}" if text else ""

    def _seen(self, shapes: Any) -> Iterator[Any]:
        """The shapes without those that are hidden, and without date, footer and number of the slide."""
        for shape in shapes:
            about = next(shape.element.iter(f"{_P}cNvPr"), None)
            if about is not None and about.get("hidden") in {"1", "true"}:
                self.tally.add("hidden_shapes", self.place)
            elif _placeholder(shape) in _AROUND:
                self.tally.add("headers_footers", self.place, bool(shape.text_frame.text.strip()))
            else:
                yield shape

    def _in_order(self, shapes: list[Any]) -> list[Any]:
        """From the top down, and from the left in a row."""
        placed = sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0))
        rows: list[list[Any]] = []
        for shape in placed:
            top = shape.top or 0
            if rows and top - (rows[-1][0].top or 0) <= self.height * _SAME_ROW:
                rows[-1].append(shape)
            else:
                rows.append([shape])
        return [shape for row in rows for shape in sorted(row, key=lambda one: one.left or 0)]

    def _shape(self, shape: Any) -> Iterator[str]:
        if hasattr(shape, "shapes"):
            for inner in self._in_order([*self._seen(shape.shapes)]):
                yield from self._shape(inner)
        elif shape.element.tag == f"{_P}graphicFrame":
            yield self._framed(shape)
        elif shape.element.tag == f"{_P}pic":
            self.tally.add("pictures", self.place)
            about = next(shape.element.iter(f"{_P}cNvPr"))
            yield described(about.get("descr", ""))
        elif shape.has_text_frame:
            yield "\n".join(self._lines(shape))

    def _lines(self, shape: Any) -> list[str]:
        body = shape.element.find(f"{_P}txBody")
        return [] if body is None else [*TextBody(self.tally, self.place).lines(body)]

    def _framed(self, shape: Any) -> str:
        """A table, a chart, a diagram, or an object of another program."""
        if shape.has_table:
            return self._table(shape.table).markdown()
        for reference in shape.element.iter(f"{C}chart"):
            grid = chart(self._related(reference.get(f"{_R}id")))
            if grid is not None:
                return grid.markdown()
        for reference in shape.element.iter(f"{_DIAGRAM}relIds"):
            return diagram(self._related(reference.get(f"{_R}dm")), self.tally, self.place)
        kind = "embedded" if next(shape.element.iter(f"{_P}oleObj"), None) is not None else "charts"
        self.tally.add(kind, self.place)
        return ""

    def _related(self, name: str) -> Any:
        return etree.fromstring(self.slide.part.related_part(name).blob)

    def _table(self, table: Any) -> Grid:
        """The table; its text is that of the cell in which a merged one begins."""
        rows = []
        for row in table.rows:
            cells = [cell for cell in row.cells if not cell.is_spanned]
            rows.append([self._cell(cell) for cell in cells])
        return Grid.laid_out(rows)

    def _cell(self, cell: Any) -> Cell:
        body = cell._tc.find(f"{A}txBody")  # noqa: SLF001  (the one way to the element of a cell)
        text = "\n".join(TextBody(self.tally, self.place).lines(body)) if body is not None else ""
        merged = cell.is_merge_origin
        return Cell(text, cell.span_height if merged else 1, cell.span_width if merged else 1)

    def _notes(self) -> str:
        """What the speaker wrote below the slide."""
        frame = self.slide.notes_slide.notes_text_frame if self.slide.has_notes_slide else None
        if frame is None or not frame.text.strip():
            return ""
        lines = TextBody(self.tally, self.place).lines(frame._txBody)  # noqa: SLF001
        return "\n\n".join([_NOTES, "\n".join(lines)])


def _settle(tree: Any) -> None:
    """What a program may choose between is what python-pptx passes over: the choice is put in its place."""
    for one in [*tree.iter(f"{_MC}AlternateContent")]:
        parent = one.getparent()
        if parent is None or parent.tag not in {f"{_P}spTree", f"{_P}grpSp"}:
            continue
        choice, fallback = one.find(f"{_MC}Choice"), one.find(f"{_MC}Fallback")
        known = (
            [*choice]
            if choice is not None and _is_known(choice)
            else [*fallback]
            if fallback is not None
            else []
        )
        at = parent.index(one)
        parent.remove(one)
        for offset, child in enumerate(known):
            parent.insert(at + offset, child)


def _is_known(choice: Any) -> bool:
    """Whether it has text, a table, a chart or a diagram, and is none of the newer kinds of charts."""
    return next(choice.iter("{http://schemas.microsoft.com/office/drawing/2014/chartex}chart"), None) is None


def _placeholder(shape: Any) -> str:
    """The kind of a placeholder; empty for other shapes."""
    found = next(shape.element.iter(f"{_P}ph"), None) if not hasattr(shape, "shapes") else None
    return "" if found is None else str(found.get("type", "body"))


def _comments(relation: Any) -> int:
    root = etree.fromstring(relation.target_part.blob)
    return sum(1 for one in root if isinstance(one.tag, str) and one.tag.rpartition("}")[2] == "cm")

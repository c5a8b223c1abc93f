"""XLSX: what each sheet shows, as tables; what it hides is left out and told."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils.exceptions import InvalidFileException

from qagen.documents.conversion import Converted, lowered, raised
from qagen.documents.conversion.office import Package, Tally
from qagen.documents.conversion.sheets.blocks import Row, Sheet, Span
from qagen.documents.conversion.sheets.date_formats import serial
from qagen.documents.conversion.sheets.number_formats import NumberFormat, general
from qagen.errors import UnreadableError

# What openpyxl raises for files that break the rules.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    InvalidFileException,
    zipfile.BadZipFile,
)
_NUMBERS = (int, float, date, time, timedelta)
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DRAWINGS = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"


def read(data: bytes) -> Converted:
    """The sheets that are shown, each under its name.

    Raises:
        UnreadableError: It is damaged.
    """
    package = Package.opened(data, "XLSX")
    tally = Tally()
    try:
        book = openpyxl.load_workbook(BytesIO(data), data_only=True, rich_text=True)
        texts = [*_sheets(package, book, tally)]
    except UnreadableError:
        raise
    except _BROKEN as error:
        raise package.damaged(str(error) or type(error).__name__) from error
    tally.add("charts", count=len(book.chartsheets))
    return Converted("\n\n".join(text for text in texts if text), warnings=tally.warnings())


def _sheets(package: Package, book: Any, tally: Tally) -> Iterator[str]:
    """The sheets that are shown, each in Markdown."""
    parts = _parts_of(package)
    for sheet in book.worksheets:
        place, part = f"sheet {sheet.title}", parts.get(sheet.title, "")
        if sheet.sheet_state != "visible":
            tally.add("hidden_sheets", place)
            continue
        yield _Shown.of(sheet, tally, _without_value(package, part)).markdown()
        _tell_drawings(package, part, place, tally)


@dataclass(frozen=True)
class _Shown:
    """A sheet without its hidden rows and columns."""

    sheet: Any
    tally: Tally
    place: str
    values: Mapping[int, Mapping[int, Any]]

    @classmethod
    def of(cls, sheet: Any, tally: Tally, without_value: frozenset[str]) -> _Shown:
        """The cells with a value, by row and column. However far apart they are, openpyxl keeps no others."""
        place = f"sheet {sheet.title}"
        cells: dict[tuple[int, int], Any] = vars(sheet)["_cells"]
        values: dict[int, dict[int, Any]] = {}
        for (row, column), cell in cells.items():
            if cell.value is not None:
                values.setdefault(row, {})[column] = cell
        tally.add(
            "comments", place, sum(getattr(cell, "comment", None) is not None for cell in cells.values())
        )
        shown = cls(sheet, tally, place, values)
        hidden = shown.hidden_columns()
        seen = [cell for (row, at), cell in cells.items() if at not in hidden and not shown.is_hidden(row)]
        tally.add("formulas", place, sum(cell.coordinate in without_value for cell in seen))
        return shown

    def markdown(self) -> str:
        """Its tables and texts under its name."""
        hidden = self.hidden_columns()
        used = sorted({column for row in self.values.values() for column in row})
        self.tally.add("hidden_columns", self.place, sum(column in hidden for column in used))
        rows = sorted(row for row in self.values if not self.is_hidden(row))
        self.tally.add("hidden_rows", self.place, len(self.values) - len(rows))
        self._tell_headers()
        last = max((column for column in used if column not in hidden), default=0)
        columns = {
            column: at
            for at, column in enumerate(column for column in range(1, last + 1) if column not in hidden)
        }
        places = self._row_places(rows)
        spans = tuple(self._spans(places, columns))
        shown = [self._row(row, places[row], columns) for row in rows]
        shown = self._with_anchors(shown, places, columns)
        cuts = frozenset(places[row] for row in self._table_rows() if row in places)
        return f"## {self.sheet.title}\n\n{Sheet(shown, spans, cuts).markdown()}".strip()

    def is_hidden(self, row: int) -> bool:
        """Whether a row is hidden, filtered out, or so low that nothing of it shows."""
        dimensions = self.sheet.row_dimensions
        if row not in dimensions:
            return bool(self.sheet.sheet_format.zeroHeight)
        return bool(dimensions[row].hidden) or dimensions[row].height == 0

    def hidden_columns(self) -> frozenset[int]:
        """The columns that are hidden or have no width."""
        hidden: set[int] = set()
        for dimension in self.sheet.column_dimensions.values():
            if (dimension.hidden or dimension.width == 0) and dimension.min:
                hidden |= {*range(dimension.min, dimension.max + 1)}
        return frozenset(hidden)

    def _row_places(self, rows: list[int]) -> dict[int, int]:
        """The number of each row among those that are shown: a hidden row between two is no gap."""
        places: dict[int, int] = {}
        before, at = 0, 0
        for row in rows:
            gap = sum(not self.is_hidden(between) for between in range(before + 1, min(row, before + 1000)))
            at += gap + 1
            places[row] = at
            before = row
        return places

    def _row(self, row: int, at: int, columns: Mapping[int, int]) -> Row:
        texts = [""] * len(columns)
        numbers, bold = set(), []
        for column, cell in self.values[row].items():
            if column not in columns:
                continue
            text = self._text(cell)
            texts[columns[column]] = text
            if text:
                bold.append(bool(cell.font and cell.font.b))
                if isinstance(cell.value, _NUMBERS) and not isinstance(cell.value, bool):
                    numbers.add(columns[column])
        return Row(at, texts, frozenset(numbers), bool(bold) and all(bold))

    def _text(self, cell: Any) -> str:
        """What the cell shows."""
        if cell.font is not None and cell.font.strike:
            self.tally.add("struck_out", self.place)
            return ""
        shown = self._shown(cell.value, cell.number_format or "General")
        if not shown and cell.value != "":
            self.tally.add("hidden_cells", self.place)
        return " ".join(shown.split())

    def _shown(self, value: Any, code: str) -> str:
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, CellRichText):
            return self._rich(value)
        form = NumberFormat.of(code)
        if isinstance(value, str):
            return form.text(value)
        if isinstance(value, time):
            value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
        if isinstance(value, (date, datetime, timedelta)):
            return form.number(serial(value)) if form.is_date else _plain(value, form)
        return form.number(value) if isinstance(value, (int, float)) else str(value)

    def _rich(self, value: CellRichText) -> str:
        """A text of several fonts, without what is struck out, with raised and lowered signs."""
        written = ""
        for run in value:
            if not isinstance(run, TextBlock):
                written += str(run)
            elif run.font.strike:
                self.tally.add("struck_out", self.place)
            elif run.font.vertAlign == "superscript":
                written += raised(run.text, before=written)
            elif run.font.vertAlign == "subscript":
                written += lowered(run.text, before=written)
            else:
                written += run.text
        return written

    def _spans(self, rows: Mapping[int, int], columns: Mapping[int, int]) -> Iterator[Span]:
        """The merged cells, as far as they are shown and anything stands in their rows and columns."""
        for area in self.sheet.merged_cells.ranges:
            down = [rows[row] for row in rows if area.min_row <= row <= area.max_row]
            across = [columns[at] for at in columns if area.min_col <= at <= area.max_col]
            if len(down) * len(across) > 1:
                yield Span(min(down), min(across), max(down), max(across))

    def _with_anchors(
        self, shown: list[Row], rows: Mapping[int, int], columns: Mapping[int, int]
    ) -> list[Row]:
        """Merged cells whose first row or column is hidden show their value in what is left of them."""
        by_place = {row.at: row for row in shown}
        for area in self.sheet.merged_cells.ranges:
            anchor = self.values.get(area.min_row, {}).get(area.min_col)
            if anchor is None or (area.min_row in rows and area.min_col in columns):
                continue
            down = [rows[row] for row in rows if area.min_row <= row <= area.max_row]
            across = [columns[at] for at in columns if area.min_col <= at <= area.max_col]
            if down and across:
                texts = [*by_place[min(down)].texts]
                texts[min(across)] = self._text(anchor)
                by_place[min(down)] = by_place[min(down)]._replace(texts=texts)
        return list(by_place.values())

    def _table_rows(self) -> list[int]:
        """The first rows of what is marked as a table."""
        return [int(re.findall(r"\d+", table.ref)[0]) for table in self.sheet.tables.values()]

    def _tell_headers(self) -> None:
        parts = (self.sheet.oddHeader, self.sheet.oddFooter)
        filled = sum(any(part and part.text for part in (one.left, one.center, one.right)) for one in parts)
        self.tally.add("headers_footers", self.place, filled)


def _plain(value: date | datetime | timedelta, form: NumberFormat) -> str:
    """A date in a cell whose format is none: its serial number, or the day if there is no format at all."""
    if form.sections and any(section.has("digit") for section in form.sections):
        return form.number(serial(value))
    if isinstance(value, timedelta):
        return general(serial(value))
    if isinstance(value, datetime) and value.time() != time():
        return value.isoformat(" ", "seconds")
    return value.isoformat()[:10]


def _parts_of(package: Package) -> dict[str, str]:
    """The name of the part of each sheet."""
    main = package.main()
    relations = package.relations(main)
    root = package.part(main)
    found = {}
    for sheet in () if root is None else root.iter(f"{{{_SHEETS}}}sheet"):
        own = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
        if own in relations:
            found[sheet.get("name", "")] = relations[own].target
    return found


def _without_value(package: Package, name: str) -> frozenset[str]:
    """The cells of a sheet whose formulas were stored without what they give."""
    data = package.data(name) or b""
    if not _FORMULA.search(data):
        return frozenset()
    root = package.part(name)
    found = set()
    for cell in root.iter(f"{{{_SHEETS}}}c"):
        formula, value = cell.find(f"{{{_SHEETS}}}f"), cell.find(f"{{{_SHEETS}}}v")
        if formula is not None and (value is None or not value.text) and cell.get("t") != "str":
            found.add(cell.get("r", ""))
    return frozenset(found)


def _tell_drawings(package: Package, name: str, place: str, tally: Tally) -> None:
    """Charts, pictures and text boxes lie above the cells: their number is told."""
    kinds = {"chart": "charts", "image": "pictures", "chartEx": "charts"}
    for relation in package.relations(name).values() if name else ():
        if relation.kind != "drawing":
            continue
        for drawn in package.relations(relation.target).values():
            if drawn.kind in kinds:
                tally.add(kinds[drawn.kind], place)
        root = package.part(relation.target)
        shapes = () if root is None else root.iter(f"{{{_DRAWINGS}}}sp")
        tally.add("text_boxes", place, sum(bool("".join(shape.itertext()).strip()) for shape in shapes))

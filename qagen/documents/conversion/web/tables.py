"""Tables of HTML: those of data as grids, those that only lay a page out as what stands in their cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bs4 import Tag

from qagen.documents.conversion import Cell, Grid
from qagen.documents.conversion.web.inline import text_of

_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_LONG_CELL = 600
_MOST_SPANNED = 200


def grid_of(table: Tag) -> Grid:
    """A table with the text of its cells; a table in a cell is told in one line."""
    nested = table.find("table") is not None
    rows = [[_cell(cell, nested=nested) for cell in _cells(row)] for row in rows_of(table)]
    if rows and all(_is_bold(cell) or cell.head or not cell.text for cell in rows[0]):
        rows[0] = [replace(cell, text=cell.text.strip("*"), head=True) for cell in rows[0]]
    caption = table.find("caption", recursive=False)
    return Grid.laid_out(rows, heads=_heads(table), caption=_caption(caption))


def is_layout(table: Tag) -> bool:
    """Whether a table only places things on the page: its cells hold sections, or there is but one column."""
    if str(table.get("role") or "") in {"presentation", "none"}:
        return True
    rows = [[*_cells(row)] for row in rows_of(table)]
    cells = [cell for row in rows for cell in row]
    if table.find("caption", recursive=False) is not None or any(cell.name == "th" for cell in cells):
        return False
    if max((len(row) for row in rows), default=0) <= 1:
        return True
    sections = any(cell.find(_HEADINGS) is not None for cell in cells)
    return sections or any(len(cell.get_text(strip=True)) > _LONG_CELL for cell in cells)


def rows_of(table: Tag) -> list[Tag]:
    """The rows of a table, not those of tables in it; the foot is the last."""
    head: list[Tag] = []
    body: list[Tag] = []
    foot: list[Tag] = []
    for child in table.find_all(["thead", "tbody", "tfoot", "tr"], recursive=False):
        if child.name == "tr":
            body.append(child)
        else:
            part = {"thead": head, "tfoot": foot}.get(child.name, body)
            part.extend(child.find_all("tr", recursive=False))
    return [*head, *body, *foot]


def cells_of(table: Tag) -> Iterator[Tag]:
    """The cells of a table, row by row."""
    for row in rows_of(table):
        yield from _cells(row)


def _cells(row: Tag) -> list[Tag]:
    return row.find_all(["td", "th"], recursive=False)


def _cell(cell: Tag, *, nested: bool) -> Cell:
    for inner in cell.find_all("table") if nested else ():
        if not inner.decomposed:
            inner.replace_with(f" {grid_of(inner).inline()} ")
    text = " ".join(text_of(cell.children).split()).replace(" ;", ";")
    return Cell(text, _span(cell, "rowspan"), _span(cell, "colspan"), cell.name == "th")


def _is_bold(cell: Cell) -> bool:
    """Whether all of a cell is set in bold, as heads are that are not marked."""
    return cell.text.startswith("**") and cell.text.endswith("**") and "*" not in cell.text.strip("*")


def _span(cell: Tag, name: str) -> int:
    told = str(cell.get(name) or "1").strip()
    return min(int(told), _MOST_SPANNED) if told.isascii() and told.isdigit() else 1


def _heads(table: Tag) -> int | None:
    """How many rows are heads, where the page tells it by other means than by cells that are heads."""
    head = table.find("thead", recursive=False)
    rows = head.find_all("tr", recursive=False) if head is not None else []
    return len(rows) if rows and not any(row.find("th", recursive=False) for row in rows) else None


def _caption(caption: Tag | None) -> str:
    return " ".join(text_of(caption.children).split()) if caption is not None else ""

"""OpenDocument text (ODT): headings, lists with their numbers, tables, notes; what is hidden is told."""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from qagen.documents.conversion import PASSWORD, Cell, Converted, Grid, lowered, raised, told
from qagen.documents.conversion.written.lists import Level, Numbering
from qagen.documents.conversion.written.paragraphs import Paragraph, written
from qagen.documents.conversion.written.styles import Styles, local, value
from qagen.errors import UnreadableError

_SKIPPED = frozenset(
    {
        *("bookmark", "bookmark-end", "bookmark-start", "change", "change-end", "change-start", "forms"),
        *("image", "ruby-text", "sequence-decls", "soft-page-break", "user-field-decls", "variable-decls"),
        *("alphabetical-index-mark", "annotation-end", "desc", "event-listeners", "object-ole", "plugin"),
        *("reference-mark", "title", "toc-mark", "toc-mark-end", "toc-mark-start"),
    }
)
_TOLD = {"annotation": "comments", "hidden-paragraph": "hidden", "hidden-text": "hidden"}
_SIGNS = {"tab": "\t", "line-break": "\n"}
_MOST_REPEATED = 1000


def read(data: bytes) -> Converted:
    """The text of an ODT file."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if b"manifest:encryption-data" in archive.read("META-INF/manifest.xml"):
                raise UnreadableError("encrypted", PASSWORD)
            content = ET.fromstring(archive.read("content.xml"))  # noqa: S314  (expat bounds entities)
            names = set(archive.namelist())
            sheets = [ET.fromstring(archive.read("styles.xml"))] if "styles.xml" in names else []  # noqa: S314
            about = ET.fromstring(archive.read("meta.xml")) if "meta.xml" in names else None  # noqa: S314
            objects = {name: archive.read(name) for name in names if name.endswith("/content.xml")}
    except (KeyError, ET.ParseError, zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise UnreadableError("damaged", f"It cannot be read as ODT: {str(error)[:200]}") from error
    body = content.find(".//{*}body/{*}text")
    if body is None:
        raise UnreadableError("damaged", "It cannot be read as ODT: it holds no text document")
    reader = _Reader(Styles([*sheets, content]), objects)
    text = written([*reader.paragraphs(body), *reader.notes_below()])
    margins = [part for sheet in sheets for part in sheet.iter() if local(part) in {"header", "footer"}]
    reader.counts["headers_footers"] += sum(bool("".join(part.itertext()).strip()) for part in margins)
    title = about.find(".//{*}title") if about is not None else None
    return Converted(
        text, (title.text or "").strip() or None if title is not None else None, told(reader.counts)
    )


@dataclass(slots=True)
class _Reader:
    styles: Styles
    objects: dict[str, bytes]
    counts: Counter[str] = field(default_factory=Counter)
    _notes: list[str] = field(default_factory=list)
    _frames: list[ET.Element] = field(default_factory=list)
    _chapters: Numbering = field(init=False)
    _lists: dict[str, Numbering] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chapters = Numbering(self.styles.outline() or {1: Level()})

    def paragraphs(self, parent: ET.Element) -> Iterator[Paragraph]:
        """The paragraphs and tables in an element, in their order."""
        for element in parent:
            name = local(element)
            if name in {"p", "h"}:
                yield from self._paragraph(element)
            elif name == "list":
                yield from self._list(element, 1, value(element, "style-name") or "")
            elif name == "table":
                yield Paragraph(self._table(element), table=True)
            elif name == "frame":
                yield from self._framed(element)
            elif not self._is_left_out(element, name):
                yield from self.paragraphs(element)

    def _is_left_out(self, element: ET.Element, name: str) -> bool:
        """Whether a part of the text is not shown; counts it then."""
        if name == "tracked-changes":
            self.counts["deleted"] += sum(local(one) == "deletion" for one in element.iter())
            return True
        hidden = name == "section" and value(element, "display") == "none"
        self.counts["hidden"] += hidden
        return hidden or name in _SKIPPED

    def notes_below(self) -> list[Paragraph]:
        """The notes, as they stand at the end."""
        return [Paragraph(note) for note in self._notes]

    def _paragraph(self, element: ET.Element, mark: str = "", depth: int = 0) -> Iterator[Paragraph]:
        if self.styles.hides(element):
            self.counts["hidden"] += bool("".join(element.itertext()).strip())
            return
        text = "".join(self._texts(element))
        level = int(value(element, "outline-level") or 1) if local(element) == "h" else 0
        if level and not mark and text.strip():
            mark = self._chapters.mark(level, restart=value(element, "restart-numbering") == "true")
        yield Paragraph(text, level, mark, depth)
        frames, self._frames = self._frames, []
        for frame in frames:
            yield from self._framed(frame)

    def _framed(self, frame: ET.Element) -> Iterator[Paragraph]:
        """The text of a text box or frame, after the paragraph at which it stands."""
        for part in frame:
            if local(part) == "text-box":
                yield from self.paragraphs(part)

    def _list(self, element: ET.Element, depth: int, style: str) -> Iterator[Paragraph]:
        goes_on = (
            value(element, "continue-numbering") == "true" or value(element, "continue-list") is not None
        )
        if depth == 1 and not goes_on:
            self._lists.pop(style, None)
        numbering = self._lists.setdefault(style, Numbering(self.styles.list_levels(style)))
        if depth > 1:
            numbering.restart(depth)
        for item in element:
            if local(item) not in {"list-item", "list-header"}:
                continue
            start = value(item, "start-value")
            mark = (
                numbering.mark(depth, start=int(start) if start else None)
                if local(item) == "list-item"
                else ""
            )
            yield from self._item(item, depth, style, mark)

    def _item(self, item: ET.Element, depth: int, style: str, mark: str) -> Iterator[Paragraph]:
        for part in item:
            if local(part) == "list":
                yield from self._list(part, depth + 1, value(part, "style-name") or style)
            elif local(part) in {"p", "h"}:
                yield from self._paragraph(part, mark, depth)
                mark = ""

    def _table(self, table: ET.Element) -> str:
        return self._grid(table).markdown()

    def _grid(self, table: ET.Element) -> Grid:
        rows: list[list[Cell]] = []
        heads = 0
        for row, head in _rows(table):
            if value(row, "visibility") in {"collapse", "filter"}:
                self.counts["hidden"] += 1
                continue
            rows.append([self._cell(cell) for cell in row if local(cell) == "table-cell"])
            heads += head
        return Grid.laid_out(rows, heads=heads or None)

    def _cell(self, cell: ET.Element) -> Cell:
        parts = [self._grid(part).inline() if local(part) == "table" else "" for part in cell]
        inner = ET.Element("cell")
        inner.extend(part for part in cell if local(part) != "table")
        texts = [" ".join(f"{one.mark} {one.text}".split()) for one in self.paragraphs(inner)]
        down, across = (int(value(cell, f"number-{name}-spanned") or 1) for name in ("rows", "columns"))
        return Cell(" ".join(filter(None, [*texts, *parts])), down, across)

    def _texts(self, element: ET.Element) -> Iterator[str]:
        """The text in an element, with what stands in it."""
        before = element.text or ""
        yield before
        for part in element:
            told_of = "".join(self._inline(part, before[-40:]))
            yield told_of
            yield part.tail or ""
            before = (before + told_of + (part.tail or ""))[-80:]

    def _inline(self, element: ET.Element, before: str) -> Iterator[str]:
        name = local(element)
        if name == "s":
            yield " " * min(int(value(element, "c") or 1), _MOST_REPEATED)
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name == "note":
            yield self._note(element)
        elif name == "frame":
            yield from self._frame(element)
        elif name == "span":
            yield from self._span(element, before)
        elif name in _TOLD:
            self.counts[_TOLD[name]] += 1
        elif name not in _SKIPPED:
            yield from self._texts(element)

    def _span(self, element: ET.Element, before: str) -> Iterator[str]:
        text = "".join(self._texts(element))
        left_out = (
            "hidden" if self.styles.hides(element) else "struck_out" if self.styles.strikes(element) else ""
        )
        shift = self.styles.shift(element)
        if left_out:
            self.counts[left_out] += bool(text.strip())
        elif shift and text.strip() and not text.startswith("["):
            yield raised(text, before=before) if shift == "super" else lowered(text, before=before)
        else:
            yield text

    def _note(self, element: ET.Element) -> str:
        citation, body = element.find("{*}note-citation"), element.find("{*}note-body")
        mark = "".join(citation.itertext()).strip() if citation is not None else ""
        text = " ".join(one.text for one in self.paragraphs(body)) if body is not None else ""
        self._notes.append(f"[{mark}] {' '.join(text.split())}")
        return f"[{mark}]"

    def _frame(self, frame: ET.Element) -> Iterator[str]:
        """A formula in a frame; a text box is kept for after the paragraph."""
        for part in frame:
            path = (value(part, "href") or "").removeprefix("./") + "/content.xml"
            if local(part) == "object" and path in self.objects:
                yield self._formula(self.objects[path])
                return
        if any(local(part) == "text-box" for part in frame):
            self._frames.append(frame)
        elif any(local(part) == "image" for part in frame):
            self.counts["pictures"] += 1

    def _formula(self, data: bytes) -> str:
        from qagen.documents.conversion.web import formula, name_of, parsed

        math = parsed(data.decode("utf-8", "replace")).find(lambda tag: name_of(tag) == "math")
        if math is None:
            self.counts["unread"] += 1
            return ""
        return formula(math)


def _rows(parent: ET.Element, *, head: bool = False) -> Iterator[tuple[ET.Element, bool]]:
    """The rows of a table, and whether each is one of its heads."""
    for part in parent:
        name = local(part)
        if name == "table-row":
            repeated = min(int(value(part, "number-rows-repeated") or 1), _MOST_REPEATED)
            yield from ((part, head) for _ in range(repeated))
        elif name in {"table-header-rows", "table-rows", "table-row-group"}:
            yield from _rows(part, head=head or name == "table-header-rows")

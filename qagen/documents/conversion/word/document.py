"""DOCX: the blocks of a document in Markdown, its notes at the end, and what was left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qagen.documents.conversion import Converted
from qagen.documents.conversion.office import Drawings, Package, Tally
from qagen.documents.conversion.word.elements import MC, M, W, below, number, value
from qagen.documents.conversion.word.inline import Piece, written
from qagen.documents.conversion.word.notes import Notes
from qagen.documents.conversion.word.numbering import Label, Numbering
from qagen.documents.conversion.word.runs import Runs, chosen, mark_is_gone
from qagen.documents.conversion.word.styles import Styles
from qagen.documents.conversion.word.tables import TableReader
from qagen.errors import UnreadableError

_INSIDE = frozenset(f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo"))
_GONE = frozenset({f"{W}del", f"{W}moveFrom"})
# A number or letter with a sign behind it: what lists are numbered with, other than "Article 2" or "1.1.2".
_LIST_LABEL = re.compile(r"\(?\w{1,5}[.)）．、]\Z|[①-⑳]\Z")
_LONGEST_OUTLINE = 200


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or table; items of a list stand close together."""

    text: str
    is_item: bool = False


def read(data: bytes) -> Converted:
    """The text of a DOCX file as a reader sees it.

    Raises:
        UnreadableError: It is damaged.
    """
    package = Package.opened(data, "DOCX")
    main = package.main()
    root = package.part(main)
    body = None if root is None else root.find(f"{W}body")
    if body is None:
        raise package.damaged("it has no text part")
    parts = {relation.kind: relation.target for relation in package.relations(main).values()}
    styles = Styles.of(package.part(parts.get("styles", "")))
    notes = Notes.of(package.part(parts.get("settings", "")), body.find(f"{W}sectPr"))
    numbering = Numbering.of(package.part(parts.get("numbering", "")), styles.lists())
    tally = Tally()
    reader = Reader(package, styles, numbering, notes, tally, main)
    try:
        text = joined([*reader.blocks(body), *_noted(reader, parts)])
    except UnreadableError:
        raise
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise package.damaged(str(error) or type(error).__name__) from error
    _tell_others(package, main, tally)
    return Converted(text, warnings=tally.warnings())


def _noted(reader: Reader, parts: dict[str, str]) -> Iterator[Block]:
    """The notes that the text refers to; those that a note refers to come after it."""
    kinds = {kind: reader.package.part(parts.get(f"{kind}s", "")) for kind in ("footnote", "endnote")}
    done: set[tuple[str, str]] = set()
    for kind, root in kinds.items():
        inner = Reader(
            reader.package,
            reader.styles,
            reader.numbering,
            reader.notes,
            reader.tally,
            parts.get(f"{kind}s", ""),
        )
        by_id = {one.get(f"{W}id", ""): one for one in (() if root is None else root.iterfind(f"{W}{kind}"))}
        while waiting := [key for key in reader.notes.marks if key[0] == kind and key not in done]:
            done.add(waiting[0])
            note = by_id.get(waiting[0][1])
            text = "" if note is None else joined([*inner.blocks(note)])
            if text:
                yield Block(f"{reader.notes.marks[waiting[0]]} {text}")


def _tell_others(package: Package, main: str, tally: Tally) -> None:
    """Headers, footers and comments that have any text."""
    told = set()
    for relation in package.relations(main).values():
        if relation.kind in {"header", "footer"}:
            root = package.part(relation.target)
            text = "" if root is None else " ".join("".join(one.itertext(f"{W}t")) for one in root)
            if text.strip() and (relation.kind, text) not in told:
                told.add((relation.kind, text))
                tally.add("headers_footers")
        elif relation.kind == "comments":
            root = package.part(relation.target)
            tally.add("comments", count=0 if root is None else len(root.findall(f"{W}comment")))


def joined(blocks: list[Block]) -> str:
    """Blocks one after the other: a blank line between them, none between items of a list."""
    text = ""
    before = Block("")
    for block in blocks:
        if block.text:
            gap = "\n" if before.is_item and block.is_item else "\n\n"
            text += (gap if text else "") + block.text
            before = block
    return text


@dataclass
class Reader:
    """Reads the blocks of one part of a document."""

    package: Package
    styles: Styles
    numbering: Numbering
    notes: Notes
    tally: Tally
    part: str
    _beside: list[str] = field(default_factory=list)
    _begun: list[Piece] = field(default_factory=list)
    _label: Label | None = None

    def __post_init__(self) -> None:
        relations = self.package.relations(self.part) if self.part else {}
        self.drawings = Drawings(self.package, relations, self.tally)
        self.runs = Runs(self.styles, self.notes, self.tally, relations, self._drawn)
        self.tables = TableReader(self.tally, self._cell)

    def blocks(self, parent: Any, *, in_cell: bool = False) -> Iterator[Block]:
        """The blocks of a body, a cell, a note or a text box."""
        for child in parent:
            if child.tag == f"{W}p":
                yield from self._paragraph(child, in_cell=in_cell)
            elif child.tag == f"{W}tbl":
                yield from self._table(child, in_cell=in_cell)
            elif child.tag == f"{M}oMathPara":
                yield Block(written(self.runs.formula(child)))
            else:
                yield from self._container(child, in_cell=in_cell)
        if self._begun:
            yield Block(written(self._begun, plain=in_cell))
            self._begun = []

    def _container(self, child: Any, *, in_cell: bool) -> Iterator[Block]:
        """What stands in a change, a content control or an alternative; other files in this one are told."""
        if child.tag == f"{W}altChunk":
            self.tally.add("embedded")
        elif child.tag in _GONE:
            self.tally.add("tracked_changes")
        elif child.tag == f"{MC}AlternateContent":
            yield from self.blocks(chosen(child), in_cell=in_cell)
        elif child.tag in _INSIDE:
            yield from self.blocks(child, in_cell=in_cell)

    def _paragraph(self, paragraph: Any, *, in_cell: bool) -> Iterator[Block]:
        properties = paragraph.find(f"{W}pPr")
        style = value(properties, "pStyle")
        own = [*self.runs.pieces(paragraph, style)]
        pieces = [*self._begun, *own]
        self._begun = []
        gone = mark_is_gone(properties)
        if not (gone and not own) and self._label is None:
            self._label = self._numbered(properties, style)
        if gone:
            self._begun = pieces
            return
        label, self._label = self._label, None
        heading = None if in_cell else self.styles.heading(properties)
        text = written(pieces, plain=in_cell or heading is not None)
        if heading is not None and (len(text) <= _LONGEST_OUTLINE or style):
            yield self._heading(text, heading, label)
        elif text:
            yield _labelled(text, label, in_cell=in_cell)
        beside, self._beside = self._beside, []
        yield from map(Block, beside)

    def _heading(self, text: str, level: int, label: Label | None) -> Block:
        if label is not None and label.text and not label.is_bullet:
            text = f"{label.text}{'' if label.glued else ' '}{text}" if text else ""
        return Block(f"{'#' * level} {' '.join(text.split())}" if text else "")

    def _numbered(self, properties: Any, style: str) -> Label | None:
        """The number of a paragraph: its own list, else that of its style."""
        own = below(properties, "numPr")
        by_style = self.styles.list_of(style)
        name = value(own, "numId") or (by_style[0] if by_style else "")
        if not name or name == "0":
            return None
        level = value(own, "ilvl")
        if not level and by_style and not value(own, "numId"):
            linked = self.numbering.level_of(by_style[2], name)
            level = str(linked) if linked is not None else by_style[1]
        return self.numbering.label(name, number(level))

    def _table(self, table: Any, *, in_cell: bool) -> Iterator[Block]:
        outer, self._beside = self._beside, []
        only = None if in_cell else self.tables.only_cell(table)
        if only is not None:
            yield from self.blocks(only)
        else:
            grid = self.tables.grid(table)
            yield Block(grid.inline() if in_cell else grid.markdown())
        beside, self._beside = self._beside, outer
        yield from map(Block, beside)

    def _cell(self, cell: Any) -> str:
        """The text of a cell in one piece."""
        texts = [block.text for block in self.blocks(cell, in_cell=True) if block.text]
        return "\n".join(texts)

    def _drawn(self, element: Any) -> str:
        """What a drawing says: text boxes, charts and diagrams stand after the paragraph, pictures in it."""
        for box in _boxes(element):
            kept, begun, label = self._beside, self._begun, self._label
            self._beside, self._begun, self._label = [], [], None
            text = joined([*self.blocks(box)])
            self._beside, self._begun, self._label = [*kept, text], begun, label
        self._beside += self.drawings.blocks(element)
        words = self.drawings.picture(element)
        return f" {words} " if words else ""


def _boxes(element: Any) -> Iterator[Any]:
    """The text boxes of a drawing, without those that stand in another one."""
    for child in element:
        if child.tag == f"{W}txbxContent":
            yield child
        else:
            yield from _boxes(chosen(child) if child.tag == f"{MC}AlternateContent" else child)


def _labelled(text: str, label: Label | None, *, in_cell: bool) -> Block:
    """A paragraph with its number as Word shows it; what looks like a list is written as one."""
    if label is None or not label.text:
        return Block(text)
    lines = text.replace("\n", " ")
    if in_cell:
        return Block(f"{'•' if label.is_bullet else label.text} {lines}")
    if label.is_bullet or (_LIST_LABEL.match(label.text) and not label.glued):
        return Block(f"{'  ' * label.level}{label.text} {lines}", is_item=True)
    return Block(f"{label.text}{'' if label.glued else ' '}{text}")

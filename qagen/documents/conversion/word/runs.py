"""From the runs of a paragraph to pieces of text: fields, notes, formulas, signs, pictures, changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from qagen.documents.conversion.office import Relation, Tally, latex
from qagen.documents.conversion.word.elements import MC, M, R, W, switch
from qagen.documents.conversion.word.fields import Fields, shown_by
from qagen.documents.conversion.word.inline import Piece
from qagen.documents.conversion.word.notes import Notes
from qagen.documents.conversion.word.styles import Styles
from qagen.documents.conversion.word.symbols import symbol

_INSIDE = frozenset(
    f"{W}{name}"
    for name in ("smartTag", "customXml", "sdt", "sdtContent", "dir", "bdo", "rubyBase", "subDoc")
) | {f"{MC}Choice", f"{MC}Fallback"}
_GONE = frozenset({f"{W}del", f"{W}moveFrom"})
_CHANGED = frozenset({f"{W}ins", f"{W}moveTo"})
_SIGNS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_DRAWN = frozenset({f"{W}drawing", f"{W}pict", f"{W}object"})
_OUTER = ("http", "mailto")


@dataclass
class Runs:
    """The text of one part of a document, paragraph after paragraph: fields may go on over several."""

    styles: Styles
    notes: Notes
    tally: Tally
    relations: Mapping[str, Relation]
    drawn: Callable[[Any], str]
    _fields: Fields = field(default_factory=Fields)
    _left_out: str = ""

    def pieces(self, paragraph: Any, style: str) -> Iterator[Piece]:
        """What is seen of a paragraph in a style."""
        self._left_out = ""
        yield from self._within(paragraph, style)

    def _within(self, parent: Any, style: str, link: str = "") -> Iterator[Piece]:
        for child in parent:
            if child.tag == f"{W}r":
                yield from self._run(child, style, link)
            elif child.tag == f"{W}fldSimple":
                yield from self._simple(child, style, link)
            elif child.tag.startswith(M):
                yield from self.formula(child)
            else:
                yield from self._container(child, style, link)

    def _container(self, child: Any, style: str, link: str) -> Iterator[Piece]:
        """What stands in a link, a change, a content control or an alternative."""
        if child.tag in _GONE or child.tag in _CHANGED:
            self.tally.add("tracked_changes")
        if child.tag == f"{MC}AlternateContent":
            child = chosen(child)
        if child.tag == f"{W}hyperlink":
            yield from self._within(child, style, self._target(child) or link)
        elif child.tag in _CHANGED or child.tag in _INSIDE:
            yield from self._within(child, style, link)

    def _target(self, element: Any) -> str:
        relation = self.relations.get(element.get(f"{R}id", ""))
        return relation.target if relation and relation.target.startswith(_OUTER) else ""

    def _simple(self, element: Any, style: str, link: str) -> Iterator[Piece]:
        """A field in one element: its content is what it shows."""
        shown = [*self._within(element, style, link)]
        yield from shown
        if not any(piece.text for piece in shown) and self._fields.shows:
            yield from self._computed(shown_by(element.get(f"{W}instr", "")))

    def _computed(self, shown: str | None) -> Iterator[Piece]:
        if shown is None:
            self.tally.add("fields")
        elif shown:
            yield Piece(shown)

    def formula(self, element: Any) -> Iterator[Piece]:
        """A formula, or a paragraph of them."""
        if not self._fields.shows:
            return
        if element.tag == f"{M}oMathPara":
            inner = (latex(one) for one in element.iterfind(f"{M}oMath"))
            yield Piece("\n".join(f"$${one}$$" for one in inner if one))
        elif element.tag == f"{M}oMath":
            inner_text = latex(element)
            yield Piece(f"${inner_text}$" if inner_text else "")

    def _run(self, run: Any, style: str, link: str) -> Iterator[Piece]:
        properties = run.find(f"{W}rPr")
        look = self.styles.look(style, properties)
        left_out = "hidden_text" if look.hidden else "struck_out" if look.struck else ""
        custom = self._custom_mark(run)
        for child in run:
            text = self._note(child, custom)
            if text:
                if self._fields.shows and not left_out:
                    yield Piece(text)
                continue
            if child.tag == f"{W}ruby":
                base = child.find(f"{W}rubyBase")
                yield from self._within(base if base is not None else (), style, link)
                continue
            text = self._text(child, properties)
            if custom or not text or not self._fields.shows:
                continue
            if not left_out:
                self._left_out = ""
                yield Piece(text, look.bold, look.italic, look.vertical, link)
            elif text.strip() and self._left_out != left_out:
                # One after the other of a kind is one place for whoever reads.
                self.tally.add(left_out)
                self._left_out = left_out

    def _text(self, child: Any, properties: Any) -> str:
        """What one element of a run shows."""
        tag = child.tag
        if tag == f"{W}t":
            return symbol((child.text or "").replace("\n", " "), properties)
        if tag == f"{W}sym":
            return symbol(chr(int(child.get(f"{W}char", "20"), 16)), properties, child.get(f"{W}font", ""))
        if tag == f"{MC}AlternateContent":
            return "".join(self._text(one, properties) for one in chosen(child))
        if tag in _DRAWN:
            return self.drawn(child) if self._fields.shows else ""
        return _SIGNS.get(tag) or self._of_field(child)

    def _of_field(self, child: Any) -> str:
        """What the end of a field shows that has no stored result."""
        if child.tag == f"{W}instrText":
            self._fields.code(child.text or "")
        if child.tag != f"{W}fldChar":
            return ""
        shown = self._fields.mark(child)
        if shown is None:
            self.tally.add("fields")
        return shown or ""

    def _note(self, child: Any, custom: str) -> str:
        """The mark of a note."""
        if child.tag == f"{W}footnoteReference":
            return self.notes.mark("footnote", child.get(f"{W}id", ""), custom)
        if child.tag == f"{W}endnoteReference":
            return self.notes.mark("endnote", child.get(f"{W}id", ""), custom)
        return ""

    @staticmethod
    def _custom_mark(run: Any) -> str:
        """The sign that stands for a note instead of its number."""
        if not any(child.get(f"{W}customMarkFollows") in {"1", "true", "on"} for child in run):
            return ""
        return "".join(child.text or "" for child in run.iterfind(f"{W}t")).strip() or "*"


def chosen(alternatives: Any) -> Any:
    """What to read of an ``mc:AlternateContent``: its choice, unless only the fallback has a text box."""
    choice, fallback = alternatives.find(f"{MC}Choice"), alternatives.find(f"{MC}Fallback")
    if choice is None:
        return fallback if fallback is not None else etree.Element("none")
    box = f"{W}txbxContent"
    if (
        fallback is not None
        and next(choice.iter(box), None) is None
        and next(fallback.iter(box), None) is not None
    ):
        return fallback
    return choice


def mark_is_gone(properties: Any) -> bool:
    """Whether the next paragraph goes on in this line: it is an initial, or its end is deleted or hidden."""
    if properties is None:
        return False
    frame = properties.find(f"{W}framePr")
    if frame is not None and frame.get(f"{W}dropCap", "none") != "none":
        return True
    marks = properties.find(f"{W}rPr")
    if marks is None:
        return False
    gone = marks.find(f"{W}del") is not None or marks.find(f"{W}moveFrom") is not None
    return gone or bool(switch(marks, "specVanish"))

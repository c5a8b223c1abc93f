"""A tree of HTML as Markdown: headings, paragraphs, lists, tables, quotations, code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bs4 import Tag
from bs4.element import PageElement

from qagen.documents.conversion.web.inline import BLOCKS, text_of
from qagen.documents.conversion.web.mathml import name_of
from qagen.documents.conversion.web.tables import cells_of, grid_of, is_layout
from qagen.documents.conversion.written import roman

_HEADING = re.compile(r"h[1-6]\Z")
_TEXT = re.compile(r"\S")
_MARKS = re.compile(r"(?<!\w)(\*{1,3})(\S(?:[^*]*\S)?)\1(?!\w)")
_COLON = re.compile(r"[:：]\s*\Z")
_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight-source|brush:)[-\s]?([\w+#-]+)")
_LETTERED = {"a": "abcdefghijklmnopqrstuvwxyz", "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_STYLES = {
    "lower-alpha": "a",
    "lower-latin": "a",
    "upper-alpha": "A",
    "upper-latin": "A",
    "lower-roman": "i",
    "upper-roman": "I",
}
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([a-z-]+)")


def markdown(root: Tag) -> str:
    """The text of an element and all that is in it."""
    return "\n\n".join(_Tree(root).blocks(root.children))


class _Tree:
    """Knows which elements of a tree hold blocks, and writes them."""

    def __init__(self, root: Tag) -> None:
        self._holders: set[int] = set()
        for tag in root.find_all(name=True):
            if name_of(tag) in BLOCKS:
                for above in tag.parents:
                    if id(above) in self._holders:
                        break
                    self._holders.add(id(above))

    def blocks(self, nodes: Iterable[PageElement]) -> Iterator[str]:
        """The blocks of Markdown that nodes make, none of them empty."""
        run: list[PageElement] = []
        for node in nodes:
            if isinstance(node, Tag) and (name_of(node) in BLOCKS or id(node) in self._holders):
                yield from _paragraph(run)
                run = []
                yield from filter(_TEXT.search, self._block(node))
            else:
                run.append(node)
        yield from _paragraph(run)

    def _block(self, tag: Tag) -> Iterator[str]:
        name = name_of(tag)
        if _HEADING.match(name):
            title = " ".join(_MARKS.sub(r"\2", text_of(tag.children)).split())
            yield f"{'#' * int(name[1])} {title}" if title else ""
        elif name in {"ul", "ol", "menu", "dir"}:
            yield "\n".join(self._items(tag))
        elif name == "dl":
            yield "\n".join(self._terms(tag))
        elif name == "table":
            yield from self._table(tag)
        elif name == "pre":
            yield _code(tag)
        elif name == "blockquote":
            inner = "\n\n".join(self.blocks(tag.children))
            yield "\n".join(f"> {line}".rstrip() for line in inner.splitlines())
        else:
            yield from self.blocks(tag.children)

    def _table(self, table: Tag) -> Iterator[str]:
        if is_layout(table):
            for cell in cells_of(table):
                yield from self.blocks(cell.children)
        else:
            yield grid_of(table).markdown()

    def _items(self, tag: Tag) -> Iterator[str]:
        """The items of a list with their marks, what belongs to one set in."""
        numbers = _Numbers(tag)
        for child in tag.children:
            if not isinstance(child, Tag):
                yield from _paragraph([child])
            elif name_of(child) != "li":
                yield from (_set_in(block, 2) for block in self._block(child) if _TEXT.search(block))
            else:
                mark = numbers.mark(child)
                blocks = [*self.blocks(child.children)]
                if blocks:
                    between = "\n" if all("\n\n" not in block for block in blocks) else "\n\n"
                    yield mark + _set_in(between.join(blocks), len(mark)).lstrip()

    def _terms(self, tag: Tag) -> Iterator[str]:
        """Terms and what is said of them, a line each: ``- Captain: Odd Lervik``."""
        terms: list[str] = []
        for part in tag.find_all(["dt", "dd"]):
            if part.find_parent(["dl", "dt", "dd"]) is not tag:
                continue
            if part.name == "dt":
                terms.append(" ".join(text_of(part.children).split()))
                continue
            told = [*self.blocks(part.children)]
            name = _COLON.sub("", ", ".join(filter(None, terms)))
            if told:
                lead = f"{name}: " if name else ""
                yield f"- {lead}" + _set_in("\n\n".join(told), 2).lstrip()
            if told and not _next_is_told(part):
                terms = []
        if terms:
            yield from (f"- {term}" for term in terms if term)


class _Numbers:
    """What stands before the items of a list."""

    def __init__(self, tag: Tag) -> None:
        self._ordered = name_of(tag) == "ol"
        items = [one for one in tag.children if isinstance(one, Tag) and name_of(one) == "li"]
        self._step = -1 if tag.has_attr("reversed") else 1
        self._next = _number(tag.get("start")) or (len(items) if self._step < 0 else 1)
        if str(tag.get("start")) == "0":
            self._next = 0
        style = _LIST_STYLE.search(str(tag.get("style") or ""))
        named = style[1] if style else ""
        self._kind = _STYLES.get(named, "") if style else str(tag.get("type") or "1")
        self._bare = named == "none"

    def mark(self, item: Tag) -> str:
        """The mark of the next item; letters and Roman numerals follow a bullet, as Markdown has none."""
        if not self._ordered or self._bare:
            return "- "
        told = _number(item.get("value"))
        number = self._next if told is None else told
        self._next = number + self._step
        if self._kind in _LETTERED and 1 <= number <= len(_LETTERED[self._kind]):
            return f"- {_LETTERED[self._kind][number - 1]}. "
        if self._kind in {"i", "I"} and number > 0:
            return f"- {roman(number) if self._kind == 'i' else roman(number).upper()}. "
        return f"{number}. "


def _number(told: object) -> int | None:
    text = str(told or "").strip()
    return int(text) if text.removeprefix("-").isdecimal() and text.isascii() else None


def _next_is_told(part: Tag) -> bool:
    """Whether more is said of the same term."""
    following = part.find_next_sibling(["dt", "dd"])
    return following is not None and following.name == "dd"


def _paragraph(run: list[PageElement]) -> Iterator[str]:
    text = text_of(run)
    if text:
        yield text


def _set_in(text: str, width: int) -> str:
    return "\n".join(" " * width + line if line else line for line in text.split("\n"))


def _code(tag: Tag) -> str:
    for line_break in tag.find_all("br"):
        line_break.replace_with("\n")
    text = tag.get_text().strip("\n").rstrip()
    marks = " ".join(str(one.get("class") or "") for one in (tag, *tag.find_all("code")))
    language = _LANGUAGE.search(re.sub(r"[\[\],']", " ", marks))
    fence = "```" if "```" not in text else "~~~~"
    return f"{fence}{language[1] if language else ''}\n{text}\n{fence}" if text.strip() else ""

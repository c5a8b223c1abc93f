"""HTML within Markdown: hidden and deleted parts out, tables and raised signs as Markdown, other tags out."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from qagen.documents.conversion import lowered, raised
from qagen.documents.conversion.markdown.edits import Code, Edit, edited

_ATTRIBUTE = r"\s+[A-Za-z_:@][\w:.-]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?"
_TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<rest>(?:{_ATTRIBUTE})*)\s*(?P<closed>/?)>"
)
_EMPTY_DEFINITION = re.compile(
    r"^ {0,3}\[(?://|comment|todo|note|hidden|_|\.)[^\]\n]*\]:[ \t]*[^\n]*(?:\n|\Z)"
    r"|^ {0,3}\[[^\]\n]+\]:[ \t]*(?:#|<>|<#>)(?:[ \t]+[^\n]*)?(?:\n|\Z)",
    re.MULTILINE | re.IGNORECASE,
)
_STRUCK = re.compile(r"(?<!~)~~(?!~)(?=\S)(?:(?!\n[ \t]*\n|~~)[\s\S])+?(?<=\S)~~(?!~)")
_NO_TEXT = frozenset(
    {
        *("audio", "button", "canvas", "datalist", "embed", "iframe", "link", "meta", "noscript"),
        *("object", "option", "script", "select", "style", "svg", "template", "textarea", "title"),
        *("video"),
    }
)
_DELETED = frozenset({"del", "s", "strike"})
# In a text that is not shown as a page these are meant; the others are written about there.
_MEANT = frozenset({"del", "noscript", "script", "strike", "style", "template"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr", "area", "col", "base"})
_INLINE = frozenset(
    {
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em"),
        *("font", "i", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "rp", "rt", "samp", "small"),
        *("span", "strong", "time", "tt", "u", "var"),
    }
)
_BLOCK = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details"),
        *("dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "head"),
        *("header", "html", "legend", "li", "main", "nav", "ol", "p", "picture", "pre", "section"),
        *("summary", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
_SHIFTED = frozenset({"sub", "sup"})
_DRAWN = frozenset({"math", "ruby"})
_RENDERED = frozenset({"dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "table", "ul"})
_KNOWN = _NO_TEXT | _DELETED | _VOID | _INLINE | _BLOCK | _SHIFTED | _DRAWN | _RENDERED
_HIDING = re.compile(
    r"\shidden(?=[\s=]|\Z)|style\s*=\s*[\"'][^\"']*(?:display\s*:\s*none|visibility\s*:\s*hidden)",
    re.IGNORECASE,
)
_STRIKING = re.compile(r"style\s*=\s*[\"'][^\"']*text-decoration[^\"';]*line-through", re.IGNORECASE)
_ALT = re.compile(r"\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]\n]*)\]\([^()\n]*\)")
_BLANK = re.compile(r"\n[ \t]*\n")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LOOK = 40
_DEEPEST = 200  # elements in each other, of which both tags are looked for


@dataclass(frozen=True, slots=True)
class _Tag:
    start: int
    end: int
    name: str
    rest: str
    ends: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of HTML in a text: where it and what is in it begin and end."""

    start: int
    inner: int
    close: int
    end: int
    name: str
    rest: str


def without_comments(text: str) -> tuple[str, int]:
    """The text without comments of HTML and definitions that define nothing, and how many there were."""
    if "<!--" not in text and "]:" not in text:
        return text, 0
    code = Code(text)
    found = [*_comments(text, code), *(match.span() for match in _EMPTY_DEFINITION.finditer(text))]
    edits = [Edit(*span) for span in found if not code.holds(span[0])]
    return edited(text, edits), len(edits)


def _comments(text: str, code: Code) -> Iterator[tuple[int, int]]:
    """The comments of HTML that end; what only begins like one is text."""
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start + 2)
        if end < 0:
            return
        if code.holds(start):
            end = start + 1
        else:
            yield start, end + 3
        start = text.find("<!--", end)


def without_struck(text: str) -> tuple[str, int]:
    """The text without what is struck out (``~~400~~``), and how often that was so."""
    if "~~" not in text:
        return text, 0
    code = Code(text)
    edits = [Edit(*match.span()) for match in _STRUCK.finditer(text) if not code.holds(match.start())]
    return edited(text, edits), len(edits)


def without_tags(text: str, *, drawn: bool) -> tuple[str, Counter[str]]:
    """The text with its HTML as a reader sees it; ``drawn`` says that it is shown as a page.

    Where it is not (a plain text), only elements that change what is said are carried out: hidden and deleted
    ones, raised signs, furigana, formulas, tables, pictures. Every other ``<b>`` may be meant as it stands.
    """
    counts: Counter[str] = Counter()
    if "<" in text:
        page = _Tagged(text, Code(text), drawn=drawn)
        text, counts = edited(page.text, page.edits()), page.counts
    if drawn and "&" in text:
        code = Code(text)
        references = [match for match in _REFERENCE.finditer(text) if not code.holds(match.start())]
        text = edited(text, [Edit(*match.span(), _sign(match[0])) for match in references])
    return text, counts


class _Tagged:
    """The tags of a text, the elements that they make, and what is to be done with them."""

    def __init__(self, text: str, code: Code, *, drawn: bool) -> None:
        self.text = text
        self.counts: Counter[str] = Counter()
        self._drawn = drawn
        self._tags = [tag for tag in _tags(text) if not code.holds(tag.start)]

    def edits(self) -> list[Edit]:
        """The changes, the outer ones first where one lies in another."""
        edits: list[Edit] = []
        paired: set[int] = set()
        done = 0
        for element in sorted(_elements(self._tags), key=lambda one: (one.start, -one.end)):
            paired |= {element.start, element.close}
            if element.start < done:
                continue
            edit = self._whole(element)
            if edit is not None:
                edits.append(edit)
                done = element.end
        edits += [edit for tag in self._tags if (edit := self._alone(tag, paired)) is not None]
        return edits

    def _whole(self, element: _Element) -> Edit | None:
        """What stands for an element that is taken as a whole."""
        inner = self.text[element.inner : element.close]
        if not self._drawn and element.name in (_NO_TEXT | _DELETED) - _MEANT:
            return None
        if element.name in _NO_TEXT:
            return Edit(element.start, element.end)
        hidden = _HIDING.search(element.rest) is not None
        if hidden or element.name in _DELETED or _STRIKING.search(element.rest):
            self.counts["hidden" if hidden else "deleted"] += 1
            return Edit(element.start, element.end)
        if element.name in _SHIFTED:
            return Edit(element.start, element.end, self._shifted(element, inner))
        if element.name in _DRAWN or element.name == "table" or (self._drawn and element.name in _RENDERED):
            return self._rendered(element, inner)
        return None

    def _shifted(self, element: _Element, inner: str) -> str:
        plain = _LINK.sub(r"\1", _TAG.sub("", inner))
        before = self.text[max(0, element.start - _LOOK) : element.start]
        if element.name == "sub":
            return lowered(plain, before=before)
        return raised(plain, before=before, note="](#" in inner or 'href="#' in inner)

    def _rendered(self, element: _Element, inner: str) -> Edit | None:
        """An element as the reader of HTML writes it; not if Markdown stands in it, after a blank line."""
        block = element.name not in _DRAWN
        if block and element.name != "table" and _BLANK.search(inner):
            return None
        try:
            from qagen.documents.conversion.web import read_page
        except ImportError:
            return None
        page = read_page(self.text[element.start : element.end])
        self.counts += page.left_out
        return Edit(element.start, element.end, page.text, block and bool(page.text))

    def _alone(self, tag: _Tag, paired: set[int]) -> Edit | None:
        """What stands for a single tag."""
        if tag.name == "img":
            told = _ALT.search(tag.rest)
            alt = (told[1] or told[2] or "").strip() if told else ""
            return Edit(tag.start, tag.end, f"![{alt}]()" if alt else "")
        if not self._drawn or not (tag.name in _VOID or tag.closed or tag.start in paired):
            return None
        if tag.name == "br":
            return Edit(tag.start, tag.end, self._break(tag))
        return Edit(tag.start, tag.end, block=tag.name in _BLOCK | _RENDERED and self._is_between_words(tag))

    def _break(self, tag: _Tag) -> str:
        line = self.text[self.text.rfind("\n", 0, tag.start) + 1 : tag.start]
        return " " if line.lstrip().startswith("|") or self.text[tag.end : tag.end + 1] == "\n" else "\n"

    def _is_between_words(self, tag: _Tag) -> bool:
        around = self.text[tag.start - 1 : tag.start] + self.text[tag.end : tag.end + 1]
        return tag.start > 0 and len(around) > 1 and not any(sign.isspace() for sign in around)


def _tags(text: str) -> list[_Tag]:
    found: list[_Tag] = []
    for match in _TAG.finditer(text):
        name = match["name"].lower()
        if name in _KNOWN:
            ends, closed = bool(match["end"]), bool(match["closed"])
            found.append(_Tag(match.start(), match.end(), name, match["rest"], ends, closed))
    return found


def _elements(tags: list[_Tag]) -> list[_Element]:
    """The elements of which both tags are there."""
    found: list[_Element] = []
    opened: list[_Tag] = []
    for tag in tags:
        if not tag.ends:
            if tag.name not in _VOID and not tag.closed:
                opened.append(tag)
            continue
        nearest = range(len(opened) - 1, max(-1, len(opened) - _DEEPEST), -1)
        at = next((at for at in nearest if opened[at].name == tag.name), None)
        if at is not None:
            first = opened[at]
            found.append(_Element(first.start, first.end, tag.start, tag.end, tag.name, first.rest))
            del opened[at:]
    return found


def _sign(reference: str) -> str:
    sign = html.unescape(reference)
    return " " if sign == "\u00a0" else "" if sign in {"\u00ad", "\u200b"} else sign

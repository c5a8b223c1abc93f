"""A line of HTML as Markdown: emphasis, raised signs, furigana, formulas, pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bs4 import Tag
from bs4.element import NavigableString, PageElement, PreformattedString

from qagen.documents.conversion import lowered, raised
from qagen.documents.conversion.web.hidden import classes
from qagen.documents.conversion.web.mathml import formula, name_of

BLOCKS = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "dialog",
            "dir",
        ),
        *(
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
        ),
        *(
            "h6",
            "header",
            "hgroup",
            "hr",
            "html",
            "legend",
            "li",
            "main",
            "menu",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
        ),
        *("summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
_EMPHASIS = {"b": "\ue000", "strong": "\ue000", "i": "\ue002", "em": "\ue002"}
_MARKED = re.compile("([\ue000\ue002])([^\ue000-\ue003]*)[\ue001\ue003]")
_LEFT = re.compile("[\ue000-\ue003]")
_SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
_AROUND_BREAK = re.compile(r" *\n[ \n]*")
_UNSEEN = re.compile("[\u00ad\u200b\ufeff\ue000-\ue003]")
_FILE_NAME = re.compile(r"\S+\.(?:avif|gif|jpe?g|png|svg|webp)\Z", re.IGNORECASE)
_NOTE = re.compile(
    r"(?:^|[-_ ])(?:reference|foot-?note(?:-?ref)?|fn(?:ref)?|note-?ref|cite_ref\S*|noteref)(?:[-_ ]|$)"
)
_LOOK = 40


class Line:
    """Collects the text of inline elements; ``str`` of it is the line, its white space collapsed."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def add_all(self, nodes: Iterable[PageElement]) -> Line:
        """The line, with these nodes and what they hold."""
        for node in nodes:
            if isinstance(node, Tag):
                self._add_tag(node)
            elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
                self._parts.append(_SPACE.sub(" ", _UNSEEN.sub("", node)))
        return self

    def __str__(self) -> str:
        text = re.sub(" {2,}", " ", "".join(self._parts))
        return _AROUND_BREAK.sub("\n", _emphasised(text)).strip()

    def _add_tag(self, tag: Tag) -> None:
        name = name_of(tag)
        if name in _EMPHASIS:
            mark = _EMPHASIS[name]
            self._parts.append(mark)
            self.add_all(tag.children)
            self._parts.append(chr(ord(mark) + 1))
        elif name in {"sup", "sub"}:
            self._add_shifted(tag, name)
        elif name == "br" or name in BLOCKS:
            self._add_block(tag, name)
        elif name not in {"rt", "rp", "rtc"}:  # of furigana the word stays, not how it is read
            self._add_other(tag, name)

    def _add_other(self, tag: Tag, name: str) -> None:
        if name == "math":
            self._parts.append(formula(tag))
        elif name == "img":
            self._parts.append(_picture(tag))
        elif name == "q":
            self._parts.append("“")
            self.add_all(tag.children)
            self._parts.append("”")
        elif name == "code" and "`" not in tag.get_text() and tag.get_text(strip=True):
            self._parts.append(f"`{_SPACE.sub(' ', tag.get_text()).strip()}`")
        else:
            self.add_all(tag.children)

    def _add_block(self, tag: Tag, name: str) -> None:
        """A block inside a line, as in a cell: a line of its own, an item of a list apart from the next."""
        self._parts.append("\n")
        self.add_all(tag.children)
        if name == "li" and tag.find_next_sibling("li") is not None:
            self._parts.append(";")
        if name != "br":
            self._parts.append("\n")

    def _add_shifted(self, tag: Tag, name: str) -> None:
        inner = str(Line().add_all(tag.children)).replace("*", "") or tag.get_text(strip=True)
        before = _LEFT.sub("", "".join(self._parts[-4:]))[-_LOOK:]
        if name == "sub":
            self._parts.append(lowered(inner, before=before))
        else:
            self._parts.append(raised(inner, before=before, note=_is_note(tag)))


def text_of(nodes: Iterable[PageElement]) -> str:
    """The nodes as lines of Markdown."""
    return str(Line().add_all(nodes))


def _is_note(tag: Tag) -> bool:
    """Whether a raised element is the mark of a note: a link into the page, or named so."""
    link = tag.find("a") or tag.find_parent("a")
    marks = [
        " ".join(classes(one)) + " " + str(one.get("id") or "") for one in (tag, link) if isinstance(one, Tag)
    ]
    if any(_NOTE.search(mark.strip()) for mark in marks):
        return True
    return isinstance(link, Tag) and (
        "#" in str(link.get("href") or "") or "noteref" in str(link.get("epub:type"))
    )


def _picture(tag: Tag) -> str:
    """What a picture shows, if it says so."""
    told = " ".join(str(tag.get("alt") or "").split())
    return f"![{told}]()" if told and not _FILE_NAME.match(told) else ""


def _emphasised(text: str) -> str:
    """A text with the marks of Markdown in place of ours, the inner ones first."""
    while True:
        text, found = _MARKED.subn(_with_marks, text)
        if not found:
            return _LEFT.sub("", text)


def _with_marks(match: re.Match[str]) -> str:
    """Emphasis, unless it begins or ends inside a word, where the marks would part it."""
    inner = match[2]
    core = inner.strip()
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    parted = (_is_of_word(before) and inner[:1] == core[:1]) or (
        _is_of_word(after) and inner[-1:] == core[-1:]
    )
    if not core or parted:
        return inner
    mark = "**" if match[1] == "\ue000" else "*"
    lead, trail = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return f"{lead}{mark}{core}{mark}{trail}"


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or sign == "*"

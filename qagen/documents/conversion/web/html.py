"""A page of HTML as Markdown: its article, as a reader sees it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from qagen.documents import declared_encoding, decode
from qagen.documents.conversion import Converted, told
from qagen.documents.conversion.web.article import Furniture
from qagen.documents.conversion.web.hidden import take_out
from qagen.documents.conversion.web.rendering import markdown

# Elements that XHTML may close at once, and that a reader of HTML would take for open up to the end.
_CLOSED = re.compile(
    r"<(a|abbr|b|canvas|caption|code|dd|div|dt|em|h[1-6]|i|iframe|li|object|p|q|s|script|span|strong|style|sub|sup"
    r"|table|td|textarea|th|title|tr|u|ul)\b([^<>]*)/>",
    re.IGNORECASE,
)
_XHTML = re.compile(r"\s*(?:<\?xml|<!DOCTYPE[^>]{0,200}XHTML|<html[^>]{0,500}xmlns)", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a page, its title, and how often something of it was left out, by kind."""

    text: str
    title: str | None
    left_out: Counter[str]
    furniture: Counter[str]


def read(data: bytes, *, declared: str | None = None, whole_page: bool = False) -> Converted:
    """The article of a page, or all that is seen of it; what is hidden or deleted is left out either way."""
    decoded = decode(data, declared=declared or declared_encoding(data))
    page = read_page(decoded.text, whole_page=whole_page)
    counts = page.left_out + Counter({"page_parts": page.furniture.total(), "replaced": decoded.replaced})
    names = ", ".join(
        name if count == 1 else f"{count} × {name}" for name, count in sorted(page.furniture.items())
    )
    return Converted(page.text, page.title, told(counts, names={"page_parts": names}))


def read_page(markup: str, *, whole_page: bool = True) -> Page:
    """The text of a page or a part of one."""
    soup = parsed(markup)
    title = soup.find("title")
    name = " ".join(title.get_text().split()) if isinstance(title, Tag) else ""
    left_out = take_out(soup)
    root: Tag = soup.body or soup
    furniture: Counter[str] = Counter()
    if not whole_page:
        around = Furniture(soup)
        root, furniture = around.taken_out(), around.found
    try:
        text = markdown(root)
    except RecursionError:  # hundreds of elements in each other: no page that people wrote
        text = root.get_text("\n")
    return Page(text, name or None, left_out, furniture)


def parsed(markup: str) -> BeautifulSoup:
    """The tree of a page; one of XHTML too."""
    if _XHTML.match(markup):
        markup = _CLOSED.sub(r"<\1\2></\1>", _DECLARATION.sub("", markup, count=1))
    return BeautifulSoup(markup, "lxml")

"""What nobody sees on a page: hidden and deleted parts, scripts, controls, what stands there twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString
from soupsieve import SelectorSyntaxError

from qagen.documents.conversion.web.mathml import name_of

NO_TEXT = frozenset(
    {
        *("applet", "area", "audio", "base", "canvas", "embed", "frame", "iframe", "link", "map", "meta"),
        *("noframes", "noscript", "object", "param", "script", "source", "style", "svg", "template", "track"),
        "video",
    }
)
CONTROLS = frozenset(
    {"button", "datalist", "input", "meter", "optgroup", "option", "progress", "select", "textarea"}
)
DELETED = frozenset({"del", "s", "strike"})
_MATH = "math"
_HIDING = re.compile(
    r"(?:^|[;\s{])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all)",
    re.IGNORECASE,
)
_STRIKING = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_SHOWING = re.compile(r"(?:^|[;\s{])display\s*:\s*(?!none)\w|visibility\s*:\s*visible", re.IGNORECASE)
# The names that widespread style sheets give to what is there for programs that read aloud.
_UNSEEN = frozenset(
    {
        "assistive-text",
        "hidden",
        "is-hidden",
        "screen-reader-text",
        "sr-only",
        "visually-hidden",
        "visuallyhidden",
    }
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SEEN_MEDIA = re.compile(
    r"@(?:media\s+(?:only\s+)?(?:all|screen)\s*|layer\b[^{;]*|charset[^;]*;|import[^;]*;)\{?"
)
# What a heading's own link shows beside it.
_ANCHOR_SIGNS = frozenset({"", "#", "¶", "§", "🔗", "⚓", "link", "permalink"})
_MOST_RULES = 500


def take_out(soup: BeautifulSoup) -> Counter[str]:
    """Takes out of a page what is not seen, and counts what of it held text."""
    counts: Counter[str] = Counter()
    if soup.find(["math", "script"]) is not None or soup.find(_is_formula) is not None:
        _keep_formulas(soup)
    styled = _hidden_by_rules(soup)
    for comment in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        comment.extract()
    for tag in soup.find_all(name=True):
        if tag.decomposed:
            continue
        kind = _kind(tag, styled)
        if kind is None:
            continue
        if kind in {"hidden", "deleted"} and tag.get_text(strip=True):
            counts[kind] += 1
        tag.decompose()
    return counts


def _is_formula(tag: Tag) -> bool:
    return tag.name.endswith(":math")


def _kind(tag: Tag, styled: set[int]) -> str | None:
    """Why an element is not seen; ``None`` where it is."""
    name = name_of(tag)
    if name in NO_TEXT or name in CONTROLS or (name == "label" and tag.find_parent("form") is not None):
        return "no text"
    if name in DELETED:
        return "deleted"
    style = str(tag.get("style") or "")
    if name not in {"html", "body"} and (id(tag) in styled or _is_hidden(tag, name, style)):
        return "hidden"
    if _STRIKING.search(style):
        return "deleted"
    return "anchor" if name == "a" and _is_anchor(tag) else None


def _is_hidden(tag: Tag, name: str, style: str) -> bool:
    if tag.has_attr("hidden") or (style and _HIDING.search(style)):
        return True
    if name == "dialog" and not tag.has_attr("open"):
        return True
    return not _UNSEEN.isdisjoint(classes(tag))


def _is_anchor(tag: Tag) -> bool:
    """Whether a link is the sign beside a heading that leads to itself."""
    if not str(tag.get("href") or "").startswith("#"):
        return False
    text = tag.get_text(strip=True).lower()
    return text in _ANCHOR_SIGNS and (bool(text) or tag.find("img") is None)


def classes(tag: Tag) -> list[str]:
    """The classes of an element."""
    found = tag.get("class")
    return found.split() if isinstance(found, str) else list(found or [])


def _hidden_by_rules(soup: BeautifulSoup) -> set[int]:
    """The elements that the page's own style sheet hides; of two rules the later one wins."""
    hidden: set[int] = set()
    for selector, body in _rules(soup):
        if ":" in selector or (_HIDING.search(body) is None and (not hidden or not _SHOWING.search(body))):
            continue
        try:
            matched = {id(tag) for tag in soup.select(selector)}
        except (SelectorSyntaxError, ValueError):
            continue
        hidden = hidden | matched if _HIDING.search(body) else hidden - matched
    return hidden


def _rules(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """The rules of the page's style sheets that hold on any screen, as selector and declarations."""
    for sheet in soup.find_all("style"):
        text = _COMMENT.sub("", sheet.get_text())
        text = _without_other_media(text)
        for number, match in enumerate(_RULE.finditer(text)):
            if number > _MOST_RULES:
                break
            yield match[1].strip(" \t\n}"), match[2]


def _without_other_media(text: str) -> str:
    """A style sheet without its blocks for print, narrow screens and movement; those for all screens stay."""
    kept: list[str] = []
    place = 0
    while (at := text.find("@", place)) >= 0:
        kept.append(text[place:at])
        seen = _SEEN_MEDIA.match(text, at)
        place = seen.end() if seen else _block_end(text, at)
    return "".join([*kept, text[place:]])


def _block_end(text: str, start: int) -> int:
    """Where the block or the statement ends that begins at ``start``."""
    depth = 0
    for place in range(start, len(text)):
        sign = text[place]
        depth += (sign == "{") - (sign == "}")
        if (sign == "}" and depth <= 0) or (sign == ";" and depth == 0):
            return place + 1
    return len(text)


def _keep_formulas(soup: BeautifulSoup) -> None:
    """Of a formula that stands there twice, the readable one stays, whatever hides it."""
    for source in soup.select("script[type^='math/tex']"):
        tex = source.get_text().strip()
        source.replace_with(NavigableString(f"${tex}$" if tex else ""))
    for drawn in soup.select(".MathJax, .MathJax_Display, .MathJax_Preview, .MathJax_SVG, .MathJax_CHTML"):
        drawn.decompose()
    for math in soup.find_all(lambda tag: name_of(tag) == _MATH):
        for above in [*math.parents][:3]:
            if {"katex", "mwe-math-element"} & set(classes(above)) or above.name == "mjx-container":
                for twin in above.select(".katex-html, .mwe-math-fallback-image-inline, img, svg"):
                    twin.decompose()
                above.replace_with(math.extract())
                break

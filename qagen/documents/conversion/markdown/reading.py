"""Text files and texts: decoded, and without what a reader does not see, which is told."""

from __future__ import annotations

from collections import Counter
from typing import Any

from qagen.documents import decode
from qagen.documents.conversion import Converted, told
from qagen.documents.conversion.markdown.encoded import without_encoded
from qagen.documents.conversion.markdown.front_matter import front_matter
from qagen.documents.conversion.markdown.tags import without_comments, without_struck, without_tags
from qagen.errors import UnreadableError

_DRAWN = frozenset({".markdown", ".md", ".mdown", ".mdx", ".mkd", ".mkdn", ".qmd", ".rmd"})
_WRITTEN = frozenset({"", ".text", ".txt"})


def read_text(data: bytes, suffix: str, *, declared: str | None = None) -> Converted:
    """The text of a file. Of one that is neither Markdown nor text only pictures are left out."""
    decoded = decode(data, declared=declared)
    counts = Counter({"replaced": decoded.replaced})
    if suffix in _DRAWN | _WRITTEN:
        return cleaned(decoded.text, drawn=suffix in _DRAWN, counts=counts)
    text, encoded = without_encoded(decoded.text)
    return _converted(text, {}, counts + encoded)


def cleaned(text: str, *, drawn: bool = False, counts: Counter[str] | None = None) -> Converted:
    """A text without comments, front matter, pictures written as letters, and what is struck out or hidden.

    ``drawn`` says that it is Markdown which is shown as a page, so that every tag of HTML goes; ``counts`` is
    what has been found before.
    """
    metadata, start = front_matter(text)
    text, found = seen(text[start:].lstrip("\n") if start else text, drawn=drawn)
    found += Counter({"front_matter": int(start > 0)})
    return _converted(text, metadata, (counts or Counter()) + found)


def seen(text: str, *, drawn: bool) -> tuple[str, Counter[str]]:
    """What a reader sees of a text without front matter, and how much was left out, by kind."""
    text, found = without_encoded(text)
    text, comments = without_comments(text)
    text, tagged = without_tags(text, drawn=drawn)
    text, struck = without_struck(text)
    return text, found + tagged + Counter({"comments": comments, "struck_out": struck})


def _converted(text: str, metadata: dict[str, Any], counts: Counter[str]) -> Converted:
    if not text.strip():
        raise UnreadableError("empty", "There is nothing in it but what a reader does not see")
    title = str(metadata.get("title") or "").strip()
    return Converted(text, title or None, told(counts), metadata)

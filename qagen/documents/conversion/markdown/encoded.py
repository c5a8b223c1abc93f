"""Pictures and other files that are written into a text as letters: data URIs and runs of base64."""

from __future__ import annotations

import re
from collections import Counter

from qagen.documents.conversion.markdown.edits import Edit, edited

_BODY = r"[A-Za-z0-9+/=%_-]*(?:\n[A-Za-z0-9+/]{40,}={0,2})*(?:\n[A-Za-z0-9+/]{1,75}={1,2})?"
_ADDRESS = (
    r"data:(?P<type>[A-Za-z]+)?(?:/[\w.+-]+)?(?:;[\w.+-]+=[^;,\s]*)*"
    rf"(?:;base64,{_BODY}|(?<=[\w=])(?:;utf-?8|;charset=[\w-]+)?,[^\s\"'()<>]*)"
)
_DEFINITION = re.compile(
    rf"^ {{0,3}}\[(?P<label>[^\]\n]+)\]:[ \t]*<?{_ADDRESS}>?[^\n]*(?:\n|\Z)", re.MULTILINE | re.IGNORECASE
)
_IMAGE = re.compile(
    rf"!\[(?P<alt>[^\]\n]*)\]\([ \t]*<?{_ADDRESS}>?(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*\)",
    re.IGNORECASE,
)
_URI = re.compile(rf"(?<![\w-]){_ADDRESS}", re.IGNORECASE)
_RUN = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{60,}(?:[ \t]*\n[ \t]*(?=[A-Za-z0-9+/]{2,}={0,2}[ \t]*(?:\n|\Z)))?)+"
    r"(?:[A-Za-z0-9+/]{2,59}={1,2}|(?=[A-Za-z]*[0-9+/])[A-Za-z0-9+/]{4,59}(?=[ \t]*(?:\n|\Z)))?={0,2}"
)
_SHORTEST_RUN = 200
_FEWEST_SIGNS = 20


def without_encoded(text: str) -> tuple[str, Counter[str]]:
    """The text without files that are written into it, and how many pictures and others there were."""
    counts: Counter[str] = Counter()
    if "data:" in text or "DATA:" in text:
        text = _without_pictures(text, counts)
    runs = [match.span() for match in _RUN.finditer(text) if _is_encoded(match[0])]
    counts["encoded_data"] += len(runs)
    return edited(text, [Edit(*span) for span in runs]), counts


def _without_pictures(text: str, counts: Counter[str]) -> str:
    labels: set[str] = set()
    edits: list[Edit] = []
    for match in _DEFINITION.finditer(text):
        labels.add(match["label"].lower())
        edits.append(Edit(match.start(), match.end()))
        counts[_kind(match["type"])] += 1
    text = edited(text, edits)
    if labels:
        text = re.sub(r"!\[([^\]\n]*)\]\[([^\]\n]+)\]", lambda match: _named(match, labels), text)
    for pattern in (_IMAGE, _URI):
        edits = []
        for match in pattern.finditer(text):
            told = match["alt"].strip() if pattern is _IMAGE else ""
            edits.append(Edit(match.start(), match.end(), f"![{told}]()" if told else ""))
            counts[_kind(match["type"])] += 1
        text = edited(text, edits)
    return text


def _named(match: re.Match[str], labels: set[str]) -> str:
    """A picture that was defined elsewhere, when its definition is gone."""
    if match[2].lower() not in labels:
        return match[0]
    return f"![{match[1]}]()" if match[1].strip() else ""


def _kind(told: str | None) -> str:
    return "pictures" if (told or "").lower() == "image" else "encoded_data"


def _is_encoded(run: str) -> bool:
    """Whether a long run of letters is data: of many different signs, large and small ones and digits."""
    if len(run) < _SHORTEST_RUN or len(set(run)) < _FEWEST_SIGNS:
        return False
    return all(re.search(kind, run) for kind in ("[a-z]", "[A-Z]", "[0-9+/]"))

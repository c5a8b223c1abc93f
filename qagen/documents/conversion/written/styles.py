"""The styles of an OpenDocument file: what is hidden, struck out or raised, and how lists are counted."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from qagen.documents.conversion.written.lists import Level

_DEEPEST = 30


def local(element: ET.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def value(element: ET.Element, name: str) -> str | None:
    """An attribute by its name, whatever its namespace."""
    return next((told for key, told in element.attrib.items() if key.rpartition("}")[2] == name), None)


class Styles:
    """The styles of a file, those of its text before those of its style sheet."""

    def __init__(self, sheets: Sequence[ET.Element]) -> None:
        self._styles: dict[str, ET.Element] = {}
        self._lists: dict[str, ET.Element] = {}
        self._outline: ET.Element | None = None
        for sheet in sheets:
            for element in sheet.iter():
                name = value(element, "name") or ""
                if local(element) == "style":
                    self._styles[name] = element
                elif local(element) == "list-style":
                    self._lists[name] = element
                elif local(element) == "outline-style":
                    self._outline = element

    def hides(self, element: ET.Element) -> bool:
        """Whether text of this style is not shown."""
        return self._property(element, "display") == "none"

    def strikes(self, element: ET.Element) -> bool:
        """Whether text of this style is struck out."""
        kind, line = (self._property(element, f"text-line-through-{name}") for name in ("type", "style"))
        return any(told not in {None, "none"} for told in (kind, line))

    def shift(self, element: ET.Element) -> str:
        """``super`` or ``sub`` for text above or below the line, else nothing."""
        told = (self._property(element, "text-position") or "").split(" ")[0]
        percent = re.fullmatch(r"(-?)(\d+(?:\.\d+)?)%", told)
        if percent and float(percent[2]):
            return "sub" if percent[1] else "super"
        return told if told in {"super", "sub"} else ""

    def outline(self) -> dict[int, Level]:
        """How headings are counted."""
        return _levels(self._outline)

    def list_levels(self, name: str) -> dict[int, Level]:
        """How the items of lists of a style are counted."""
        return _levels(self._lists.get(name))

    def _property(self, element: ET.Element, name: str) -> str | None:
        """What the style of an element, or one that it is made from, says of the text."""
        style = self._styles.get(value(element, "style-name") or "")
        for _ in range(_DEEPEST):
            if style is None:
                return None
            for part in style:
                told = value(part, name) if local(part) == "text-properties" else None
                if told is not None:
                    return told
            style = self._styles.get(value(style, "parent-style-name") or "")
        return None


def _levels(style: ET.Element | None) -> dict[int, Level]:
    found: dict[int, Level] = {}
    for element in style if style is not None else ():
        number = int(value(element, "level") or 1)
        if local(element) in {"list-level-style-bullet", "list-level-style-image"}:
            found[number] = Level("•")
        else:
            found[number] = Level(
                kind=value(element, "num-format") or "",
                before=value(element, "num-prefix") or "",
                after=value(element, "num-suffix") or "",
                start=int(value(element, "start-value") or 1),
                shown=int(value(element, "display-levels") or 1),
            )
    return found

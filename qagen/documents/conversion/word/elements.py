"""Reading elements of WordprocessingML: names, values, switches."""

from __future__ import annotations

from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_OFF = frozenset({"0", "false", "off"})


def value(element: Any, *path: str, default: str = "") -> str:
    """The ``w:val`` of the element below this one, child by child; ``default`` where there is none."""
    found = below(element, *path)
    return default if found is None else str(found.get(f"{W}val", default))


def below(element: Any, *path: str) -> Any:
    """The element below this one, child by child, or None."""
    for name in path:
        if element is None:
            return None
        element = element.find(f"{W}{name}")
    return element


def switch(element: Any, *path: str) -> bool | None:
    """Whether something is switched on below an element; None where nothing is said."""
    found = below(element, *path)
    return None if found is None else found.get(f"{W}val", "1") not in _OFF


def number(text: str, default: int = 0) -> int:
    """A whole number that stands in an attribute."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() else default

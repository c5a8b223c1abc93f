"""Diagrams (SmartArt, ECMA-376 part 1, 21.4): their points as a list, each below the one it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qagen.documents.conversion.office.tally import Tally
from qagen.documents.conversion.office.text_body import TextBody

_D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_SHOWN = frozenset({"node", "asst"})
_DEEPEST = 20


def diagram(root: Any, tally: Tally, place: str = "") -> str:
    """The points of a diagram's data as a list in Markdown."""
    points = {one.get("modelId"): one for one in root.iter(f"{_D}pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    for one in root.iter(f"{_D}cxn"):
        if one.get("type", "parOf") == "parOf":
            below.setdefault(one.get("srcId"), []).append((int(one.get("srcOrd", "0")), one.get("destId")))
    texts = TextBody(tally, place)
    tops = [name for name, one in points.items() if one.get("type") == "doc"]
    seen: set[str] = set()

    def listed(parent: str, depth: int) -> Iterator[str]:
        for _, name in sorted(below.get(parent, [])):
            point = points.get(name)
            if point is None or name in seen or depth > _DEEPEST:
                continue
            seen.add(name)
            body = point.find(f"{_D}t")
            shown = point.get("type", "node") in _SHOWN and body is not None
            text = " ".join(" ".join(texts.lines(body)).split()) if shown else ""
            if text:
                yield f"{'  ' * depth}* {text}"
            yield from listed(name, depth + bool(text))

    return "\n".join(line for top in tops for line in listed(top, 0))

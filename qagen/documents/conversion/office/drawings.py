"""Drawings in documents: charts and diagrams are read, pictures and embedded objects are told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qagen.documents.conversion.office.charts import C, chart
from qagen.documents.conversion.office.diagrams import diagram
from qagen.documents.conversion.office.packages import Package, Relation
from qagen.documents.conversion.office.tally import Tally

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}"
_PLACED = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_VML = "{urn:schemas-microsoft-com:vml}"
_OFFICE = "{urn:schemas-microsoft-com:office:office}"
# What programs write into the description of a picture by themselves.
_NO_WORDS = re.compile(
    r"\s*(?:\S+\.\w{3,4}|.*(?:automatically generated|自動的に生成).*)?\s*\Z", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Drawings:
    """The drawings of one part of a package."""

    package: Package
    relations: Mapping[str, Relation]
    tally: Tally

    def blocks(self, drawing: Any) -> Iterator[str]:
        """The charts and diagrams in a drawing, each a block of Markdown."""
        for one in drawing.iter(f"{C}chart"):
            grid = self._chart(one.get(f"{_R}id", ""))
            if grid:
                yield grid
        for one in drawing.iter(f"{_DIAGRAM}relIds"):
            root = self._related(one.get(f"{_R}dm", ""))
            if root is not None:
                yield diagram(root, self.tally)

    def picture(self, drawing: Any) -> str:
        """The description of the picture in a drawing, if somebody wrote one; the picture itself is told."""
        embedded = sum(1 for _ in drawing.iter(f"{_OFFICE}OLEObject"))
        self.tally.add("embedded", count=embedded)
        pictures = [*drawing.iter(f"{_PICTURE}pic"), *([] if embedded else drawing.iter(f"{_VML}imagedata"))]
        if not pictures:
            return ""
        self.tally.add("pictures", count=len(pictures))
        about = next(drawing.iter(f"{_PLACED}docPr"), None)
        return described("" if about is None else about.get("descr", ""))

    def _chart(self, name: str) -> str:
        root = self._related(name)
        grid = None if root is None else chart(root)
        if grid is None:
            self.tally.add("charts")
        return "" if grid is None else grid.markdown()

    def _related(self, name: str) -> Any:
        relation = self.relations.get(name)
        return None if relation is None else self.package.part(relation.target)


def described(words: str) -> str:
    """A picture with the description that a person gave it."""
    if _NO_WORDS.match(words):
        return ""
    return f"![{' '.join(words.replace('[', ' ').replace(']', ' ').split())}]()"

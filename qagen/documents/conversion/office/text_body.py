"""Text in drawings (DrawingML): paragraphs of slides, charts and diagrams, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qagen.documents.conversion import lowered, raised
from qagen.documents.conversion.office.formulas import latex
from qagen.documents.conversion.office.tally import Tally

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_ROMAN = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")


@dataclass
class TextBody:
    """Reads the paragraphs of one text body; numbers are counted as they are shown."""

    tally: Tally
    place: str = ""
    _counts: dict[int, tuple[str, int]] = field(default_factory=dict)

    def lines(self, body: Any) -> Iterator[str]:
        """A line for each paragraph that has text, with its number or bullet where it names one."""
        self._counts.clear()
        for paragraph in body.iterfind(f"{A}p"):
            text = self.paragraph(paragraph)
            if text:
                yield self._labelled(text, paragraph.find(f"{A}pPr"))

    def paragraph(self, paragraph: Any) -> str:
        """The text of a paragraph, without what is struck out."""
        written = ""
        waiting, up = "", 0
        for child in paragraph:
            text, baseline = self._piece(child)
            if waiting and (baseline > 0) != (up > 0):
                written += _moved(waiting, written, up)
                waiting = ""
            if baseline and text.strip():
                waiting, up = waiting + text, baseline
            else:
                written += (_moved(waiting, written, up) if waiting else "") + text
                waiting = ""
        return (written + (_moved(waiting, written, up) if waiting else "")).strip()

    def _piece(self, child: Any) -> tuple[str, int]:
        """The text of a run, and whether it is raised (over 0) or lowered."""
        if child.tag == f"{A}br":
            return "\n", 0
        if child.tag in {f"{A}r", f"{A}fld"}:
            text = (child.findtext(f"{A}t") or "").replace("\v", "\n")
            look = child.find(f"{A}rPr")
            if look is not None and look.get("strike", "noStrike") != "noStrike" and text.strip():
                self.tally.add("struck_out", self.place)
                return "", 0
            baseline = look.get("baseline", "0").rstrip("%") if look is not None else "0"
            return text, int(float(baseline))
        if child.tag in {f"{_MC}AlternateContent", f"{_MC}Choice"} or child.tag.endswith("}m"):
            inner = child[0] if child.tag == f"{_MC}AlternateContent" and len(child) else child
            return "".join(self._piece(one)[0] for one in inner), 0
        if child.tag == f"{_MATH}oMathPara":
            return "".join(self._piece(one)[0] for one in child.iterfind(f"{_MATH}oMath")), 0
        return (f"${latex(child)}$" if child.tag == f"{_MATH}oMath" else ""), 0

    def _labelled(self, text: str, properties: Any) -> str:
        """A paragraph with the number or bullet that it names, moved in by its level."""
        level = int(properties.get("lvl", "0")) if properties is not None else 0
        for deeper in [one for one in self._counts if one > level]:
            del self._counts[deeper]
        numbered = properties.find(f"{A}buAutoNum") if properties is not None else None
        bullet = properties is not None and (
            properties.find(f"{A}buChar") is not None or properties.find(f"{A}buBlip") is not None
        )
        if numbered is not None:
            label = self._number(
                level, numbered.get("type", "arabicPeriod"), int(numbered.get("startAt", "1"))
            )
        else:
            self._counts.pop(level, None)
            label = "*" if bullet or level else ""
        return f"{'  ' * level}{label} {text}" if label else text

    def _number(self, level: int, kind: str, start: int) -> str:
        before = self._counts.get(level)
        count = before[1] + 1 if before and before[0] == f"{kind}{start}" else start
        self._counts[level] = (f"{kind}{start}", count)
        shown = str(count)
        if kind.startswith("alpha"):
            shown = chr(ord("a") + (count - 1) % 26)
        elif kind.startswith("roman") and count < len(_ROMAN):
            shown = _ROMAN[count]
        if "Uc" in kind:
            shown = shown.upper()
        if kind.endswith("ParenBoth"):
            return f"({shown})"
        return shown + (")" if kind.endswith("ParenR") else "" if kind.endswith("Plain") else ".")


def _moved(text: str, before: str, baseline: int) -> str:
    core = text.strip()
    moved = raised(core, before=before) if baseline > 0 else lowered(core, before=before)
    return text.replace(core, moved)

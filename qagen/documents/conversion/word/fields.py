"""Fields: what Word shows of them is their result; what they are made of is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from qagen.documents.conversion.word.elements import W, below, number, switch, value

# Fields that mark a place or set a value, and show nothing themselves.
_SILENT = frozenset(
    {"TC", "XE", "TA", "RD", "SET", "PRIVATE", "ADVANCE", "NEXT", "ASK", "BOOKMARK", "HYPERLINK"}
)
# Two texts over each other: what stands above is the reading, what stands below (last) the word.
_OVER = re.compile(r"\\s\s*\\up\s*[\d.]*\s*\(.*?\)\s*[,;]\s*(?P<word>[^()\\]*)\)")
_ENCLOSED = re.compile(r"\\ac\s*\((?:[^,;()]*[,;])?\s*(?P<word>[^()\\]*)\)")
_FRACTION = re.compile(r"\\f\s*\((?P<above>[^,;()]*)[,;](?P<under>[^()]*)\)")
_SHOWN_WORDS = re.compile(r"\s*MACROBUTTON\s+\S+\s+(?P<word>.*?)\s*\Z", re.IGNORECASE | re.DOTALL)


@dataclass
class _Field:
    code: str = ""
    in_result: bool = False
    form: Any = None


@dataclass
class Fields:
    """The fields that are open at a place of the text; each may hold others, over several paragraphs."""

    _open: list[_Field] = field(default_factory=list)

    @property
    def shows(self) -> bool:
        """Whether text at this place is seen: it stands in no field, or in the result of each."""
        return all(one.in_result for one in self._open)

    def code(self, text: str) -> None:
        """A piece of what the innermost field is made of."""
        if self._open:
            self._open[-1].code += text

    def mark(self, element: Any) -> str | None:
        """A ``w:fldChar``. At the end of a field without a result: what it shows; None if that is unknown."""
        kind = element.get(f"{W}fldCharType")
        if kind == "begin":
            self._open.append(_Field(form=element.find(f"{W}ffData")))
        elif kind == "separate" and self._open:
            self._open[-1].in_result = True
        elif kind == "end" and self._open:
            ended = self._open.pop()
            if self.shows and (not ended.in_result or ended.form is not None):
                return _without_result(ended)
        return ""


def shown_by(code: str) -> str | None:
    """What a field without a result shows: a word below its reading, a sign in a circle; None if unknown."""
    name = code.split(maxsplit=1)[0].upper() if code.split() else ""
    if name == "EQ":
        fraction = _FRACTION.search(code)
        if fraction:
            return f"{fraction['above'].strip()}/{fraction['under'].strip()}"
        found = _OVER.search(code) or _ENCLOSED.search(code)
        return found["word"].strip() if found else None
    words = _SHOWN_WORDS.match(code)
    if words:
        return words["word"]
    return "" if name in _SILENT else None


def _without_result(ended: _Field) -> str | None:
    box, choice = below(ended.form, "checkBox"), below(ended.form, "ddList")
    if box is not None:
        checked = switch(box, "checked")
        return "☒" if (switch(box, "default") if checked is None else checked) else "☐"
    if choice is not None and not ended.in_result:
        entries = [one.get(f"{W}val", "") for one in choice.iterfind(f"{W}listEntry")]
        at = number(value(choice, "result") or value(choice, "default"))
        return entries[at] if at < len(entries) else ""
    return "" if ended.in_result else shown_by(ended.code)

"""Footnotes and endnotes: their marks in the text, and their order at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qagen.documents.conversion.word.elements import W, number, value
from qagen.documents.conversion.word.numerals import numeral


@dataclass
class Notes:
    """The notes that the text has referred to so far, each once, in order."""

    forms: Mapping[str, str]
    starts: Mapping[str, int]
    marks: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Any, section: Any) -> Notes:
        """How the notes are numbered: as a section says, else the settings, else 1, 2, 3 and i, ii, iii."""
        forms, starts = {"footnote": "decimal", "endnote": "lowerRoman"}, {"footnote": 1, "endnote": 1}
        for parent in (settings, section):
            for kind in forms if parent is not None else ():
                own = parent.find(f"{W}{kind}Pr")
                forms[kind] = value(own, "numFmt") or forms[kind]
                starts[kind] = number(value(own, "numStart"), starts[kind])
        return cls(forms, starts)

    def mark(self, kind: str, name: str, custom: str = "") -> str:
        """The mark of a note in the text: ``[1]``, or the sign that its author gave it."""
        known = self.marks.get((kind, name))
        if known is None:
            count = self.starts[kind] + sum(
                one == kind and mark[0] == "[" for (one, _), mark in self.marks.items()
            )
            known = custom or f"[{numeral(count, self.forms[kind])}]"
            self.marks[kind, name] = known
        return known

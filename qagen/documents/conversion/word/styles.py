"""Styles: which paragraphs are headings or belong to a list, and how a run of text looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from qagen.documents.conversion.word.elements import W, below, number, switch, value

_HEADING = re.compile(r"heading\s?([1-9])\Z", re.IGNORECASE)
_MOST_LEVELS = 6
_BODY_LEVEL = 9
_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Look:
    """How a run of text looks, as far as its meaning goes."""

    bold: bool = False
    italic: bool = False
    hidden: bool = False
    struck: bool = False
    vertical: str = ""

    def under(self, properties: Any) -> Look:
        """This look with what the properties of a run change of it."""
        if properties is None:
            return self
        bold, italic = switch(properties, "b"), switch(properties, "i")
        hidden = switch(properties, "vanish")
        struck = [switch(properties, name) for name in ("strike", "dstrike")]
        vertical = value(properties, "vertAlign")
        return replace(
            self,
            bold=self.bold if bold is None else bold,
            italic=self.italic if italic is None else italic,
            hidden=self.hidden if hidden is None else hidden,
            struck=any(struck) if any(one is not None for one in struck) else self.struck,
            vertical=vertical or self.vertical,
        )


@dataclass(frozen=True)
class Styles:
    """The styles of a document by their id."""

    by_id: Mapping[str, Any]
    default: str
    plain: Look

    @classmethod
    def of(cls, root: Any) -> Styles:
        """The styles in ``styles.xml``; there may be none."""
        found: dict[str, Any] = {}
        default = ""
        for style in () if root is None else root.iterfind(f"{W}style"):
            name = style.get(f"{W}styleId", "")
            found[name] = style
            if style.get(f"{W}type", "paragraph") == "paragraph" and style.get(f"{W}default") in {
                "1",
                "true",
            }:
                default = name
        return cls(found, default, Look().under(below(root, "docDefaults", "rPrDefault", "rPr")))

    def look(self, paragraph: str, run: Any) -> Look:
        """How a run looks in a paragraph of a style: its own properties win, then its style."""
        look = self.plain
        for one in reversed([*self._chain(paragraph or self.default)]):
            look = look.under(one.find(f"{W}rPr"))
        # A caption is bold as a whole, by its style: that is no emphasis.
        look = replace(look, bold=False, italic=False)
        for one in reversed([*self._chain(value(run, "rStyle"))]):
            look = look.under(one.find(f"{W}rPr"))
        return look.under(run)

    def heading(self, properties: Any) -> int | None:
        """The level of a paragraph that is a heading, 1 to 6; None for others."""
        direct = below(properties, "outlineLvl")
        if direct is not None:
            return self._level(number(direct.get(f"{W}val", ""), _BODY_LEVEL))
        style = value(properties, "pStyle")
        if style and style not in self.by_id:
            return self._named(style)
        for one in self._chain(style):
            named = self._named(value(one, "name"))
            outline = below(one, "pPr", "outlineLvl")
            if named or outline is not None:
                return named or self._level(number(outline.get(f"{W}val", ""), _BODY_LEVEL))
        return None

    def list_of(self, style: str) -> tuple[str, str, str] | None:
        """The list of a paragraph style, the level it names, and the style of its chain that names them."""
        for one in self._chain(style or self.default):
            properties = below(one, "pPr", "numPr")
            if properties is not None and below(properties, "numId") is not None:
                return value(properties, "numId"), value(properties, "ilvl"), one.get(f"{W}styleId", "")
        return None

    def lists(self) -> dict[str, str]:
        """The lists that styles name, by style."""
        return {name: value(style, "pPr", "numPr", "numId") for name, style in self.by_id.items()}

    def _chain(self, style: str) -> Iterator[Any]:
        """A style and those that it is based on."""
        for _ in range(_LONGEST_CHAIN):
            one = self.by_id.get(style)
            if one is None:
                return
            yield one
            style = value(one, "basedOn")

    @staticmethod
    def _named(name: str) -> int | None:
        found = _HEADING.match(name)
        if found:
            return min(int(found[1]), _MOST_LEVELS)
        return 1 if name.lower() == "title" else None

    @staticmethod
    def _level(outline: int) -> int | None:
        return min(outline + 1, _MOST_LEVELS) if 0 <= outline < _BODY_LEVEL else None

"""Automatic numbers: what Word writes before a paragraph, counted in the order of the paragraphs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from qagen.documents.conversion.word.elements import W, number, switch, value
from qagen.documents.conversion.word.numerals import numeral

_PLACE = re.compile(r"%([1-9])")
_LEVELS = 9
_BULLET = "*"


class Level(NamedTuple):
    """How the paragraphs of one level are numbered."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False
    glued: bool = False
    style: str = ""


class Label(NamedTuple):
    """What stands before a paragraph, its level, and whether the text follows without a blank."""

    text: str
    level: int
    glued: bool = False

    @property
    def is_bullet(self) -> bool:
        """Whether it is a sign, not a number."""
        return self.text == _BULLET


@dataclass(frozen=True)
class Numbering:
    """The lists of a document. Those of one definition go on counting; one with its own start begins anew."""

    definitions: Mapping[str, Mapping[int, Level]]
    lists: Mapping[str, str]
    overrides: Mapping[str, Mapping[int, Level]]
    starts: Mapping[str, Mapping[int, int]]
    _counts: dict[str, list[int | None]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, root: Any, style_lists: Mapping[str, str]) -> Numbering:
        """The numbering of a document; ``style_lists`` are the lists that styles name, by style."""
        definitions: dict[str, dict[int, Level]] = {}
        links: dict[str, str] = {}
        for one in () if root is None else root.iterfind(f"{W}abstractNum"):
            name = one.get(f"{W}abstractNumId", "")
            definitions[name] = _levels(one)
            links[name] = value(one, "numStyleLink")
        lists, overrides, starts = {}, {}, {}
        for one in () if root is None else root.iterfind(f"{W}num"):
            name = one.get(f"{W}numId", "")
            lists[name] = value(one, "abstractNumId")
            overrides[name], starts[name] = _overrides(one)
        for name, definition in lists.items():
            linked = lists.get(style_lists.get(links.get(definition, ""), ""), "")
            if linked and not definitions.get(definition):
                lists[name] = linked
        return cls(definitions, lists, overrides, starts)

    def level_of(self, style: str, own: str) -> int | None:
        """The level of a list that belongs to a paragraph style."""
        levels = self.definitions.get(self.lists.get(own, ""), {})
        return next((at for at, level in levels.items() if level.style == style), None)

    def label(self, own: str, at: int) -> Label | None:
        """What stands before the next paragraph of a list; None if there is no such list."""
        definition = self.lists.get(own)
        if definition is None:
            return None
        levels = {**self.definitions.get(definition, {}), **self.overrides.get(own, {})}
        level = levels.get(at)
        if level is None:
            return None
        counts = self._counted(own, definition, at, levels)
        if level.form == "bullet":
            return Label(_BULLET, at)

        def shown(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            other = levels.get(place, Level())
            count = counts[place]
            form = "decimal" if level.legal and other.form != "none" else other.form
            return numeral(other.start if count is None else count, form)

        return Label(" ".join(_PLACE.sub(shown, level.text).split()), at, level.glued)

    def _counted(self, own: str, definition: str, at: int, levels: Mapping[int, Level]) -> list[int | None]:
        counts = self._counts.setdefault(definition, [None] * _LEVELS)
        start = self.starts.get(own, {}).get(at)
        if start is not None and (own, at) not in self._begun:
            counts[at] = None
        else:
            start = levels[at].start if start is None else start
        self._begun.add((own, at))
        before = counts[at]
        counts[at] = start if before is None else before + 1
        for deeper in range(at + 1, _LEVELS):
            restart = levels.get(deeper, Level()).restart
            if restart is None or at < restart:
                counts[deeper] = None
        return counts


def _levels(parent: Any) -> dict[int, Level]:
    return {number(one.get(f"{W}ilvl", "0")): _level(one) for one in parent.iterfind(f"{W}lvl")}


def _level(element: Any) -> Level:
    restart = element.find(f"{W}lvlRestart")
    return Level(
        number(value(element, "start", default="1"), 1),
        value(element, "numFmt", default="decimal"),
        value(element, "lvlText"),
        None if restart is None else number(restart.get(f"{W}val", "0")),
        bool(switch(element, "isLgl")),
        value(element, "suff") == "nothing",
        value(element, "pStyle"),
    )


def _overrides(element: Any) -> tuple[dict[int, Level], dict[int, int]]:
    """The levels that a list defines itself, and where it begins."""
    levels, starts = {}, {}
    for one in element.iterfind(f"{W}lvlOverride"):
        at = number(one.get(f"{W}ilvl", "0"))
        level = one.find(f"{W}lvl")
        if level is not None:
            levels[at] = _level(level)
        start = one.find(f"{W}startOverride")
        if start is not None:
            starts[at] = number(start.get(f"{W}val", "1"), 1)
    return levels, starts

"""The numbers of lists and headings, counted as the word processor shows them: ``7.``, ``(b)``, ``1.1.2``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_HUNDREDS = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"))
_TENS = ((90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_KANJI = "〇一二三四五六七八九"
_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Level:
    """How a level is counted; ``kind`` is ``1``, ``a``, ``A``, ``i``, ``I``, a bullet or nothing."""

    kind: str = ""
    before: str = ""
    after: str = ""
    start: int = 1
    shown: int = 1

    def written(self, number: int) -> str:
        """A number in the signs of this level."""
        if self.kind.lower() == "i":
            text = roman(number)
        elif self.kind.lower() == "a":
            text = chr(ord("a") + (number - 1) % _LETTERS) * ((number - 1) // _LETTERS + 1)
        elif self.kind.startswith("一"):
            return _kanji(number)
        else:
            return str(number)
        return text.upper() if self.kind.isupper() else text


class Numbering:
    """Counts the items of a list, or headings, level by level."""

    def __init__(self, levels: Mapping[int, Level]) -> None:
        self._levels = levels
        self._counts: dict[int, int] = {}

    def mark(self, depth: int, *, restart: bool = False, start: int | None = None) -> str:
        """What stands before the next item of a level; nothing where the level is not counted."""
        level = self._levels.get(depth, Level("•") if not self._levels else Level())
        first = level.start if start is None else start
        fresh = restart or start is not None or depth not in self._counts
        self._counts[depth] = first if fresh else self._counts[depth] + 1
        self._counts = {at: count for at, count in self._counts.items() if at <= depth}
        if level.kind in {"", "•"}:
            return level.kind
        shown = range(max(1, depth - level.shown + 1), depth + 1)
        numbers = [
            self._levels[at].written(self._counts.get(at, self._levels[at].start))
            for at in shown
            if at in self._levels and self._levels[at].kind not in {"", "•"}
        ]
        return f"{level.before}{'.'.join(numbers)}{level.after}"

    def restart(self, depth: int) -> None:
        """Begins a level anew, and those below it."""
        self._counts = {at: count for at, count in self._counts.items() if at < depth}


def roman(number: int) -> str:
    """A number in small Roman numerals."""
    text = ""
    for worth, letters in (*_HUNDREDS, *_TENS):
        text += letters * (number // worth)
        number %= worth
    return text


def _kanji(number: int) -> str:
    """A number up to 99 in kanji."""
    tens, ones = divmod(number, 10)
    if tens > 9:  # noqa: PLR2004
        return str(number)
    return (_KANJI[tens] if tens > 1 else "") + ("十" if tens else "") + (_KANJI[ones] if ones else "")

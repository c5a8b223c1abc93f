r"""Backslashes that the escapes of JSON ate, brought back from the passage.

``"\theta"`` is valid JSON for a tab and ``heta``, ``"C:\new"`` for a line end and ``ew``: only the passage
tells whether it was meant. Nothing is changed for which the passage has no such word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from qagen.llm.replies import CONTROL, named_control, without_eaten_escapes

if TYPE_CHECKING:
    from qagen.pairs.writing.schemas import Item
    from qagen.records import Passage

CONTROL_CHARACTER = "control_character"
"""The reason to drop a pair: what it says can no longer be told."""

_SIGNS = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"'}
_EATEN = re.compile('(?<!\\\\)([\b\f\n\r\t"])([^\\W_]+)(\\w*)')
_WORD = re.compile(r"[^\W_]+")
# "caf\u0000e9" for é: what models write that lose the digits' place.
_SPLIT_CODE = re.compile("(\\w{0,40})\0([c-f][0-9a-f])(\\w*)", re.IGNORECASE)


@dataclass(frozen=True)
class PassageSpelling:
    """How a passage spells what a model wrote about it."""

    text: str

    @classmethod
    def of(cls, passage: Passage) -> PassageSpelling:
        """With what stands before it: a question may name what is there."""
        return cls(f"{passage.context}\n{passage.text}")

    def mended(self, text: str) -> str:
        """The text with the backslashes and letters that it lost; without a control character at an edge."""
        text = without_eaten_escapes(text)
        if self.has_backslash:
            text = self._with_first_backslash(_EATEN.sub(self._with_backslash, text))
        if CONTROL.search(text) is None:
            return text
        text = _SPLIT_CODE.sub(self._with_letter, text)
        bare = CONTROL.sub("", text).strip()
        return bare if bare in self.text else _without_loose(text)

    def mended_item(self, item: Item) -> Item:
        """An item as the passage spells it."""
        return replace(
            item,
            question=self.mended(item.question),
            answer=self.mended(item.answer),
            quote=self.mended(item.quote),
        )

    @cached_property
    def has_backslash(self) -> bool:
        """Whether there is anything to bring back."""
        return "\\" in self.text

    def _with_backslash(self, found: re.Match[str]) -> str:
        sign, letters, more = found.groups()
        for word, rest in ((letters + more, ""), (letters, more)):
            if self._holds(f"\\{_SIGNS[sign]}{word}") and not self._holds(sign + word, r"(?<!\\)"):
                return f"\\{_SIGNS[sign]}{word}{rest}"
        return found[0]

    def _with_first_backslash(self, text: str) -> str:
        r"""White space at the beginning was taken off before: of ``\nabla`` only ``abla`` was left."""
        first = _WORD.match(text)
        if first is None or self._holds(first[0], r"(?<![^\W_])"):
            return text
        eaten = (sign for sign in "nrt" if self._holds(f"\\{sign}{first[0]}"))
        return "".join(f"\\{sign}" for sign in [*eaten][:1]) + text

    def _with_letter(self, found: re.Match[str]) -> str:
        word = f"{found[1]}{chr(int(found[2], 16))}{found[3]}"
        return word if self._holds(word) else found[0]

    def _holds(self, word: str, before: str = "") -> bool:
        """Whether the passage has it, not as the beginning of a longer word."""
        return re.search(rf"{before}{re.escape(word)}(?![^\W_])", self.text) is not None


def is_damaged(item: Item) -> bool:
    """Whether a control character is left in a word of it, so that what it says is not known."""
    return any(CONTROL.search(text) for text in (item.question, item.answer, item.quote))


def told_damage(item: Item) -> str:
    """Which control character that is, in a sentence."""
    name = named_control(f"{item.question}{item.answer}{item.quote}")
    return f"The reply has {name} in the middle of a word, and the passage does not tell what was meant."


def without_controls(text: str) -> str:
    """The text without any control character, which no file may hold."""
    return CONTROL.sub("", text)


def _without_loose(text: str) -> str:
    """Without the control characters that stand in no word: at an edge, beside white space or marks."""
    return re.sub(rf"(?<!\w){CONTROL.pattern}+|{CONTROL.pattern}+(?!\w|{CONTROL.pattern})", "", text).strip()

"""Text as it is compared: one spelling for all that says the same, and where each sign of it stands."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

# Marks that carry no meaning of their own. "+", "#", "%", "-" and the like do: C is not C++, 5 is not -5.
# A full stop, comma or colon stays between two digits.
_MARKS = re.compile(
    r"[\"'`´‘’“”„«»「」『』（）()\[\]【】〈〉《》,.;:!?…、。・·](?:(?<![,.:])|(?!\d)|(?<!\d.))"
)
_INSIDE_NUMBER = re.compile(r"\d[,.:]\d")
_MARKS_ASCII = str.maketrans(dict.fromkeys("\"'`()[],.;:!?", " "))


def fold(text: str) -> str:
    """Text as it is compared: NFKC, case folded, punctuation and white space removed or made one.

    Marks inside numbers stay (3.5 is not 35), and so do signs with a meaning (``C++``, ``-5``, ``%``).
    """
    if text.isascii() and not _INSIDE_NUMBER.search(text):
        return " ".join(text.lower().translate(_MARKS_ASCII).split())
    return " ".join(_MARKS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).split())


@dataclass(frozen=True, slots=True)
class Placed:
    """A text in its plain signs, and for each of them its place in the text as it is written."""

    signs: str
    places: Sequence[int]

    @classmethod
    def spelled(cls, text: str) -> Placed:
        """After NFKC, one space for white space."""
        return cls._of(text, small=False)

    @classmethod
    def flat(cls, text: str) -> Placed:
        """After NFKC, in small letters, one space for white space and none at the beginning."""
        return cls._of(text, small=True)

    @classmethod
    def _of(cls, text: str, *, small: bool) -> Placed:
        signs: list[str] = []
        places = array("I")
        open_space = small  # white space would follow white space, or the beginning
        for place, sign in enumerate(text):
            plain = sign if sign.isascii() else unicodedata.normalize("NFKC", sign)
            for part in plain.casefold() if small else plain:
                is_space = part.isspace()
                if is_space and open_space:
                    continue
                signs.append(" " if is_space else part)
                places.append(place)
                open_space = is_space
        return cls("".join(signs), places)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the signs from ``start`` to ``end`` stand in the text as it is written."""
        return self.places[start], self.places[end - 1] + 1

"""Text as it is compared: one spelling for all that says the same, and where each sign of it stands."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass

# Marks that carry no meaning of their own. "+", "#", "%", "-" and the like do: C is not C++, 5 is not -5.
# A full stop, comma or colon stays between two digits.
_MARKS = re.compile(
    r"[\"'`´‘’“”„«»「」『』（）()\[\]【】〈〉《》,.;:!?…、。・·](?:(?<![,.:])|(?!\d)|(?<!\d.))"
)
_INSIDE_NUMBER = re.compile(r"\d[,.:]\d")
# What a reader does not read: emphasis, links, marks of notes, escapes, tags, bullets, hyphens in words.
_MARKUP = re.compile(
    r"!\[[^\]\n]{0,200}\]\([^)\s]{0,2000}\)|\]\([^)\s]{0,2000}(?:\s\"[^\"\n]{0,200}\")?\)|\[(?=[^\]\n]{1,200}\]\()"
    r"|\[\^[\w-]{1,20}\]|(?<=[^\s\[])\[\d{1,3}\]|(?:(?<=[^\W\d_]{3})|(?<=[.,;!?)\"”]))[¹²³⁰⁴-⁹]{1,3}"
    r"|\*{1,3}|~~|`{1,3}|(?<!\w)_{1,2}(?=\w)|(?<=[^\W_])_{1,2}(?!\w)|\\(?=[^\w\s])|</?[A-Za-z][^<>\n]{0,200}>"
    r"|(?<=[^\W\d_])[-‐\u00ad]\s*(?=[^\W\d_])|\u00ad"
    r"|^[ \t]*(?:>{1,9}|[-+•]|#{1,6})[ \t]",
    re.MULTILINE,
)
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
    def bare(cls, text: str) -> Placed:
        """As :meth:`flat`, without the marks that a reader does not read, and without hyphens in words."""
        unread = {place for mark in _MARKUP.finditer(text) for place in range(*mark.span())}
        return cls._of(text, small=True, unread=unread)

    @classmethod
    def _of(cls, text: str, *, small: bool, unread: Collection[int] = ()) -> Placed:
        signs: list[str] = []
        places = array("I")
        open_space = small  # white space would follow white space, or the beginning
        for place, sign in enumerate(text):
            if place in unread:
                continue
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

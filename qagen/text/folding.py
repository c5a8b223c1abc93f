"""Text as it is compared: one spelling for all that says the same."""

from __future__ import annotations

import re
import unicodedata

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

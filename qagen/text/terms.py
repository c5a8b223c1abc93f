"""The content words of a text and its numbers as they are written: what a question shares with a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from qagen.text.scripts import CJK, KANJI
from qagen.text.small_words import FUNCTION_WORDS

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_EASTERN_TERM = re.compile(rf"[\u30a0-\u30ff]{{2,}}|[{KANJI}]|[a-z]+|\d+")
_STEM = 5  # letters that tell a word in another form
MARKUP = re.compile(r"[*_`#|]+")


def without_markup(text: str) -> str:
    """A text in small letters after NFKC, without markup, with single spaces and plain apostrophes."""
    plain = MARKUP.sub(" ", unicodedata.normalize("NFKC", text)).replace("’", "'").casefold()
    return " ".join(plain.split())


def terms_of(plain: str) -> tuple[str, ...]:
    """The content words of a text without markup, cut to a rough stem."""
    if CJK.search(plain):
        return tuple(_EASTERN_TERM.findall(plain))
    return tuple(word[:_STEM] for word in WORD.findall(plain) if word not in FUNCTION_WORDS)


def digits_in(text: str) -> frozenset[str]:
    """The numbers in digits, as they are written."""
    return frozenset(_NUMBER.findall(unicodedata.normalize("NFKC", text)))


def share_of(part: Sequence[str], known: AbstractSet[str]) -> float:
    """The share of words that are among others, from 0 to 1; of no words it is 1."""
    return sum(term in known for term in part) / len(part) if part else 1.0

"""Which months a text names: *March*, *Mar 3*, 3月, and May only where it is no person."""

from __future__ import annotations

import re
import unicodedata

from qagen.text import MONTH, MONTH_NUMBERS, MONTHS, SHORT_MONTHS, any_of
from qagen.text.numerals.japanese import kanji_in_digits

_SHORT = any_of(SHORT_MONTHS)
_BEGINNINGS = [name[:3] for name in MONTHS]  # to look for them is quicker than the pattern
MONTH_NAME = re.compile(
    rf"\b(?i:{any_of(set(MONTHS) - {'may', 'march', 'august'})})\b"
    r"|\b(?:March|August|MARCH|AUGUST|MAY)\b|\bMay\b(?! (?:I|we|you|he|she|they|it|the|this|your)\b)"
    r"|(?<=\d )(?:may|march|august)\b|\b(?:may|march|august)(?= \d)"
    rf"|(?:(?<=\d )|(?<=\dst )|(?<=\dnd )|(?<=\drd )|(?<=\dth ))(?i:{_SHORT})\b"
    rf"|\b(?i:{_SHORT})(?=\.? ?\d)"
)
"""What is a month by its form; of *May* :func:`is_month` says whether it is one."""
_MONTH_JA = re.compile(r"(?<![\d.])0?(\d{1,2})月")
_BESIDE = 24  # signs before "May" that say what it is
_BEFORE_MAY = re.compile(
    r"(?:\A|[\n!?:;|(\[]|(?<!\b[A-Z])(?<!Mr)(?<!Mrs)(?<!Ms)(?<!Dr)(?<!Prof)\.|\d(?:st|nd|rd|th)?"
    r"|\b(?:in|of|until|till|since|by|from|through|throughout|during|before|after|around|last|next|this|each"
    rf"|every|early|late|mid|the|a|{MONTH}(?: and| or| to| through)?)"
    r")[^\w.]{0,4}\Z",
    re.IGNORECASE,
)
_AFTER_MAY = re.compile(
    r"[ /–-]\d|, ?\d{4}|[ -]Day\b|(?: and | or | to | through |, |/|[ –-]{1,3})"
    rf"{MONTH}\b",
    re.IGNORECASE,
)


def months(text: str) -> frozenset[str]:
    """The months a text names, as numbers: *March*, *Mar 3*, 3月."""
    plain = unicodedata.normalize("NFKC", text)
    found: set[str] = set()
    small = plain.lower()
    if any(beginning in small for beginning in _BEGINNINGS):
        found = {number_of(match[0]) for match in MONTH_NAME.finditer(plain) if is_month(match)}
    japanese = kanji_in_digits(plain) if "月" in plain else ""
    return frozenset({*found, *(match[1] for match in _MONTH_JA.finditer(japanese))})


def is_month(match: re.Match[str]) -> bool:
    """Whether it is the month of May and no person: Theresa May."""
    if match[0] not in {"May", "MAY"}:
        return True
    start, end = match.span()
    before = _BEFORE_MAY.search(match.string, max(0, start - _BESIDE), start)
    return before is not None or _AFTER_MAY.match(match.string, end) is not None


def number_of(month: str) -> str:
    """The number of a month by its name in any form."""
    return str(MONTH_NUMBERS[month[:3].lower()])

"""Raised and lowered signs: powers as a reader sees them, the mark of a note apart from what it stands at."""

from __future__ import annotations

import re

_RAISED = str.maketrans("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_RAISABLE = re.compile(r"[0-9+\-−–=()ni]+\Z")
_LOWERABLE = re.compile(r"[0-9+\-−–=()]+\Z")
_NUMBERS = re.compile(r"\d{1,3}(?:[,;–-] ?\d{1,3})*\Z")
_LETTERS = re.compile(r"[^\W\d_]+\.?\Z")
_SIGNS = re.compile(r"[^\w\s]+\Z")
_TRADE_MARKS = {"tm": "™", "sm": "℠", "r": "®", "(tm)": "™"}
# What is set small above the line in abbreviations and ordinals, and read as if it stood on the line.
_ORDINALS = frozenset(
    {
        *("st", "nd", "rd", "th", "e", "er", "re", "ère", "ière", "ème", "eme", "ième", "es", "ers"),
        *("nd", "nde", "ndes", "o", "a", "os", "as", "te", "ter", "de", "ste"),
    }
)
_SHORTENED = frozenset(
    {*("me", "mme", "mes", "lle", "lles", "gr", "r", "rs", "t", "te", "c", "o", "os", "ve", "er"), *("re")}
)
_NUMBER_SIGNS = {"n": ("o", "os")}  # n° 4
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
# A number above these is the mark of a note: a word, what ends a sentence or a quotation. After a number, a
# short name (m, km, Ca, x) or a bracket it is a power.
_NOTED = re.compile(rf"(?:[^\W\d_]{{4,}}|[{_CJK}]|[.,;:!?…”»’\"'。、，」』])\Z")
# A year is not raised to a power.
_YEAR = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d\Z")
_LENGTH = re.compile(r"(?i:met(?:er|re)s?|mètres?|inch(?:es)?|feet|foot|yards?|miles?|zoll|metern?)\Z")
_ROMAN = re.compile(r"(?<![^\W\d_])[IVXLCDM]+\Z")
_DECIMAL = re.compile(r"\d[.,]\d+\Z")
_ONE_LETTER = re.compile(r"(?<![^\W\d_])[^\W\d_]\Z")


def raised(text: str, *, before: str = "", note: bool = False) -> str:
    """How raised text is written after ``before``: ``10⁶``, ``m²``, ``1st``, ``e^(−x/2)``, ``1931[1]``.

    ``note`` says that it is known to be the mark of a note, as where it is a link.
    """
    mark = " ".join(text.split())
    if not mark or mark[0] in "[［" or _SIGNS.match(mark):
        return mark
    noted = (_NOTED.search(before) and not _LENGTH.search(before)) or _YEAR.search(before)
    if note or (_NUMBERS.match(mark) and noted):
        return f"[{mark}]"
    if _RAISABLE.match(mark):
        return mark.translate(_RAISED)
    if mark.lower() in _TRADE_MARKS:
        return _TRADE_MARKS[mark.lower()]
    return _letters(mark, before) if _LETTERS.match(mark) else _power(mark)


def lowered(text: str, *, before: str = "") -> str:
    """How lowered text is written after ``before``: ``H₂O``, ``C_max``."""
    mark = " ".join(text.split())
    if _LOWERABLE.match(mark):
        return mark.translate(_LOWERED)
    if not mark or not before[-1:].isalnum():
        return mark
    return f"_{mark}" if mark.isalnum() else f"_({mark})"


def _letters(mark: str, before: str) -> str:
    small = mark.lower().rstrip(".")
    if before[-1:].isdigit():
        whole = _DECIMAL.search(before) is None
        return mark if small in _ORDINALS and (whole or len(small) > 1) else _apart(mark)
    if _ROMAN.search(before) and small in _ORDINALS:
        return mark
    if _ONE_LETTER.search(before):
        shortened = small in (_SHORTENED if before[-1].isupper() else _NUMBER_SIGNS.get(before[-1], ()))
        return mark if shortened else _power(mark)
    return mark if small in _ORDINALS & _SHORTENED or not before.strip() else _apart(mark)


def _apart(mark: str) -> str:
    """The mark of a note, or a word above the line: either way not part of what it stands at."""
    return f"[{mark}]" if len(mark) == 1 else f" {mark}"


def _power(mark: str) -> str:
    return f"^{mark}" if len(mark) == 1 or mark.isdigit() else f"^({mark})"

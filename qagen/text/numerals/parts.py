"""Shares of a whole in one notation: 25 %, 0.25, ¼, a quarter, 四分の一 and 2割5分 are the same."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from qagen.text.numerals.reader import in_digits
from qagen.text.numerals.speech import VALUES
from qagen.text.numerals.values import written

_TEN = 10

_PARTS = {
    word: part
    for part, words in {
        2: "half halves", 3: "third thirds", 4: "quarter quarters fourth fourths", 5: "fifth fifths",
        6: "sixth sixths", 8: "eighth eighths", 10: "tenth tenths", 100: "hundredth hundredths",
    }.items()
    for word in words.split()
}  # fmt: skip
_SIGNS = {
    "⅓": (1, 3), "⅔": (2, 3), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅛": (1, 8),
}  # fmt: skip
_SIGN = re.compile(f"[{''.join(_SIGNS)}]")
_PER_CENT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?(?:%|per ?cent\b|パーセント)", re.IGNORECASE)
_DECIMAL = re.compile(r"(?<![\d.,])0?\.\d{1,9}(?![\d.])")
_WORDS = re.compile(
    rf"\b(?:(an?|one|two|three|four|five|six|seven|eight|nine)[ -])?({'|'.join(_PARTS)})\b(?! (?:past|to)\b)",
    re.IGNORECASE,
)
_COUNTS = {word: number for word, number in VALUES.items() if 0 < number < _TEN}
_OF_JA = re.compile(r"(\d{1,3})分の(\d{1,3})")
_SLASH = re.compile(r"(?<![\d/])(\d{1,2})[/⁄](\d{1,3})(?![\d/])")


def shares(text: str) -> frozenset[Fraction]:
    """The shares that a text names, in per cent, as decimals below one, or as fractions in signs or words."""
    found = {Fraction(*_SIGNS[sign]) for sign in _SIGN.findall(text)}
    for count, word in _WORDS.findall(text):
        found.add(Fraction(_COUNTS.get(count.lower(), 1), _PARTS[word.lower()]))
    plain = in_digits(text)
    found |= {Fraction(number) / 100 for number in _PER_CENT.findall(plain)}
    found |= {Fraction(number) for number in _DECIMAL.findall(plain)}
    found |= {Fraction(int(part), int(whole)) for whole, part in _OF_JA.findall(plain) if int(whole)}
    found |= {Fraction(int(part), int(whole)) for part, whole in _SLASH.findall(plain) if int(whole)}
    return frozenset(found)


def forms_of_share(share: Fraction) -> frozenset[str]:
    """The numbers that a share may be told with: of a quarter 25 (per cent), 0.25, 1 and 4."""
    decimals = [Decimal(part.numerator) / Decimal(part.denominator) for part in (100 * share, share)]
    return frozenset({*map(written, decimals), str(share.numerator), str(share.denominator)})

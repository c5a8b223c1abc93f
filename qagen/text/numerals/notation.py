"""Numbers in other notations: 10⁶, 2 × 10^-3, 1e6, 2⅔, 1.234,5; and digits that are no number: CO₂."""

from __future__ import annotations

import re
from decimal import Decimal

_Match = re.Match[str]
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_MOST_POWER = 18  # larger ones are kept as they stand
_PLAIN = r"\d{1,15}(?:\.\d{1,15})?"
_POWER = re.compile(
    rf"(?<![\w.])(?:({_PLAIN})\s?[×x·*✕]\s?)?10(?:(⁻?[⁰¹²³⁴-⁹]{{1,2}})|\^([-−]?\d{{1,2}})(?!\d))"
    rf"|(?<![\w.])({_PLAIN})[eE]([+-]?\d{{1,2}})(?!\w)"
)
_FRACTION_SIGN = re.compile(r"(?<=\d)(?=[⅐-⅞⅓⅔])")
# A decimal comma has one or two digits behind it, no space, and no third digit: 1,5 but not 1,500.
_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}(?:[. ]\d{3})+|\d{1,15}),(\d{1,2})(?![\d,.]\d|\d)")
_POINTS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3}){2,}(?![\d.,]\d)")
_ELEMENT = (
    "A[cglmrstu]|B[aehikr]?|C[adeflmnorsu]?|D[bsy]|E[rsu]|F[elmr]?|G[ade]|H[efgos]?|I[nr]?|Kr?|L[airuv]"
    "|M[cdgnot]|N[abdehiop]?|O[gs]?|P[abdmortu]?|R[abefghnu]|S[bcegimnr]?|T[abcehilms]|U|V|W|Xe|Yb?|Z[nr]"
)
_FORMULA = re.compile(
    rf"(?<![A-Za-z\d.-])(?=[A-Za-z()]{{0,12}}[\d₀-₉])(?:(?:{_ELEMENT}|\((?:{_ELEMENT})+\))[\d₀-₉]{{0,2}}){{2,8}}(?![\w-])"
    r"|(?<![A-Za-z\d.-])(?:[HNO][2₂]|O[3₃]|Cl[2₂])(?![\w-])"
)
_POWER_OF_UNIT = re.compile(r"(?<=[a-zA-Zµ])\^[23](?!\d)")


def in_plain_notation(text: str) -> str:
    """The text with such numbers in plain digits and a decimal point, and without the digits of formulas."""
    text = _POWER.sub(_power, text)
    text = _POWER_OF_UNIT.sub("", _FRACTION_SIGN.sub(" ", text))
    text = _POINTS.sub(lambda match: match[0].replace(".", ""), text)
    text = _COMMA.sub(lambda match: f"{re.sub('[. ]', '', match[1])}.{match[2]}", text)
    return _FORMULA.sub(" ", text)


def _power(match: _Match) -> str:
    factor, exponent = (match[4], match[5]) if match[4] else (match[1] or "1", match[2] or match[3])
    power = int(exponent.translate(_RAISED).replace("−", "-"))
    return match[0] if abs(power) > _MOST_POWER else f" {Decimal(factor).scaleb(power):f} "

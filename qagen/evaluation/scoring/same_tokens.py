"""Whether a token of a reply says what one of an answer says: numbers, dates, times, words."""

from __future__ import annotations

import re
from functools import lru_cache

from qagen.evaluation.scoring.asked import Asked, is_year_like
from qagen.evaluation.scoring.tokens import ANY_COUNTER, UNITS, Token
from qagen.text import Measure, read_measure

COUNTERS = frozenset(unit for word, unit in UNITS.items() if not word.isascii())
_CLOSE = 0.01  # a length said in another system of units: 512 m are 1,680 feet
_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)


def same_token(wanted: Token, told: Token, asked: Asked) -> bool:
    """Whether a token of a reply says what one of the answer says."""
    if not (wanted.typed and told.typed):
        same = wanted.text == told.text or _is_plural(wanted, told, asked)
        return same and not wanted.typed and not told.typed
    if "date" in {wanted.kind, told.kind}:
        return _same_date(wanted, told, asked)
    if wanted.kind != told.kind:
        return _same_clock(wanted, told)
    if wanted.kind == "time":
        return wanted.values[0] == told.values[0] or _same_half(wanted, told)
    same = wanted.values == told.values and _units_fit(wanted, told, asked)
    return same or (wanted.kind == "number" and _same_size(wanted, told))


_KINDS = re.compile(
    r"\b(?:animal|bird|fruit|fish|insect|plant|vegetable|tree|flower|metal|tool|food|instrument)s?\b"
    r"|\bcalled\b|\bwhat (?:is|are) (?:a|an|these)\b",
    re.IGNORECASE,
)


def _is_plural(wanted: Token, told: Token, asked: Asked) -> bool:
    """Whether one is the plural of the other, with an s; not of a name, which is written large."""
    short, long = sorted((wanted.text, told.text), key=len)
    least = 3
    if len(short) < least or long not in {f"{short}s", f"{short}es"} or short.endswith(("s", "i", "u")):
        return False
    return not wanted.large or (wanted.start == 0 and _KINDS.search(asked.plain) is not None)


def _units_fit(wanted: Token, told: Token, asked: Asked) -> bool:
    if wanted.unit == told.unit or not told.unit:
        return True
    if wanted.unit:
        return ANY_COUNTER in {wanted.unit, told.unit}
    if asked.years_asked and is_year_like(wanted):
        return False
    return _unit_is_asked(told.unit, asked)


def _unit_is_asked(unit: str, asked: Asked) -> bool:
    """Whether a unit may be said beside a value that is expected without one."""
    if asked.counted and unit in COUNTERS:
        return unit in {asked.counted, ANY_COUNTER}
    strict = unit == "%" or _HOW_MANY.search(asked.plain) or any(_measure("1", one) for one in asked.units)
    return unit in asked.units or not (strict and (unit == "%" or _measure("1", unit)))


@lru_cache(maxsize=1 << 12)
def _measure(value: str, unit: str) -> Measure | None:
    return read_measure(f"{value} {unit}")


def _same_size(wanted: Token, told: Token) -> bool:
    if not wanted.unit or not told.unit or wanted.unit == told.unit:
        return False
    one, other = (_measure(token.values[0], token.unit) for token in (wanted, told))
    if one is None or other is None or one.kind != other.kind:
        return False
    most = 1e-9 if one.exact and other.exact else _CLOSE
    return abs(one.size - other.size) <= most * max(one.size, other.size)


def _same_clock(one: Token, other: Token) -> bool:
    """A time as hours, minutes and seconds and as a clock shows it; a result with a colon."""
    first, second = sorted((one, other), key=lambda token: token.kind != "time")
    if first.kind != "time":
        return False
    parts = [float(part) for part in first.values[0].split(":")]
    if second.kind == "pair":
        return [value.lstrip("0") or "0" for value in first.values[0].split(":")] == list(second.values)
    size = _measure(second.values[0], second.unit)
    if size is None or size.kind != "time" or first.values[1]:
        return False
    long = parts[0] * 3600 + parts[1] * 60 + sum(parts[2:])
    short = parts[0] * 60 + parts[1]
    return abs(size.size - long) < _CLOSE or (len(parts) == 2 and abs(size.size - short) < _CLOSE)  # noqa: PLR2004


def _same_half(one: Token, other: Token) -> bool:
    """6:02 and 6:02 p.m.: one does not say which half of the day it means."""
    said = {one.values[1], other.values[1]}
    hours = sorted(int(token.values[0].split(":")[0]) for token in (one, other))
    rest = {token.values[0].split(":", 1)[1] for token in (one, other)}
    return said == {"", "said"} and len(rest) == 1 and hours[1] - hours[0] == 12  # noqa: PLR2004 - hours of a half


def _same_date(wanted: Token, told: Token, asked: Asked) -> bool:
    """What is said must be the same; the reply may say more, and leave out a year that the question says."""
    parts, said = date_parts(wanted), date_parts(told)
    if parts is None or said is None:
        return False
    for place, (want, have) in enumerate(zip(parts, said, strict=True)):
        if want and not have and not (place == 0 and want in asked.years and any(said[1:])):
            return False
        if want and have and want != have:
            return False
    other_year = not parts[0] and said[0] and asked.years and said[0] not in asked.years
    return not other_year


def date_parts(token: Token) -> tuple[str, ...] | None:
    """Year, month and day of a date, or of a number that may be a year; ``None`` for anything else."""
    if token.kind == "date":
        return token.values
    return (token.values[0], "", "") if token.kind == "number" and not token.unit else None

"""What a question says: words, values and units that are no answers of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from qagen.evaluation.scoring.tokens import UNITS, Token, read


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says: words, values, years and units, none of which is an answer of its own."""

    words: frozenset[str]
    years: frozenset[str]
    units: frozenset[str]
    counts: bool
    counted: str
    plain: str
    years_asked: bool = False

    def says(self, token: Token) -> bool:
        """Whether the question holds this word or value."""
        return token.text in self.words or (bool(token.values) and token.values[0] in self.words)


_COUNTS = re.compile(
    r"\bhow (?:many|much|long|high|far|old|often|fast|deep|wide|tall|large|heavy|big)\b"
    r"|何[人名個本回校冊つ隻台点枚件社頭匹軒票年分秒度歳艘割]|何(?:試合|チーム|メートル|キロ|クラブ|位)"
    r"|いくつ|いくら|どのくらい|どれ(?:くらい|ほど)",
    re.IGNORECASE,
)


@lru_cache(maxsize=1 << 12)
def read_asked(question: str) -> Asked:
    """What a question says."""
    reading = read(question)
    texts = {value for token in reading.words for value in (token.text, *token.values) if value}
    years = {token.values[0] for token in reading.tokens if _is_year(token)}
    units = {UNITS[text] for text in texts if text in UNITS} | {token.unit for token in reading.tokens}
    if re.search(r"percent|per cent|%|パーセント|割合|何割", reading.plain, re.IGNORECASE):
        units.add("%")
    counts = _COUNTS.search(reading.plain) is not None
    counted = _COUNTER.search(reading.plain)
    unit = UNITS.get(counted[1], counted[1]) if counted else ""
    when = _WHEN.search(reading.plain) is not None
    return Asked(
        frozenset(texts), frozenset(years), frozenset(units - {""}), counts, unit, reading.plain, when
    )


_WHEN = re.compile(r"\b(?:when|what year|which year)\b|いつ|何年(?!間)", re.IGNORECASE)


_COUNTER = re.compile(r"何(試合|クラブ|チーム|メートル|[人名個本回校冊つ隻台点枚件社頭匹軒票分秒度歳敗勝])")


def _is_year(token: Token) -> bool:
    return (token.kind == "date" and token.values[0] != "") or is_year_like(token)


def is_year_like(token: Token) -> bool:
    """Whether a token is a year, or a number that may be one."""
    if token.kind == "date":
        return not token.values[1]
    bare = token.kind == "number" and not token.unit and token.values[0].isdecimal()
    return bare and len(token.values[0]) == 4 and token.values[0] < "2100"  # noqa: PLR2004 - digits of a year

"""Answers that are a date: a year, a month or a day."""

from __future__ import annotations

import re
from typing import NamedTuple

from qagen.text.calendar import MONTH, MONTH_NUMBERS, WEEKDAYS

_DAY = r"\d{1,2}(?!\d)"
_DATE_EN = re.compile(
    r"(?:on|in|the|during|of|at|year|\s)*"
    rf"(?:(?P<d1>{_DAY})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{MONTH})"
    rf"|(?P<m2>{MONTH})(?:\s+(?:the\s+)?(?P<d2>{_DAY})(?:st|nd|rd|th)?)?)?"
    r"(?:\s+(?:of|in)\s+)?\s*(?P<y>\d{4})?"
)
_DATE_JA = re.compile(
    r"(?:西暦)?(?:(?P<y>\d{3,4})年)?(?:(?P<m>\d{1,2})月)?(?:(?P<d>\d{1,2})日)?(?:のこと|に)?"
)
_KANJI_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})\b|[(（]?[月火水木金土日]曜日?[)）]?")


class Date(NamedTuple):
    """A year, a month and a day in digits, each "" where it is not said."""

    year: str
    month: str
    day: str

    @classmethod
    def read(cls, folded: str, *, japanese: bool) -> Date | None:
        """The date that a folded text is; ``None`` when it is something else."""
        match = (_DATE_JA if japanese else _DATE_EN).fullmatch(plain_digits(folded) if japanese else folded)
        if not match:
            return None
        found = match.groupdict()
        if japanese:
            date = cls(found["y"] or "", found["m"] or "", found["d"] or "")
        else:
            month = str(MONTH_NUMBERS.get(found["m1"] or found["m2"] or "", ""))
            date = cls(found["y"] or "", month, found["d1"] or found["d2"] or "")
        return date if any(date) else None

    def has(self, folded: str) -> bool:
        """Whether a text is about days of this one month (and year, if it is said)."""
        text = plain_digits(folded)
        words = {str(MONTH_NUMBERS[word]) for word in text.split() if word in MONTH_NUMBERS}
        months = words | set(re.findall(r"(?<!\d)(\d{1,2})月", text))
        years = set(re.findall(r"(?<!\d)\d{4}(?!\d)", text))
        fits = months == {self.month} and len(years) <= 1 and years >= {self.year} - {""}
        return bool(self.month) and not self.day and fits


def plain_digits(folded: str) -> str:
    """A text with digits for the kanji of single ones."""
    return folded.translate(_KANJI_DIGITS)


def without_weekday(folded: str) -> str:
    """A text without a day of the week."""
    return _WEEKDAY.sub("", folded).strip()

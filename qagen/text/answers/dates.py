"""Answers that are a date: a year, a month or a day, or about or from one on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from qagen.text import MONTH, MONTH_NUMBERS, WEEKDAYS
from qagen.text.numerals import japanese_in_digits

_DAY = r"\d{1,2}(?!\d)"
_SEASONS = {"spring": range(3, 6), "summer": range(6, 9), "autumn": range(9, 12), "winter": (12, 1, 2)}
_MONTHS_OF_PART = {"early": range(1, 6), "mid": range(4, 10), "late": range(8, 13), **_SEASONS}
_DAYS_OF_PART = {"early": range(1, 13), "mid": range(10, 22), "late": range(19, 32)}
_PARTS = {
    "early": "early|beginning|start|初頭|初め|はじめ|前半|上旬|初旬",
    "mid": "mid|middle|半ば|中頃|中旬",
    "late": "late|end|末|終わり|後半|下旬|暮れ",
    "spring": "spring|春",
    "summer": "summer|夏",
    "autumn": "autumn|fall|秋",
    "winter": "winter|冬",
}
_PART = "|".join(_PARTS.values())
_PART_OF = {word: part for part, words in _PARTS.items() for word in words.split("|")}
_DATE_EN = re.compile(
    r"(?:on|in|the|during|of|at|year|\s)*"
    rf"(?:(?P<part>{_PART})\b[\s\-]*(?:(?:of|in|the)\s+)*)?"
    rf"(?:(?P<d1>{_DAY})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{MONTH})"
    rf"|(?P<m2>{MONTH})(?:\s+(?:the\s+)?(?P<d2>{_DAY})(?:st|nd|rd|th)?)?)?"
    r"(?:\s+(?:of|in)\s+)?\s*(?P<y>\d{4})?"
)
# The year may stand beside itself: 1897年（明治30年）5月3日, once the era is counted.
_DATE_JA = re.compile(
    r"(?:西暦)?(?:(?P<y>\d{3,4})年(?:\s*(?P=y)年)?\s*)?(?:(?P<m>\d{1,2})月)?(?:(?P<d>\d{1,2})日)?"
    rf"(?:の?(?P<part>{_PART}))?(?:のこと|に)?"
)
_TIME_JA = re.compile("[年月日]")
_KANJI_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})\b|[(（]?[月火水木金土日]曜日?[)）]?")
_ABOUT = re.compile(
    r"^(?:(?:c|ca|circa|about|around|approximately|roughly|probably|perhaps|possibly)\b[\s.]*|約|およそ|おおよそ)"
    r"|(?:頃|ごろ|ころ|あたり)に?$"
)
# Only those that leave the date itself possible: what was "before 1897" was not in 1897.
_BOUND = re.compile(
    r"^(?P<before>(?:until|till|til|since|from|by|through|up to|as of|starting in)\s)"
    r"|(?<=[年月日時分紀期代朝昼夕夜頃ろ])(?P<after>までに?|以降|以後|以来|以前|から)$"
)


class Date(NamedTuple):
    """A year, a month and a day in digits, each "" where it is not said.

    A part of a year or month stands in the place of the month or day: late 1897 is (1897, late).
    """

    year: str
    month: str
    day: str

    @classmethod
    def read(cls, folded: str, *, japanese: bool) -> Date | None:
        """The date that a folded text is, or is about, or up to; ``None`` when it is something else."""
        text = _ABOUT.sub("", without_bound(folded)).strip()
        if japanese and not _TIME_JA.search(text):
            return None
        text = plain_digits(japanese_in_digits(text)).strip() if japanese else text
        match = (_DATE_JA if japanese else _DATE_EN).fullmatch(text)
        if not match:
            return None
        found = {name: part or "" for name, part in match.groupdict().items()}
        if japanese:
            date = cls(found["y"], found["m"], found["d"])
        else:
            month = str(MONTH_NUMBERS.get(found["m1"] or found["m2"], ""))
            date = cls(found["y"], month, found["d1"] or found["d2"])
        return date.in_part(_PART_OF.get(found["part"], "")) if any(date) else None

    def in_part(self, part: str) -> Date | None:
        """This part of the year or month; ``None`` for a part of a day."""
        if not part:
            return self
        if self.day:
            return None
        return self._replace(day=part) if self.month else self._replace(month=part)

    def agrees(self, other: Date) -> Literal["same", "compatible", "different"]:
        """``same`` when one only says more, ``compatible`` when both can be true, else ``different``."""
        if self.year and other.year and self.year != other.year:
            return "different"
        apart = False
        for one, theirs, parts in (
            (self.month, other.month, _MONTHS_OF_PART),
            (self.day, other.day, _DAYS_OF_PART),
        ):
            if one and theirs and one != theirs:
                apart = True
                if not set(_numbers_of(one, parts)) & set(_numbers_of(theirs, parts)):
                    return "different"
        told, theirs_told = ({place for place, part in enumerate(date) if part} for date in (self, other))
        return "compatible" if apart or not (told <= theirs_told or theirs_told <= told) else "same"

    def has(self, folded: str) -> bool:
        """Whether a text is about days of this one month (and year, if it is said)."""
        text = plain_digits(folded)
        words = {str(MONTH_NUMBERS[word]) for word in text.split() if word in MONTH_NUMBERS}
        months = words | set(re.findall(r"(?<!\d)(\d{1,2})月", text))
        years = set(re.findall(r"(?<!\d)\d{4}(?!\d)", text))
        fits = months == {self.month} and len(years) <= 1 and years >= {self.year} - {""}
        return bool(self.month) and not self.day and fits


def _numbers_of(part: str, parts: Mapping[str, Iterable[int]]) -> Iterable[int]:
    """The months or days that a part of a date can be."""
    return parts[part] if part in parts else (int(part),)


def bound_of(folded: str) -> str:
    """The word that makes a time a bound, as until and 以降 do; "" where there is none."""
    match = _BOUND.search(folded)
    return match[0].strip() if match else ""


def without_bound(folded: str) -> str:
    """A text without the word that makes its time a bound."""
    return _BOUND.sub("", folded).strip()


def plain_digits(folded: str) -> str:
    """A text with digits for the kanji of single ones."""
    return folded.translate(_KANJI_DIGITS)


def without_weekday(folded: str) -> str:
    """A text without a day of the week."""
    return _WEEKDAY.sub("", folded).strip()

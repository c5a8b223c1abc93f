"""Dates and times as a sheet shows them: days, months and years in the order of the format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  (sheets know no time zones)
# Lotus 1-2-3 took 1900 for a leap year, and every sheet has kept to it: day 60 does not exist.
_LEAP_DAY = 60
_LAST_DAY = 2_958_466
_SECONDS = 86_400
# The short date of whoever looks at it: its order is unknown, so that a date is written as ISO 8601 has it.
_LOCAL = frozenset({"mm-dd-yy", "m/d/yy h:mm"})
_LOCAL_LONG = re.compile(r"\[\$-(?:x-sysdate|F800)\]", re.IGNORECASE)
_ERAS = (
    (date(2019, 5, 1), "令和", "令", "R"),
    (date(1989, 1, 8), "平成", "平", "H"),
    (date(1926, 12, 25), "昭和", "昭", "S"),
    (date(1912, 7, 30), "大正", "大", "T"),
    (date(1868, 1, 25), "明治", "明", "M"),
)
_MONTHS = {
    0x07: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    0x09: "January February March April May June July August September October November December",
    0x0A: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    0x0C: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    0x10: "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    0x13: "januari februari maart april mei juni juli augustus september oktober november december",
    0x16: "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    0x01: "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}
_DAYS = {
    0x07: "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    0x09: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    0x0A: "lunes martes miércoles jueves viernes sábado domingo",
    0x0C: "lundi mardi mercredi jeudi vendredi samedi dimanche",
    0x10: "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    0x13: "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    0x16: "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    0x01: "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
}
_SHORT_MONTHS = {
    0x0A: "ene feb mar abr may jun jul ago sep oct nov dic",
    0x0C: "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    0x13: "jan feb mrt apr mei jun jul aug sep okt nov dec",
    0x01: _MONTHS[0x01],
}
_SHORT_DAYS = {0x07: "Mo Di Mi Do Fr Sa So", 0x0C: "lun. mar. mer. jeu. ven. sam. dim.", 0x01: _DAYS[0x01]}
_ENGLISH, _JAPANESE = 0x09, 0x11
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{3,8}\Z")
_NAMED = {"ar": 0x01, "de": 0x07, "en": _ENGLISH, "es": 0x0A, "fr": 0x0C, "it": 0x10, "ja": _JAPANESE}
_NAMED |= {"ko": 0x12, "nl": 0x13, "pt": 0x16, "zh": 0x04}
_EAST_ASIAN = {0x04: "月", _JAPANESE: "月", 0x12: "월"}
_JAPANESE_DAYS = "月火水木金土日"
# Month names: three letters are short, four are full, five are the first letter.
_SHORT, _FULL = 3, 4
_NOON = 12


def is_local(code: str) -> bool:
    """Whether a format is the date of whoever looks at the sheet, in the order of that country."""
    return code.lower() in _LOCAL or _LOCAL_LONG.match(code) is not None


def serial(value: datetime | date | timedelta) -> float:
    """The number that a sheet keeps for a date, or for a length of time: days since the end of 1899."""
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001
    days = (value.replace(tzinfo=None) - _EPOCH) / timedelta(days=1)
    return days if days > _LEAP_DAY else days - 1


@dataclass(frozen=True, slots=True)
class DateFormat:
    """The pieces of a date format, each with its kind, and the language that it names."""

    tokens: Sequence[tuple[str, str]]
    locale: str = ""

    def date(self, value: float) -> str:
        """The date or time with a serial number; the number itself where there is none with it."""
        if value < 0 or value >= _LAST_DAY:
            return str(value)
        tokens = self._without_midnight(value)
        digits = sum(kind == "digit" for kind, _ in tokens)
        whole = round(value * _SECONDS, digits or 0)
        moment = _EPOCH + timedelta(seconds=whole) + timedelta(days=value < _LEAP_DAY)
        if not self._known() and any(
            kind == "date" and re.match("m{3,}|d{3,}", text) for kind, text in tokens
        ):
            return moment.date().isoformat()
        parts = (self._part(at, tokens, moment, whole) for at in range(len(tokens)))
        return " ".join("".join(parts).split())

    def _without_midnight(self, value: float) -> Sequence[tuple[str, str]]:
        """A whole day in a format down to the second is a date: 0:00:00 is not what somebody wrote."""
        letters = [text[0].lower() for kind, text in self.tokens if kind == "date"]
        if value != int(value) or not value or "s" not in letters or not set(letters) & set("yd"):
            return self.tokens
        first = next(at for at, (kind, text) in enumerate(self.tokens) if kind == "date" and text[0] in "hH")
        return self.tokens[:first]

    def _known(self) -> bool:
        return not self.locale or self._language() in {**_MONTHS, **_EAST_ASIAN}

    def _language(self) -> int:
        """The number of the language, which a format names by the number of a country or as ``ja-JP``."""
        if not self.locale:
            return _ENGLISH
        if _HEXADECIMAL.match(self.locale):
            return int(self.locale[-4:], 16) & 0xFF
        return _NAMED.get(self.locale[:2].lower(), 0)

    def _part(self, at: int, tokens: Sequence[tuple[str, str]], moment: datetime, whole: float) -> str:
        kind, text = tokens[at]
        if kind == "elapsed":
            return _elapsed(text, whole)
        if kind == "digit":
            place = sum(one == "digit" for one, _ in tokens[: at + 1])
            return f"{whole % 1:.9f}"[1 + place]
        if kind != "date":
            return text.split("/")[moment.hour >= _NOON] if kind == "half" else text
        letter = text[0].lower()
        if letter == "h":
            twelve = any(one == "half" for one, _ in tokens)
            return _two((moment.hour - 1) % _NOON + 1 if twelve else moment.hour, len(text))
        if letter == "m" and _is_minute(at, tokens):
            return _two(moment.minute, len(text))
        return self.letters[letter](self, moment, len(text))

    def _second(self, moment: datetime, length: int) -> str:
        return _two(moment.second, length)

    def _year(self, moment: datetime, length: int) -> str:
        return f"{moment.year % 100:02}" if length < _SHORT else str(moment.year)

    def _buddhist_year(self, moment: datetime, length: int) -> str:
        return str(moment.year + 543)[-2 if length < _SHORT else 0 :]

    def _era(self, moment: datetime, length: int) -> str:
        names = _era_of(moment)[1:]
        return names[max(0, 3 - length)]

    def _year_of_era(self, moment: datetime, length: int) -> str:
        has_era = any(kind == "date" and text[0] in "gG" for kind, text in self.tokens)
        if not has_era and self._language() != _JAPANESE:
            return str(moment.year)
        return _two(moment.year - _era_of(moment)[0].year + 1, length)

    def _japanese_day(self, moment: datetime, length: int) -> str:
        return _JAPANESE_DAYS[moment.weekday()] + "曜日" * (length >= _FULL)

    def _day(self, moment: datetime, length: int) -> str:
        if length < _SHORT:
            return _two(moment.day, length)
        language = self._language()
        if language == _JAPANESE:
            return self._japanese_day(moment, length)
        name = _DAYS.get(language, _DAYS[_ENGLISH]).split()[moment.weekday()]
        short = _SHORT_DAYS[language].split()[moment.weekday()] if language in _SHORT_DAYS else name[:3]
        return name if length >= _FULL else short

    def _month(self, moment: datetime, length: int) -> str:
        if length < _SHORT:
            return _two(moment.month, length)
        language = self._language()
        if language in _EAST_ASIAN:
            return f"{moment.month}{_EAST_ASIAN[language]}"
        name = _MONTHS.get(language, _MONTHS[_ENGLISH]).split()[moment.month - 1]
        if length > _FULL:
            return name[0]
        short = _SHORT_MONTHS[language].split()[moment.month - 1] if language in _SHORT_MONTHS else name[:3]
        return name if length == _FULL else short

    letters: ClassVar[dict[str, Callable[[DateFormat, datetime, int], str]]] = {
        "a": _japanese_day,
        "b": _buddhist_year,
        "d": _day,
        "e": _year_of_era,
        "g": _era,
        "m": _month,
        "s": _second,
        "y": _year,
    }


def _era_of(moment: datetime) -> tuple[date, str, str, str]:
    return next((one for one in _ERAS if one[0] <= moment.date()), _ERAS[-1])


def _is_minute(at: int, tokens: Sequence[tuple[str, str]]) -> bool:
    """An ``m`` behind hours or before seconds is a minute, each other one a month."""
    before = next(_times(reversed(tokens[:at])), "")
    after = next(_times(tokens[at + 1 :]), "")
    return len(tokens[at][1]) < _SHORT and (before == "h" or after == "s")


def _times(tokens: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (text[0].lower() for kind, text in tokens if kind in {"date", "elapsed"})


def _elapsed(text: str, whole: float) -> str:
    """Hours, minutes or seconds in all, also beyond a day."""
    unit = {"h": 3600, "m": 60, "s": 1}[text[0].lower()]
    return _two(int(whole // unit), len(text))


def _two(number: int, length: int) -> str:
    return f"{number:02}" if length > 1 else str(number)

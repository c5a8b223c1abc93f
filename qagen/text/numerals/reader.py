"""The numbers of a text, read off once every one of them stands in digits."""

from __future__ import annotations

import re
import unicodedata

from qagen.text.numerals.english import english_in_digits
from qagen.text.numerals.japanese import is_eastern, japanese_in_digits
from qagen.text.numerals.notation import in_plain_notation
from qagen.text.numerals.values import canonical

_Match = re.Match[str]
_DIGIT = re.compile(r"\d")
_WHOLE = re.compile(r"\d+")
_SMALL_DIGIT = re.compile("m[23]")
_GROUP = re.compile(r"\d[,' ]\d{3}")
_SPECIAL = re.compile("[²³⁰¹⁴-⁹½¼¾\u00a0\u2009\u202f]")
# A number that is more than digits between words: a decimal, a score, a time, a decade, less than zero.
_MARKED = re.compile(
    r"\d(?:(?<=[-−–/.:\ue000]\d)|'?s\b|:\d| ?[ap]\.?m| ?o'clock| in the | at night|(?<=minus \d)"
    r"|(?<=マイナス\d)|(?<=氷点下\d))",
    re.IGNORECASE,
)
_RAISED = re.compile(r"(?<=[a-zµ])[²³]|[²³](?=\W|\Z)|(?<=\d)[⁰¹⁴-⁹]+")
_GROUP_SPACE = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_HALF = re.compile(r"(?:(?<!\d)(\d{1,18})\s?)?([½¼¾])")
_HALVES = {"½": ".5", "¼": ".25", "¾": ".75"}
_UNIT_DIGIT = re.compile(r"(?<![A-Za-z])[kcdmM]?m[23](?!\w)")
# What in_plain_notation() looks for has one of these.
_NOTATION = re.compile(r"[A-Za-z)][\d₀-₉]|\d(?:[eE^⁰¹²³⁴-⁹⁻⅐-⅞]|,\d{1,2}(?!\d)|\.\d{3}[.,])|[A-Za-zµ]\^")
_THOUSANDS = re.compile(
    r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d|,\d)|(?<![\d.,])\d{1,3}(?:'\d{3})+(?!\d)"
    r"|(?<![\d.,])(?<!\d )\d{1,3}(?:(?: 000)+|(?: \d{3}){2,})(?! ?\d)"
)
_DECADE = re.compile(
    r"(?<![\d.,])(\d{3}0)'?s\b"
    r"|(?:(?<=')|(?<=the )|(?<=early )|(?<=late )|(?<=mid-)|(?<=mid )|(?<=his )|(?<=her )"
    r"|(?<=their ))(\d0)'?s\b"
)
_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})(?::([0-5]\d)(?::([0-5]\d))?(\.\d+)?)?(?:"
    r" ?(?P<half>[ap])\.?m\b\.?| ?o'clock| in the (?P<day>morning|afternoon|evening)\b"
    r"| (?P<night>at night)\b)?(?![\d:])",
    re.IGNORECASE,
)
_YEARS = re.compile(r"(?<!\d)((?:1\d|20)(\d\d))[-–/](\d\d)(?![\d-])")
_DOTTED_DATE = re.compile(r"(?<![\d.])\d{1,2}\.\d{1,2}\.(?:\d\d){1,2}(?![\d.])")
_MINUS = re.compile(
    r"(?:(?<![\w)\]%°.,/-])(?<!\d )[-−](?=\d)|\bminus (?=\d)|マイナス(?=\d)|氷点下(?=\d))", re.IGNORECASE
)
_VALUE = re.compile(r"(?<![\d.])\ue000?(?:\d+(?:\.\d+)*|\.\d+)")


def numbers(text: str) -> frozenset[str]:
    """The numbers of a text as canonical values, each once.

    - Whole and decimal numbers without separators or needless zeros: ``"10000"``, ``"3.5"``, ``"-5"``. A
      scale is multiplied out (2.5 million, 3億5000万, $5m); a percentage is its number (3割 is ``"30"``).
    - Times are ``"6:02"`` or ``"18:30"`` (24 hours when the text says am or pm, 午前 or 午後).
    - Decades are ``"1990s"`` or ``"90s"``; months by name are their number; years of a Japanese era are those
      of the common calendar (令和5年 is ``"2023"``).
    - Ordinals are their number, the ends of a range, score, fraction or date are numbers of their own.

    English number words count where they mean a number: not the pronoun *one*, not *second* as a unit of
    time, not *several hundred*; nor *May* after a name or a title, or within a sentence without a date or a
    word such as *in* or *last* beside it (Theresa May). Kanji numerals count before a counter, after 第, in
    scores, and where two or more of them stand alone: not in 一般, 九州 or 三重県.
    """
    plain = in_digits(text)
    if not _MARKED.search(plain):
        return frozenset([canonical(digits) for digits in _WHOLE.findall(plain)])
    found = _Found()
    plain = _DECADE.sub(found.decade, plain)
    plain = _YEARS.sub(_both_years, plain)
    plain = _DOTTED_DATE.sub(lambda match: match[0].replace(".", " "), plain)
    plain = _CLOCK.sub(found.clock, plain)
    plain = _MINUS.sub("\ue000", plain)
    for match in _VALUE.finditer(plain):
        found.values.add(canonical(match[0].replace("\ue000", "-")))
    return frozenset(found.values)


class _Found:
    """The values read so far; what is read is taken out of the text."""

    def __init__(self) -> None:
        self.values: set[str] = set()

    def decade(self, match: _Match) -> str:
        self.values.add(f"{match[1] or match[2]}s")
        return " "

    def clock(self, match: _Match) -> str:
        """A time, if minutes or another mark say that it is one."""
        marked = match["half"] or match["day"] or match["night"] or "o'clock" in match[0].lower()
        if match[2] is None and not marked:
            return match[0]
        hour, half = int(match[1]), (match["half"] or "").lower()
        late = half == "p" or (match["day"] or "").lower() in {"afternoon", "evening"} or match["night"]
        early = half == "a"
        hour = hour % 12 + 12 if late and hour < 13 else hour % 12 if early and hour == 12 else hour  # noqa: PLR2004 - of a clock
        seconds = f":{match[3]}" if match[3] else ""
        self.values.add(f"{hour}:{match[2] or '00'}{seconds}{match[4] or ''}")
        return " "


def in_digits(text: str) -> str:
    """The text with every number in digits.

    A step is left out when the text has none of the signs or words it looks for: most texts need few of them.
    """
    text = in_plain_notation(text) if _NOTATION.search(text) else text
    plain = text if text.isascii() else _plain_signs(text)
    if _DIGIT.search(plain):
        if _GROUP.search(plain):
            plain = _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), plain)
        if _SMALL_DIGIT.search(plain):
            plain = _UNIT_DIGIT.sub(" ", plain)
    return english_in_digits(
        japanese_in_digits(plain) if not plain.isascii() and is_eastern(plain) else plain
    )


def _plain_signs(text: str) -> str:
    """After NFKC, where a half is .5, a square metre has no digit, and no space stands in a number."""
    if _SPECIAL.search(text):
        text = _GROUP_SPACE.sub("'", _RAISED.sub("", text))
        text = _HALF.sub(lambda match: f"{match[1] or 0}{_HALVES[match[2]]}", text)
    # İ and ı are i when case is ignored, and would make English words of words that are none (NİNE).
    return unicodedata.normalize("NFKC", text).replace("’", "'").replace("İ", "Ï").replace("ı", "ï")


def _both_years(match: _Match) -> str:
    """1888–92 as 1888 and 1892; 2011-05 may be a month, so it stays."""
    century, first, last = int(match[1]) // 100, int(match[2]), int(match[3])
    if last == (first + 1) % 100 or last > max(first, 12):
        return f"{match[1]} {100 * (century + (last < first)) + last:04}"
    return match[0]

"""A text as tokens that are equal when they mean the same: numbers, dates, times, results and words.

Numbers are read by :mod:`qagen.text.numerals` and units by :mod:`qagen.text.measures`; here they get a place
in the text, so that an answer can be looked for in a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from qagen.text import MONTH, MONTH_NUMBERS, MONTHS, word_set
from qagen.text.answers import UNIT_WORDS
from qagen.text.numerals import in_digits

LONGEST = 2000
"""Characters of a text that are read; what follows decides nothing in an answer."""

TokenKind = Literal["word", "sign", "number", "pair", "date", "time", "mark"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a sign of a script without spaces, a number with its unit, a result, a date, a time, or a mark.

    ``values`` are canonical: the number, both numbers of a result or range, year, month and day (``""``: not
    said), hour, minute, second and whether morning or afternoon was said. ``large``: it begins with a
    capital. ``start`` and ``end`` are places in :attr:`Reading.plain`.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    values: tuple[str, ...] = ()
    unit: str = ""
    large: bool = False

    @property
    def typed(self) -> bool:
        """Whether it has a value that can be written in other ways."""
        return bool(self.values)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, its form with every number in digits, and its tokens."""

    text: str
    plain: str
    tokens: tuple[Token, ...]

    @property
    def words(self) -> tuple[Token, ...]:
        """The tokens that are no marks."""
        return tuple(token for token in self.tokens if token.kind != "mark")


LIGHT = word_set("""
    the a an of in on at by to for from with it is was were are be been they he she there that this its his
    her their about around approximately roughly because as per
""")
ARTICLES = word_set("the a an")

# --- months and units ------------------------------------------------------------------------------------

_MONTH_WORD = re.compile(rf"\b{MONTH}\b(\.(?= ?\d))?", re.IGNORECASE)
_SAFE = frozenset(MONTHS) - {"march", "may", "august"}
_BESIDE_BEFORE = re.compile(
    r"(?:\d(?:st|nd|rd|th)?,?(?: of)?|[a-z](?:st|nd|rd|th|eth)(?: of)?)[ -]\Z", re.IGNORECASE
)
_BESIDE_AFTER = re.compile(r",? ?(?:the )?(?:\d|(?:of )?(?:1\d|20)\d\d)")
_IN_MONTH = re.compile(
    r"(?:\A\W*|\b(?:in|of|since|until|by|from|during|early|late|mid|every|each|and|was|is)[ -])\Z",
    re.IGNORECASE,
)
_FIRST_MONTH = 0xE100  # a private character for each month, which no other step changes
_M = f"[{chr(_FIRST_MONTH + 1)}-{chr(_FIRST_MONTH + 12)}]"
_ALONE = 20  # signs before a month that say whether it is one

_MORE_UNITS = """
    knot knots kn ノット | m/s | km/h kph | mph | hpa ヘクトパスカル
    | crown crowns クラウン
    | mark marks マルク | w watt watts ワット | % percent パーセント per&cent | volt volts
    | l litre litres liter liters リットル
    | ha hectare hectares ヘクタール | floor 階 | yen 円 | century centuries 世紀 | decade decades
    | vote votes 票 | m² square&metres square&meters 平方メートル
    | km² square&kilometres square&kilometers 平方キロメートル
    | つ 個 | 本 | 隻 艘 | 校 | 社 | 歳 才 | 位 | 枚 | 冊 | 号 | 番 | d 日間 日 | year-old | set sets
    | team teams チーム | club clubs クラブ | race races レース | boat boats | member members | round rounds
    | lap laps 周 | game games 試合 戦 | match matches
"""
UNITS = {
    **UNIT_WORDS,
    **{
        word.replace("&", " "): group.split()[0] for group in _MORE_UNITS.split("|") for word in group.split()
    },
}
for _short in ("c", "d", "w", "mo", "y"):  # too short to be sure of
    UNITS.pop(_short, None)
ANY_COUNTER = "つ"
"""A counter that goes with anything: 六つ is 六クラブ."""
_LATIN_UNITS = sorted(
    (unit for unit in UNITS if unit[0].isascii() and unit[0].isalpha()), key=len, reverse=True
)
_LONG_UNITS = "|".join(re.escape(unit) for unit in _LATIN_UNITS if len(unit) > 2)  # noqa: PLR2004 - "km" has two signs
_SHORT_UNITS = "|".join(re.escape(unit) for unit in _LATIN_UNITS if len(unit) <= 2)  # noqa: PLR2004 - as above
_OTHER_UNITS = "|".join(
    sorted(
        (re.escape(unit) for unit in UNITS if not (unit[0].isascii() and unit[0].isalpha())),
        key=len,
        reverse=True,
    )
)
_UNIT = (
    rf"(?: ?-?(?:(?i:{_LONG_UNITS})(?![A-Za-z/])|hPa(?![A-Za-z])|°C|°F|W(?![A-Za-z])"
    rf"|(?:{_SHORT_UNITS})(?![A-Za-z/²³2-3])|{_OTHER_UNITS}))"
)

# --- what stands in a text -------------------------------------------------------------------------------

CJK = "\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u3400-\u9fff\uf900-\ufaff"
_NUMBER = r"(?:(?<![\w.)\]–−-])[-−])?\d{1,40}(?:\.\d{1,40})?"
_DASH = r"(?: ?[-–—−‐〜~対ー] ?| ?～ ?| to | vs\.? |から|(?<=\d):(?=\d(?!\d))|(?<=\d{4})/(?=\d\d(?!\d)))"
_PARTS = {
    "pair": rf"(?<![\d.,:])(?:between (?P<from>{_NUMBER})(?P<u0>{_UNIT})? and (?P<until>{_NUMBER})"
    rf"|(?P<one>{_NUMBER})(?P<u1>{_UNIT}|年)?{_DASH}(?P<other>\d{{1,40}}(?:\.\d{{1,40}})?))(?![-–./:]?\d)"
    rf"(?P<u2>{_UNIT}|年)?",
    "iso": r"(?<![\d.])(?P<y1>\d{4})[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})(?!\d)",
    "numeric": r"(?<![\d.])(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y2>\d{4})(?!\d)",
    "japanese": r"(?:(?P<y3>\d{3,4})年の?)?(?P<m3>\d{1,2})月の?(?P<d3>\d{1,2})日(?!間)",
    "year_month": r"(?:(?P<y4>\d{3,4})年の?)?(?<!\d)(?P<m4>\d{1,2})月(?!間)",
    "year": r"(?P<y5>\d{4})年(?![間目度代]|連続|ぶり)",
    "day_first": rf"(?<![\d.:])(?P<d6>\d{{1,2}})"
    rf"(?:st|nd|rd|th)?(?: of)?[ -]?(?P<m6>{_M})(?:,?(?: of)?[ -]?(?P<y6>\d{{4}})(?!\d))?",
    "month_first": rf"(?P<m7>{_M}) ?(?:the )?(?P<d7>\d{{1,2}})(?![\d:])"
    rf"(?:st|nd|rd|th)?(?:,? (?P<y7>\d{{4}})(?!\d))?",
    "month": rf"(?P<m8>{_M})(?:,?(?: of| in)? ?(?P<y8>\d{{4}})(?!\d))?",
    "time": r"(?<![\d:.])(?P<h>\d{1,2})(?::(?P<min>[0-5]\d)(?::(?P<sec>[0-5]\d))?"
    r"(?P<part>\.\d{1,9})?(?![\d:])|\.(?P<min2>[0-5]\d)(?= ?[apAP]\.?[mM]\b)"
    r"|(?= ?[apAP]\.?[mM]\b| o'clock\b))"
    r"(?: ?(?P<half>[apAP])\.?[mM]\b\.?| in the (?P<day>morning|afternoon|evening)\b| at (?P<night>night)\b"
    r"| o'clock\b)?",
    "decade": r"\d{3}0'?s\b",
    "fraction": r"(?<![\d/.])(?P<fraction>\d{1,3}/\d{1,3})(?![\d/])",
    "number": rf"(?<![\d.])(?P<money>[$€£¥] ?)?(?P<number>{_NUMBER})(?!\d)(?:st|nd|rd|th)?"
    rf"(?P<unit>{_UNIT})?(?![A-Za-z])",
    "code": r"\d{1,40}[A-Za-z][^\W_]{0,40}",
    "word": rf"&|[^\W\d_{CJK}](?:[^\W_{CJK}]|['’](?=[^\W\d_])){{0,60}}[+#]{{0,3}}",
    "sign": rf"[{CJK}]",
    "mark": r"[.!?。\n…]+|[,、;:/()—–]",
}  # fmt: skip
_TOKEN = re.compile("|".join(f"(?P<{name}_>{pattern})" for name, pattern in _PARTS.items()))
_DATES = {
    "iso": ("y1", "m1", "d1"), "japanese": ("y3", "m3", "d3"), "year_month": ("y4", "m4", ""),
    "year": ("y5", "", ""),
    "day_first": ("y6", "m6", "d6"), "month_first": ("y7", "m7", "d7"), "month": ("y8", "m8", ""),
}  # fmt: skip
_MONEY = {"$": "$", "€": "€", "£": "£", "¥": "yen"}
_WEEKDAYS = dict(
    zip(
        "月火水木金土日",
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        strict=True,
    )
)
_WEEKDAY_JA = re.compile(r"[(（]?([月火水木金土日])曜日?[)）]?|(?<=日)[(（]([月火水木金土日])[)）]")
WEEKDAYS = frozenset(_WEEKDAYS.values())
_LONE_NUMERAL = re.compile(
    r"(?:(?<=\A)|(?<=[はが、。「『\s]))([一二三四五六七八九十])(?=です|でした|だ(?!け)|である|であった|[。」』]|\Z|に?なり|足す|引く|かける)"
)
_LEADING_COUNT = re.compile(r"第(?=\d)|(?<=\d回)目|(?<=\d位)目")
_TITLE = word_set("mr mrs ms dr st prof capt col gen lt sgt vs no")
_ACCENT = re.compile("[\u0300-\u036f]")


@lru_cache(maxsize=1 << 14)
def read(text: str) -> Reading:
    """The tokens of a text (of its first :data:`LONGEST` characters), in order."""
    text = text[:LONGEST]
    plain = _MONTH_WORD.sub(_coded, text)
    plain = _WEEKDAY_JA.sub(lambda match: f" {_WEEKDAYS[match[1] or match[2]]} ", plain)
    plain = _LONE_NUMERAL.sub(lambda match: str("一二三四五六七八九十".index(match[1]) + 1), plain)
    plain = _LEADING_COUNT.sub("", in_digits(plain))
    found = (_token(match) for match in _TOKEN.finditer(plain))
    return Reading(text, plain, tuple(_joined(_kept(token for token in found if token))))


def folded(text: str) -> str:
    """A text as it is compared: its tokens without marks, a space where signs of one script do not meet."""
    words = read(text).words
    glue = ["" if one.kind == other.kind == "sign" else " " for one, other in pairwise(words)]
    return "".join(word.text + gap for word, gap in zip(words, [*glue, ""], strict=False))


def _coded(match: re.Match[str]) -> str:
    """A private character for a month, or the word when it is none."""
    word, text = match[0].rstrip("."), match.string
    before = text[max(0, match.start() - _ALONE) : match.start()]
    beside = _BESIDE_BEFORE.search(before) or _BESIDE_AFTER.match(text, match.end())
    full = word.lower() in MONTHS
    alone = word.lower() in _SAFE or (full and word[0].isupper() and _IN_MONTH.search(before))
    if not (beside or alone):
        return match[0]
    return chr(_FIRST_MONTH + MONTH_NUMBERS[word[:3].lower()])


def _token(match: re.Match[str]) -> Token | None:
    name = (match.lastgroup or "").rstrip("_")
    if name in _DATES:
        return _date(match, *(match[group] or "" if group else "" for group in _DATES[name]))
    return _READERS[name](match)


def _of(
    match: re.Match[str], kind: TokenKind, text: str, *values: str, unit: str = "", large: bool = False
) -> Token:
    return Token(kind, text, match.start(), match.end(), values, unit, large)


def _date(match: re.Match[str], year: str, month: str, day: str) -> Token:
    if month and not month.isdecimal():
        month = str(ord(month) - _FIRST_MONTH)
    values = tuple(str(int(part)) if part else "" for part in (year, month, day))
    if not month:
        return _of(match, "date", values[0], *values)
    if year and day:
        return _of(match, "date", "-".join(f"{part:0>2}" for part in values), *values)
    shown = "".join(part + sign for part, sign in zip(values, "年月日", strict=True) if part)
    return _of(match, "date", shown, *values)


def _numeric(match: re.Match[str]) -> Token:
    """Day and month in digits; where they could be exchanged, neither is known."""
    first, second = int(match["a"]), int(match["b"])
    most = 12
    if first != second and max(first, second) <= most:
        return _of(match, "date", match[0], match["y2"], "?", "?")
    month, day = (first, second) if second > most else (second, first)
    return _date(match, match["y2"], str(month), str(day))


def _time(match: re.Match[str]) -> Token:
    half = (match["half"] or "").lower()
    late = half == "p" or match["day"] in {"afternoon", "evening"} or match["night"]
    said = bool(late or half or match["day"])
    hour = int(match["h"])
    noon = 12
    if said and hour <= noon:
        hour = hour % noon + (noon if late else 0)
    minute, second = match["min"] or match["min2"] or "00", match["sec"] or ""
    shown = f"{hour}:{minute}" + (f":{second}" if second else "") + (match["part"] or "")
    marked = "said" if said or match["h"].startswith("0") or hour > noon else ""
    return _of(match, "time", shown, shown, marked)


def value_of(number: str) -> str:
    """A number without needless zeros."""
    plain = number.replace("−", "-")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return plain
    shown = f"{value:f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return "0" if shown == "-0" else shown


def _unit(written: str | None) -> str:
    plain = (written or "").strip(" -").casefold()
    return UNITS.get(plain, plain if plain in {"hpa", "w"} else "")


def _pair(match: re.Match[str]) -> Token:
    one, other = match["one"] or match["from"], match["other"] or match["until"]
    unit = _unit(match["u2"]) or _unit(match["u1"] or match["u0"])
    unit = "" if "年" in {match["u2"], match["u1"]} else unit
    if len(one) == 4 and len(other) == 2 and one.isdecimal():  # noqa: PLR2004 - 1888–92, 2025-03
        last, month = int(other), 12
        if 1 <= last <= month and last != (int(one) + 1) % 100:
            return _date(match, one, other, "")
        other = f"{(int(one) // 100 + (last < int(one) % 100)) * 100 + last}"
    values = value_of(one), value_of(other)
    return _of(match, "pair", " ".join(filter(None, ("-".join(values), unit))), *values, unit=unit)


def _number(match: re.Match[str]) -> Token:
    unit = _unit(match["unit"]) or _MONEY.get((match["money"] or "").strip(), "")
    value = value_of(match["number"])
    return _of(match, "number", f"{value} {unit}".strip(), value, unit=unit)


def _word(match: re.Match[str]) -> Token | None:
    word = match[0]
    if word == "&":
        return _of(match, "word", "and")
    plain = word if word.isascii() else _ACCENT.sub("", unicodedata.normalize("NFKD", word))
    plain = plain.casefold().replace("’", "'")
    plain = plain.removesuffix("'s") or plain
    return _of(match, "word", plain, large=word[0].isupper())


def _mark(match: re.Match[str]) -> Token | None:
    sign = match[0]
    if sign[0] in ",、;:/()—–":
        return _of(match, "mark", "," if sign in "、;:,—–" else sign)
    return _of(match, "mark", "?" if "?" in sign else "\n" if "\n" in sign and "." not in sign else ".")


_READERS: dict[str, Callable[[re.Match[str]], Token | None]] = {
    "numeric": _numeric, "time": _time, "pair": _pair, "number": _number, "word": _word, "mark": _mark,
    "decade": lambda match: _of(match, "word", match[0].replace("'", "")),
    "fraction": lambda match: _of(match, "number", match[0], match[0]),
    "code": lambda match: _of(match, "word", match[0].upper(), large=True),
    "sign": lambda match: _of(match, "sign", match[0]),
}  # fmt: skip


def _kept(tokens: Iterable[Token]) -> Iterator[Token]:
    """Without full stops after an initial or a title."""
    before: Token | None = None
    for token in tokens:
        stop = token.kind == "mark" and token.text == "." and before is not None and before.end == token.start
        if stop and before and before.large and (len(before.text) == 1 or before.text in _TITLE):
            continue
        yield token
        before = token


# --- measures in several parts ---------------------------------------------------------------------------

_TIME_PARTS = {"h": 3600, "min": 60, "s": 1}


def _joined(tokens: Iterable[Token]) -> Iterator[Token]:
    """Hours, minutes and seconds that follow each other as one number of seconds."""
    held: list[Token] = []
    between: list[Token] = []
    for token in tokens:
        part = token.kind == "number" and token.unit in _TIME_PARTS
        if part and held and _TIME_PARTS[token.unit] < _TIME_PARTS[held[-1].unit]:
            held.append(token)
            between = []
        elif held and token.text in {"and", ","} and not between:
            between.append(token)
        else:
            yield from (*_as_one(held), *between)
            held, between = ([token], []) if part else ([], [])
            if not part:
                yield token
    yield from (*_as_one(held), *between)


def _as_one(held: list[Token]) -> Iterator[Token]:
    if len(held) < 2:  # noqa: PLR2004 - one part is as it was
        yield from held
        return
    total = sum((Decimal(token.values[0]) * _TIME_PARTS[token.unit] for token in held), Decimal(0))
    shown = value_of(str(total))
    yield replace(held[0], text=f"{shown} s", end=held[-1].end, values=(shown,), unit="s")

"""Numbers as Word writes them before paragraphs: 7, g, VII, 07, ⑦, 七, キ."""

from __future__ import annotations

from collections.abc import Callable

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_KANJI = "〇一二三四五六七八九"
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_AIUEO = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
_IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン"
_GANADA = "가나다라마바사아자차카타파하"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_ARABIC = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي"
_ABJAD = "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ"
_ENCLOSED = 20
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
)
_WORDS = f"{_SMALL} seventeen eighteen nineteen".split()
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_IRREGULAR = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"}
_IRREGULAR |= {"nine": "ninth", "twelve": "twelfth"}


def numeral(number: int, form: str) -> str:
    """A number in one of the forms of ``w:numFmt``; in digits where the form is not known."""
    write = _FORMS.get(form)
    return write(number) if write is not None and number > 0 else "" if form == "none" else str(number)


def _letters(number: int) -> str:
    """A … z, aa, bb, cc: the letter is repeated."""
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def _roman(number: int) -> str:
    written = ""
    for value, sign in _ROMAN:
        written += sign * (number // value)
        number %= value
    return written


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in {11, 12, 13} else ends.get(number % 10, 'th')}"


def _in_words(number: int) -> str:
    if number < len(_WORDS):
        return _WORDS[number]
    if number < 100:  # noqa: PLR2004
        tens, rest = _TENS[number // 10 - 2], number % 10
        return f"{tens}-{_WORDS[rest]}" if rest else tens
    return str(number)


def _ordinal_words(number: int) -> str:
    head, dash, last = _in_words(number).rpartition("-")
    if last.isdigit():
        return _ordinal(number)
    last = _IRREGULAR.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return (head + dash + last).capitalize()


def _counted(number: int) -> str:
    """Kanji as one counts: 二十三."""
    if number >= 10_000:  # noqa: PLR2004
        return "".join(_KANJI[int(digit)] for digit in str(number))
    written = ""
    for value, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, value)
        if digit:
            written += (_KANJI[digit] if digit > 1 or not sign else "") + sign
    return written


def _enclosed(number: int) -> str:
    return chr(0x2460 + number - 1) if number <= _ENCLOSED else str(number)


def _sign_of(signs: str) -> Callable[[int], str]:
    return lambda number: signs[(number - 1) % len(signs)]


_FORMS: dict[str, Callable[[int], str]] = {
    "aiueo": _sign_of(_AIUEO),
    "aiueoFullWidth": _sign_of(_AIUEO),
    "arabicAbjad": _sign_of(_ABJAD),
    "arabicAlpha": _sign_of(_ARABIC),
    "cardinalText": lambda number: _in_words(number).capitalize(),
    "chineseCounting": _counted,
    "chineseCountingThousand": _counted,
    "decimalEnclosedCircle": _enclosed,
    "decimalEnclosedCircleChinese": _enclosed,
    "decimalEnclosedParen": lambda number: f"({number})",
    "decimalFullWidth": lambda number: str(number).translate(_FULL_WIDTH),
    "decimalFullWidth2": lambda number: str(number).translate(_FULL_WIDTH),
    "decimalZero": lambda number: f"{number:02}",
    "ganada": _sign_of(_GANADA),
    "ideographDigital": lambda number: "".join(_KANJI[int(digit)] for digit in str(number)),
    "ideographTraditional": _sign_of(_STEMS),
    "iroha": _sign_of(_IROHA),
    "irohaFullWidth": _sign_of(_IROHA),
    "japaneseCounting": _counted,
    "japaneseDigitalTenThousand": lambda number: "".join(_KANJI[int(digit)] for digit in str(number)),
    "lowerLetter": _letters,
    "lowerRoman": _roman,
    "none": lambda _: "",
    "numberInDash": lambda number: f"- {number} -",
    "ordinal": _ordinal,
    "ordinalText": _ordinal_words,
    "taiwaneseCounting": _counted,
    "taiwaneseCountingThousand": _counted,
    "upperLetter": lambda number: _letters(number).upper(),
    "upperRoman": lambda number: _roman(number).upper(),
}

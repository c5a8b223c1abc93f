"""Numbers of English texts in digits: words, scales, money, fractions, times, decades, months by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from qagen.text import MONTH_NUMBERS, any_of
from qagen.text.numerals.named_months import MONTH_NAME, is_month, number_of
from qagen.text.numerals.speech import MULTIPLES, ORDINALS, TENS, VALUES, spoken_in_digits
from qagen.text.numerals.values import multiplied

_Match = re.Match[str]
_SPOKEN_WORD = rf"(?:{any_of([*VALUES, *MULTIPLES])})"
_SPOKEN = re.compile(
    rf"\b(?:an?[ -](?={any_of(MULTIPLES)}\b))?{_SPOKEN_WORD}\b"
    rf"(?:(?:[ -]and)?[ -]{_SPOKEN_WORD}\b)*",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:the|this|that|which|what|no|each|every|any|some|another|same|other|new|old|last|next|only"
    r"|good|bad|"
    r"[a-z]{3,}(?:er|est)|(?:a|an|the) [a-z]+) one\b(?! (?:hundred|thousand|million|billion|third|half)\b)"
    r"|\bone(?=(?:'s|self)\b| (?:of|another|who|whom|whose|that|which|can|must|may|might|should|could"
    r"|would|"
    r"needs|has to|and only)\b)"
    r"|\bone (?=by one\b)|(?<=\bone by )one\b",
    re.IGNORECASE,
)
_SECOND = re.compile(
    r"(\b(?:per|each|every|split|half|half a|of a|one|quarter of a|[a-z]+[a-z]ths of a)[ -]"
    r"|\d[ -]?)second\b",
    re.IGNORECASE,
)
_HALF_A = re.compile(r"\bhalf an? (?=(?:dozen|hundred|thousand|million|billion|trillion)\b)", re.IGNORECASE)
_DIGIT_SCALE = re.compile(rf"(?<!\d)(\d{{1,18}}(?:\.\d{{1,18}})?)[ -]?({any_of(MULTIPLES)})\b", re.IGNORECASE)
_MONEY_SCALE = re.compile(
    r"((?:[$€£¥]|\b(?:USD|EUR|GBP|JPY) ?)\d{1,18}(?:\.\d{1,18})?) ?([kKmMbB]|mn|bn|tn)\b"
    r"|(?<![\w.])(\d{1,18}(?:\.\d{1,18})?)(?: ?(?=[bmt]n))(bn|mn|tn)\b"
    r"|(?<![\w.])(\d{1,18}(?:\.\d{1,18})?)([kKM])(?![\w²³])"
)
_SUFFIXES = {"k": 10**3, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
_AND_A_HALF = re.compile(r"(?<!\d)(\d{1,18})[ -](?:and[ -])a[ -]half\b", re.IGNORECASE)
_POINT = re.compile(r"(?<=\d) point (\d)(?: (\d)\b)?", re.IGNORECASE)
_PAST = re.compile(r"\b(half past|(?:a )?quarter past|(?:a )?quarter to) (\d{1,2})\b", re.IGNORECASE)
_PART_WORDS = [*(f"{word}s" for word in ORDINALS[3:11]), "quarters", "hundredths", "thousandths"]
_PARTS = re.compile(rf"(?<=\d)[ -]({any_of(_PART_WORDS)})\b", re.IGNORECASE)
_PART_VALUES = {"quarter": "4", "hundredth": "100", "thousandth": "1000"}
_TWICE = re.compile(r"\b(twice|thrice|noon|midnight)\b", re.IGNORECASE)
_TWICE_VALUES = {"twice": "2", "thrice": "3", "noon": "12:00", "midnight": "0:00"}
_DECADE_WORD = re.compile(
    rf"\b(?:(\d\d)[ -])?({any_of(f'{word[:-1]}ies' for word in TENS)})\b", re.IGNORECASE
)
_DECADES = {f"{word[:-1]}ies": f"{10 * value}" for value, word in enumerate(TENS, 2)}
_LETTERS = re.compile("[a-z]+")
_DIGIT_LETTER = re.compile(r"\d ?[kKmMbBt]")


def english_in_digits(text: str) -> str:
    """A text with its English numbers in digits."""
    here = _TELLING.intersection(_LETTERS.findall(text.lower()))
    text = _rewritten(text, _COUNTED, here)
    if _DIGIT_LETTER.search(text):
        text = _MONEY_SCALE.sub(_money_in_digits, text)
    return _rewritten(text, _DIVIDED, here)


def _rewritten(text: str, steps: Iterable[_Step], here: frozenset[str]) -> str:
    for words, pattern, put in steps if here else ():
        if not here.isdisjoint(words):
            text = pattern.sub(put, text)
    return text


def _decade_in_digits(match: _Match) -> str:
    decade = f"{_DECADES[match[2].lower()]}s "
    return f" {match[1]}{decade}" if match[1] else f" the {decade}"


def _month_in_digits(match: _Match) -> str:
    return f" {number_of(match[0])} " if is_month(match) else match[0]


def _money_in_digits(match: _Match) -> str:
    number = match[1] or match[3] or match[5]
    sign = re.match(r"\D*", number)
    scale = _SUFFIXES[(match[2] or match[4] or match[6]).lower()]
    return multiplied(number[sign.end() if sign else 0 :], scale)


def _part_of_one(match: _Match) -> str:
    word = match[1].lower()[:-1]
    return f"/{_PART_VALUES.get(word) or VALUES[word]}"


def _past_hour(match: _Match) -> str:
    how, hour = match[1].lower(), int(match[2])
    if how.endswith("to"):
        return f"{(hour - 2) % 12 + 1}:45"
    return f"{hour}:{'30' if how.startswith('half') else '15'}"


# A word without which the pattern finds nothing, the pattern, and what is put in the place of what it finds.
_Step = tuple[Collection[str], re.Pattern[str], str | Callable[[_Match], str]]
_COUNTED: tuple[_Step, ...] = (
    ({"one"}, _PRONOUN, " it "),
    ({"half"}, _HALF_A, "0.5 "),
    (MULTIPLES, _DIGIT_SCALE, lambda match: multiplied(match[1], MULTIPLES[match[2].lower()])),
    ({"second"}, _SECOND, r"\1sec"),
    (VALUES | MULTIPLES, _SPOKEN, lambda match: spoken_in_digits(re.split(r"[ -]", match[0].lower()))),
    (_DECADES, _DECADE_WORD, _decade_in_digits),
)
_DIVIDED: tuple[_Step, ...] = (
    (_TWICE_VALUES, _TWICE, lambda match: _TWICE_VALUES[match[1].lower()]),
    ({"half"}, _AND_A_HALF, r"\1.5"),
    ({"point"}, _POINT, r".\1\2"),
    ({"half", "quarter"}, _PAST, _past_hour),
    (_PART_WORDS, _PARTS, _part_of_one),
    (MONTH_NUMBERS, MONTH_NAME, _month_in_digits),
)
_TELLING = frozenset(word for words, _, _ in (*_COUNTED, *_DIVIDED) for word in words)

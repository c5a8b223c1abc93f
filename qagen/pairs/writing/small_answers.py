"""The answers to ask a small model for, which code finds: reasons, dates, times, names and amounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qagen.text import (
    FUNCTION_WORDS,
    HIRAGANA,
    KANJI,
    KATAKANA,
    MONTHS,
    SHORT_MONTHS,
    WEEKDAYS,
    any_of,
    without_markup,
)
from qagen.text.passages import TABLE_BARS, TABLE_HEAD, YYYY, PassageReading, capitalised_names, sentences_in

_MONTH = f"(?:{any_of({*map(str.capitalize, MONTHS), *map(str.capitalize, SHORT_MONTHS)})})"
_WEEKDAY = f"(?:(?:{any_of(map(str.capitalize, WEEKDAYS))}) )?"
_DAY = rf"{_WEEKDAY}\d{{1,2}}"
_RANGE = re.compile(
    rf"\b{_DAY}(?: {_MONTH})?(?: \d{{4}})? (?:to|until|and) {_DAY} {_MONTH}(?: \d{{4}})?\b"
    rf"|\b(?:between|from) \d{{1,2}}:\d{{2}} (?:and|to) \d{{1,2}}:\d{{2}}\b"
    rf"|\bfrom {YYYY} to {YYYY}\b|\bin {YYYY}(?:, {YYYY})* and {YYYY}\b"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:, \d{{4}})?|{_MONTH} \d{{4}})\b"
)
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_YEAR = re.compile(rf"(?<=\b[Ii]n ){YYYY}\b")
_NO_UNIT = "|".join(
    sorted(FUNCTION_WORDS | {"became", "won", "lie", "lies", "equal", "further", r"\w+ed", r"\w+ing"})
)
_UNIT = rf"(?: ?(?:°C|°F|%)| (?:per cent|percent|(?!(?:{_NO_UNIT})\b)(?:[a-zµ][\w/-]*|[A-Z]\w+s\b)))"
_PER = "(?: per [a-z]+(?: of [a-z]+)?(?: and [a-z]+)?)?"
_AMOUNT_SPAN = re.compile(rf"(?<![\w.,:-])[$€£¥]?\d[\d,.]*(?<![.,])(?:{_UNIT}(?: \d[\d.,]*{_UNIT})*{_PER})?")
_COUNT = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    rf"(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-[a-z]+)?){_UNIT}",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r"\b(?:because|due to) [^.;:\n]{8,90}(?=[.;])")
_VALUE = ("because", "when", "who", "name", "year", "clock", "amount", "count")
_MOST = 10  # pairs a passage
_LATIN_KINDS = (
    ("because", _BECAUSE), ("when", _RANGE), ("when", _DATE), ("clock", _CLOCK), ("year", _YEAR),
    ("amount", _AMOUNT_SPAN), ("count", _COUNT),
)  # fmt: skip
_JA_COUNTERS = (
    "万円|円|人|本|点|回|分間?|秒|歳|位|試合|か?クラブ|チーム|キロ?メートル|メートル|キロ(?:グラム)?|度|か月|日間|年間|時間|台|棟|冊|"
    "枚|番|か所|種類|個|件|票|隻|室|席|階|名|%|パーセント"
)
_JA_KINDS = (
    ("when", re.compile(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d{4}年(?![間度])")),
    ("amount", re.compile(rf"約?(?:[\d][\d,，.．]*|[一二三四五六七八九十百千]+)(?:{_JA_COUNTERS})")),
    ("who", re.compile(rf"[{KANJI}{KATAKANA}]{{2,8}}(?=（[{HIRAGANA}ー]+[・･][{HIRAGANA}ー]+）)")),
    (
        "name",
        re.compile(
            rf"[{KANJI}{KATAKANA}]{{2,10}}(?=（[{HIRAGANA}ー]+）)"
            rf"|[{KANJI}]{{0,4}}[{KATAKANA}]{{3,}}(?:[・][{KATAKANA}]+)*|「[^」]{{2,20}}」"
        ),
    ),
)


class FoundAnswer(NamedTuple):
    """An answer as it stands in the text, and its kind, which says how to ask for it."""

    text: str
    kind: str


def answers_in(read: PassageReading) -> list[FoundAnswer]:
    """The answers of a passage in the order of the text: what to write questions for."""
    found = [*_FINDERS[read.script](read)]
    best = sorted(range(len(found)), key=lambda place: _VALUE.index(found[place].kind))[:_MOST]
    return [found[place] for place in sorted(best)]


def _latin_answers(read: PassageReading) -> Iterator[FoundAnswer]:
    text = TABLE_HEAD.sub("", read.body)
    titles = without_markup(" ".join((read.title, *read.passage.section)))
    names = [name for name in capitalised_names(text) if without_markup(name) not in titles]
    kinds = _latin_kinds(names)
    for sentence in sentences_in(text):
        if not re.match(r"(?:If|Unless|When|Whenever) ", sentence) and sentence.count("|") < TABLE_BARS:
            found = (answer for _, answer in _apart(sentence, kinds))
            yield from (answer for answer in found if _is_worth_asking(answer, text))


def _latin_kinds(names: Sequence[str]) -> list[tuple[str, re.Pattern[str]]]:
    one = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"
    name = re.compile(rf"\b(?:{one})(?: and (?:{one}))?\b(?!-| \d)")
    return [*_LATIN_KINDS, ("name", name)]


def _apart(text: str, kinds: Sequence[tuple[str, re.Pattern[str]]]) -> list[tuple[int, FoundAnswer]]:
    """What the patterns find in a text, by its place; none overlaps another of an earlier kind."""
    found: list[tuple[int, int, str]] = []
    for kind, pattern in kinds:
        for match in pattern.finditer(text):
            if all(match.end() <= start or match.start() >= end for start, end, _ in found):
                found.append((match.start(), match.end(), kind))
    return [(start, FoundAnswer(text[start:end], kind)) for start, end, kind in sorted(found)]


def _is_worth_asking(answer: FoundAnswer, text: str) -> bool:
    """Whether an answer stands for one fact: it occurs once, and is no label and no bare digit or two."""
    said, kind = answer
    label = said.rsplit(" ", 1)[-1][0].isdigit() or (" " not in said and said.endswith("s"))
    if kind == "name" and label:
        return False
    if kind == "amount" and re.match(r"(?:1\d|20)\d\d\b(?!,)", said):
        return False
    return len(said) > len("12") and len(re.findall(rf"(?<!\w){re.escape(said)}s?(?!\w)", text)) == 1


def _japanese_answers(read: PassageReading) -> Iterator[FoundAnswer]:
    text, titles = read.body, " ".join((read.title, *read.passage.section))
    for _, (found, kind) in _apart(text, _JA_KINDS):
        said = found.strip("「」")
        if text.count(said) == 1 and said not in titles:
            yield FoundAnswer(said, kind)


def _no_answers(read: PassageReading) -> Iterator[FoundAnswer]:
    del read
    yield from ()


_FINDERS = {"ja": _japanese_answers, "zh": _no_answers, "en": _latin_answers, "other": _latin_answers}

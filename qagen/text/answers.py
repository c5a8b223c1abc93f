"""Whether two answers to one question say the same: English and Japanese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from qagen.text.folding import fold
from qagen.text.lexicon import word_set
from qagen.text.measures import Measure, is_clock_of, read_measure, same_measure
from qagen.text.numbers import numbers
from qagen.text.questions import JAPANESE, LONGEST, Question

Agreement = Literal["same", "compatible", "different"]

_LIGHT = word_set("""
    the a an it he she they was is were are in at on of by to from for its his her their mr mrs ms dr
    sir about around approximately nearly roughly just exactly that this called named known as there
    which has had have been be s captain professor coach total altogether long deep high tall wide old
    during year town city village
""")
# Units in their forms, groups divided by "|"; the first word of a group stands for it.
_UNIT_GROUPS = """
    m metre metres meter meters メートル | km kilometre kilometres kilometer kilometers キロメートル キロ
    | cm centimetre centimetres centimeter centimeters センチメートル センチ | mm millimetre millimetres
    millimeter millimeters ミリメートル ミリ | ft foot feet フィート | mi mile miles マイル | kg kilogram
    kilograms kilo kilos キログラム | g gram grams グラム | t tonne tonnes ton tons トン | s sec second
    seconds 秒 | min minute minutes 分 | h hour hours 時間 | d day days 日 日間 | w week weeks 週間 | mo
    month months か月 ヶ月 カ月 | y year years 年 年間 | % percent パーセント | person people persons
    inhabitants residents spectators 人 名 | yen 円 | $ dollar dollars ドル | € euro euros ユーロ | £
    pound pounds ポンド | c celsius degrees °c 度 | floor floors storeys stories 階 | time times 回 | goal
    goals ゴール | point points 点
"""
UNIT_WORDS = {word: group.split()[0] for group in _UNIT_GROUPS.split("|") for word in group.split()}
_UNITS = frozenset(UNIT_WORDS.values())
# One of these in the longer answer, and it is another answer: two things, the opposite, another thing.
_CHANGES = word_set("""
    and or & not no never nor neither without except but both less more fewer over under than least most
    before after since until between north south east west northern southern eastern western upper lower
    new old junior senior jr sr ii iii iv former vice deputy assistant sister brother mother father son
    daughter wife husband uncle aunt cousin widow half quarter double twice women men s-s bridge lake
    river castle street university island hill mount bay port station museum school valley park forest
    square hall tower church
""")
_CHANGES_JA = re.compile(
    "[と、・]|および|または|以上|以下|未満|以前|以後|以降|超|前|後|半|約?ではな|ない|なし|北|南|東|西|上|下|新|旧|元|副|姉|妹|兄|弟|"
    "母|父|娘|息子|妻|夫|叔|湖|川|橋|城|山|島|駅|港|館|校|大学|塔|市|県|郡|州|区|女子|男子"
)
_TITLES_JA = re.compile("(?:選手|監督|博士|教授|市長|町長|村長|船長|主将|さん|氏|君|様|市|町|村|色)$")
_ENDING_JA = re.compile(
    "(?:です|でした|である|であった|だった|だ|になります|となります|となった|になった|のとき|の時|による|です。)+$"
)
_SCORE = re.compile(r"(\d+)\s*(?:-|‐|–|—|−|対|:|to)\s*(\d+)(?!\d|:)")
_MONTH_WORDS = (
    "jan january feb february mar march apr april may may jun june jul july aug august sep september"
)
_MONTH_WORDS += " oct october nov november dec december"
_MONTHS = {word: place // 2 + 1 for place, word in enumerate(_MONTH_WORDS.split())}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"\d{1,2}(?!\d)"
_DATE_EN = re.compile(
    r"(?:on|in|the|during|of|at|year|\s)*"
    rf"(?:(?P<d1>{_DAY})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{_MONTH})"
    rf"|(?P<m2>{_MONTH})(?:\s+(?:the\s+)?(?P<d2>{_DAY})(?:st|nd|rd|th)?)?)?"
    r"(?:\s+(?:of|in)\s+)?\s*(?P<y>\d{4})?"
)
_DATE_JA = re.compile(
    r"(?:西暦)?(?:(?P<y>\d{3,4})年)?(?:(?P<m>\d{1,2})月)?(?:(?P<d>\d{1,2})日)?(?:のこと|に)?"
)
_KANJI_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")


ALIKE = 0.5
"""Reasons and ways that share this much of their words may be the same: no contradiction is told."""


@dataclass(frozen=True, slots=True)
class _Answer:
    folded: str
    words: frozenset[str]
    numbers: frozenset[str]
    scores: tuple[tuple[str, str], ...]
    date: tuple[str, str, str] | None
    japanese: bool
    parts: int
    items: frozenset[str] = frozenset()
    measure: Measure | None = None
    written: str = ""


@lru_cache(maxsize=1 << 15)
def _read(text: str) -> _Answer:
    whole = folded = fold(text)
    japanese = JAPANESE.search(folded) is not None
    if len(folded) > LONGEST:
        return _Answer(folded, frozenset(), frozenset(), (), None, japanese, 1)
    if japanese:
        folded = _ENDING_JA.sub("", folded).strip()
    kinds = {UNIT_WORDS.get(word, word) for word in _words(folded, text)}
    counted = numbers(text)
    return _Answer(
        folded,
        frozenset(kinds - _LIGHT or kinds),
        counted,
        tuple((one, other) for one, other in _SCORE.findall(whole.replace("–", "-"))),
        _date(folded, japanese=japanese),
        japanese,
        len([part for part in re.split(r"[,、，;/]", text) if part.strip()]),
        _items(text),
        read_measure(text, number=next(iter(counted)) if len(counted) == 1 else ""),
        text,
    )


_AND = re.compile(
    r",(?!\d{3})|[、，;；/&＆]|\b(?:and|as well as)\b|および|及び|ならびに"
    r"|(?<=[\u30a1-\u30ff\u3400-\u9fff])と(?=[\u30a1-\u30ff\u3400-\u9fff])",
    re.IGNORECASE,
)


def _items(text: str) -> frozenset[str]:
    """The items of a list, in any order; none if it is one thing."""
    parts = (fold(part).removeprefix("the ").removeprefix("both ") for part in _AND.split(text))
    found = frozenset(part for part in parts if part)
    return found if len(found) > 1 else frozenset()


_WORD = re.compile(r"\d[\d.,:]*[^\W\d_]+|[^\W\d_][\w'\-]*|[%$€£¥&+#]|°c")
_MEASURE = re.compile(r"(\d[\d.,:]*)(m|km|cm|mm|ft|kg|g|t|s|h|min|st|nd|rd|th)")


def _words(folded: str, text: str) -> list[str]:
    """Words and units; a unit glued to a number is one, but 30S or A4 is a word of its own."""
    words = []
    for word in _WORD.findall(folded):
        glued = _MEASURE.fullmatch(word)
        if glued and not re.search(rf"\d{glued[2].upper()}\b", text):
            if glued[2] not in {"st", "nd", "rd", "th"}:
                words.append("30s" if glued[2] == "s" else glued[2])
        else:
            words.append(word)
    return [word for word in words if not _NUMBER_WORDS.issuperset(word.split("-"))]


_NUMBER_WORDS = word_set("""
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
    million billion first third fourth fifth sixth seventh eighth ninth tenth
""")


def _date(folded: str, *, japanese: bool) -> tuple[str, str, str] | None:
    """Year, month and day, each "" where not said; ``None`` when this is not a date."""
    text = folded.translate(_KANJI_DIGITS) if japanese else folded
    match = (_DATE_JA if japanese else _DATE_EN).fullmatch(text)
    if not match:
        return None
    found = match.groupdict()
    if japanese:
        date = (found["y"] or "", found["m"] or "", found["d"] or "")
    else:
        month = str(_MONTHS.get(found["m1"] or found["m2"] or "", ""))
        date = (found["y"] or "", month, found["d1"] or found["d2"] or "")
    return date if any(date) else None


def is_date(text: str) -> bool:
    """Whether an answer is a year, a month or a day, and nothing else."""
    read = _read(text)
    return _date(_WEEKDAY.sub("", read.folded).strip(), japanese=read.japanese) is not None


_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|[(（]?[月火水木金土日]曜日?[)）]?")


def is_part(answer: str, whole: str) -> bool:
    """Whether both are a single number, and the first is a smaller one."""
    part, full = (_read(text).numbers for text in (answer, whole))
    if len(part) != 1 or len(full) != 1:
        return False
    try:
        return 0 <= float(*part) < float(*full)
    except ValueError:  # a clock time
        return False


def compare_answers(one: str, other: str, question: Question) -> Agreement:
    """Whether two answers to this question agree.

    ``same``: equal after folding, with numbers by value (10,000 = 1万), units by meaning, and a name in its
    short or long form. ``compatible``: both can be true, but one says more (1897; 14 May). ``different``: the
    rest.
    """
    first, second = _read(one), _read(other)
    told = _told_by_items(first, second, question) or _told_by_numbers(first, second, question)
    if told:
        return told
    if first.parts != second.parts and not (_may_say_more(question) or _tail(first, second)):
        return "different"
    compare = _compare_japanese if first.japanese or second.japanese else _compare_words
    return compare(first, second, question)


_ORDERED = re.compile(r"\b(?:order|ranking|respectively|sequence)\b|順|それぞれ")


def _told_by_items(first: _Answer, second: _Answer, question: Question) -> Agreement | None:
    """What two lists of the same items, or two measures in different units, say."""
    if first.items and first.items == second.items:
        ordered = _ORDERED.search(question.folded) and first.folded != second.folded
        return "different" if ordered else "same"
    for one, other in ((first, second), (second, first)):
        if one.measure is not None:
            same = (
                same_measure(one.measure, other.measure)
                if other.measure
                else is_clock_of(other.written, one.measure)
            )
            if same is not None:
                return "same" if same else "different"
    return None


def _told_by_numbers(first: _Answer, second: _Answer, question: Question) -> Agreement | None:
    """What equal texts, dates, results and numbers say; ``None`` when the words have to be compared."""
    if first.folded == second.folded:
        return "same"
    if max(len(first.folded), len(second.folded)) > LONGEST:
        return "different"
    if first.date and second.date:
        return _compare_dates(first.date, second.date)
    if (
        first.scores
        and second.scores
        and (first.scores != second.scores or first.japanese != second.japanese)
    ):
        return "same" if first.scores == second.scores else "different"
    if first.numbers - question.numbers != second.numbers - question.numbers:
        return _refined(first, second)
    return None


def _may_say_more(question: Question) -> bool:
    """Whether what follows a comma may say the same more exactly: Selby, Norland; in Japanese it lists."""
    return question.kind == "when" or (question.kind == "where" and not question.japanese)


_TAILS = word_set("in at on during the a who which")


def _tail(first: _Answer, second: _Answer) -> bool:
    """Whether what follows the comma only says where or when: Tilda Vance, in the final."""
    shorter, longer = sorted((first, second), key=lambda answer: answer.parts)
    rest = longer.folded.removeprefix(shorter.folded)
    return rest == longer.folded or bool(_TAILS & set(rest.split()[:1]))


def _compare_dates(one: tuple[str, str, str], other: tuple[str, str, str]) -> Agreement:
    if any(left and right and left != right for left, right in zip(one, other, strict=True)):
        return "different"
    left, right = ({place for place, part in enumerate(date) if part} for date in (one, other))
    return "same" if left <= right or right <= left else "compatible"


def _refined(first: _Answer, second: _Answer) -> Agreement:
    """Numbers differ: at best one answer is the other with an addition such as a date."""
    short, long = sorted((first, second), key=lambda answer: len(answer.folded))
    if short.date and _is_within(long.folded, short.date):
        return "compatible"
    words_fit = bool(short.words) and short.words <= long.words and not (long.words & _CHANGES)
    if words_fit and short.numbers < long.numbers and not short.numbers:
        return "compatible"
    return "different"


def _is_within(folded: str, date: tuple[str, str, str]) -> bool:
    """Whether a text is about days of this one month (and year, if it is said)."""
    year, month, day = date
    text = folded.translate(_KANJI_DIGITS)
    words = {str(_MONTHS[word]) for word in text.split() if word in _MONTHS}
    months = words | set(re.findall(r"(?<!\d)(\d{1,2})月", text))
    years = set(re.findall(r"(?<!\d)\d{4}(?!\d)", text))
    return bool(month) and not day and months == {month} and len(years) <= 1 and years >= {year} - {""}


def _compare_words(first: _Answer, second: _Answer, question: Question) -> Agreement:
    if first.words == second.words:
        return "same" if first.words or first.numbers else "different"
    short, long = sorted((first, second), key=lambda answer: (len(answer.words), answer.folded))
    asked = set(question.folded.split()) - _JOINTS
    if question.kind in {"why", "how"} and short.words and _overlap(first, second) >= ALIKE:
        return "compatible"
    extra, missing = long.words - short.words, short.words - long.words
    if missing:
        unit_left_out = bool(first.numbers) and missing <= _UNITS and extra <= asked - _UNITS
        return "same" if unit_left_out else "different"
    if extra <= asked | _UNITS:
        return "same" if short.words or short.numbers else "different"
    apart = not short.words or extra & _CHANGES or "s" in long.folded.split()
    return "different" if apart else "same"


_JOINTS = word_set("not no and or")


_DENIALS = word_set("not no never nor neither without despite")


def _overlap(first: _Answer, second: _Answer) -> float:
    words = first.words | second.words
    return 0.0 if words & _DENIALS else len(first.words & second.words) / len(words)


def _compare_japanese(first: _Answer, second: _Answer, question: Question) -> Agreement:
    left, right = (_bare(answer.folded) for answer in (first, second))
    if left == right:
        return "same"
    if first.numbers and first.numbers == second.numbers:
        return _compare_measures(left, right, question)
    short, long = sorted((left, right), key=lambda text: (len(text), text))
    if len(short) < SHORTEST_NAME:
        return "different"
    if short in re.split(r"[\s=]+", long):
        return "same"
    if long.endswith(short) or long.startswith(short):
        extra = long.removesuffix(short) if long.endswith(short) else long.removeprefix(short)
        return "different" if _CHANGES_JA.search(extra) or _same_script_inside(short, long) else "same"
    return "same" if short in long and _is_asked(long, short, question) else "different"


SHORTEST_NAME = 2


def _bare(folded: str) -> str:
    return _TITLES_JA.sub("", re.sub(r"\s+", " ", folded)).strip()


def _same_script_inside(short: str, long: str) -> bool:
    """Whether the longer one goes on in katakana: ヴァンス and ヴァンスト are two names."""
    kana = re.compile("[\u30a1-\u30faー]")
    before = long[: -len(short)] if long.endswith(short) else ""
    after = long[len(short) :] if long.startswith(short) else ""
    inside_end = bool(before and kana.match(before[-1]) and kana.match(short[0]))
    inside_start = bool(after and kana.match(after[0]) and kana.match(short[-1]))
    return inside_end if before else inside_start


def _compare_measures(left: str, right: str, question: Question) -> Agreement:
    """Two Japanese answers with equal numbers: their units and the words beside them."""
    if _codes(left) != _codes(right):
        return "different"
    kinds = [_around(text) for text in (left, right)]
    if kinds[0] == kinds[1] or not all(kinds):
        longer = max(kinds, key=len)
        return "same" if kinds[0] == kinds[1] or not _CHANGES_JA.search(longer) else "different"
    short, long = sorted(kinds, key=len)
    if {short, long} <= _UNITS:
        return "different"
    if short in long and not _CHANGES_JA.search(long.replace(short, "", 1)):
        return "same"
    return "same" if _is_asked(long, short, question) and short in long else "different"


def _codes(text: str) -> set[str]:
    """Names of letters and digits such as 30S; 30m is a measure."""
    found = re.findall(r"\d+[a-z]+|[a-z]+\d+", text)
    return {
        code
        for code in found
        if code.strip("0123456789") not in _UNITS | UNIT_WORDS.keys() or code.endswith("s")
    }


_NUMERALS = re.compile(r"[\d.,:〇一二三四五六七八九十百千万億兆]+")


def _around(text: str) -> str:
    plain = _NUMERALS.sub(" ", re.sub("^(?:約|およそ|ほぼ|計)", "", text))
    return "".join(UNIT_WORDS.get(word, word) for word in plain.split())


def _is_asked(long: str, short: str, question: Question) -> bool:
    """Whether what the longer answer adds only repeats the question."""
    added = re.findall(r"[\u30a1-\u30faー]+|[\u3400-\u9fff々]+|[a-z]+|\d+", long.replace(short, " ", 1))
    return bool(added) and all(part in question.folded for part in added)


_RUNS = re.compile(r"[\u30a1-\u30faー]+|[\u3400-\u9fff々]+|[a-z]+|\d+")


def answer_keys(answer: str, question: Question) -> list[str]:
    """Short texts of which answers that agree share at least one."""
    read = _read(answer)
    new = read.numbers - question.numbers
    if new and not read.date:
        return [" ".join(sorted(new))]
    if read.date:
        return [part for part in read.date if part]
    if not read.japanese:
        asked = set(question.folded.split())
        words = [word for word in read.folded.split() if word in read.words and word not in asked]
        return words[:3] or [read.folded]
    runs = [run for run in _RUNS.findall(_bare(read.folded)) if run not in question.folded]
    keys = {
        part
        for run in (*runs[:1], *runs[-1:])
        for part in ((run[:2], run[-2:]) if run > "\u3400" else (run,))
    }
    return sorted(keys) or [read.folded]

"""One answer, read: what of it is compared with another answer to the same question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from qagen.text import HAN, Measure, Reading, fold, read_measure, word_set
from qagen.text.answers.dates import Date, without_weekday
from qagen.text.questions import JAPANESE, LONGEST

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
UNITS = frozenset(UNIT_WORDS.values())
_ENDING_JA = re.compile(
    "(?:です|でした|である|であった|だった|だ|になります|となります|となった|になった|のとき|の時|による|です。)+$"
)
_SCORE = re.compile(r"(\d+)\s*(?:-|‐|–|—|−|対|:|to)\s*(\d+)(?!\d|:)")
_AND = re.compile(
    r",(?!\d{3})|[、，;；/&＆]|\b(?:and|as well as)\b|および|及び|ならびに"
    rf"|(?<=[\u30a1-\u30ff{HAN}])と(?=[\u30a1-\u30ff{HAN}])",
    re.IGNORECASE,
)
_WORD = re.compile(r"\d[\d.,:]*[^\W\d_]+|[^\W\d_][\w'\-]*|[%$€£¥&+#]|°c")
_MEASURE = re.compile(r"(\d[\d.,:]*)(m|km|cm|mm|ft|kg|g|t|s|h|min|st|nd|rd|th)")
_NUMBER_WORDS = word_set("""
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
    million billion first third fourth fifth sixth seventh eighth ninth tenth
""")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says.

    ``words`` are those with a meaning, units in one form; ``parts`` is how many its commas part it into;
    ``items`` are those of a list, none if it is one thing; ``measure`` is what it measures, if it does.
    """

    folded: str
    words: frozenset[str]
    numbers: frozenset[str]
    scores: tuple[tuple[str, str], ...]
    date: Date | None
    japanese: bool
    parts: int
    items: frozenset[str] = frozenset()
    measure: Measure | None = None
    written: str = ""


@lru_cache(maxsize=1 << 15)
def read_answer(text: str) -> Answer:
    """What this answer says."""
    reading = Reading.of(text)
    whole = folded = reading.folded
    japanese = JAPANESE.search(folded) is not None
    if len(folded) > LONGEST:
        return Answer(folded, frozenset(), frozenset(), (), None, japanese, 1)
    if japanese:
        folded = _ENDING_JA.sub("", folded).strip()
    kinds = {UNIT_WORDS.get(word, word) for word in _answer_words(folded, text)}
    counted = reading.numbers
    return Answer(
        folded,
        frozenset(kinds - _LIGHT or kinds),
        counted,
        tuple((one, other) for one, other in _SCORE.findall(whole.replace("–", "-"))),
        Date.read(folded, japanese=japanese),
        japanese,
        len([part for part in re.split(r"[,、，;/]", text) if part.strip()]),
        _listed_items(text),
        read_measure(text, number=next(iter(counted)) if len(counted) == 1 else ""),
        text,
    )


def _listed_items(text: str) -> frozenset[str]:
    """The items of a list, in any order; none if it is one thing."""
    parts = (fold(part).removeprefix("the ").removeprefix("both ") for part in _AND.split(text))
    found = frozenset(part for part in parts if part)
    return found if len(found) > 1 else frozenset()


def _answer_words(folded: str, text: str) -> list[str]:
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


def is_date(text: str) -> bool:
    """Whether an answer is a year, a month or a day, and nothing else."""
    read = read_answer(text)
    return Date.read(without_weekday(read.folded), japanese=read.japanese) is not None


def is_part(answer: str, whole: str) -> bool:
    """Whether both are a single number, and the first is a smaller one."""
    part, full = (read_answer(text).numbers for text in (answer, whole))
    if len(part) != 1 or len(full) != 1:
        return False
    try:
        return 0 <= float(*part) < float(*full)
    except ValueError:  # a clock time
        return False

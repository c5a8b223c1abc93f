"""Two answers compared sign by sign: those of Japanese."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qagen.text import KANJI, KATAKANA
from qagen.text.answers.answer import UNIT_WORDS, UNITS, Answer
from qagen.text.questions import Question

_CHANGES_JA = re.compile(
    "[と、・]|および|または|以上|以下|未満|以前|以後|以降|超|前|後|半|約?ではな|ない|なし|北|南|東|西|上|下|新|旧|元|副|姉|妹|兄|弟|"
    "母|父|娘|息子|妻|夫|叔|湖|川|橋|城|山|島|駅|港|館|校|大学|塔|市|県|郡|州|区|女子|男子"
)
_TITLES_JA = re.compile("(?:選手|監督|博士|教授|市長|町長|村長|船長|主将|さん|氏|君|様|市|町|村|色)$")
_NUMERALS = re.compile(r"[\d.,:〇一二三四五六七八九十百千万億兆]+")
_KANA = re.compile(f"[{KATAKANA}]")
_ADDED = re.compile(rf"[{KATAKANA}]+|[{KANJI}]+|[a-z]+|\d+")
_ABOUT = re.compile(
    "^(?:約|およそ|ほぼ|計)|午前|午後|(?:ほど|程度|前後|くらい|ぐらい|ごろ|頃|に(?:達する|及ぶ|のぼる))$"
)
SHORTEST_NAME = 2


def same_in_japanese(first: Answer, second: Answer, question: Question) -> bool:
    """Whether one answer is the other with a title, a unit or words of the question more."""
    left, right = (bare(answer.folded) for answer in (first, second))
    if left == right:
        return True
    if first.numbers and first.numbers == second.numbers:
        return _Measured(left, right, question).agree()
    short, long = sorted((left, right), key=lambda text: (len(text), text))
    if len(short) < SHORTEST_NAME:
        return False
    if short in re.split(r"[\s=]+", long):
        return True
    if long.endswith(short) or long.startswith(short):
        extra = long.removesuffix(short) if long.endswith(short) else long.removeprefix(short)
        return not (_CHANGES_JA.search(extra) or _same_script_inside(short, long))
    return short in long and _is_asked(long, short, question)


def bare(folded: str) -> str:
    """An answer without the title or kind at its end: ヴァンス選手, 凪迫市."""
    return _TITLES_JA.sub("", re.sub(r"\s+", " ", folded)).strip()


def _same_script_inside(short: str, long: str) -> bool:
    """Whether the longer one goes on in katakana: ヴァンス and ヴァンスト are two names."""
    before = long[: -len(short)] if long.endswith(short) else ""
    after = long[len(short) :] if long.startswith(short) else ""
    inside_end = bool(before and _KANA.match(before[-1]) and _KANA.match(short[0]))
    inside_start = bool(after and _KANA.match(after[0]) and _KANA.match(short[-1]))
    return inside_end if before else inside_start


@dataclass(frozen=True, slots=True)
class _Measured:
    """Two answers with equal numbers: what is compared are their units and the words beside them."""

    left: str
    right: str
    question: Question

    def agree(self) -> bool:
        """Whether they measure the same by the same unit."""
        if self.codes(self.left) != self.codes(self.right):
            return False
        kinds = [self.around(text) for text in (self.left, self.right)]
        if kinds[0] == kinds[1] or not all(kinds):
            return kinds[0] == kinds[1] or not _CHANGES_JA.search(max(kinds, key=len))
        short, long = sorted(kinds, key=len)
        if {short, long} <= UNITS:
            return False
        if short in long and not _CHANGES_JA.search(long.replace(short, "", 1)):
            return True
        return _is_asked(long, short, self.question) and short in long

    @staticmethod
    def codes(text: str) -> set[str]:
        """Names of letters and digits such as 30S; 30m is a measure."""
        found = re.findall(r"\d+[a-z]+|[a-z]+\d+", text)
        units = UNITS | UNIT_WORDS.keys()
        return {code for code in found if code.strip("0123456789") not in units or code.endswith("s")}

    @staticmethod
    def around(text: str) -> str:
        """What stands beside the numbers, units in one form."""
        plain = _NUMERALS.sub(" ", _ABOUT.sub("", text))
        return "".join(UNIT_WORDS.get(word, word) for word in plain.split())


def _is_asked(long: str, short: str, question: Question) -> bool:
    """Whether what the longer answer adds only repeats the question."""
    added = _ADDED.findall(long.replace(short, " ", 1))
    return bool(added) and all(part in question.folded for part in added)

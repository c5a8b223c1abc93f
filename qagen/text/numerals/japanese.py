"""Numbers of Japanese texts in digits: kanji numerals where they count, eras, tenths, hours, decades."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from qagen.text import HIRAGANA, KANJI
from qagen.text.numerals.values import written

_Match = re.Match[str]
_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12}
_NUMERAL = "〇零一二三四五六七八九十百千万億兆"
_NUMERAL_SIGN = re.compile(f"[{_NUMERAL}]")
_EASTERN = re.compile("[\u3007-\u9fff]")
_KANJI_RUN = re.compile(
    rf"(?:(?<!\d)\d{{1,18}}(?:\.\d{{1,18}})?(?=[十百千万億兆]))?"
    rf"[{_NUMERAL}](?:[{_NUMERAL}]|\d{{1,18}}(?![\d.,:]))*"
)
_COUNTER = re.compile(
    r"(?:[かカヶケヵ箇個][年月国所条]|つ|人|名|回|度|戦|勝|敗|分|点|位|番|号|艘|隻|艇|本|枚|冊|匹|頭|羽"
    r"|台|機|件|社|校"
    r"|組|班|軒|戸|棟|室|部|門|条|項|章|節|巻|話|曲|首|周|年|月|日|時|秒|週|連|種|類|個|歳|才|代|世|期"
    r"|円|銭"
    r"|割|倍|厘|丁|泊|杯|着|足|票|席|階|段|級|等|式|校|字|語|問|投|打|球|区間?|キロ|メートル|センチ"
    r"|ミリ|グラム|トン"
    r"|リットル|ドル|ユーロ|ポンド|ポイント|パーセント|ヘクタール|アール|フィート|インチ|マイル|ノット"
    r"|チーム|クラス|クラブ|ページ"
    r"|ゴール|セット|ラウンド|シーズン|ヴァ|%|m|k|年間|以上|以下|以内|余り|[対−–-])"
)
_NO_NUMBER = re.compile(
    r"一部(?!屋|員)|一時(?!間|半|\d|[〇一二三四五六七八九十]+分)|一番(?![目艇線手町館])|一度に|二度と"
    r"|一段と|一種の|一人者"
    r"|一連の|一等地|一点張|一代記|一式|一号店|十分(?=[にな]|だ[。、とっ]|でき|である|です)|万一|万年"
    r"|千代|千歳[市空]|六本木"
    r"|四日市|八日市|十日町|三日月|二日酔|五日市|八戸|一週目|三日坊主|百人一首|万人|百科|七五三|一戸建"
    r"|一世一代|一本化"
    r"|千手|一日の長|千羽鶴|千人針|百人力"
    r"|(?<=百人)一首"
    # Places: 千艘浜, 千本松, 百人町, 三本木. After other counts a place may simply follow: 三艘港を出た.
    r"|[百千万](?:[艘隻本軒枚匹頭羽段条](?=[浜浦島岬崎鼻瀬淵滝沢沼池岩原野塚松杉桜梅柳木峠坂橋堀町通田])"
    r"|人(?=[町塚岩原](?![民長内])))"
    r"|[一二三四五六七八九]本(?=[松杉桜柳木](?!を植))"
)
_WORDS_JA = {
    "ひとつ": "1つ", "ふたつ": "2つ", "みっつ": "3つ", "よっつ": "4つ", "いつつ": "5つ", "むっつ": "6つ",
    "ななつ": "7つ", "やっつ": "8つ", "ここのつ": "9つ", "ひとり": "1人", "ふたり": "2人", "正午": "12:00 ",
}  # fmt: skip
_WORD_JA = re.compile(rf"(?<![{HIRAGANA}])(?:" + "|".join(_WORDS_JA) + ")")
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_ERA = re.compile(rf"({'|'.join(_ERAS)}) ?(元|\d{{1,2}}) ?年")
_TENTHS = re.compile(r"(?<!\d)(\d{1,18}(?:\.\d{1,18})?)割(?!合)(?:(\d)分(?!の))?(?:(\d)厘)?")
_AND_HALF_JA = re.compile(r"(?<!\d)(\d{1,18})(年|時間|[かカヶケヵ箇]月|日|週間|周|倍|世紀|キロ)半")
_HOUR_JA = re.compile(r"(午前|午後|夜|夕方|深夜|朝|未明)?の?(\d{1,2})時(?!間|代)(?:(\d{1,2})分|(半))?")
_DECADE_JA = re.compile(r"(\d{4}|\d0)(?:年代|代(?![目表理々]))")
_IS_HAN = re.compile(f"[{KANJI}]")


def is_eastern(text: str) -> bool:
    """Whether a text has any sign that :func:`japanese_in_digits` rewrites."""
    return _EASTERN.search(text) is not None


def japanese_in_digits(text: str) -> str:
    """A text with its Japanese numbers in digits."""
    plain = _WORD_JA.sub(lambda match: _WORDS_JA[match[0]], text)
    if _NUMERAL_SIGN.search(plain):
        plain = kanji_in_digits(plain)
    for sign, pattern, put in _STEPS_JA:
        if sign in plain:
            plain = pattern.sub(put, plain)
    return plain


def kanji_in_digits(text: str) -> str:
    """A text with its kanji numerals in digits, those left out that are part of a word."""
    return _KANJI_RUN.sub(lambda match: _KanjiNumeral.of(match).in_digits(), text)


@dataclass(frozen=True, slots=True)
class _KanjiNumeral:
    """A run of kanji numerals: ``before`` is the sign before it, ``after`` are some behind it."""

    run: str
    text: str
    start: int
    before: str
    after: str

    @classmethod
    def of(cls, match: _Match) -> _KanjiNumeral:
        start, end, text = match.start(), match.end(), match.string
        return cls(match[0], text, start, text[start - 1 : start], text[end : end + 8])

    def in_digits(self) -> str:
        """The numeral in digits, or as it stands when it is part of a word."""
        if not self.counts() or _NO_NUMBER.match(self.text, self.start):
            hour = self.run == "一" and self.after.startswith("時") and self.before in {"前", "後"}
            if not hour:
                return self.run
        value = self.value()
        return self.run if value is None else written(value)

    def counts(self) -> bool:
        """Whether it says how many or which, by what stands beside it."""
        before, after = self.before, self.after
        if before == "第" or re.search(r"\d", self.run) or _COUNTER.match(after):
            return before not in {"数", "何"}
        if re.match(rf"[、,・][{_NUMERAL}]", after):
            return not _IS_HAN.match(before)
        if before in {"対", "-", "–", "−"} or self.text.endswith("分の", 0, self.start):
            return True
        alone = not _IS_HAN.match(before) and not _IS_HAN.match(after)
        return alone and (len(self.run) > 1 or not (before + after).strip(" 。."))

    def value(self) -> Decimal | None:
        """What a numeral such as 三百万, 1万2千 or 二〇二三 is worth; ``None`` if it is not formed as one."""
        parts = re.findall(r"\d+(?:\.\d+)?|.", self.run)
        if len(parts) > 1 and all(part in _DIGITS for part in parts):
            return Decimal("".join(str(_DIGITS[part]) for part in parts))
        total = section = digit = Decimal(0)
        seen = False  # a digit that waits for its unit
        for part in parts:
            if part in _LARGE:
                total += (section + digit if section or seen else Decimal(1)) * _LARGE[part]
                section, digit, seen = Decimal(0), Decimal(0), False
            elif part in _SMALL:
                section += (digit if seen else Decimal(1)) * _SMALL[part]
                digit, seen = Decimal(0), False
            elif seen:
                return None
            else:
                digit, seen = Decimal(_DIGITS.get(part, part)), True
        return total + section + digit


def _year_of_era(match: _Match) -> str:
    return f" {_ERAS[match[1]] + (1 if match[2] == '元' else int(match[2]))}年"


def _tenths_as_percent(match: _Match) -> str:
    return f" {10 * Decimal(match[1]) + int(match[2] or 0) + Decimal(match[3] or 0) / 10}%"


def _hour_of_clock(match: _Match) -> str:
    half, hour = match[1] or "", int(match[2])
    late = half in {"午後", "夕方"} or (half == "夜" and hour > 4)  # noqa: PLR2004 - 夜の一時 is after midnight
    minutes = "30" if match[4] else match[3] or "00"
    return f" {hour % 12 + 12 if late else hour}:{minutes:0>2} "


# A sign without which the pattern finds nothing.
_STEPS_JA: tuple[tuple[str, re.Pattern[str], str | Callable[[_Match], str]], ...] = (
    ("年", _ERA, _year_of_era),
    ("割", _TENTHS, _tenths_as_percent),
    ("半", _AND_HALF_JA, r" \1.5\2"),
    ("時", _HOUR_JA, _hour_of_clock),
    ("代", _DECADE_JA, r" the \1s "),
)

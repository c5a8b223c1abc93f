"""The numbers in a text, whatever they are written with: 10,000, １０，０００, 1万, 一万, ten thousand.

The text is rewritten step by step until every number stands in plain digits; then they are read off. A
step is left out when the text has none of the signs or words it looks for: most texts need few of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

_Match = re.Match[str]


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
        return frozenset([_canonical(digits) for digits in _WHOLE.findall(plain)])
    found: set[str] = set()

    def take(match: _Match) -> str:
        found.add(f"{match[1] or match[2]}s")
        return " "

    plain = _DECADE.sub(take, plain)
    plain = _YEARS.sub(_both_years, plain)
    plain = _DOTTED_DATE.sub(lambda match: match[0].replace(".", " "), plain)
    plain = _CLOCK.sub(lambda match: _clock(match, found), plain)
    plain = _MINUS.sub("\ue000", plain)
    for match in _VALUE.finditer(plain):
        found.add(_canonical(match[0].replace("\ue000", "-")))
    return frozenset(found)


def months(text: str) -> frozenset[str]:
    """The months a text names, as numbers: *March*, *Mar 3*, 3月."""
    plain = unicodedata.normalize("NFKC", text)
    found = {_MONTHS[match[0][:3].lower()] for match in _MONTH.finditer(plain) if _is_month(match)}
    japanese = _KANJI_RUN.sub(_kanji, plain) if "月" in plain else ""
    return frozenset({*found, *(match[1] for match in _MONTH_JA.finditer(japanese))})


def in_digits(text: str) -> str:
    """The text with every number in digits."""
    plain = text if text.isascii() else _plain_signs(text)
    if _DIGIT.search(plain):
        if _GROUP.search(plain):
            plain = _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), plain)
        if _SMALL_DIGIT.search(plain):
            plain = _UNIT_DIGIT.sub(" ", plain)
    return _english(plain if plain.isascii() or not _EASTERN.search(plain) else _japanese(plain))


def _plain_signs(text: str) -> str:
    """After NFKC, where a half is .5, a square metre has no digit, and no space stands in a number."""
    if _SPECIAL.search(text):
        text = _GROUP_SPACE.sub("'", _RAISED.sub("", text))
        text = _HALF.sub(lambda match: f"{match[1] or 0}{_HALVES[match[2]]}", text)
    # İ and ı are i when case is ignored, and would make English words of words that are none (NİNE).
    return unicodedata.normalize("NFKC", text).replace("’", "'").replace("İ", "Ï").replace("ı", "ï")


# --- Japanese --------------------------------------------------------------------------------------------

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
_WORD_JA = re.compile(r"(?<![ぁ-ん])(?:" + "|".join(_WORDS_JA) + ")")
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_ERA = re.compile(rf"({'|'.join(_ERAS)}) ?(元|\d{{1,2}}) ?年")
_TENTHS = re.compile(r"(?<!\d)(\d{1,18}(?:\.\d{1,18})?)割(?!合)(?:(\d)分(?!の))?(?:(\d)厘)?")
_AND_HALF_JA = re.compile(r"(?<!\d)(\d{1,18})(年|時間|[かカヶケヵ箇]月|日|週間|周|倍|世紀|キロ)半")
_HOUR_JA = re.compile(r"(午前|午後|夜|夕方|深夜|朝|未明)?の?(\d{1,2})時(?!間|代)(?:(\d{1,2})分|(半))?")
_MONTH_JA = re.compile(r"(?<![\d.])0?(\d{1,2})月")
_DECADE_JA = re.compile(r"(\d{4}|\d0)(?:年代|代(?![目表理々]))")


def _japanese(text: str) -> str:
    plain = _WORD_JA.sub(lambda match: _WORDS_JA[match[0]], text)
    if _NUMERAL_SIGN.search(plain):
        plain = _KANJI_RUN.sub(_kanji, plain)
    for sign, pattern, put in _STEPS_JA:
        if sign in plain:
            plain = pattern.sub(put, plain)
    return plain


def _year_of_era(match: _Match) -> str:
    return f" {_ERAS[match[1]] + (1 if match[2] == '元' else int(match[2]))}年"


def _tenths(match: _Match) -> str:
    return f" {10 * Decimal(match[1]) + int(match[2] or 0) + Decimal(match[3] or 0) / 10}%"


def _kanji(match: _Match) -> str:
    """A kanji numeral in digits, or as it stands when it is part of a word."""
    run, text = match[0], match.string
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 8]
    part = text[: match.start()].endswith("分の") if before == "の" else False
    if not _counts(run, before, after, part=part) or _NO_NUMBER.match(text, match.start()):
        hour = run == "一" and after.startswith("時") and before in {"前", "後"}
        if not hour:
            return run
    value = _kanji_value(run)
    return run if value is None else _written(value)


def _counts(run: str, before: str, after: str, *, part: bool) -> bool:
    if before == "第" or re.search(r"\d", run) or _COUNTER.match(after):
        return before not in {"数", "何"}
    if re.match(rf"[、,・][{_NUMERAL}]", after):
        return not _is_han(before)
    if before in {"対", "-", "–", "−"} or part:
        return True
    alone = not _is_han(before) and not _is_han(after[:1])
    return alone and (len(run) > 1 or not (before + after).strip(" 。."))


def _is_han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff" or sign == "々"


def _kanji_value(run: str) -> Decimal | None:
    """What a numeral such as 三百万, 1万2千 or 二〇二三 is worth; ``None`` if it is not formed as one."""
    parts = re.findall(r"\d+(?:\.\d+)?|.", run)
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


def _hour_ja(match: _Match) -> str:
    half, hour = match[1] or "", int(match[2])
    late = half in {"午後", "夕方"} or (half == "夜" and hour > 4)  # noqa: PLR2004 - 夜の一時 is after midnight
    minutes = "30" if match[4] else match[3] or "00"
    return f" {hour % 12 + 12 if late else hour}:{minutes:0>2} "


# A sign without which the pattern finds nothing.
_STEPS_JA: tuple[tuple[str, re.Pattern[str], str | Callable[[_Match], str]], ...] = (
    ("年", _ERA, _year_of_era),
    ("割", _TENTHS, _tenths),
    ("半", _AND_HALF_JA, r" \1.5\2"),
    ("時", _HOUR_JA, _hour_ja),
    ("代", _DECADE_JA, r" the \1s "),
)


# --- English ---------------------------------------------------------------------------------------------

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_VALUES = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: value for value, word in enumerate(_ORDINALS)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    **{f"{word[:-1]}ieth": 10 * value for value, word in enumerate(_TENS, 2)},
    "oh": 0,
}
_LAST = {*_ORDINALS, *(f"{word[:-1]}ieth" for word in _TENS)}
_MULTIPLES = {**_SCALES, **{f"{word}th": value for word, value in _SCALES.items()}, "dozen": 12}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_SPOKEN_WORD = rf"(?:{_any([*_VALUES, *_MULTIPLES])})"
_SPOKEN = re.compile(
    rf"\b(?:an?[ -](?={_any(_MULTIPLES)}\b))?{_SPOKEN_WORD}\b"
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
_DIGIT_SCALE = re.compile(rf"(?<!\d)(\d{{1,18}}(?:\.\d{{1,18}})?)[ -]?({_any(_MULTIPLES)})\b", re.IGNORECASE)
_MONEY_SCALE = re.compile(
    r"((?:[$€£¥]|\b(?:USD|EUR|GBP|JPY) ?)\d{1,18}(?:\.\d{1,18})?) ?([kKmMbB]|mn|bn|tn)\b"
    r"|(?<![\w.])(\d{1,18}(?:\.\d{1,18})?)(?: ?(?=[bmt]n))(bn|mn|tn)\b"
    r"|(?<![\w.])(\d{1,18}(?:\.\d{1,18})?)([kKM])(?![\w²³])"
)
_SUFFIXES = {"k": 10**3, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
_AND_A_HALF = re.compile(r"(?<!\d)(\d{1,18})[ -](?:and[ -])a[ -]half\b", re.IGNORECASE)
_POINT = re.compile(r"(?<=\d) point (\d)(?: (\d)\b)?", re.IGNORECASE)
_PAST = re.compile(r"\b(half past|(?:a )?quarter past|(?:a )?quarter to) (\d{1,2})\b", re.IGNORECASE)
_PART_WORDS = [*(f"{word}s" for word in _ORDINALS[3:11]), "quarters", "hundredths", "thousandths"]
_PARTS = re.compile(rf"(?<=\d)[ -]({_any(_PART_WORDS)})\b", re.IGNORECASE)
_PART_VALUES = {"quarter": "4", "hundredth": "100", "thousandth": "1000"}
_TWICE = re.compile(r"\b(twice|thrice|noon|midnight)\b", re.IGNORECASE)
_TWICE_VALUES = {"twice": "2", "thrice": "3", "noon": "12:00", "midnight": "0:00"}
MONTH_WORDS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_SHORT_MONTHS = _any({word[:3] for word in MONTH_WORDS} | {"sept"})
_MONTH = re.compile(
    rf"\b(?i:{_any(set(MONTH_WORDS) - {'may', 'march', 'august'})})\b"
    r"|\b(?:March|August|MARCH|AUGUST|MAY)\b|\bMay\b(?! (?:I|we|you|he|she|they|it|the|this|your)\b)"
    r"|(?<=\d )(?:may|march|august)\b|\b(?:may|march|august)(?= \d)"
    rf"|(?:(?<=\d )|(?<=\dst )|(?<=\dnd )|(?<=\drd )|(?<=\dth ))(?i:{_SHORT_MONTHS})\b"
    rf"|\b(?i:{_SHORT_MONTHS})(?=\.? ?\d)"
)
_MONTHS = {word[:3]: str(value) for value, word in enumerate(MONTH_WORDS, 1)}
_DECADE_WORD = re.compile(rf"\b(?:(\d\d)[ -])?({_any(f'{word[:-1]}ies' for word in _TENS)})\b", re.IGNORECASE)
_DECADES = {f"{word[:-1]}ies": f"{10 * value}" for value, word in enumerate(_TENS, 2)}


def _english(text: str) -> str:
    here = _TELLING.intersection(_LETTERS.findall(text.lower()))
    text = _rewritten(text, _COUNTED, here)
    if _DIGIT_LETTER.search(text):
        text = _MONEY_SCALE.sub(_money, text)
    return _rewritten(text, _DIVIDED, here)


def _rewritten(text: str, steps: Iterable[_Step], here: frozenset[str]) -> str:
    for words, pattern, put in steps if here else ():
        if not here.isdisjoint(words):
            text = pattern.sub(put, text)
    return text


def _decade(match: _Match) -> str:
    decade = f"{_DECADES[match[2].lower()]}s "
    return f" {match[1]}{decade}" if match[1] else f" the {decade}"


def _month(match: _Match) -> str:
    return f" {_MONTHS[match[0][:3].lower()]} " if _is_month(match) else match[0]


def _is_month(match: _Match) -> bool:
    """Whether it is the month of May and no person: Theresa May."""
    if match[0] not in {"May", "MAY"}:
        return True
    start, end = match.span()
    before = _BEFORE_MAY.search(match.string, max(0, start - _BESIDE), start)
    return before is not None or _AFTER_MAY.match(match.string, end) is not None


def _times(number: str, scale: int) -> str:
    return _written(Decimal(number) * scale)


def _money(match: _Match) -> str:
    number = match[1] or match[3] or match[5]
    sign = re.match(r"\D*", number)
    return _times(number[sign.end() if sign else 0 :], _SUFFIXES[(match[2] or match[4] or match[6]).lower()])


def _part(match: _Match) -> str:
    word = match[1].lower()[:-1]
    return f"/{_PART_VALUES.get(word) or _VALUES[word]}"


def _past(match: _Match) -> str:
    how, hour = match[1].lower(), int(match[2])
    if how.endswith("to"):
        return f"{(hour - 2) % 12 + 1}:45"
    return f"{hour}:{'30' if how.startswith('half') else '15'}"


_BESIDE = 24  # signs before "May" that say what it is
_BEFORE_MAY = re.compile(
    r"(?:\A|[\n!?:;|(\[]|(?<!\b[A-Z])(?<!Mr)(?<!Mrs)(?<!Ms)(?<!Dr)(?<!Prof)\.|\d(?:st|nd|rd|th)?"
    r"|\b(?:in|of|until|till|since|by|from|through|throughout|during|before|after|around|last|next|this|each"
    rf"|every|early|late|mid|the|a|(?:{_any(MONTH_WORDS)}|{_SHORT_MONTHS})(?: and| or| to| through)?))"
    r"[^\w.]{0,4}\Z",
    re.IGNORECASE,
)
_AFTER_MAY = re.compile(
    r"[ /–-]\d|, ?\d{4}|[ -]Day\b|(?: and | or | to | through |, |/|[ –-]{1,3})"
    rf"(?:{_any(MONTH_WORDS)}|{_SHORT_MONTHS})\b",
    re.IGNORECASE,
)
_LETTERS = re.compile("[a-z]+")
_DIGIT_LETTER = re.compile(r"\d ?[kKmMbBt]")
# A word without which the pattern finds nothing, the pattern, and what is put in the place of what it finds.
_Step = tuple[Collection[str], re.Pattern[str], str | Callable[[_Match], str]]
_COUNTED: tuple[_Step, ...] = (
    ({"one"}, _PRONOUN, " it "),
    ({"half"}, _HALF_A, "0.5 "),
    (_MULTIPLES, _DIGIT_SCALE, lambda match: _times(match[1], _MULTIPLES[match[2].lower()])),
    ({"second"}, _SECOND, r"\1sec"),
    (_VALUES | _MULTIPLES, _SPOKEN, lambda match: _spoken(re.split(r"[ -]", match[0].lower()))),
    (_DECADES, _DECADE_WORD, _decade),
)
_DIVIDED: tuple[_Step, ...] = (
    (_TWICE_VALUES, _TWICE, lambda match: _TWICE_VALUES[match[1].lower()]),
    ({"half"}, _AND_A_HALF, r"\1.5"),
    ({"point"}, _POINT, r".\1\2"),
    ({"half", "quarter"}, _PAST, _past),
    (_PART_WORDS, _PARTS, _part),
    ({*MONTH_WORDS, *_MONTHS, "sept"}, _MONTH, _month),
)
_TELLING = frozenset(word for words, _, _ in (*_COUNTED, *_DIVIDED) for word in words)


@dataclass(slots=True)
class _Speech:
    """Reads number words one by one: *nineteen ninety-nine* is one number, *two three* are two."""

    found: list[int] = field(default_factory=list)
    total: int = 0
    current: int = 0
    last: str = ""  # the kind of the word before: "", "unit", "teen", "tens", "oh", "scale", "end"

    def end(self) -> None:
        if self.last:
            self.found.append(self.total + self.current)
        self.total = self.current = 0

    def hear(self, word: str) -> None:
        if word == "and":
            self.last = self.last if self.last in {"", "scale"} else "end"
        elif word in {"a", "an"}:
            self.current, self.last = 1, "unit"
        elif word in _MULTIPLES:
            self.multiply(_MULTIPLES[word])
        else:
            self.add(word)

    def multiply(self, scale: int) -> None:
        if not self.last:
            return  # "several hundred" says no number
        if self.last == "end":
            self.end()
        if scale < _THOUSAND:
            self.current = (self.current or 1) * scale
        else:
            self.total, self.current = self.total + (self.current or 1) * scale, 0
        self.last = "scale"

    def add(self, word: str) -> None:
        value = _VALUES[word]
        joined = _joined(self.current, value, self.last, word)
        if joined is None:
            self.end()
        self.current = value if joined is None else joined
        self.last = _word_kind(word, value)


_THOUSAND = 1000


def _word_kind(word: str, value: int) -> str:
    if word in _LAST or word == "oh":
        return "oh" if word == "oh" else "end"
    return "tens" if value >= 20 else "teen" if value > 9 else "unit"  # noqa: PLR2004 - as English counts


def _spoken(words: list[str]) -> str:
    speech = _Speech()
    for word in words:
        speech.hear(word)
    speech.end()
    return " ".join(map(str, speech.found))


def _joined(current: int, value: int, last: str, word: str) -> int | None:
    """The number that goes on with another word; ``None`` if that begins a new one."""
    if last == "scale":
        return current + value
    if last == "tens" and current % 10 == 0 and 0 < value < 10 and word != "oh":  # noqa: PLR2004 - as English counts
        return current + value
    is_century = last in {"teen", "tens", "unit"} and 10 <= current <= 99  # noqa: PLR2004 - as English counts
    if is_century and value >= 10:  # noqa: PLR2004 - as English counts
        return current * 100 + value
    if is_century and word == "oh":
        return current * 100
    if last == "oh":
        return current + value
    return None


# --- reading them off ------------------------------------------------------------------------------------

_DIGIT = re.compile(r"\d")
_WHOLE = re.compile(r"\d+")
_SMALL_DIGIT = re.compile("[mHO][23]")
_GROUP = re.compile(r"\d[,' ]\d{3}")
_SPECIAL = re.compile("[²³½¼¾\u00a0\u2009\u202f]")
# A number that is more than digits between words: a decimal, a score, a time, a decade, less than zero.
_MARKED = re.compile(
    r"\d(?:(?<=[-−–/.:\ue000]\d)|'?s\b|:\d| ?[ap]\.?m| ?o'clock| in the | at night|(?<=minus \d)"
    r"|(?<=マイナス\d)|(?<=氷点下\d))",
    re.IGNORECASE,
)
_RAISED = re.compile(r"(?<=[a-zµ])[²³]|[²³](?=\W|\Z)")
_GROUP_SPACE = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_HALF = re.compile(r"(?:(?<!\d)(\d{1,18})\s?)?([½¼¾])")
_HALVES = {"½": ".5", "¼": ".25", "¾": ".75"}
_UNIT_DIGIT = re.compile(r"(?<![A-Za-z])[kcdmM]?m[23](?!\w)|\b(?:CO2|H2O)\b")
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


def _both_years(match: _Match) -> str:
    """1888–92 as 1888 and 1892; 2011-05 may be a month, so it stays."""
    century, first, last = int(match[1]) // 100, int(match[2]), int(match[3])
    if last == (first + 1) % 100 or last > max(first, 12):
        return f"{match[1]} {100 * (century + (last < first)) + last:04}"
    return match[0]


_LONGEST = 40  # signs of a number that is read as one


def _clock(match: _Match, found: set[str]) -> str:
    marked = match["half"] or match["day"] or match["night"] or "o'clock" in match[0].lower()
    if match[2] is None and not marked:
        return match[0]
    hour, half = int(match[1]), (match["half"] or "").lower()
    late = half == "p" or (match["day"] or "").lower() in {"afternoon", "evening"} or match["night"]
    early = half == "a"
    hour = hour % 12 + 12 if late and hour < 13 else hour % 12 if early and hour == 12 else hour  # noqa: PLR2004 - of a clock
    seconds = f":{match[3]}" if match[3] else ""
    found.add(f"{hour}:{match[2] or '00'}{seconds}{match[4] or ''}")
    return " "


def _written(value: Decimal) -> str:
    """In digits, without an exponent or needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _canonical(number: str) -> str:
    if number.count(".") > 1 or len(number) > _LONGEST:
        return number
    if number.isdecimal():
        return str(int(number))
    return _written(Decimal(number)) if number.strip("-.") else number

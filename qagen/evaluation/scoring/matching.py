"""Where an expected answer stands in a reply, as words of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from qagen.evaluation.scoring.tokens import (
    ANY_COUNTER,
    ARTICLES,
    LIGHT,
    UNITS,
    WEEKDAYS,
    Reading,
    Token,
    read,
)
from qagen.text.lexicon import CHANGES, THINGS
from qagen.text.measures import Measure, read_measure
from qagen.text.scripts import KANJI, KATAKANA
from qagen.text.small_words import word_set

Span = tuple[int, int]
"""The first token of an answer in a reply, and the one after its last."""

COUNTERS = frozenset(unit for word, unit in UNITS.items() if not word.isascii())
_CLOSE = 0.01  # a length said in another system of units: 512 m are 1,680 feet


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says: words, values, years and units, none of which is an answer of its own."""

    words: frozenset[str]
    years: frozenset[str]
    units: frozenset[str]
    counts: bool
    counted: str
    plain: str
    years_asked: bool = False

    def says(self, token: Token) -> bool:
        """Whether the question holds this word or value."""
        return token.text in self.words or (bool(token.values) and token.values[0] in self.words)


_COUNTS = re.compile(
    r"\bhow (?:many|much|long|high|far|old|often|fast|deep|wide|tall|large|heavy|big)\b"
    r"|何[人名個本回校冊つ隻台点枚件社頭匹軒票年分秒度歳艘割]|何(?:試合|チーム|メートル|キロ|クラブ|位)"
    r"|いくつ|いくら|どのくらい|どれ(?:くらい|ほど)",
    re.IGNORECASE,
)


@lru_cache(maxsize=1 << 12)
def read_asked(question: str) -> Asked:
    """What a question says."""
    reading = read(question)
    texts = {value for token in reading.words for value in (token.text, *token.values) if value}
    years = {token.values[0] for token in reading.tokens if _is_year(token)}
    units = {UNITS[text] for text in texts if text in UNITS} | {token.unit for token in reading.tokens}
    if re.search(r"percent|per cent|%|パーセント|割合|何割", reading.plain, re.IGNORECASE):
        units.add("%")
    counts = _COUNTS.search(reading.plain) is not None
    counted = _COUNTER.search(reading.plain)
    unit = UNITS.get(counted[1], counted[1]) if counted else ""
    when = _WHEN.search(reading.plain) is not None
    return Asked(
        frozenset(texts), frozenset(years), frozenset(units - {""}), counts, unit, reading.plain, when
    )


_WHEN = re.compile(r"\b(?:when|what year|which year)\b|いつ|何年(?!間)", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)


_COUNTER = re.compile(r"何(試合|クラブ|チーム|メートル|[人名個本回校冊つ隻台点枚件社頭匹軒票分秒度歳敗勝])")


def _is_year(token: Token) -> bool:
    return (token.kind == "date" and token.values[0] != "") or is_year_like(token)


def is_year_like(token: Token) -> bool:
    """Whether a token is a year, or a number that may be one."""
    if token.kind == "date":
        return not token.values[1]
    bare = token.kind == "number" and not token.unit and token.values[0].isdecimal()
    return bare and len(token.values[0]) == 4 and token.values[0] < "2100"  # noqa: PLR2004 - digits of a year


# --- one token and another -------------------------------------------------------------------------------


def same_token(wanted: Token, told: Token, asked: Asked) -> bool:
    """Whether a token of a reply says what one of the answer says."""
    if not (wanted.typed and told.typed):
        same = wanted.text == told.text or _is_plural(wanted, told, asked)
        return same and not wanted.typed and not told.typed
    if "date" in {wanted.kind, told.kind}:
        return _same_date(wanted, told, asked)
    if wanted.kind != told.kind:
        return _same_clock(wanted, told)
    if wanted.kind == "time":
        return wanted.values[0] == told.values[0] or _same_half(wanted, told)
    same = wanted.values == told.values and _units_fit(wanted, told, asked)
    return same or (wanted.kind == "number" and _same_size(wanted, told))


_KINDS = re.compile(
    r"\b(?:animal|bird|fruit|fish|insect|plant|vegetable|tree|flower|metal|tool|food|instrument)s?\b"
    r"|\bcalled\b|\bwhat (?:is|are) (?:a|an|these)\b",
    re.IGNORECASE,
)


def _is_plural(wanted: Token, told: Token, asked: Asked) -> bool:
    """Whether one is the plural of the other, with an s; not of a name, which is written large."""
    short, long = sorted((wanted.text, told.text), key=len)
    least = 3
    if len(short) < least or long not in {f"{short}s", f"{short}es"} or short.endswith(("s", "i", "u")):
        return False
    return not wanted.large or (wanted.start == 0 and _KINDS.search(asked.plain) is not None)


def _units_fit(wanted: Token, told: Token, asked: Asked) -> bool:
    if wanted.unit == told.unit or not told.unit:
        return True
    if wanted.unit:
        return ANY_COUNTER in {wanted.unit, told.unit}
    if asked.years_asked and is_year_like(wanted):
        return False
    return _unit_is_asked(told.unit, asked)


def _unit_is_asked(unit: str, asked: Asked) -> bool:
    """Whether a unit may be said beside a value that is expected without one."""
    if asked.counted and unit in COUNTERS:
        return unit in {asked.counted, ANY_COUNTER}
    strict = unit == "%" or _HOW_MANY.search(asked.plain) or any(_measure("1", one) for one in asked.units)
    return unit in asked.units or not (strict and (unit == "%" or _measure("1", unit)))


@lru_cache(maxsize=1 << 12)
def _measure(value: str, unit: str) -> Measure | None:
    return read_measure(f"{value} {unit}")


def _same_size(wanted: Token, told: Token) -> bool:
    if not wanted.unit or not told.unit or wanted.unit == told.unit:
        return False
    one, other = (_measure(token.values[0], token.unit) for token in (wanted, told))
    if one is None or other is None or one.kind != other.kind:
        return False
    most = 1e-9 if one.exact and other.exact else _CLOSE
    return abs(one.size - other.size) <= most * max(one.size, other.size)


def _same_clock(one: Token, other: Token) -> bool:
    """A time as hours, minutes and seconds and as a clock shows it; a result with a colon."""
    first, second = sorted((one, other), key=lambda token: token.kind != "time")
    if first.kind != "time":
        return False
    parts = [float(part) for part in first.values[0].split(":")]
    if second.kind == "pair":
        return [value.lstrip("0") or "0" for value in first.values[0].split(":")] == list(second.values)
    size = _measure(second.values[0], second.unit)
    if size is None or size.kind != "time" or first.values[1]:
        return False
    long = parts[0] * 3600 + parts[1] * 60 + sum(parts[2:])
    short = parts[0] * 60 + parts[1]
    return abs(size.size - long) < _CLOSE or (len(parts) == 2 and abs(size.size - short) < _CLOSE)  # noqa: PLR2004


def _same_half(one: Token, other: Token) -> bool:
    """6:02 and 6:02 p.m.: one does not say which half of the day it means."""
    said = {one.values[1], other.values[1]}
    hours = sorted(int(token.values[0].split(":")[0]) for token in (one, other))
    rest = {token.values[0].split(":", 1)[1] for token in (one, other)}
    return said == {"", "said"} and len(rest) == 1 and hours[1] - hours[0] == 12  # noqa: PLR2004 - hours of a half


def _same_date(wanted: Token, told: Token, asked: Asked) -> bool:
    """What is said must be the same; the reply may say more, and leave out a year that the question says."""
    parts, said = _date_parts(wanted), _date_parts(told)
    if parts is None or said is None:
        return False
    for place, (want, have) in enumerate(zip(parts, said, strict=True)):
        if want and not have and not (place == 0 and want in asked.years and any(said[1:])):
            return False
        if want and have and want != have:
            return False
    other_year = not parts[0] and said[0] and asked.years and said[0] not in asked.years
    return not other_year


def _date_parts(token: Token) -> tuple[str, ...] | None:
    if token.kind == "date":
        return token.values
    return (token.values[0], "", "") if token.kind == "number" and not token.unit else None


# --- answers in replies ----------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 14)
def content_of(answer: str) -> tuple[Token, ...]:
    """The tokens of an answer that count: no light words, no day of the week beside a date."""
    return content(read(bare(answer)).words)


def content(words: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens that count: no light words, no day of the week beside a date."""
    dated = any(token.kind == "date" and token.values[2] for token in words)
    kept = tuple(word for word in words if word.text not in LIGHT and not (dated and word.text in WEEKDAYS))
    return kept or tuple(word for word in words if word.text not in ARTICLES) or tuple(words)


_ENDING = re.compile(
    r"(?:(?:のこと)?(?:です|でした|である|であった|だった|だ|になります|となります|と(?:なり|い)ます"
    r"|で(?:ござい|す)ます)(?:よ|ね)?)[。．.！!\s]*\Z"
)


def bare(text: str) -> str:
    """A text without a polite ending: 1912年 of 1912年です."""
    return _ENDING.sub("", text)


def is_exact(answer: str, reply: str) -> bool:
    """Whether a reply is the answer and nothing else, in any notation."""
    wanted, told = content_of(answer), content_of(reply)
    if len(wanted) != len(told) or _is_cut(answer, reply) or _other_weekday(answer, read(reply).tokens):
        return False
    pairs = zip(wanted, told, strict=True)
    return all(one.text == other.text or _exactly(one, other) for one, other in pairs) and bool(wanted)


def _is_cut(answer: str, reply: str) -> bool:
    """Whether a reply stops in the middle of a sentence: Tilda Vance, the."""
    ends = [read(text).tokens[-1:] for text in (answer, reply)]
    last = ends[1][0].text if ends[1] else ""
    return last in LIGHT and (not ends[0] or ends[0][0].text != last)


def _other_weekday(answer: str, told: Sequence[Token]) -> bool:
    wanted = {token.text for token in read(answer).words} & WEEKDAYS
    said = {token.text for token in told} & WEEKDAYS
    return bool(wanted and said) and not wanted & said


def _exactly(one: Token, other: Token) -> bool:
    if one.kind == "date" or other.kind == "date":
        return _date_parts(one) == _date_parts(other) is not None
    if one.kind != other.kind or one.values[:1] != other.values[:1] or not one.typed:
        return False
    return one.values == other.values and (one.unit == other.unit or ANY_COUNTER in {one.unit, other.unit})


def spans_of(answer: str, reading: Reading, asked: Asked, *, among: Sequence[str] = ()) -> list[Span]:
    """Where an answer stands in a reading; not where it is part of another word, number or name.

    ``among`` are all forms of the answer: a bare number has the unit of another form, and a single word of a
    longer name is not part of another name.
    """
    wanted = _with_unit(content_of(answer), among)
    if not wanted:
        return []
    found: list[Span] = []
    for kept in _shortened(wanted, asked):
        if all(token.typed for token in kept):
            found = [*_values_in(kept, reading.tokens, asked)]
        else:
            found = [*_words_in(kept, reading.tokens, asked)]
        part = len(wanted) == 1 and any(_is_part_of_name(wanted[0], other) for other in among)
        found = [
            span
            for span in found
            if _is_whole(span, reading, asked, wanted, part=part)
            and not _other_weekday(answer, reading.tokens[max(0, span[0] - 2) : span[1] + 2])
        ]
        if found:
            break
    return found or _inverted(wanted, reading, asked)


def _inverted(wanted: tuple[Token, ...], reading: Reading, asked: Asked) -> list[Span]:
    """A name as an index has it: Vance, Tilda."""
    if len(wanted) != 2 or not all(token.kind == "word" and token.large for token in wanted):  # noqa: PLR2004
        return []
    spans = _words_in(wanted[::-1], reading.tokens, asked)
    return [span for span in spans if reading.tokens[span[0] + 1].text == ","]


def _with_unit(wanted: tuple[Token, ...], among: Sequence[str]) -> tuple[Token, ...]:
    if len(wanted) != 1 or wanted[0].kind != "number" or wanted[0].unit:
        return wanted
    forms = (content_of(other) for other in among)
    units = {form[0].unit for form in forms if len(form) == 1 and form[0].values == wanted[0].values} - {""}
    return (replace(wanted[0], unit=units.pop()),) if len(units) == 1 else wanted


def _is_part_of_name(word: Token, other: str) -> bool:
    name = content_of(other)
    return word.large and len(name) > 1 and word.text == name[-1].text and all(one.large for one in name)


def _shortened(wanted: tuple[Token, ...], asked: Asked) -> Iterator[tuple[Token, ...]]:
    """The answer, and without the words that the question already says: metres, the side, the clubs."""
    yield wanted
    latin = all(token.kind != "sign" for token in wanted)
    news = tuple(token for token in wanted if not (token.kind == "word" and asked.says(token)))
    if latin and 0 < len(news) < len(wanted) and (news[0].kind == "word" or news[0].typed):
        yield news
    nouns = all(token.kind == "word" and not token.large for token in wanted[1:])
    if wanted[0].kind == "number" and asked.counts and len(wanted) > 1 and nouns:
        yield wanted[:1]
    signs = wanted[1:]
    if wanted[0].kind == "number" and 0 < len(signs) < 3 and all(token.kind == "sign" for token in signs):  # noqa: PLR2004
        counter = "".join(token.text for token in signs)
        yield (replace(wanted[0], unit=wanted[0].unit or counter),)


def _values_in(wanted: tuple[Token, ...], tokens: Sequence[Token], asked: Asked) -> Iterator[Span]:
    """Numbers, dates and times in any order, within one sentence."""
    for start, end in sentences(tokens):
        if len(wanted) == 1:
            yield from (
                (place, place + 1)
                for place in range(start, end)
                if same_token(wanted[0], tokens[place], asked)
            )
            continue
        places = [
            next((place for place in range(start, end) if same_token(token, tokens[place], asked)), None)
            for token in wanted
        ]
        known = [place for place in places if place is not None]
        if len(known) == len(wanted):
            yield min(known), max(known) + 1


def _words_in(wanted: tuple[Token, ...], tokens: Sequence[Token], asked: Asked) -> Iterator[Span]:
    first = wanted[0]
    for start, token in enumerate(tokens):
        if same_token(first, token, asked):
            end = _run_on(wanted, tokens, start, asked)
            if end:
                yield start, end


def _run_on(wanted: tuple[Token, ...], tokens: Sequence[Token], start: int, asked: Asked) -> int:
    """The place after the answer that begins here; 0 when it does not go on."""
    place = start + 1
    for want in wanted[1:]:
        while place < len(tokens) and not same_token(want, tokens[place], asked):
            if not _may_stand_between(tokens[place], want):
                return 0
            place += 1
        if place >= len(tokens):
            return 0
        place += 1
    return place


def _may_stand_between(token: Token, want: Token) -> bool:
    initial = token.large and len(token.text) == 1
    return (
        token.text in LIGHT
        or token.text in {",", "(", ")"}
        or (initial and want.kind == "word")
        or token.text in WEEKDAYS
    )


def sentences(tokens: Sequence[Token]) -> Iterator[Span]:
    """The sentences, as the first token and the one after the last, without their marks."""
    start = 0
    for place, token in enumerate(tokens):
        if token.kind == "mark" and token.text in {".", "?", "\n"}:
            if place > start:
                yield start, place
            start = place + 1
    if start < len(tokens):
        yield start, len(tokens)


# --- part of another name or number ----------------------------------------------------------------------

_HAN, _KANA = re.compile(f"[{KANJI}]"), re.compile(f"[{KATAKANA}]")
_OTHER_AFTER = re.compile(
    "[北南東西上下新旧元副姉妹兄弟母父娘息妻夫叔湖川橋城山島駅港館校寺院園塔県郡州]|[㐀-鿿]{0,6}(?:大学|新聞|銀行|神社|病院|高校)"
)
_HIRAGANA = re.compile("[\u3041-\u309f]")
_PARTICLE_BEFORE = re.compile(r"(?:[はがのをにでともや]|から|まで|より)\Z")
_FINE_KANA = re.compile(
    r"(?:です|でし|でご|では|だ|で(?!き)|の|は|が|を|に|と|も|や|か(?=[ら、。]|\Z)|まで|より|さん|ちゃん|くん|じゃ|という|な(?=[のらど])|へ|み?たい)"
)
_FINE_AFTER = re.compile(
    "[氏様殿君嬢側戦組号線製産都府道区町村市国社部課级級系語人的色賞杯界内中時年月日間回対等他]"
)
_FINE_BEFORE = re.compile(
    r"(?:[対戦時年月日分回点人位度歳円名]|主将|監督|選手|会長|社長|市長|町長|村長|博士|教授|主審|船長|艇長"
    r"|当時|会場|優勝|準優勝|結果|場所"
    r"|[一-鿿]{2}(?:者|員|手|長|家|士|官|師|部|組|市|県|町|村|区|国))\Z"
)
_BOUND_BEFORE = re.compile(
    r"\b(?:more|less|fewer|greater|higher|lower|later|earlier|other) than(?: the)? \Z"
    r"|\b(?:over|under|above|below|exceeding|at least|at most|up to|no more than|beyond"
    r"|(?<!the )(?<!day )(?<!week )before|after|almost|nearly) \Z",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(
    r" ?(?:以上|以下|未満|超|より|弱|強)|,? or (?:more|less|fewer|later|earlier|over|under|above|below)\b"
)
_BEFORE_CHRIST = re.compile(r" ?(?:BC|BCE|B\. ?C\.)(?![A-Za-z])")
_RELATION = "son|daughter|brother|sister|wife|husband|father|mother|successor|predecessor|pupil|widow|cousin"
_RELATIVE_BEFORE = re.compile(rf"\b(?:{_RELATION}) (?:of|to) \Z")
_RELATIVE_AFTER = re.compile(
    rf"['’]s (?:\w+ )?(?:{_RELATION})\b|の(?:息子|娘|弟|妹|兄|姉|父|母|妻|夫|後任|前任|従兄|従弟|いとこ|孫)"
)
_SOFT = word_set("almost nearly")
_TITLES = word_set("""
    mr mrs ms dr sir dame lord lady captain professor prof president coach judge king queen prince princess
    saint st the a in on at by it its answer yes no and or but is was winner club team boat ship town city
    lake player author here that this so since then i according from to for of with when as well sure
    certainly ok okay
""")


def _is_whole(span: Span, reading: Reading, asked: Asked, wanted: Sequence[Token], *, part: bool) -> bool:
    first, last = reading.tokens[span[0]], reading.tokens[span[1] - 1]
    before, after = (
        reading.plain[max(0, first.start - 24) : first.start],
        reading.plain[last.end : last.end + 24],
    )
    if _is_inside(first, last, before, after, asked):
        return False
    if (
        first.typed
        and _BEFORE_CHRIST.match(after)
        and not any(token.text.startswith("bc") for token in wanted)
    ):
        return False
    if first.typed and len(wanted) == 1:
        return not _is_bounded(before, after, asked)
    owner = reading.plain[max(0, last.end - 2) : last.end + 24]  # a name's 's is part of its token
    if _RELATIVE_BEFORE.search(before) or _RELATIVE_AFTER.match(owner) or _RELATIVE_AFTER.match(after):
        return False
    return not _is_longer_name(span, reading.tokens, asked, wanted, part=part)


def _is_inside(first: Token, last: Token, before: str, after: str, asked: Asked) -> bool:
    """Whether the word goes on in the same script."""
    if _in_hiragana(first, last, before, after):
        return True
    if first.kind == "sign" and before:
        if _KANA.match(first.text) and _KANA.match(before[-1]):
            return True
        if _HAN.match(first.text) and _HAN.match(before[-1]) and not _said_before(before, asked):
            return True
    if last.kind != "sign" or not after:
        return False
    if _KANA.match(last.text) and _KANA.match(after[0]):
        return True
    return bool(_HAN.match(last.text) and _HAN.match(after[0])) and (
        first is last or _OTHER_AFTER.match(after) is not None or _is_one_more(after, asked)
    )


def _is_one_more(after: str, asked: Asked) -> bool:
    """Whether one more kanji makes an answer another word: 佐伯渡 in 佐伯渡辺, 大豆 in 大豆油."""
    return not (_HAN.match(after[1:2]) or _FINE_AFTER.match(after) or after[0] in asked.plain)


def _in_hiragana(first: Token, last: Token, before: str, after: str) -> bool:
    """Whether an answer in hiragana goes on as another word: あ in ありません, さくら in さくらんぼ."""
    opens = first.kind == "sign" and _HIRAGANA.match(first.text) and _HIRAGANA.match(before[-1:])
    ends = last.kind == "sign" and _HIRAGANA.match(last.text) and _HIRAGANA.match(after[:1])
    return bool(opens and not _PARTICLE_BEFORE.search(before)) or bool(ends and not _FINE_KANA.match(after))


def _said_before(before: str, asked: Asked) -> bool:
    """Whether the kanji before an answer are words of their own: a title, or what the question says."""
    run = re.search("[\u3400-\u9fff々]+\\Z", before)
    return _FINE_BEFORE.search(before) is not None or (run is not None and run[0] in asked.plain)


def _is_bounded(before: str, after: str, asked: Asked) -> bool:
    """Whether a number is only a limit: more than 300."""
    for match in (_BOUND_BEFORE.search(before), _BOUND_AFTER.match(after)):
        if match and match[0].strip(" ,").casefold() not in asked.plain.casefold():
            return match[0].strip() not in _SOFT
    return False


def _is_longer_name(
    span: Span, tokens: Sequence[Token], asked: Asked, wanted: Sequence[Token], *, part: bool
) -> bool:
    """Whether a name goes on as another: Odo Pym is not Pym, Ganneck Bridge is not Ganneck."""
    names = [tokens[place] for place in range(*span)]
    if not (
        names[0].large and all(word.large for word in wanted if word.kind == "word" and word.text != "and")
    ):
        return False
    if span[0] and len(wanted) == 1:
        left = tokens[span[0] - 1]
        stranger = left.kind == "word" and left.large and left.text not in _TITLES and len(left.text) > 1
        opens = span[0] == 1 or tokens[span[0] - 2].kind == "mark"
        if stranger and not asked.says(left) and not (opens and left.text in LIGHT):
            return True
    right = tokens[span[1]] if span[1] < len(tokens) else None
    if right is None or right.kind != "word" or asked.says(right) or not right.large:
        return False
    return part or right.text in THINGS | CHANGES | {"jr", "sr", "ii", "iii", "iv"}

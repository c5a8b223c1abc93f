"""What a length, weight, area, volume or time measures, in one unit: 12 m is 1200 cm."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Units in their forms, and how many of the base (metre, gram, second) one is; of feet and pounds about.
_UNITS = """
    length 0.001 mm millimetre millimetres millimeter millimeters ミリメートル ミリ
    length 0.01 cm centimetre centimetres centimeter centimeters センチメートル センチ
    length 1 m metre metres meter meters メートル
    length 1000 km kilometre kilometres kilometer kilometers キロメートル
    length ~0.0254 inch inches in
    length ~0.3048 ft foot feet フィート
    length ~0.9144 yd yard yards ヤード
    length ~1.8288 fathom fathoms
    length ~1609.344 mi mile miles マイル
    weight 1 g gram grams グラム
    weight 1000 kg kilogram kilograms kilo kilos キログラム
    weight 1000000 t tonne tonnes トン
    weight ~453.59 lb lbs pound pounds
    area 0.0001 cm2 平方センチメートル 平方センチ
    area 1 m2 m^2 sqm 平方メートル 平米 ㎡
    area 1000000 km2 km^2 平方キロメートル 平方キロ ㎢
    area 10000 ha hectare hectares ヘクタール
    area ~4046.86 acre acres エーカー
    volume 0.000001 cm3 cc 立方センチメートル 立方センチ
    volume 1 m3 m^3 立方メートル ㎥
    volume 0.001 l litre litres liter liters リットル
    volume 0.000001 ml millilitre millilitres milliliter milliliters ミリリットル
    time 1 s sec secs second seconds 秒
    time 60 min mins minute minutes 分
    time 3600 h hr hrs hour hours 時間
"""
_EXACT, _ABOUT = 1e-9, 0.05
_LIGHT = re.compile(
    r"\b(?:about|around|approximately|nearly|roughly|just|exactly|it|is|was|and|a|an|long|tall|high|deep|wide"
    r"|thick|in|length|height|of|to|for|at|distance|weight)\b|約|およそ|[,、()]|です|でした"
)
_NUMBER = r"\d{1,15}(?:\.\d{1,9})?"
_LONGEST = 60  # signs of an answer that is a measure


@dataclass(frozen=True, slots=True)
class _Unit:
    kind: str
    base: float
    exact: bool


def _read_units() -> dict[str, _Unit]:
    lines = (line.split() for line in _UNITS.strip().splitlines())
    units = {
        unicodedata.normalize("NFKC", form): _Unit(kind, float(base.lstrip("~")), not base.startswith("~"))
        for kind, base, *forms in lines
        for form in forms
    }
    lengths = {form: unit for form, unit in units.items() if unit.kind == "length" and form.isalpha()}
    powers = ((2, "area", ("square ", "sq ", "sq. ")), (3, "volume", ("cubic ", "cu ")))
    for power, kind, heads in powers:
        for form, unit in lengths.items():
            whole = _Unit(kind, unit.base**power, unit.exact)
            units |= {f"{head}{form}": whole for head in heads if form.isascii()}
    return units


_KNOWN = _read_units()
_FORMS = "|".join(sorted(map(re.escape, _KNOWN), key=len, reverse=True))
_HALF = re.compile(rf"\bhalf an? ({_FORMS})\b")
_ONE_UNIT = re.compile(rf"\ban? ({_FORMS})\b")
_PART = re.compile(rf"(?<![\d.:])({_NUMBER})[ -]?({_FORMS})(?![a-z])")
_CLOCK = re.compile(r"(\d{1,4}):(\d\d)(?::(\d\d))?(\.\d+)?")
_SIGN = re.compile(r"\d|\b(?i:half|an?)\b")
_DIGITS = re.compile(_NUMBER)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured size in metres, their square or cube, grams or seconds; ``units``: those it was said in.

    ``exact``: none of them belongs to another system of units, which texts convert by rounding.
    """

    kind: str
    size: float
    units: frozenset[float]
    exact: bool


def read_measure(text: str, *, number: str = "") -> Measure | None:
    """The measure that a text is, such as *1 h 30 min* or *12 m*; ``None`` when it is something else.

    Args:
        text: An answer.
        number: Its only number by value, for one that is written in words (*twelve metres*).
    """
    if len(text) > _LONGEST or not (number or _SIGN.search(text)):
        return None
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", unicodedata.normalize("NFKC", text).casefold())
    plain = _ONE_UNIT.sub(r"1 \1", _HALF.sub(r"0.5 \1", plain))
    if number and not _DIGITS.search(plain):
        return _in_words(plain, number)
    parts = _PART.findall(plain)
    units = [_KNOWN[form] for _, form in parts]
    rest = _LIGHT.sub(" ", _PART.sub(" ", plain)).strip(" .。-")
    bases = [unit.base for unit in units]
    if not parts or rest or len({unit.kind for unit in units}) > 1 or bases != sorted(set(bases))[::-1]:
        return None
    size = sum(float(value) * unit.base for (value, _), unit in zip(parts, units, strict=True))
    return Measure(units[0].kind, size, frozenset(bases), all(unit.exact for unit in units))


def _in_words(plain: str, number: str) -> Measure | None:
    words = [word for word in re.split(r"[\s-]+", plain.strip(" .。")) if word]
    unit = _KNOWN.get(words[-1]) if words else None
    if unit is None:
        ends = sorted(
            (form for form in _KNOWN if not form.isascii() and plain.rstrip("。").endswith(form)), key=len
        )
        unit = _KNOWN[ends[-1]] if ends else None
    if unit is None or not _DIGITS.fullmatch(number):
        return None
    return Measure(unit.kind, float(number) * unit.base, frozenset({unit.base}), unit.exact)


def same_measure(one: Measure, other: Measure) -> bool | None:
    """Whether two measures in different units are the same size; ``None`` when they cannot be compared.

    Units of one system are converted exactly, those of another up to 5 %.
    """
    if one.kind != other.kind:  # 12 m is not 12 m²
        return False
    if one.units == other.units:
        return True if one.size == other.size else None
    most = _EXACT if one.exact and other.exact else _ABOUT
    return abs(one.size - other.size) <= most * max(one.size, other.size)


def is_clock_of(clock: str, measure: Measure) -> bool | None:
    """Whether *6:02* is a time in minutes and seconds, or hours and minutes; ``None`` if it is neither."""
    found = _CLOCK.fullmatch(unicodedata.normalize("NFKC", clock).strip(" ."))
    if found is None or measure.kind != "time":
        return None
    first, second, third = int(found[1]), int(found[2]), int(found[3] or 0)
    part = float(found[4] or 0)
    sizes = (
        [first * 3600 + second * 60 + third + part]
        if found[3]
        else [first * 60 + second + part, first * 3600 + second * 60]
    )
    return any(abs(size - measure.size) < _EXACT + 1e-6 for size in sizes)

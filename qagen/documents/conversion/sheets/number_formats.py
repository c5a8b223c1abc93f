"""Numbers as a sheet shows them: what the format of a cell makes of its value (ECMA-376 part 1, 18.8.31)."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from qagen.documents.conversion.sheets.date_formats import DateFormat, is_local

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<room>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|Standard)|(?P<half>AM/PM|A/P)|(?P<exponent>E[+-])"
    r"|(?P<date>y+|m+|d+|h+|s+|g+|e+|b+|a{3,4})|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)"
    r"|(?P<percent>%)|(?P<slash>/)|(?P<text>@)|(?P<end>;)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+(?:E[+-]?\d+)?)\Z", re.IGNORECASE)
_ELAPSED = re.compile(r"(?:h+|m+|s+)\Z", re.IGNORECASE)
_CURRENCY = re.compile(r"\$([^-]*)(?:-([\w,-]+))?\Z")
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "<>": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
}
# A cell in the format General has room for eleven characters.
_GENERAL = 11
_SMALLEST_GENERAL = 1e-4
_GROUP = 3
_TEXT_SECTION = 3


class Token(NamedTuple):
    """A piece of a format: its kind, and what stands there."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The format of a cell in sections: for positive, negative, zero and text, or with conditions."""

    sections: tuple[_Section, ...]

    @classmethod
    def of(cls, code: str) -> NumberFormat:
        """The format with a code such as ``#,##0.00;[Red]-#,##0.00``. Codes are few: each is parsed once."""
        return _parsed(code)

    @property
    def is_date(self) -> bool:
        """Whether it shows numbers as dates or times."""
        return bool(self.sections) and self.sections[0].is_date

    def number(self, value: float) -> str:
        """What a cell shows of a number; of a date, the number is its serial one."""
        section, bare = self._section(value)
        if section is None or not math.isfinite(value):
            return general(value)
        if section.is_date:
            return DateFormat(tuple((one.kind, one.text) for one in section.tokens), section.locale).date(
                value
            )
        return section.number(-value if bare else value)

    def text(self, value: str) -> str:
        """What a cell shows of a text."""
        last = self.sections[-1] if self.sections else None
        if last is None or (len(self.sections) <= _TEXT_SECTION and not last.has("text")):
            return value
        return "".join(value if one.kind == "text" else one.text for one in last.tokens).strip()

    def _section(self, value: float) -> tuple[_Section | None, bool]:
        """The section for a number, and whether it shows the number without its sign."""
        sections = self.sections[:_TEXT_SECTION]
        if len(self.sections) == 1 and self.sections[0].has("text") and not self.sections[0].has("digit"):
            return None, False
        if any(section.condition for section in sections):
            return self._by_condition(value), False
        if len(sections) == 1 or value > 0:
            return (sections[0] if sections else None), False
        if value < 0:
            return sections[1], True
        return (sections[2] if len(sections) > 2 else sections[0]), False  # noqa: PLR2004

    def _by_condition(self, value: float) -> _Section | None:
        rest = [section for section in self.sections[:_TEXT_SECTION] if section.condition is None]
        for section in self.sections:
            if section.condition is not None and _COMPARED[section.condition[0]](value, section.condition[1]):
                return section
        negative = value < 0 and len(rest) > 1
        return (rest[0 if negative else -1]) if rest else None


@dataclass(frozen=True, slots=True)
class _Section:
    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None = None
    locale: str = ""

    def has(self, kind: str) -> bool:
        return any(one.kind == kind for one in self.tokens)

    @property
    def is_date(self) -> bool:
        return self.has("date") or self.has("elapsed") or self.has("half")

    def number(self, value: float) -> str:
        if self.has("general"):
            shown = general(abs(value))
            body = "".join(shown if one.kind == "general" else one.text for one in self.tokens)
            return _signed(body.strip(), value)
        if not self.has("digit"):
            return "".join(one.text for one in self.tokens).strip()
        amount = abs(Decimal(repr(float(value)))) * 100 ** sum(one.kind == "percent" for one in self.tokens)
        slash = next((at for at, one in enumerate(self.tokens) if one.kind == "slash"), None)
        if slash and self._is_fraction(slash):
            return _signed(self._fraction(amount, slash), value)
        if self.has("exponent"):
            return _signed(_Digits(self.tokens).scientific(amount), value)
        shown = _Digits(self.tokens).decimal(amount)
        return _signed(shown, value) if any(sign in "123456789" for sign in shown) else shown

    def _is_fraction(self, slash: int) -> bool:
        after = self.tokens[slash + 1 : slash + 2]
        before = any(one.kind == "digit" for one in self.tokens[:slash])
        return before and bool(after) and (after[0].kind == "digit" or after[0].text.isdigit())

    def _fraction(self, amount: Decimal, slash: int) -> str:
        """``1 1/4``: the whole number if the format has room for one, then the nearest fraction."""
        below = "".join(
            one.text for one in self.tokens[slash + 1 :] if one.kind == "digit" or one.text.isdigit()
        )
        groups = "".join("0" if one.kind == "digit" else " " for one in self.tokens[:slash]).split()
        whole = int(amount) if len(groups) > 1 else 0
        fixed = int(below) if below.strip("0#?") and below.isdigit() else 0
        rest = Fraction(amount) - whole
        if fixed:
            above, under = round(rest * fixed), fixed
        else:
            near = rest.limit_denominator(10 ** len(below) - 1)
            above, under = near.numerator, near.denominator
        if whole and above == under:
            return str(whole + 1)
        parts = [str(whole)] if whole or (not above and len(groups) > 1) else []
        parts += [f"{above}/{under}"] if above or len(groups) == 1 else []
        literal = [one.text for one in self.tokens if one.kind in {"quoted", "escaped", "currency"}]
        return " ".join(parts + [text.strip() for text in literal if text.strip()])


@dataclass(frozen=True, slots=True)
class _Digits:
    """The places of a section for digits: before the point, after it, in the exponent."""

    tokens: tuple[Token, ...]

    def decimal(self, amount: Decimal) -> str:
        before, after, _ = self._places()
        amount = amount.scaleb(-3 * self._scaling(before, after))
        return self._filled(_rounded(amount, len(after)), self._grouped(before))

    def scientific(self, amount: Decimal) -> str:
        before, after, _ = self._places()
        step = max(1, len(before))
        power = amount.adjusted() if amount else 0
        power = power // step * step
        mantissa = _rounded(amount.scaleb(-power), len(after))
        if mantissa >= 10**step:
            power += step
            mantissa = _rounded(amount.scaleb(-power), len(after))
        return self._filled(mantissa, grouped=False, power=power)

    def _places(self) -> tuple[list[int], list[int], list[int]]:
        places: tuple[list[int], list[int], list[int]] = ([], [], [])
        part = 0
        for at, one in enumerate(self.tokens):
            if one.kind == "point" and part == 0:
                part = 1
            elif one.kind == "exponent":
                part = 2
            elif one.kind == "digit":
                places[part].append(at)
        return places

    def _scaling(self, before: Sequence[int], after: Sequence[int]) -> int:
        """How many commas stand behind the last digit: each is a thousand."""
        count = 0
        for last in {places[-1] for places in (before, after) if places}:
            following = last + 1
            while following < len(self.tokens) and self.tokens[following].kind == "comma":
                count, following = count + 1, following + 1
        return count

    def _grouped(self, before: Sequence[int]) -> bool:
        inner = self.tokens[before[0] : before[-1]] if before else ()
        return any(one.kind == "comma" for one in inner)

    def _filled(self, amount: Decimal, grouped: bool, power: int = 0) -> str:  # noqa: FBT001
        before, after, exponent = self._places()
        whole, _, decimals = format(amount, "f").partition(".")
        shown = _before(whole.lstrip("0"), [self.tokens[at].text for at in before], grouped=grouped)
        shown += _after(decimals, [self.tokens[at].text for at in after])
        shown += _before(str(abs(power)), [self.tokens[at].text for at in exponent], grouped=False)
        digits = dict(zip((*before, *after, *exponent), shown, strict=True))
        loose = whole.lstrip("0") if not before else ""
        parts: list[str] = []
        for at, one in enumerate(self.tokens):
            if one.kind == "point":
                parts.append(loose + one.text)
            elif one.kind == "exponent":
                sign = "-" if power < 0 else "+" if one.text.endswith("+") else ""
                parts.append(f"E{sign}")
            else:
                parts.append(digits.get(at, "" if one.kind in {"digit", "comma"} else one.text))
        return "".join(parts).strip()


def general(value: float) -> str:
    """A number without a format: whole ones in full, others as far as a cell has room for them."""
    if float(value).is_integer() and abs(value) < 1e15:  # noqa: PLR2004  (floats are exact up to here)
        return str(int(value))
    if not math.isfinite(value):
        return str(value)
    if _SMALLEST_GENERAL <= abs(value) < 10**_GENERAL:
        room = max(0, _GENERAL - 1 - len(str(int(abs(value)))))
        return format(_rounded(Decimal(repr(value)), room).normalize(), "f")
    mantissa, _, power = f"{value:.5E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{power}"


@lru_cache(maxsize=1024)
def _parsed(code: str) -> NumberFormat:
    if is_local(code):
        code = "yyyy-mm-dd h:mm" if "h" in code else "yyyy-mm-dd"
    sections: list[_Section] = []
    tokens: list[Token] = []
    blank = _Section(())
    section = blank
    for match in _TOKEN.finditer(code + ";"):
        kind = match.lastgroup or "other"
        text = match[kind]
        if kind == "end":
            sections.append(replace(section, tokens=_settled(tokens)))
            section, tokens = blank, []
        elif kind == "bracket":
            section, token = _bracket(section, text)
            tokens += [token] if token else []
        else:
            tokens.append(Token(kind, "" if kind in {"room", "fill"} else text))
    return NumberFormat(tuple(sections))


def _bracket(section: _Section, text: str) -> tuple[_Section, Token | None]:
    """What stands in brackets: a condition, a currency and a language, or hours beyond a day."""
    condition, currency = _CONDITION.match(text), _CURRENCY.match(text)
    if condition:
        return replace(section, condition=(condition[1], float(condition[2]))), None
    if currency:
        return replace(section, locale=currency[2] or ""), Token("currency", currency[1])
    return section, Token("elapsed", text) if _ELAPSED.match(text) else None


def _settled(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Letters beside places for digits are letters, not months: ``0 m``. Only seconds have decimals."""
    kinds = {one.kind for one in tokens}
    if "digit" in kinds and kinds & {"date", "elapsed", "half"}:
        seconds = any(one.kind in {"date", "elapsed"} and one.text[0] in "sS" for one in tokens)
        if not seconds:
            return tuple(Token("other", one.text) if one.kind in {"date", "half"} else one for one in tokens)
    return tuple(tokens)


def _rounded(amount: Decimal, places: int) -> Decimal:
    if amount.adjusted() + places > 26:  # noqa: PLR2004  (more digits than a Decimal has: nothing to round)
        return amount
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _before(digits: str, places: Sequence[str], *, grouped: bool) -> list[str]:
    """The digits before the point, each in its place; what is too much stands in the first one."""
    shown: list[str] = []
    for at, place in enumerate(places):
        right = len(places) - 1 - at
        padded = digits.rjust(right + 1, "0" if place == "0" else " ")
        own = padded[: len(padded) - right] if at == 0 else padded[len(padded) - right - 1]
        text = ""
        for index, digit in enumerate(own):
            behind = right + len(own) - 1 - index
            text += digit.strip() + (
                "," if grouped and digit != " " and behind and behind % _GROUP == 0 else ""
            )
        shown.append(text)
    return shown


def _after(digits: str, places: Sequence[str]) -> list[str]:
    """The digits behind the point: zeros at the end only where the format asks for them."""
    needed = max((at + 1 for at, place in enumerate(places) if place == "0"), default=0)
    kept = max(needed, len(digits.rstrip("0")))
    return [
        digit if at < kept else "" for at, digit in enumerate(digits.ljust(len(places), "0")[: len(places)])
    ]


def _signed(shown: str, value: float) -> str:
    return f"-{shown}" if value < 0 else shown

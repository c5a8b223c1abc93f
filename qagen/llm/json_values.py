"""Find the JSON values in a model's text: whole, malformed, or cut off in the middle.

Strict JSON is read by :mod:`json`. What that refuses is first measured by a scanner that knows brackets and
strings and forgives the usual slips. The ``json_repair`` library only ever sees a value whose brackets are
closed, because it would complete a value cut off in the middle with half an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from typing_extensions import Self

CUT: Final = "\u2702 cut off here"
"""The key that marks an object whose end is missing: it may hold whole objects, but is not one itself."""

_MAX_DEPTH = 100
_MAX_REPAIRED_STRING = 50_000  # json_repair takes quadratic time on one string: 20 s for 1 MB
_CLOSING_QUOTE = {'"': '"', "'": "'", "“": "”", "‘": "’"}
_CLOSING_BRACKET = {"{": "}", "[": "]"}
_OPENING_BRACKET = {"}": "{", "]": "["}
_START = re.compile(
    r"""\{(?=\s*(?:["'“‘}/\#]|[^\W\d][\w-]*\s*:|\Z)) | \[(?=\s*(?:[\[{"'“‘\]/\#]|\Z))""", re.VERBOSE
)
_MARK = re.compile(r"""[{}\[\],:"'“‘]|//[^\n]*|/\*.*?(?:\*/|\Z)|\#[^\n]*|```""", re.DOTALL)
_AFTER_STRING = re.compile(r"\s*(?:[,:}\]]|\Z|//|/\*)|[ \t\r]*\n\s*[\"'“‘]")
_QUOTE = {close: re.compile(rf"\\.|{close}", re.DOTALL) for close in _CLOSING_QUOTE.values()}


class Decimal(float):
    """A number with a decimal point that remembers how it was written: ``1.50`` as text is not ``1.5``."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Read one."""
        number = super().__new__(cls, text)
        number.text = text
        return number


class Pieces(list[dict[str, Any]]):
    """An object in which a key came again with another value: a new one begins at each repetition."""


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON value at ``text[start:end]``; ``problem`` says what was wrong with it as it stood."""

    value: Any
    start: int
    end: int
    cut: bool = False
    repaired: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    """How far a value reaches; at ``safe`` its last whole part ends, inside the brackets ``open``."""

    end: int
    closed: bool
    safe: int = 0
    open: tuple[str, ...] = ()
    in_string: bool = False
    too_deep: bool = False
    longest: int = 0


def next_value(text: str, position: int = 0) -> Found | None:
    """The first JSON object or list that begins at or after ``position``, or ``None``.

    ``value`` is ``None`` where nothing could be made of what looks like one. A value whose end is missing has
    ``cut`` set and holds only its whole parts; objects left open in it carry the key :data:`CUT`.
    """
    match = _START.search(text, position)
    if match is None:
        return None
    start = match.start()
    try:
        value, end = _DECODER.raw_decode(text, start)
        return Found(value, start, end)
    except JSONDecodeError as error:
        problem = f"{error.msg} at line {error.lineno} column {error.colno}"
    except RecursionError:
        return Found(None, start, start + 1, problem="the JSON is nested too deeply")
    span = _measure(text, start)
    if span.too_deep:
        return Found(None, start, start + 1, problem="the JSON is nested too deeply")
    if not span.closed:
        problem = "the JSON ends in the middle: " + problem
    body = text[start : span.end] if span.closed else _closed(text, start, span)
    value, repaired = _loads(body, repair=span.longest <= _MAX_REPAIRED_STRING)
    return Found(value, start, span.end, not span.closed, repaired, problem)


def string_value(text: str) -> str | None:
    """The text inside, when the whole of ``text`` is one JSON string (JSON encoded twice)."""
    if not text.startswith('"'):
        return None
    try:
        value = _DECODER.decode(text)
    except JSONDecodeError:
        return None
    return value if isinstance(value, str) else None


def inside_string(text: str, position: int) -> bool:
    """Whether ``position`` lies inside a string of a JSON value that begins before it."""
    before = text[:position]
    match = _START.search(before)
    while match is not None:
        span = _measure(before, match.start())
        if not span.closed:
            return span.in_string
        match = _START.search(before, span.end)
    return False


class _Scanner:
    """Follows brackets and strings from ``start``; exact on well-formed JSON, whole or cut off.

    A quote opens a string only where one may begin (after a bracket, a comma, a colon, another string) and
    closes it only where one may end, so that an unescaped quote or an apostrophe in a text does not turn the
    rest inside out.
    """

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.position = start
        self.stack: list[str] = []
        self.safe = start
        self.safe_stack: tuple[str, ...] = ()
        self.may_open = False
        self.in_string = False
        self.longest = 0

    def run(self) -> _Span:
        while match := _MARK.search(self.text, self.position):
            mark = match.group()
            if self.text[self.position : match.start()].strip():
                self.may_open = False
            if mark == "```":
                return self._span(match.start())
            self.position = match.end()
            if mark in _CLOSING_QUOTE:
                self._string(_CLOSING_QUOTE[mark])
            elif len(mark) == 1:
                self._structure(mark, match.start())
            if self.in_string or len(self.stack) > _MAX_DEPTH:
                break
            if not self.stack:
                return _Span(self.position, closed=True, longest=self.longest)
        return self._span(len(self.text))

    def _span(self, end: int) -> _Span:
        too_deep = len(self.stack) > _MAX_DEPTH
        return _Span(
            end,
            closed=False,
            safe=self.safe,
            open=self.safe_stack,
            in_string=self.in_string,
            too_deep=too_deep,
        )

    def _string(self, close: str) -> None:
        if not self.may_open:
            return
        for match in _QUOTE[close].finditer(self.text, self.position):
            if match.group() == close and _AFTER_STRING.match(self.text, match.end()):
                self.longest = max(self.longest, match.end() - self.position)
                self.position = match.end()
                return
        self.in_string = True

    def _structure(self, mark: str, start: int) -> None:
        self.may_open = True
        if mark in _CLOSING_BRACKET:
            self.stack.append(mark)
        elif mark in _OPENING_BRACKET:
            self._close(_OPENING_BRACKET[mark])
        if mark != ":":
            self.safe = start if mark == "," else self.position
            self.safe_stack = tuple(self.stack)

    def _close(self, opening: str) -> None:
        """Close the last such bracket, and those inside it whose end was forgotten."""
        if opening in self.stack:
            while self.stack.pop() != opening:
                pass


def _measure(text: str, start: int) -> _Span:
    return _Scanner(text, start).run()


def _closed(text: str, start: int, span: _Span) -> str:
    """The whole parts of a value that is cut off, its open brackets closed and its open objects marked."""
    body = text[start : span.safe]
    for bracket in reversed(span.open):
        if bracket == "{":
            body += "" if body.rstrip().endswith("{") else ", "
            body += f'"{CUT}": true'
        body += _CLOSING_BRACKET[bracket]
    return body


def _loads(body: str, *, repair: bool) -> tuple[Any, bool]:
    try:
        return _DECODER.decode(body), False
    except (JSONDecodeError, RecursionError):
        return (_repaired(body), True) if repair else (None, False)


def _repaired(body: str) -> Any:
    from json_repair import repair_json

    try:
        return repair_json(body, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Pieces:
    whole = dict(pairs)
    if len(whole) == len(pairs):
        return whole
    pieces = Pieces([{}])
    for key, value in pairs:
        if key in pieces[-1] and pieces[-1][key] != value:
            pieces.append({})
        pieces[-1][key] = value
    return pieces if len(pieces) > 1 else pieces[0]


def _integer(text: str) -> int | str:
    return int(text) if len(text) < 4000 else text  # noqa: PLR2004  (Python refuses to read longer ones)


# A number that is not one counts as missing.
_DECODER = JSONDecoder(
    strict=False,
    object_pairs_hook=_pairs,
    parse_float=Decimal,
    parse_int=_integer,
    parse_constant=lambda _: None,
)

"""Find the JSON values in a model's text: whole, malformed, or cut off in the middle.

Strict JSON is read by :mod:`json`. What that refuses goes through a scanner that knows brackets and strings,
finds out how far the value reaches, and writes the usual slips (quotes, commas, comments, Python literals) as
JSON. The ``json_repair`` library gets the rest, but only values whose brackets are closed, because it would
complete a value cut off in the middle with half an answer; and what it returns must hold every word of the
text, because it makes ``5`` of an unquoted ``5 km``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from typing import Self

CUT: Final = "\u2702 cut off here"
"""The key that marks an object whose end is missing: it may hold whole objects, but is not one itself."""

_MAX_DEPTH = 100
_MAX_REPAIRED_STRING = 50_000  # json_repair takes quadratic time on one string: 20 s for 1 MB
_CLOSING_QUOTE = {'"': '"', "'": "'", "“": "”", "‘": "’"}
_CLOSING_BRACKET = {"{": "}", "[": "]"}
_OPENING_BRACKET = {"}": "{", "]": "["}
_STRUCTURE = frozenset("{}[],:")
_START = re.compile(
    r"""\{(?=\s*(?:["'“‘}/\#]|[^\W\d][\w-]*\s*:|\Z)) | \[(?=\s*(?:[\[{"'“‘\]/\#]|\Z))""", re.VERBOSE
)
_ESCAPED_START = re.compile(r"""[\[{\s]+\\["']""")
_MARK = re.compile(r"""[{}\[\],:"'“‘]|//[^\n]*|/\*.*?(?:\*/|\Z)|\#[^\n]*|```""", re.DOTALL)
_AFTER_STRING = re.compile(
    r"""\s*(?:[,:}\]]|\Z|//|/\*) | [ \t\r]*\n\s*["'“‘] | \s*["'“‘][\w -]{1,60}["'”’]\s*:""", re.VERBOSE
)
_BEFORE_VALUE = frozenset("{[,:")
_ELLIPSES = frozenset({"...", "…"})
_LITERALS = {"true": "true", "false": "false"} | dict.fromkeys(["null", "none", "nan", "undefined"], "null")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"} | {mark: mark for mark in "\"'\\/"}
_LEFTOVER = re.compile(r"""["'”’]\s*:|[{}\[\]\\]""")
_FORM = re.compile(r"""[\s{}\[\](),:;=\\"'“”‘’`]""")  # what a repair may add or leave out
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
    """A JSON value at ``text[start:end]``.

    ``problem`` says what was wrong with it as it stood, and ``steps`` what was done about that.
    """

    value: Any
    start: int
    end: int
    cut: bool = False
    problem: str = ""
    steps: tuple[str, ...] = ()


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
    scan = _Scanner(text, start)
    if scan.too_deep:
        return Found(None, start, start + 1, problem="the JSON is nested too deeply")
    if not scan.closed:
        problem = "the JSON ends in the middle: " + problem
    value, *steps = _made_value(scan)
    if not scan.closed:
        steps.append("salvage")
    return Found(value, start, scan.end, not scan.closed, problem, tuple(steps))


def string_value(text: str) -> str | None:
    """The text inside, when the whole of ``text`` is one JSON string, with or without its quotes."""
    if not text.startswith('"'):
        if not _ESCAPED_START.match(text):
            return None
        text = f'"{text}"'
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
        scan = _Scanner(before, match.start())
        if not scan.closed:
            return scan.in_string
        match = _START.search(before, scan.end)
    return False


class _Scanner:
    """Follows brackets and strings from ``start``; exact on well-formed JSON, whole or cut off.

    A quote opens a string only where one may begin (after a bracket, a comma, a colon, another string) and
    closes it only where one may end, so that an unescaped quote or an apostrophe in a text does not turn the
    rest inside out.

    ``end`` is where the value ends, ``safe`` where its last whole part does, inside the brackets ``open``.
    ``tidy`` is the value as JSON, of which ``tidy[:safe_tidy]`` reaches to ``safe``; ``words`` are its
    strings and what stands outside of them.
    """

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = self.end = self.safe = start
        self.open: tuple[str, ...] = ()
        self.tidy: list[str] = []
        self.safe_tidy = 0
        self.words: list[str] = []
        self.safe_words = 0
        self.closed = self.in_string = self.too_deep = False
        self._stack: list[str] = []
        self._may_open = False
        self._run()

    def _run(self) -> None:
        while match := _MARK.search(self.text, self.end):
            mark = match.group()
            self._bare(self.text[self.end : match.start()].strip(), mark)
            if mark == "```":
                self.end = match.start()
                return
            self.end = match.end()
            if mark in _CLOSING_QUOTE:
                self._string(mark)
            elif mark in _STRUCTURE:
                self._structure(mark, match.start())
            self.closed = not self._stack
            self.too_deep = len(self._stack) > _MAX_DEPTH
            if self.closed:
                return
            if self.in_string or self.too_deep:
                break
        self.end = len(self.text)

    def _bare(self, word: str, mark: str) -> None:
        """A word outside a string: a number, a literal, a key without quotes; an ellipsis is nothing."""
        if not word or word in _ELLIPSES:
            return
        self._may_open = False
        self.words.append(word)
        if mark == ":":
            self._write(json.dumps(word))
        else:
            self._write(_LITERALS.get(word.casefold(), word))

    def _string(self, mark: str) -> None:
        if not self._may_open:
            self._write(mark)  # not JSON, and not made so here
            return
        close = _CLOSING_QUOTE[mark]
        for match in _QUOTE[close].finditer(self.text, self.end):
            if match.group() == close and _AFTER_STRING.match(self.text, match.end()):
                string = _ESCAPE.sub(_unescaped_sign, self.text[self.end : match.start()])
                self.words.append(string)
                self._write(json.dumps(string))
                self.end = match.end()
                return
        self.in_string = True

    def _structure(self, mark: str, start: int) -> None:
        self._may_open = True
        if mark in _CLOSING_BRACKET:
            if mark == "{" and self._stack[-2:] == ["[", "{"] and self.tidy[-1] == ",":
                self._close("}")  # an object where a key belongs: the end of the one before was forgotten
            self._write(mark)
            self._stack.append(mark)
        elif mark in _OPENING_BRACKET:
            self._close(mark)
        elif mark == ":" or (self.tidy and self.tidy[-1] not in ",[{"):
            self.tidy.append(mark)
        if mark != ":":
            self.safe = start if mark == "," else self.end
            self.safe_tidy = len(self.tidy) - (self.tidy[-1] == ",")
            self.safe_words = len(self.words)
            self.open = tuple(self._stack)

    def _close(self, mark: str) -> None:
        """Close the last such bracket, and those inside it whose end was forgotten."""
        if _OPENING_BRACKET[mark] not in self._stack:
            return
        if self.tidy[-1] == ",":
            self.tidy.pop()
        opened = ""
        while opened != _OPENING_BRACKET[mark]:
            opened = self._stack.pop()
            self.tidy.append(_CLOSING_BRACKET[opened])

    def _write(self, part: str) -> None:
        if self.tidy and self.tidy[-1] not in _BEFORE_VALUE:
            self.tidy.append(",")
        self.tidy.append(part)


def _made_value(scan: _Scanner) -> tuple[Any, ...]:
    """The value of the scanned text, as it stands, tidied, or repaired; and which of these."""
    raw = scan.text[scan.start : scan.end if scan.closed else scan.safe]
    tidy = "".join(scan.tidy if scan.closed else scan.tidy[: scan.safe_tidy])
    with suppress(JSONDecodeError, RecursionError):
        return (_DECODER.decode(raw + _closing_brackets(raw, scan)),)
    with suppress(JSONDecodeError, RecursionError):
        return _DECODER.decode(tidy + _closing_brackets(tidy, scan)), "tidied"
    words = scan.words if scan.closed else scan.words[: scan.safe_words]
    return _repaired_value(raw + _closing_brackets(raw, scan), words), "json_repair"


def _closing_brackets(body: str, scan: _Scanner) -> str:
    """What closes the brackets of a value that is cut off, and marks its open objects."""
    if scan.closed:
        return ""
    end = ""
    for bracket in reversed(scan.open):
        if bracket == "{":
            end += "" if (body + end).rstrip().endswith("{") else ", "
            end += f'"{CUT}": true'
        end += _CLOSING_BRACKET[bracket]
    return end


def _repaired_value(body: str, words: Sequence[str]) -> Any:
    from json_repair import repair_json

    if max(map(len, words), default=0) > _MAX_REPAIRED_STRING:
        return None
    try:
        value = repair_json(body, return_objects=True, skip_json_loads=True)
        return value if _is_intact(value, words) else None
    except (ValueError, RecursionError):
        return None


def _is_intact(value: Any, words: Sequence[str]) -> bool:
    """Whether a repaired value has all words of the text, no other keys, and no text that overran its end."""
    keys: list[str] = []
    leaves = list(_value_leaves(value, keys))
    if _FORM.sub("", "".join(leaves)).casefold() != _FORM.sub("", "".join(words)).casefold():
        return False
    known = set(words)
    new = [leaf for leaf in leaves if leaf not in known]
    return known.issuperset(keys) and not any(_LEFTOVER.search(leaf) or leaf.count('"') % 2 for leaf in new)


def _value_leaves(value: Any, keys: list[str]) -> Iterator[str]:
    """The keys and scalars of a value in their order; its keys are also added to ``keys``."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key != CUT:
                keys.append(key)
                yield key
                yield from _value_leaves(part, keys)
    elif isinstance(value, list):
        for part in value:
            yield from _value_leaves(part, keys)
    else:
        yield value if isinstance(value, str) else str(value)


def _unescaped_sign(match: re.Match[str]) -> str:
    escape = match.group(1)
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _ESCAPED.get(escape, match.group())


def _object_of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Pieces:
    whole = dict(pairs)
    if len(whole) == len(pairs):
        return whole
    pieces = Pieces([{}])
    for key, value in pairs:
        if key in pieces[-1] and pieces[-1][key] != value:
            pieces.append({})
        pieces[-1][key] = value
    return pieces if len(pieces) > 1 else pieces[0]


def _read_integer(text: str) -> int | str:
    return int(text) if len(text) < 4000 else text  # noqa: PLR2004  (Python refuses to read longer ones)


# A number that is not one counts as missing.
_DECODER = JSONDecoder(
    strict=False,
    object_pairs_hook=_object_of_pairs,
    parse_float=Decimal,
    parse_int=_read_integer,
    parse_constant=lambda _: None,
)

"""Formulas in MathML, written in one line as one would type them: x², (a + b)/2, √(2), ∑_(i=1)^n."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bs4 import Tag

from qagen.documents.conversion import lowered, raised

_SPACED = frozenset("=≠<>≤≥≈≡∼→⇒⇔↔+−±∓×÷·∈∉⊂⊆∪∩∧∨")
_LEFT_OUT = frozenset({"annotation", "annotation-xml", "maligngroup", "malignmark", "none", "mprescripts"})
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064")
_PRIMES = frozenset({"'", "′", "″", "°"})
_LARGE = frozenset("∑∏∫∬∭∮⋃⋂")


def name_of(tag: Tag) -> str:
    """The name of an element without a prefix: ``math`` for ``m:math``."""
    return tag.name.rpartition(":")[2].lower()


def formula(tag: Tag) -> str:
    """The formula in a ``math`` element."""
    return " ".join(_written(tag).split())


def _written(tag: Tag) -> str:
    name = name_of(tag)
    if name in _LEFT_OUT:
        return ""
    write = _WRITERS.get(name)
    if write is not None:
        return write([one for one in tag.children if isinstance(one, Tag)])
    parts = [_written(one) if isinstance(one, Tag) else str(one).strip() for one in tag.children]
    text = _side_by_side(parts).translate(_INVISIBLE)
    if name == "mo":
        return f" {text} " if text in _SPACED else f"{text} " if text in {",", ";"} else text
    if name == "mtext":
        return f" {text} "
    if name == "mfenced":
        inner = [_written(one) for one in tag.children if isinstance(one, Tag)]
        return f"{tag.get('open', '(')}{', '.join(inner)}{tag.get('close', ')')}"
    return " " if name == "mspace" else text


def _side_by_side(parts: list[str]) -> str:
    """Written one after the other, with a space where two numbers meet: 2 1/3 is not 21/3."""
    text = ""
    for part in parts:
        text += f" {part}" if text[-1:].isdecimal() and part[:1].isdecimal() else part
    return text


def _part(parts: list[Tag], number: int) -> str:
    return _written(parts[number]).strip() if number < len(parts) else ""


def _grouped(text: str) -> str:
    """In brackets, unless it is one number or name."""
    return text if text.isalnum() or len(text) == 1 or _is_bracketed(text) else f"({text})"


def _is_bracketed(text: str) -> bool:
    return text[:1] == "(" and text[-1:] == ")" and "(" not in text[1:-1]


def _over(text: str) -> str:
    """What stands above the line in a formula: always a power or a limit, unless it is a dash or a degree."""
    if text in _PRIMES:
        return text
    if not any(sign.isalnum() for sign in text):
        return f"^{text}"
    return raised(text) if not text.isalpha() or text in {"n", "i"} else f"^{_grouped(text)}"


def _under(text: str) -> str:
    return lowered(text, before="x")


def _fraction(parts: list[Tag]) -> str:
    return f"{_grouped(_part(parts, 0))}/{_grouped(_part(parts, 1))}"


def _root(parts: list[Tag]) -> str:
    base, index = _part(parts, 0), _part(parts, 1)
    return f"{raised(index) if index.isdigit() else ''}√{_grouped(base)}"


def _square_root(parts: list[Tag]) -> str:
    return f"√{_grouped(''.join(map(_written, parts)).strip())}"


def _base(parts: list[Tag]) -> str:
    base = _part(parts, 0)
    return base if base.replace(" ", "").isalnum() or base in _LARGE else _grouped(base)


def _power(parts: list[Tag]) -> str:
    return _base(parts) + _over(_part(parts, 1))


def _index(parts: list[Tag]) -> str:
    return _base(parts) + _under(_part(parts, 1))


def _both(parts: list[Tag]) -> str:
    return _base(parts) + _under(_part(parts, 1)) + _over(_part(parts, 2))


def _accent(parts: list[Tag]) -> str:
    """What stands over something: an arrow or a bar is left away, a limit or a word is told."""
    mark = _part(parts, 1)
    return _base(parts) + (_over(mark) if any(sign.isalnum() for sign in mark) else "")


def _matrix(parts: list[Tag]) -> str:
    rows = [[_written(cell).strip() for cell in row.children if isinstance(cell, Tag)] for row in parts]
    return "[" + "; ".join(", ".join(row) for row in rows) + "]"


def _first(parts: list[Tag]) -> str:
    return _part(parts, 0)


_WRITERS: Final[dict[str, Callable[[list[Tag]], str]]] = {
    "mfrac": _fraction,
    "mroot": _root,
    "msqrt": _square_root,
    "msub": _index,
    "msubsup": _both,
    "msup": _power,
    "mtable": _matrix,
    "munder": _index,
    "munderover": _both,
    "mover": _accent,
    "semantics": _first,
}

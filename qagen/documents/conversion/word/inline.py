"""The text of a paragraph: runs put together, with emphasis where it does not cut a word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from qagen.documents.conversion import lowered, raised
from qagen.text import CJK

# Several blanks are there for looks, or stood on both sides of something that was left out.
_BLANKS = re.compile(r"(?<=\S) {2,}(?=\S)")
_RAISED, _LOWERED = "superscript", "subscript"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one look; ``link`` is where it leads."""

    text: str
    bold: bool = False
    italic: bool = False
    vertical: str = ""
    link: str = ""


def written(pieces: Iterable[Piece], *, plain: bool = False) -> str:
    """The Markdown of a paragraph; ``plain`` is without emphasis, as in headings and tables."""
    level = [*_on_the_line(_merged(pieces))]
    if plain:
        level = [replace(piece, bold=False, italic=False) for piece in level]
    level = [*_merged(level)]
    text = ""
    for at, piece in enumerate(level):
        after = level[at + 1].text if at + 1 < len(level) else ""
        text += _marked(piece, level[at - 1].text if at else "", after)
    return _BLANKS.sub(" ", text).strip()


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for look, group in groupby(pieces, lambda piece: replace(piece, text="")):
        yield replace(look, text="".join(piece.text for piece in group))


def _on_the_line(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Raised and lowered pieces as signs of their own, in the look of what they stand at."""
    before = ""
    look = Piece("")
    for piece in pieces:
        if piece.vertical == _RAISED and piece.text.strip():
            text = piece.text.replace(piece.text.strip(), raised(piece.text.strip(), before=before))
        elif piece.vertical == _LOWERED and piece.text.strip():
            text = piece.text.replace(piece.text.strip(), lowered(piece.text.strip(), before=before))
        else:
            text, look = piece.text, piece
        before = (before + text)[-80:]
        yield replace(look, text=text, vertical="")


def _marked(piece: Piece, before: str, after: str) -> str:
    """A piece with its marks; blanks stay outside of them."""
    core = piece.text.strip()
    if not core:
        return piece.text
    start = piece.text.index(core)
    head, tail = piece.text[:start], piece.text[start + len(core) :]
    marks = "**" * piece.bold + "*" * piece.italic
    lone = not any(sign.isalnum() for sign in core)
    if (
        lone
        or (not head and _in_a_word(before[-1:], core[0]))
        or (not tail and _in_a_word(core[-1], after[:1]))
    ):
        marks = ""
    if marks:
        core = "\n".join(f"{marks}{line.strip()}{marks}" if line.strip() else "" for line in core.split("\n"))
    if piece.link and "\n" not in core:
        core = f"[{core}]({piece.link})"
    return head + core + tail


def _in_a_word(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not CJK.match(left) and not CJK.match(right)

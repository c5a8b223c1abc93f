"""The letters of a page with their places, as if all ran from left to right and from the top down."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from qagen.text import CJK

LOST = "\ufffd"
# Bullets of the fonts Symbol and Wingdings, which have no Unicode of their own.
_PRIVATE = dict.fromkeys((61623, 61607, 61656, 61692, 61558, 61608, 61550, 61553, 61485), "•")
_LIGATURES = dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True))
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_BOLD = re.compile(rb"bold|black|heavy|semib|cmbx|-bd|medi(?!um)", re.IGNORECASE)
_HYPHEN = 2  # PDFium's sign for a hyphen at the end of a line
_SPACES = frozenset({0x09, 0x0A, 0x0D, 0xA0})
_NO_WIDTH = frozenset({0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0xFEFF, 0x2060})
# Where TeX's encodings OT1 and T1 have them. Its bitmap fonts tell no more of a letter than its code.
_TEX_LIGATURES = {
    **dict(zip((0x0B, 0x0C, 0x0E, 0x0F), ("ff", "fi", "ffi", "ffl"), strict=True)),
    **dict(zip((0x1B, 0x1C, 0x1D, 0x1E, 0x1F), ("ff", "fi", "fl", "ffi", "ffl"), strict=True)),
}


class Glyph(NamedTuple):
    """One letter (or the letters of one ligature): ``order`` is its place in the file, ``base`` its foot."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    base: float
    size: float
    bold: bool
    order: int


class Rule(NamedTuple):
    """A straight line on the page, or a side of a box: level if ``top == bottom``, else upright."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Frame:
    """Turns places of the page so that text which runs at an angle, or downwards, runs from left to right."""

    angle: int
    downwards: bool = False

    def box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of a box as the reader of this text sees it."""
        angle = 270 if self.downwards else self.angle
        if angle == 0:
            return left, -top, right, -bottom
        if angle == 90:
            return bottom, left, top, right
        if angle == 180:
            return -right, bottom, -left, top
        return -top, -right, -bottom, -left

    def base(self, x: float, y: float) -> float:
        """How far down the line stands."""
        angle = 270 if self.downwards else self.angle
        return {0: -y, 90: x, 180: y, 270: -x}[angle]


class _Style(NamedTuple):
    """Where a text object begins, and how its letters look."""

    x: float
    y: float
    size: float
    angle: int
    bold: bool


class _Raw(NamedTuple):
    """A letter as PDFium tells of it, in the coordinates of the file."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    style: _Style
    order: int


@dataclass(slots=True)
class Letters:
    """The letters of a page in the order of the file, and how many of them the file does not tell."""

    raw: list[_Raw] = field(default_factory=list)
    lost: int = 0

    def give_up(self, places: Sequence[int]) -> None:
        """Take letters as lost that were only guessed."""
        for place in places:
            if place < len(self.raw) and self.raw[place].text != LOST:
                self.raw[place] = self.raw[place]._replace(text=LOST)
                self.lost += 1

    def part(self) -> None:
        """Put a text that the file gives in place of letters after the one before it.

        PDFium has no place for some of them, and gives that of a letter which stands elsewhere.
        """
        seen: dict[tuple[float, ...], str] = {}
        for at, one in enumerate(self.raw):
            place = one[1:5]
            if len(one.text) > 2 and seen.get(place, one.text) != one.text:
                left = self.raw[at - 1].right
                self.raw[at] = one._replace(left=left, right=left + one.style.size * len(one.text) / 2)
            seen.setdefault(place, one.text)

    def frames(self) -> list[tuple[Frame, list[Glyph]]]:
        """The letters by the way they run, the way of most of them first."""
        ways: dict[int, list[_Raw]] = {}
        for one in self.raw:
            ways.setdefault(one.style.angle, []).append(one)
        found = [one for angle, letters in ways.items() for one in _framed(angle, letters)]
        return sorted(found, key=lambda one: -sum(not glyph.text.isspace() for glyph in one[1]))


def _framed(angle: int, letters: list[_Raw]) -> Iterator[tuple[Frame, list[Glyph]]]:
    if angle == 0 and _run_downwards(letters):
        down, across = _parted(letters)
        yield Frame(0, downwards=True), _placed(Frame(0, downwards=True), down)
        if across:
            yield Frame(0), _placed(Frame(0), across)
    else:
        yield Frame(angle), _placed(Frame(angle), letters)


def _parted(letters: list[_Raw]) -> tuple[list[_Raw], list[_Raw]]:
    """What runs downwards and what runs across; a short number in a line downwards is one sign."""
    down: list[_Raw] = []
    across: list[_Raw] = []
    for run in _steady(letters):
        first, last = run[0], run[-1]
        if len(run) < 2 or abs(last.left - first.left) <= abs(last.top - first.top):
            down += run
        elif (
            len(run) <= 4
            and down
            and abs(_middle(down[-1]) - (first.left + last.right) / 2) < first.style.size
        ):
            text = "".join(one.text for one in run)
            down.append(first._replace(text=text, right=last.right))
        else:
            across += run
    return down, across


def _steady(letters: list[_Raw]) -> Iterator[list[_Raw]]:
    """Runs of letters that follow one another in one way."""
    run: list[_Raw] = []
    way = ""
    for letter in letters:
        step = _way(run[-1], letter) if run else ""
        if run and (not step or (way and step != way)):
            yield run
            run, step = [], ""
        run.append(letter)
        way = step
    if run:
        yield run


def _way(before: _Raw, after: _Raw) -> str:
    """Whether a letter follows another downwards or across; nothing if it stands elsewhere."""
    across = abs((after.left + after.right) - (before.left + before.right)) / 2
    down = abs(before.top + before.bottom - after.top - after.bottom) / 2
    size = max(before.style.size, 1.0)
    if across < size * 0.3 and down < size * 1.4:
        return "down"
    return "across" if down < size * 0.3 and across < size * 1.4 else ""


def _middle(one: _Raw) -> float:
    return (one.left + one.right) / 2


def _placed(frame: Frame, letters: list[_Raw]) -> list[Glyph]:
    if frame.angle == 0 and not frame.downwards:
        return [
            Glyph(text, left, right, -top, -bottom, -style.y, style.size, style.bold, order)
            for text, left, bottom, right, top, style, order in letters
        ]
    glyphs = []
    for one in letters:
        left, top, right, bottom = frame.box(one.left, one.bottom, one.right, one.top)
        style = one.style
        base = (top + bottom) / 2 if frame.downwards else frame.base(style.x, style.y)
        glyphs.append(Glyph(one.text, left, right, top, bottom, base, style.size, style.bold, one.order))
    return glyphs


def _run_downwards(letters: list[_Raw]) -> bool:
    """Whether Japanese or Chinese runs from the top down: each letter stands below the last."""
    moves = Counter(
        _way(before, after)
        for before, after in pairwise(letters)
        if CJK.match(before.text) and CJK.match(after.text)
    )
    return moves["down"] > max(3, moves["across"])


class LetterReader:
    """Reads the letters of one page through PDFium."""

    def __init__(self, textpage: Any) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = textpage
        self._styles: dict[int | None, _Style] = {}
        self._guessed: list[str] = []

    def read(self) -> Letters:
        """All letters but those that PDFium adds of its own: spaces and line ends where it sees some."""
        pdfium, page = self._pdfium, self._page
        letters = Letters()
        box = pdfium.FS_RECTF()
        object_of = _addresses(pdfium, page)
        previous: tuple[float, ...] = ()
        unsure: list[int] = []
        for index in range(pdfium.FPDFText_CountChars(page)):
            guesses = len(self._guessed)
            text = self._text(index)
            if len(self._guessed) > guesses:
                unsure.append(len(letters.raw))
            if not text or not pdfium.FPDFText_GetLooseCharBox(page, index, box):
                continue
            if text in " -" and pdfium.FPDFText_IsGenerated(page, index) == 1:
                continue
            place = (box.left, box.bottom, box.right, box.top)
            if text == LOST:
                letters.lost += 1
            if place == previous and letters.raw and text != " ":
                # The letters of one ligature, or of a text that the file gives in place of its letters.
                letters.raw[-1] = _with(letters.raw[-1], text)
                continue
            previous = place
            key = object_of(index)
            style = self._styles.get(key) or self._style(key, index)
            letters.raw.append(_Raw(text, *place, style, index))
        if unsure and not _is_language(self._guessed):
            letters.give_up(unsure)
        letters.part()
        return letters

    def _text(self, index: int) -> str:
        """The letter, U+FFFD where the file does not tell which, nothing for what has no width."""
        pdfium = self._pdfium
        code = pdfium.FPDFText_GetUnicode(self._page, index)
        if 0xD800 <= code < 0xE000:
            code = self._pair(code, index)
        text = chr(code) if code <= 0x10FFFF else LOST
        if text == " ":
            return text
        if (text.isalnum() or code < 0x20) and pdfium.FPDFText_HasUnicodeMapError(self._page, index) == 1:
            self._guessed.append(text)
            return _TEX_LIGATURES.get(code, text if text.isascii() and text.isprintable() else LOST)
        if text.isalnum() and code < 0xE000:
            return text
        if code == _HYPHEN and pdfium.FPDFText_IsHyphen(self._page, index) == 1:
            return "-"
        return _spelled(text, code)

    def _pair(self, code: int, index: int) -> int:
        """A letter beyond 16 bits, of which PDFium tells the halves: nothing for its second half."""
        if code >= 0xDC00:
            before = self._pdfium.FPDFText_GetUnicode(self._page, index - 1) if index else 0
            return 0x200B if 0xD800 <= before < 0xDC00 else 0xFFFD
        after = self._pdfium.FPDFText_GetUnicode(self._page, index + 1)
        return 0x10000 + ((code - 0xD800) << 10) + after - 0xDC00 if 0xDC00 <= after < 0xE000 else 0xFFFD

    def _style(self, key: int | None, index: int) -> _Style:
        """What is the same for all letters of one text object, asked once."""
        pdfium = self._pdfium
        matrix = pdfium.FS_MATRIX()
        size = pdfium.FPDFText_GetFontSize(self._page, index)
        style = _Style(0.0, 0.0, size, 0, bold=False)
        if pdfium.FPDFText_GetMatrix(self._page, index, matrix):
            scale = (matrix.c**2 + matrix.d**2) ** 0.5 or 1.0
            style = _Style(matrix.e, matrix.f, size * scale, _angle(matrix), bold=self._is_bold(index))
        self._styles[key] = style
        return style

    def _is_bold(self, index: int) -> bool:
        pdfium = self._pdfium
        name = ctypes.create_string_buffer(80)
        pdfium.FPDFText_GetFontInfo(self._page, index, name, 80, ctypes.c_int())
        heavy = pdfium.FPDFText_GetFontWeight(self._page, index) >= 600
        return heavy or _BOLD.search(name.value) is not None


def _addresses(pdfium: Any, page: Any) -> Callable[[int], int | None]:
    """Asks for the text object of a letter, as a number: a pointer would cost more than all the rest."""
    address = ctypes.cast(pdfium.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
    ask = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(address)
    pointer = ctypes.cast(page, ctypes.c_void_p)
    return lambda index: ask(pointer, index)


def _with(before: _Raw, text: str) -> _Raw:
    """A letter with one more in the same place. PDFium tells Arabic in the order of sight."""
    if _RIGHT_TO_LEFT.match(text):
        return before._replace(text=text + before.text)
    return before._replace(text=before.text + text)


def _spelled(text: str, code: int) -> str:
    """A sign that is no letter or digit: one kind of space, ligatures as letters."""
    if code in _SPACES:
        return " "
    if code in _NO_WIDTH:
        return ""
    if 0xE000 <= code <= 0xF8FF:
        return _PRIVATE.get(code, LOST)
    if code < 0x20 or 0x7F <= code < 0xA0 or code & 0xFFFE == 0xFFFE:
        return LOST
    return "\u3000" if code == 0x3000 else " " if text.isspace() else _LIGATURES.get(text, text)


def _is_language(letters: Sequence[str]) -> bool:
    """Whether letters guessed from their codes look like words: small ones mostly, with vowels; a few may."""
    if len(letters) < 12:
        return True
    small = [letter for letter in letters if "a" <= letter <= "z"]
    vowels = sum(letter in "aeiou" for letter in small)
    return len(small) >= 0.6 * len(letters) and vowels >= 0.22 * len(small)


def _angle(matrix: Any) -> int:
    """The way letters run, to the nearest right angle."""
    across, up = matrix.a, matrix.b
    if abs(across) >= abs(up):
        return 0 if across >= 0 else 180
    return 90 if up > 0 else 270

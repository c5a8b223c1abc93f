"""From letters to words and lines: what stands on one height without a wide gap belongs together."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from qagen.documents.conversion.pdf.glyphs import Glyph
from qagen.text import CJK

# In parts of the letter size. A gap between words is a quarter of it in most fonts, and at least a sixth.
_WORD_GAP = 0.16
_WORD_GAP_BESIDE_SPACES = 0.2
_WORD_GAP_OF_EVEN_LETTERS = 0.11  # where the other gaps are none, a narrow line has such spaces
_CJK_GAP = 0.75
_COLUMN_GAP = 0.9
_SPACED_COLUMN_GAP = 1.3
_RAISED = dict(zip("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ", strict=True))
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LEFT_TO_RIGHT = re.compile(r"[^\W_]")
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of a line: its words, and the box around them. ``order`` is the place of its first letter."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    base: float
    size: float
    bold: bool
    order: int
    last: int

    @property
    def width(self) -> float:
        """From the first letter to the last."""
        return self.right - self.left

    @property
    def middle(self) -> float:
        """Half way down."""
        return (self.top + self.bottom) / 2

    def beside(self, other: Line) -> bool:
        """Whether both stand on one height."""
        return abs(self.base - other.base) <= 0.25 * max(self.size, other.size)

    def overlap(self, other: Line) -> float:
        """How far both stand above one another, as a share of the narrower one."""
        shared = min(self.right, other.right) - max(self.left, other.left)
        return shared / max(min(self.width, other.width), 0.1)


@dataclass(slots=True)
class _Row:
    """Letters on one height, in the order of the file."""

    base: float
    size: float
    glyphs: list[Glyph]

    def takes(self, glyph: Glyph) -> bool:
        return abs(glyph.base - self.base) <= 0.22 * max(min(self.size, glyph.size), 1.0)


def lines_of(glyphs: Sequence[Glyph]) -> list[Line]:
    """The pieces of lines on a page or in a cell, from the top down."""
    rows = _with_raised(_rows(_once(glyphs)))
    lines = [line for row in rows for line in _pieces(row)]
    return sorted(lines, key=lambda line: (line.base, line.left))


def _once(glyphs: Sequence[Glyph]) -> Iterator[Glyph]:
    """Without what is printed twice with a small shift, as some programs make bold letters."""
    seen: dict[tuple[str, int, int], Glyph] = {}
    for glyph in glyphs:
        text = glyph.text
        if text != " ":
            across, down = round(glyph.left / 2), round(glyph.base / 4)
            near = seen.get((text, across, down)) or seen.get((text, across - 1, down))
            if near is not None and _is_same_place(glyph, near):
                continue
            seen[text, across, down] = glyph
        yield glyph


def _is_same_place(one: Glyph, other: Glyph) -> bool:
    near = 0.12 * one.size
    return abs(one.left - other.left) < near and abs(one.base - other.base) < near


def _rows(glyphs: Iterable[Glyph]) -> list[_Row]:
    """The letters by their height; larger ones first, so that a raised digit finds its line later."""
    rows: list[_Row] = []
    bases: list[float] = []
    last: _Row | None = None
    for glyph in glyphs:
        if last is not None and last.takes(glyph):
            last.glyphs.append(glyph)
            continue
        near = range(bisect_left(bases, glyph.base - 0.22 * glyph.size), len(bases))
        found = next((rows[at] for at in near if bases[at] <= glyph.base + 0.22 * glyph.size), None)
        if found is None or not found.takes(glyph):
            at = bisect_right(bases, glyph.base)
            found = _Row(glyph.base, glyph.size, [])
            bases.insert(at, glyph.base)
            rows.insert(at, found)
        found.glyphs.append(glyph)
        last = found
    return rows


def _with_raised(rows: list[_Row]) -> list[_Row]:
    """Small letters that stand close after a larger one, above or below its line, join that line."""
    for row in rows:
        row.size = _usual_size(row.glyphs)
    kept = []
    for at, row in enumerate(rows):
        rest: list[Glyph] = []
        near = [
            one for one in rows[max(0, at - 4) : at + 5] if one.size >= 0.95 * row.size and one is not row
        ]
        for run in _runs(row.glyphs):
            home = next((one for one in near if _is_attached(run, one)), None)
            if home is None:
                rest += run
            else:
                home.glyphs += run
        if rest:
            row.glyphs[:] = rest
            kept.append(row)
    return kept


def _usual_size(glyphs: Sequence[Glyph]) -> float:
    return median(sorted(glyph.size for glyph in glyphs))


def _runs(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """The letters from left to right, cut at gaps."""
    run: list[Glyph] = []
    for glyph in sorted(glyphs, key=lambda one: one.left):
        if run and glyph.left - run[-1].right > 0.3 * glyph.size:
            yield run
            run = []
        run.append(glyph)
    if run:
        yield run


def _is_attached(run: Sequence[Glyph], row: _Row) -> bool:
    """Whether a few small letters belong to a row: they overlap its height, and stand close to one of it."""
    shift = abs(run[0].base - row.base)
    if run[0].size > 0.85 * row.size:
        return len(run) <= 2 and shift <= 0.35 * row.size and _is_within(run, row)
    if len(run) > 8 or shift > 0.62 * row.size:
        return False
    first, last, near = run[0], run[-1], 0.3 * row.size
    return any(
        -near <= first.left - glyph.right <= near
        or (first.base < row.base and -near <= glyph.left - last.right <= near)
        for glyph in row.glyphs
        if glyph.text != " " and glyph.size > first.size
    )


def _is_within(run: Sequence[Glyph], row: _Row) -> bool:
    """Whether letters of a row touch a run on both sides, as in the names of TeX."""
    near = 0.3 * row.size
    solid = [glyph for glyph in row.glyphs if glyph.text != " "]
    return any(abs(run[0].left - one.right) <= near for one in solid) and any(
        abs(one.left - run[-1].right) <= near for one in solid
    )


def _pieces(row: _Row) -> Iterator[Line]:
    """The lines of a row: cut where a gap is too wide for a space."""
    glyphs = sorted(row.glyphs, key=lambda glyph: (glyph.left, glyph.order))
    piece: list[Glyph] = []
    end, spaced = 0.0, False
    for glyph in glyphs:
        if glyph.text == " ":
            spaced = True
            continue
        size = max(glyph.size, 1.0)
        limit = (_SPACED_COLUMN_GAP if spaced else _COLUMN_GAP) * max(size, row.size * 0.8)
        if piece and glyph.left - end > limit:
            yield _line(piece)
            piece = []
        elif piece and spaced:
            piece.append(glyph._replace(text=" ", left=end, right=glyph.left))
        piece.append(glyph)
        end, spaced = max(end, glyph.right) if len(piece) > 1 else glyph.right, False
    if piece:
        yield _line(piece)


def _line(glyphs: Sequence[Glyph]) -> Line:
    solid = [glyph for glyph in glyphs if glyph.text != " "]
    size = _usual_size(solid)
    base = median(sorted(glyph.base for glyph in solid if glyph.size >= 0.85 * size))
    body = [glyph for glyph in solid if glyph.size >= 0.85 * size] or solid
    return Line(
        text=_text(glyphs, base, size),
        left=solid[0].left,
        right=max(glyph.right for glyph in solid),
        top=min(glyph.top for glyph in body),
        bottom=max(glyph.bottom for glyph in body),
        base=base,
        size=size,
        bold=2 * sum(glyph.bold for glyph in solid) > len(solid),
        order=min(glyph.order for glyph in solid),
        last=max(glyph.order for glyph in solid),
    )


def _text(glyphs: Sequence[Glyph], base: float, size: float) -> str:
    """The words of a piece, raised digits as such, what is written from the right turned around."""
    limit = _word_limit(glyphs, size)
    parts: list[str] = []
    previous: Glyph | None = None
    space = False
    for glyph in _unspaced(glyphs, limit):
        if glyph.text in {" ", "\u3000"}:
            space = True
            continue
        if previous is not None and (space or _is_gap(previous, glyph, limit)):
            parts.append(" ")
        raised = glyph.size <= 0.85 * size and base - glyph.base >= 0.15 * size
        parts.append(_RAISED.get(glyph.text, glyph.text) if raised else glyph.text)
        previous, space = glyph, False
    text = "".join(parts)
    if _RIGHT_TO_LEFT.search(text):
        text = "".join(_turned(parts))
    return unicodedata.normalize("NFC", text)


def _is_gap(before: Glyph, after: Glyph, limit: float) -> bool:
    gap = after.left - before.right
    if gap <= 0.1 * after.size:
        return False
    size = max(before.size, after.size)
    if CJK.match(before.text) or CJK.match(after.text):
        return gap > _CJK_GAP * size
    return gap > limit * min(size, 1.5 * after.size)


def _word_limit(glyphs: Sequence[Glyph], size: float) -> float:
    """From which gap on a new word begins, in parts of the letter size: more where letters are spaced out."""
    gaps = [
        (after.left - before.right) / max(size, 1.0)
        for before, after in pairwise(glyphs)
        if before.text != " " and after.text != " "
    ]
    spaces = sum(glyph.text == " " for glyph in glyphs)
    limit = _WORD_GAP_BESIDE_SPACES if spaces * 14 > len(glyphs) else _WORD_GAP
    if len(gaps) >= 5 and sum(abs(gap) <= 0.04 for gap in gaps) >= 0.65 * len(gaps):
        return _WORD_GAP_OF_EVEN_LETTERS
    usual = median(gaps) if len(gaps) >= 5 else 0.0
    return limit + usual if usual > 0.06 else limit


def _unspaced(glyphs: Sequence[Glyph], limit: float) -> Sequence[Glyph]:
    """Without the spaces of a line that has one after each letter: wider gaps part its words then."""
    solid = [glyph for glyph in glyphs if glyph.text != " "]
    if len(solid) < 5 or len(glyphs) - len(solid) < 0.7 * (len(solid) - 1):
        return glyphs
    if any(CJK.match(glyph.text) or len(glyph.text) > 1 or not glyph.text.isalpha() for glyph in solid):
        return glyphs
    gaps = [after.left - before.right for before, after in pairwise(solid)]
    wide = median(gaps) * 1.6 + 0.1 * solid[0].size
    kept: list[Glyph] = [solid[0]]
    for glyph, gap in zip(solid[1:], gaps, strict=True):
        if gap > wide:
            kept.append(glyph._replace(text=" ", left=kept[-1].right, right=glyph.left))
        kept.append(glyph._replace(left=kept[-1].right))
    return kept if limit else glyphs


def _turned(parts: Sequence[str]) -> list[str]:
    """What is read from the right in the order of reading; numbers and Latin words in it keep theirs."""
    text = list(parts)
    strong = [_direction(part) for part in text]
    if strong.count("right") < strong.count("left"):
        return _turned_inside(text, strong)
    turned = text[::-1]
    directions = strong[::-1]
    found: list[str] = []
    at = 0
    while at < len(turned):
        end = at
        if directions[at] == "left":
            end = _end_of_left(directions, turned, at)
            found += turned[at:end][::-1]
        else:
            found.append(turned[at].translate(_MIRRORED) if len(turned[at]) == 1 else turned[at])
            end = at + 1
        at = end
    return found


def _end_of_left(directions: Sequence[str], parts: Sequence[str], start: int) -> int:
    """Where a stretch of Latin words or numbers ends: with its last letter before the next Arabic one."""
    end = start + 1
    for at in range(start + 1, len(parts)):
        if directions[at] == "right":
            break
        if directions[at] == "left":
            end = at + 1
    return end


def _turned_inside(parts: list[str], strong: Sequence[str]) -> list[str]:
    """A line from left to right with stretches from the right in it."""
    at = 0
    while at < len(parts):
        if strong[at] == "right":
            end = at + 1
            for further in range(at + 1, len(parts)):
                if strong[further] == "left":
                    break
                if strong[further] == "right":
                    end = further + 1
            parts[at:end] = parts[at:end][::-1]
            at = end
        else:
            at += 1
    return parts


def _direction(part: str) -> str:
    if _RIGHT_TO_LEFT.search(part):
        return "right"
    return "left" if _LEFT_TO_RIGHT.match(part) else ""


def joined(lines: Sequence[Line]) -> Line:
    """Pieces of one line as one, with a space between."""
    first = lines[0]
    return replace(
        first,
        text=" ".join(line.text for line in lines),
        right=max(line.right for line in lines),
        top=min(line.top for line in lines),
        bottom=max(line.bottom for line in lines),
        order=min(line.order for line in lines),
        last=max(line.last for line in lines),
        bold=all(line.bold for line in lines),
        size=max(line.size for line in lines),
    )

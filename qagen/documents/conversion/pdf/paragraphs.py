"""From lines to paragraphs: words cut at a line end are whole, sentences go on over columns and pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from qagen.documents.conversion.pdf.lines import Line

_WIDE = r"\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
_CJK_END = re.compile(rf"[{_WIDE}]\Z")
_LEADERS = re.compile(r"\s*(?:\.[^\S\n]?){5,}\s*")  # between a title and its page in a table of contents
_CJK_START = re.compile(rf"[{_WIDE}]")
_HYPHENS = ("-", "‐", "\u00ad")
_CUT_WORD = re.compile(r"([^\W\d_]+)[-‐\u00ad]\Z")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_AND = re.compile(r"(?:und|oder|bzw|sowie|and|or|et|ou|to|bis|och|en|of|y|o|e)\b", re.IGNORECASE)
_BULLET = re.compile(r"[•●▪■◦○‣∙✓➢►](?:\s*)(?=\S|\Z)|[–—·*-](?:\s+|\Z)(?=\S|\Z)")
_ITEM = re.compile(
    r"(?:[•●▪■◦○‣∙·✓➢►]\s*\S|[–—*-]\s+\S|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)]\s+\S|\[\d{1,3}\]\s|[①-⑳])"
)
_CHAPTER = re.compile(r"\d{1,2}[.)]\s+\S")  # large or bold by itself it is a title: 2. Fees
_END = re.compile(r"""[.!?:;。！？：；…؟।][)\]"'’”»」』）⁰¹²³⁴⁵⁶⁷⁸⁹]*\Z""")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A piece of the text in Markdown; ``open_end`` if its last line is full: it may go on elsewhere."""

    text: str
    size: float
    bold: bool
    lines: int
    page: int
    open_end: bool
    kind: str = "text"
    indented: bool = False

    def goes_on(self, after: Paragraph) -> bool:
        """Whether the text after a column or page end is the rest of this one."""
        if self.kind != "text" or after.kind != "text":
            return False
        if not self.open_end and (not after.text[:1].islower() or _END.search(self.text)):
            return False
        if abs(self.size - after.size) > 0.05 * self.size or self.bold != after.bold:
            return False
        small = after.text[:1].islower()
        if _ITEM.match(after.text) or after.indented or (self.bold and self.lines < 3):
            return small and not _ITEM.match(after.text)
        return small or not _END.search(self.text)


@dataclass(slots=True)
class Words:
    """How often each word of a document stands in it whole: what a word cut at a line end is read by."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, lines: Iterable[Line]) -> None:
        """Count the words of lines, but those cut at their ends."""
        for line in lines:
            self.counts.update(word.lower() for word in _WORD.findall(_CUT_WORD.sub("", line.text)))

    def join(self, before: str, after: str) -> str:
        """Two lines as one text."""
        if not before or not after:
            return before + after
        if _CJK_END.search(before) and _CJK_START.match(after):
            return before + after
        cut, start = _CUT_WORD.search(before), _FIRST_WORD.match(after)
        if cut is None or start is None:
            ends_in_range = before.endswith(_HYPHENS) and before[-2:-1].isalnum() and after[0].isalnum()
            return before + after if ends_in_range else f"{before} {after}"
        if _AND.match(after) and self.counts[(cut[1] + start[0]).lower()] == 0:
            return f"{before} {after}"
        return (before if self._has_hyphen(cut[1], start[0]) else before[:-1]) + after

    def _has_hyphen(self, first: str, rest: str) -> bool:
        """Whether a word cut at its hyphen has it elsewhere too: well-known, not har-bour."""
        if not rest[0].islower() and not (first + rest).isupper():
            return True
        with_hyphen, without = f"{first}-{rest}".lower(), f"{first}{rest}".lower()
        return self.counts[with_hyphen] > self.counts[without]


def paragraphs(lines: Sequence[Line], words: Words, page: int) -> Iterator[Paragraph]:
    """The paragraphs of a column, from the top down."""
    if not lines:
        return
    left = min(line.left for line in lines)
    column = _Measure(left, max(line.right for line in lines), _distance(lines))
    group: list[Line] = []
    for line in lines:
        if group and column.breaks(group, line):
            yield _paragraph(group, column, words, page)
            group = []
        group.append(line)
    yield _paragraph(group, column, words, page)


def _distance(lines: Sequence[Line]) -> float:
    """How far lines of one paragraph stand from one another."""
    steps = [
        (after.base - before.base) / max(after.size, 1.0)
        for before, after in pairwise(lines)
        if 0.7 < (after.base - before.base) / max(after.size, 1.0) < 2.6
    ]
    if not steps:
        return 1.3
    steps.sort()
    return min(median(steps), 1.25 * steps[len(steps) // 4])


@dataclass(frozen=True, slots=True)
class _Measure:
    """Where a column begins and ends, and how far apart its lines are, in parts of their size."""

    left: float
    right: float
    distance: float

    def breaks(self, group: Sequence[Line], line: Line) -> bool:
        """Whether a new paragraph begins with a line."""
        before = group[-1]
        size = max(before.size, line.size)
        step = line.base - before.base
        if step < -0.3 * size or step > (self.distance + 0.35) * size:
            return True
        if abs(before.size - line.size) > 0.12 * size or _ITEM.match(line.text):
            return True
        ended = before.bold or self.is_short(before, line) or _END.search(before.text)
        if before.bold != line.bold and ended:
            return True
        indented = line.left - before.left > 0.8 * size
        if indented and not _ITEM.match(group[0].text) and _is_left_of_all(group, line):
            return _END.search(before.text) is not None or not self.is_short(before, line)
        return self.is_short(before, line) and _END.search(before.text) is not None

    def is_short(self, line: Line, after: Line) -> bool:
        """Whether the first word of the next line would have had room at the end of a line."""
        if _LEADERS.search(line.text):
            return True
        word = re.split(r"\s", after.text, maxsplit=1)[0]
        per_letter = after.width / max(len(after.text), 1)
        room = self.right - line.right
        if _CJK_START.match(after.text):
            return room > 2.2 * line.size
        return room > (len(word) + 1.5) * per_letter and room > 0.04 * (self.right - self.left)


def _is_left_of_all(group: Sequence[Line], line: Line) -> bool:
    return all(line.left - one.left > 0.5 * line.size for one in group[-2:])


def _paragraph(group: Sequence[Line], column: _Measure, words: Words, page: int) -> Paragraph:
    text = group[0].text
    for before, line in pairwise(group):
        if column.is_short(before, line) and not before.text.endswith(_HYPHENS):
            text += "\n" + line.text
        else:
            text = words.join(text, line.text)
    last = group[-1]
    wide = max(column.right - column.left, 1.0)
    text = _LEADERS.sub(" … ", text)
    return Paragraph(
        text=_BULLET.sub("- ", text, count=1) if _BULLET.match(text) else text,
        size=median(sorted(line.size for line in group)),
        bold=all(line.bold for line in group),
        lines=len(group),
        page=page,
        open_end=column.right - last.right < max(0.12 * wide, 2.5 * last.size) and wide > 8 * last.size,
        indented=len(group) > 1 and group[0].left - group[1].left > 0.8 * last.size,
    )


def flowing(found: Sequence[Paragraph], words: Words) -> list[Paragraph]:
    """The paragraphs with those joined that a column or page end cut; notes at the foot come after."""
    usual = usual_size(found)
    kept: list[Paragraph] = []
    for one in found:
        at = _last_of_text(kept, usual)
        if at is not None and _is_rest(kept, at, one):
            old = kept[at]
            kept[at] = replace(one, text=words.join(old.text, one.text), lines=old.lines + one.lines)
        else:
            kept.append(one)
    return kept


def _is_rest(kept: Sequence[Paragraph], at: int, one: Paragraph) -> bool:
    """Whether a paragraph goes on one before it; over a table only if it begins in a sentence."""
    if not kept[at].goes_on(one) or not 0 <= one.page - kept[at].page <= 1:
        return False
    return one.text[:1].islower() or all(other.kind != "table" for other in kept[at + 1 :])


def _last_of_text(kept: Sequence[Paragraph], usual: float) -> int | None:
    """The last paragraph that is no note at the foot of a page, and no table."""
    for at in range(len(kept) - 1, max(len(kept) - 7, -1), -1):
        one = kept[at]
        if one.kind == "text" and (one.size > 0.93 * usual or one.size >= 0.99 * kept[-1].size):
            return at
    return None


def usual_size(found: Iterable[Paragraph]) -> float:
    """The size of most letters."""
    sizes: Counter[float] = Counter()
    for one in found:
        sizes[round(one.size * 2) / 2] += len(one.text)
    return sizes.most_common(1)[0][0] if sizes else 1.0


def with_headings(found: Sequence[Paragraph]) -> list[Paragraph]:
    """Short paragraphs in larger letters, or in bold ones by themselves, as headings."""
    usual = usual_size(found)
    large = sorted({_rounded(one.size) for one in found if _is_large(one, usual)}, reverse=True)
    levels = {size: min(at + 1, 3) for at, size in enumerate(large)}
    marked = []
    for one in found:
        level = levels.get(_rounded(one.size)) if _is_large(one, usual) else None
        if level is None and _is_bold_title(one, usual):
            level = min(len(large) + 1, 4)
        if level is None or one.kind != "text":
            marked.append(one)
        else:
            marked.append(replace(one, text=f"{'#' * level} {' '.join(one.text.split())}", kind="heading"))
    return marked


def _rounded(size: float) -> float:
    return round(size)


def _is_large(one: Paragraph, usual: float) -> bool:
    return one.size >= 1.15 * usual and _is_title(one)


def _is_bold_title(one: Paragraph, usual: float) -> bool:
    return (
        one.bold and one.size >= 0.95 * usual and one.lines <= 2 and len(one.text) <= 100 and _is_title(one)
    )


def _is_title(one: Paragraph) -> bool:
    words = _WORD.findall(one.text)
    return (
        one.kind == "text"
        and one.lines <= 4
        and 0 < len(one.text) <= 200
        and bool(words)
        and (_CHAPTER.match(one.text) is not None or not _ITEM.match(one.text))
        and not re.search(r"[.,;。、:：]\Z|… ?\S{1,6}\Z", one.text)
    )

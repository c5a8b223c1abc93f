"""The sentences of a text: what coverage counts, and what a quote is part of."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import chain, pairwise

from qagen.documents.structure import LINE, PARAGRAPH, SENTENCE, headings
from qagen.records import Sentence

_ITEM = re.compile(r"(?:[>\s]|[-*+•・‣◦](?=\s)|(?:\d{1,3}[.)．]|[*_]{1,3})(?=\s))+")
_HAS_WORD = re.compile(r"[^\W_]")
_ROW = re.compile(r"^[ \t]{0,8}\|[^\n]*\n?", re.MULTILINE)
_RULE_ROW = re.compile(r"[ \t]{0,8}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*\n?")
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*\n?", re.MULTILINE)
_BLANK = re.compile(r"\n[^\S\n]*\n")
_LONGEST_TITLE = 60
_MOST_TITLE_WORDS = 10
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_CJK_PREDICATE = re.compile(r"[ぁ-ん]\Z")
_SENTENCE_MARK = re.compile(r"[.!?:;,。！？：；、」』）】”)\]|…]\Z")


def sentences(text: str, *, source: str, start: int = 0) -> list[Sentence]:
    """The sentences, list items and table rows of a text, in order, each an exact piece of it.

    Headings, titles that stand alone on a line, the head of a table, rules, fences and lines of bare markup
    are none. An item's bullet or number is not part of it; an item of several sentences gives each of them.
    Takes time in proportion to the length of the text.

    Args:
        text: A document or a part of one.
        source: Of the document, for the records.
        start: Where the text begins in the document; added to every offset.
    """
    found: list[Sentence] = []
    for low, high in _pieces(text):
        marker = _ITEM.match(text, low, high)
        rest = text[marker.end() if marker else low : high]
        piece = rest.strip()
        if _HAS_WORD.search(piece):
            first = start + high - len(rest.lstrip())
            found.append(Sentence(source=source, start=first, end=first + len(piece), text=piece))
    return found


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between the places where a sentence may end, without those that hold none."""
    rows = [(row.start(), row.end()) for row in _ROW.finditer(text)]
    skipped = [*_skipped(text, rows)]
    whole = sorted([*rows, *skipped])
    cuts = {0, len(text), *chain.from_iterable(whole)}
    cuts.update(match.end() for match in _BLANK.finditer(text))
    for kind in (PARAGRAPH, LINE, SENTENCE):
        cuts.update(kind.places(text, 0, len(text)))
    inside = _Spans(whole)
    dropped = _Spans(sorted(skipped))
    kept = sorted(cut for cut in cuts if not inside.holds(cut))
    for low, high in pairwise(kept):
        if not dropped.covers(low) and not _is_title(text, low, high):
            yield low, high


def _skipped(text: str, rows: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Headings, fences, and of a table the head and the rule below it."""
    for heading in headings(text):
        end = text.find("\n", heading.start)
        second = text.find("\n", end + 1)
        underlined = end >= 0 and re.match(r"(?:={3,}|-{3,})[ \t]*(?:\n|\Z)", text[end + 1 : end + 202])
        hashes = text[heading.start : heading.start + 10].lstrip().startswith("#")
        last = second if underlined and not hashes else end
        yield heading.start, last + 1 if last >= 0 else len(text)
    for fence in _FENCE.finditer(text):
        yield fence.start(), fence.end()
    for place, (low, high) in enumerate(rows):
        if _RULE_ROW.fullmatch(text, low, high):
            yield low, high
            if place and rows[place - 1][1] == low:
                yield rows[place - 1]


def _is_title(text: str, low: int, high: int) -> bool:
    """Whether a piece is a title without marks, as in the text of a PDF: short, alone, followed by text."""
    piece = text[low:high].strip()
    if not piece or len(piece) > _LONGEST_TITLE or "\n" in piece or _SENTENCE_MARK.search(piece):
        return False
    alone = low == 0 or text[low - 1] == "\n"
    if not alone or _ITEM.match(piece) or not _BLANK.search(text, high - 2, high + 2):
        return False
    if _CJK.search(piece):
        return len(piece) <= _LONGEST_TITLE // 3 and not _CJK_PREDICATE.search(piece)
    telling = [word for word in piece.split() if len(word) >= _TELLING or word[0].isdigit()]
    return len(telling) <= _MOST_TITLE_WORDS and not any(word[0].islower() for word in telling)


_TELLING = 4  # letters: shorter words are small in titles too


class _Spans:
    """Asks in order of place whether spans (sorted) hold it; each question goes on where the last ended."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._starts = [low for low, _ in spans]
        self._spans = spans

    def holds(self, place: int) -> bool:
        """Whether a place is inside a span, not at its limits."""
        index = bisect_left(self._starts, place) - 1
        return index >= 0 and place < self._spans[index][1]

    def covers(self, place: int) -> bool:
        """Whether the character at a place is in a span."""
        index = bisect_right(self._starts, place) - 1
        return index >= 0 and place < self._spans[index][1]

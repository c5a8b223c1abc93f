"""Which pairs are kept: where a quote stands, and exact repeats.

Each stage takes pairs and returns what it kept and what it dropped, with the reason.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from qagen.records import Dropped, QAPair

DUPLICATE = "duplicate"

# Marks that carry no meaning of their own. "+", "#", "%", "-" and the like do: C is not C++, 5 is not -5.
_MARKS = re.compile(r"[\"'`´‘’“”„«»「」『』（）()\[\]【】〈〉《》,.;:!?…、。・·]")
_INSIDE_NUMBER = re.compile(r"(?<=\d)([.,:])(?=\d)")
_KEEP = {".": "\ue000", ",": "\ue001", ":": "\ue002"}  # private-use stand-ins while the marks are removed
_RESTORE = {ord(stand_in): mark for mark, stand_in in _KEEP.items()}


@dataclass(frozen=True, slots=True)
class Curation:
    """What was kept, and what was dropped and why. Together they are the whole input."""

    kept: tuple[QAPair, ...]
    dropped: tuple[Dropped, ...]


class Repeats:
    """Recognises pairs that were seen before; it keeps 8 bytes of a hash for each."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def is_new(self, pair: QAPair) -> bool:
        """Whether no pair with the same question and answer (after folding) came before."""
        text = f"{fold(pair.question)}\0{fold(pair.answer)}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if digest in self._seen:
            return False
        self._seen.add(digest)
        return True


def curate_pairs(pairs: Iterable[QAPair]) -> Curation:
    """Keep the first of pairs that are the same after folding (see :func:`fold`); drop the others.

    The same question with another answer is not a repeat: both are kept.
    """
    repeats = Repeats()
    kept: list[QAPair] = []
    dropped: list[Dropped] = []
    for pair in pairs:
        if repeats.is_new(pair):
            kept.append(pair)
        else:
            dropped.append(Dropped(pair=pair, reason=DUPLICATE))
    return Curation(tuple(kept), tuple(dropped))


def fold(text: str) -> str:
    """Text as it is compared: NFKC, case folded, punctuation and white space removed or made one.

    Marks inside numbers stay (3.5 is not 35), and so do signs with a meaning (``C++``, ``-5``, ``%``).
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _INSIDE_NUMBER.sub(lambda mark: _KEEP[mark[0]], plain)
    return " ".join(_MARKS.sub(" ", plain).translate(_RESTORE).split())


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
    folded, places = _folded_with_places(text)
    wanted = _folded_with_places(quote)[0].strip()
    found = folded.find(wanted) if wanted else -1
    if found < 0:
        return None
    return places[found], places[found + len(wanted) - 1] + 1


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place in the original."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        for part in unicodedata.normalize("NFKC", sign):
            plain = " " if part.isspace() else part
            if plain == " " and signs and signs[-1] == " ":
                continue
            signs.append(plain)
            places.append(place)
    return "".join(signs), places

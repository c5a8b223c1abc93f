"""Two facts in one question: the years of two sentences, while one of them gives the answer.

*How deep was the lake in 1936, when a storm destroyed the jetty in 1957?* has an answer that looks right, and
a model that learns it learns a connection that the text does not make.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from qagen.records import Passage
from qagen.text.dividing import sentences

_YEAR = re.compile(r"(?<![\d.,:])(?:1\d|20)\d\d(?!\d|[.,:]\d)")
_CLAUSE = re.compile(r"[,;:()–—、，；：؛،]|\s-\s")
_BOUND = re.compile(
    rf"\b(?:before|after|since|until|till|from|to|than|between|and|by)(?: the)?(?: year)? {_YEAR.pattern}"
)


def merged_sentences(question: str, quote: tuple[int, int], passage: Passage) -> str:
    """What a question takes from a sentence that does not give its answer, or ``""``.

    It is stopped when it has a year of the quote's sentence and one that only another sentence of the passage
    has. What stands in the title, the headings or the context may come from there; rows of a table and lines
    that end with a colon belong to others.

    Of 6,948 questions that people asked of paragraphs in 12 languages (XQuAD; 536 have a year) it stops one,
    of the 917 of ``examples/facts/``, which name every year they need, none. Other numbers and names may come
    from several sentences: with names it would stop 34 of the 579 in English, since a question names in full
    what its sentence calls *he*, and with numbers *the lake that is 512 metres above the sea and 27.4
    kilometres long*, a right pair of the demo.

    Args:
        question: The question.
        quote: Where the quote stands in the passage's text.
        passage: The passage.
    """
    own, others = _Sentences.of(passage).sides(quote)
    around = "\n".join((passage.theme, passage.context, *passage.section))
    asked, said = _years_in(question), _years_in(own)
    strange = (asked - said - _years_in(around)) & _years_in(others)
    return (
        f"{min(asked & said)} and {min(strange)} stand in two sentences" if asked & said and strange else ""
    )


def merged_clauses(question: str, answer: str, sentence: str, passage: Passage) -> str:
    """A year in a question that is not that of the answer's part of its sentence, or ``""``.

    *..., in 1936 the water stood too low, and in 1957 a storm destroyed the jetty*: no year but 1957 goes
    with the jetty. It is for the pairs of a small model, which takes such years for one. A bound
    (*before 2025*) and the year of a heading may stand in a question.

    Of the 6,948 questions of XQuAD it stops 32, a handful of facts in up to 12 languages; of the 917 of
    ``examples/facts/`` none. Of the demo's 18 pairs it stopped four of the five wrong ones, and no right one.
    """
    place = sentence.find(answer)
    if place < 0:
        return ""
    cuts = [0, *(cut.end() for cut in _CLAUSE.finditer(sentence)), len(sentence)]
    low = max(cut for cut in cuts if cut <= place)
    high = min(cut for cut in cuts if cut >= place + len(answer))
    own = _years_in(sentence[low:high])
    known = own | _years_in("\n".join((passage.theme, *passage.section)))
    strange = (_years_in(_BOUND.sub("", question)) - known) & _years_in(passage.text)
    return f"{min(strange)} is not the year of {answer!r}, {min(own)} is" if own and strange else ""


def _years_in(text: str) -> frozenset[str]:
    return frozenset(_YEAR.findall(unicodedata.normalize("NFKC", text)))


@dataclass(frozen=True, slots=True)
class _Sentences:
    """Where the sentences of a passage stand in its text."""

    text: str
    places: tuple[tuple[int, int], ...]

    @staticmethod
    @lru_cache(maxsize=64)
    def of(passage: Passage) -> _Sentences:
        found = sentences(passage.text, source=passage.source)
        return _Sentences(passage.text, tuple((one.start, one.end) for one in found))

    def sides(self, quote: tuple[int, int]) -> tuple[str, str]:
        """The sentences that a quote is of, and the others."""
        low, high = quote
        own = [one for one in self.places if one[0] < high and low < one[1]]
        others = [one for one in self.places if one not in own and not self.belongs_to_others(one)]
        said = [(low, high), *own]
        start, end = min(one[0] for one in said), max(one[1] for one in said)
        return self.text[start:end], "\n".join(self.text[first:last] for first, last in others)

    def belongs_to_others(self, place: tuple[int, int]) -> bool:
        """Whether it is a row of a table, or ends with a colon."""
        said = self.text[slice(*place)]
        return said.startswith("|") or said.endswith((":", "："))

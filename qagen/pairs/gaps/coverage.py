"""What kept pairs cover of the documents they are about: sentences, and the numbers and names in them.

A sentence is covered when the quote of a pair overlaps it by a letter or digit. A number or a name of a
sentence is covered when a pair that overlaps the sentence has it in its question or its answer: these are
what a model is trained on, the quote is not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate

from qagen.records import Coverage, Declared, DocumentCoverage, QAPair, Sentence
from qagen.text.dividing import sentences
from qagen.text.numerals import numbers
from qagen.text.proper_names import has_name, names

_LETTER = re.compile(r"[^\W_]")
# Of the pairs of a sentence each is looked at in turn. Those with a quote of more sentences than this are
# counted instead, since many of them would cost sentences times pairs; a name must then be written alike.
_LONG = 32


class SentencePlaces:
    """The sentences of a text, and which of them a place in the text touches.

    Args:
        found: Sentences of one document in their order, none overlapping another, each with a letter or
            digit.
    """

    def __init__(self, found: Iterable[Sentence]) -> None:
        self.sentences: tuple[Sentence, ...] = tuple(found)
        self._starts = [one.start for one in self.sentences]
        self._ends = [one.end for one in self.sentences]

    def touched(self, start: int, end: int) -> range:
        """The numbers of the sentences that ``start..end`` overlaps by a letter or digit."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end) - 1
        if first <= last and not self._has_letter(first, start, end):
            first += 1
        if first <= last and not self._has_letter(last, start, end):
            last -= 1
        return range(first, max(first, last + 1))

    def held(self, start: int, end: int) -> range:
        """The numbers of the sentences all of whose letters and digits stand in ``start..end``."""
        touched = self.touched(start, end)
        first, after = touched.start, touched.stop
        if first < after and self._has_letter(first, 0, start):
            first += 1
        if first < after and self._has_letter(after - 1, end, self._ends[after - 1]):
            after -= 1
        return range(first, after)

    def marked(self, ranges: Iterable[range]) -> list[bool]:
        """For each sentence whether one of the ranges has its number; linear in both."""
        change = [0] * (len(self.sentences) + 1)
        for one in ranges:
            change[one.start] += 1
            change[one.stop] -= 1
        return [depth > 0 for depth in accumulate(change[:-1])]

    def _has_letter(self, number: int, start: int, end: int) -> bool:
        one = self.sentences[number]
        return bool(_LETTER.search(one.text, max(0, start - one.start), max(0, end - one.start)))


def measure_coverage(
    texts: Mapping[str, str], pairs: Iterable[QAPair], declared: Iterable[Declared] = ()
) -> Coverage:
    """What pairs cover of documents; linear in the length of the texts and the number of pairs.

    Of the wordings of a fact only the first counts: they share quote and place. Pairs whose quote was not
    found cover nothing, nor do pairs of documents that are not among ``texts``.

    Args:
        texts: The normalised text of each document, by its source.
        pairs: The kept pairs, in any order.
        declared: Sentences that hold no fact, by a model's word. One that a pair covers all the same counts
            as covered.

    Returns:
        Counts for each document in the order of ``texts``, and the sentences that are not covered.
    """
    of_source: defaultdict[str, list[QAPair]] = defaultdict(list)
    wordings = set()
    for pair in pairs:
        fact = (pair.fact, pair.source, pair.start, pair.end)
        if fact not in wordings:
            of_source[pair.source].append(pair)
        wordings.add(fact)
    declared_of: defaultdict[str, list[Declared]] = defaultdict(list)
    for one in dict.fromkeys(declared):
        declared_of[one.source].append(one)
    measured = [
        _document_coverage(source, text, of_source.get(source, ()), declared_of.get(source, ()))
        for source, text in texts.items()
    ]
    return Coverage(
        documents=tuple(document for one in measured for document in one.documents),
        uncovered=tuple(sentence for one in measured for sentence in one.uncovered),
        declared=tuple(one for part in measured for one in part.declared),
    )


def _document_coverage(
    source: str, text: str, pairs: Iterable[QAPair], declared: Sequence[Declared]
) -> Coverage:
    """What the pairs of one document cover of it."""
    places = SentencePlaces(sentences(text, source=source))
    quoted = [
        (places.touched(pair.start, pair.end), pair)
        for pair in pairs
        if pair.start is not None and pair.end is not None
    ]
    covered = places.marked(touched for touched, _ in quoted)
    held = [places.held(one.start, one.end) for one in declared]
    empty = [no_fact and not known for no_fact, known in zip(places.marked(held), covered, strict=True)]
    counts = _detail_counts(places.sentences, quoted)
    return Coverage(
        documents=(
            DocumentCoverage(
                source=source,
                characters=len(text),
                sentences=len(covered),
                covered=sum(covered),
                declared=sum(empty),
                numbers=counts["numbers"],
                numbers_covered=counts["numbers_covered"],
                names=counts["names"],
                names_covered=counts["names_covered"],
            ),
        ),
        uncovered=tuple(
            sentence
            for sentence, known, no_fact in zip(places.sentences, covered, empty, strict=True)
            if not (known or no_fact)
        ),
        declared=tuple(
            one for one, where in zip(declared, held, strict=True) if any(map(empty.__getitem__, where))
        ),
    )


def _detail_counts(found: Sequence[Sentence], quoted: Iterable[tuple[range, QAPair]]) -> Counter[str]:
    """How many numbers and names the sentences have, and how many of them their pairs have."""
    counts: Counter[str] = Counter()
    for sentence, told in zip(found, told_about(len(found), quoted), strict=True):
        own_numbers, own_names = numbers(sentence.text), names(sentence.text)
        counts["numbers"] += len(own_numbers)
        counts["numbers_covered"] += sum(map(told.has_number, own_numbers))
        counts["names"] += len(own_names)
        counts["names_covered"] += sum(map(told.has_name, own_names))
    return counts


def told_about(number: int, quoted: Iterable[tuple[range, QAPair]]) -> Iterator[Told]:
    """For each of so many sentences what its pairs say, which is to be read before the next is taken.

    Args:
        number: Of sentences.
        quoted: Pairs, each with the numbers of the sentences it touches.
    """
    begins: defaultdict[int, list[_Said]] = defaultdict(list)
    ends: defaultdict[int, list[_Said]] = defaultdict(list)
    for touched, pair in quoted:
        if touched:
            said = _Said(pair, long=len(touched) > _LONG)
            begins[touched.start].append(said)
            ends[touched.stop].append(said)
    told = Told()
    for place in range(number):
        told.change(begins.pop(place, ()), ends.pop(place, ()))
        yield told


class _Said:
    """What a pair says, and the numbers in it once they are asked for."""

    def __init__(self, pair: QAPair, *, long: bool) -> None:
        self.text = f"{pair.question}\n\n{pair.answer}"
        self.long = long

    @cached_property
    def numbers(self) -> frozenset[str]:
        return numbers(self.text)


class Told:
    """What the questions and answers of the pairs say that touch the sentence at hand."""

    def __init__(self) -> None:
        self._said: dict[int, _Said] = {}
        self._long: Counter[tuple[str, str]] = Counter()

    def change(self, begins: Iterable[_Said], ends: Iterable[_Said]) -> None:
        """Go on to the next sentence."""
        for said in ends:
            if self._said.pop(id(said), None) is None:
                self._long.subtract(_details_said(said))
        for said in begins:
            if said.long:
                self._long.update(_details_said(said))
            else:
                self._said[id(said)] = said

    def has_number(self, number: str) -> bool:
        """Whether a pair has a number (as :func:`qagen.text.numerals.reader.numbers` gives it)."""
        return self._long["number", number] > 0 or any(number in said.numbers for said in self._said.values())

    def has_name(self, name: str) -> bool:
        """Whether a pair has a name (as :func:`qagen.text.proper_names.reader.names` gives it)."""
        return self._long["name", name] > 0 or any(has_name(said.text, name) for said in self._said.values())


def _details_said(said: _Said) -> list[tuple[str, str]]:
    """The numbers and names of a pair, to be counted."""
    return [*(("number", one) for one in said.numbers), *(("name", one) for one in names(said.text))]

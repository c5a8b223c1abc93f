"""Pairs that say the same, contradict each other, or can be taken for each other, in linear time.

Candidates share a key: what the question asks with its numbers and names, or its numbers, a name and the
answer (:mod:`qagen.pairs.gates.candidates`). Rules confirm them: numbers equal, names contained in one
another, answers in agreement. Similarity alone would rank "the same question for another year" above a
rewording. A question for one of several (*Name a member of ...*) has many right answers, which are no
contradiction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qagen.records import QAPair
from qagen.text import fold
from qagen.text.answers import answer_keys, compare_answers, is_date, is_part
from qagen.text.questions import asks_one_of, compare_questions, is_narrower, read_question

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray

Kind = Literal["duplicate", "two_answers", "missing_qualifier"]

NEAR = 0.8
"""Questions whose embeddings have a smaller cosine are no candidates."""
SAME = 0.9
"""From this cosine on, other words for the same are taken for it, if all the rest agrees."""
NAMES = 4
"""So many names of a question are looked up."""
BATCH = 512
BESIDE = 100
"""Characters between the quotes of a number in all and of its parts, at most: about a sentence."""


@dataclass(frozen=True, slots=True)
class Twin:
    """Two pairs, by their place in the input, that should not both be trained as they stand.

    ``duplicate``: the same question and answer; ``first`` is the better one. ``two_answers``: the same
    question, different answers. ``missing_qualifier``: the words of ``second`` would answer the question of
    ``first`` too; it lacks a qualifier that ``second`` has. ``similarity`` is that of the questions'
    character trigrams (Jaccard, 0 to 1), or the cosine when an embedding model found them.
    """

    first: int
    second: int
    kind: Kind
    similarity: float
    detail: str


def find_twins(pairs: Sequence[QAPair], *, embeddings: Embeddings | None = None) -> list[Twin]:
    """Pairs that are duplicates, contradict each other, or lack what tells them apart.

    Wordings of one fact (the same ``fact``) are meant to be alike: they are twins only when equal after
    folding. Time and memory are linear: a key has at most about 16 comparisons for each pair. Embeddings
    add candidates; their time grows with the square of the largest group of questions with equal numbers,
    and their memory with 8 bytes for each dimension of each pair (100,000 pairs of 768: 0.6 GB).

    Args:
        pairs: The pairs. Of two equally good ones the earlier is the better.
        embeddings: A LangChain embedding model that finds more rewordings; the rules confirm them.

    Returns:
        The twins, sorted by place: the same for the same input.
    """
    search = _Search(pairs)
    repeats = search.read()
    near = search.near(embeddings) if embeddings is not None else {}
    twins = [*repeats, *search.confirmed(near)]
    gone = {twin.second for twin in twins if twin.kind == "duplicate"}
    return sorted([*twins, *search.collisions(gone)], key=lambda twin: (twin.first, twin.second, twin.kind))


def goodness(pair: QAPair, place: int) -> tuple[bool, int, int]:
    """The better of two pairs that say the same sorts first: proven, then specific, then early."""
    return pair.start is None, -len(read_question(pair.question).words), place


class _Search:
    """One search: the pairs, and the hashes of their keys."""

    def __init__(self, pairs: Sequence[QAPair]) -> None:
        from qagen.pairs.gates.candidates import Keys, Subsets

        self._pairs = pairs
        self._keys = Keys()
        self._subsets = Subsets()
        self._read: list[int] = []  # the places of pairs that repeat none

    def read(self) -> list[Twin]:
        """Note the keys of all pairs; returns those that are equal after folding."""
        from qagen.pairs.gates.candidates import hashed

        best: dict[int, int] = {}
        copies: list[tuple[int, int]] = []
        for place, pair in enumerate(self._pairs):
            text = hashed(f"{fold(pair.question)}\0{fold(pair.answer)}")
            first = best.setdefault(text, place)
            if first != place:
                copies.append((text, place))
                if goodness(pair, place) < goodness(self._pairs[first], first):
                    copies.append((text, first))
                    best[text] = place
        repeats = [
            Twin(best[text], place, "duplicate", 1.0, "equal after folding")
            for text, place in copies
            if best[text] != place
        ]
        self._read = sorted(best.values())
        del best, copies
        for place in self._read:
            self._note(place)
        return sorted(set(repeats), key=lambda twin: twin.second)

    def _note(self, place: int) -> None:
        pair = self._pairs[place]
        question = read_question(pair.question)
        numbers = " ".join(sorted(question.numbers))
        words = " ".join(sorted(question.words))
        keys = [f"{question.kind}\0{words}\0{numbers}"]
        names = sorted({name.split()[-1] for name in question.names})[:NAMES] or [""]
        for answer in answer_keys(pair.answer, question):
            keys += [f"{numbers}\0{name}\0{answer}\0" for name in names]
        self._keys.add(place, keys)
        own, qualifiers = question.relation, question.qualifiers
        if own or question.kind in {"when", "where"}:
            for relation in dict.fromkeys((own, own | question.kinds_named)):
                asked = f"{question.kind}\0{' '.join(sorted(relation))}"
                self._subsets.add(place, asked, qualifiers - relation)

    def near(self, embeddings: Embeddings) -> dict[tuple[int, int], float]:
        """Candidates whose questions' embeddings are near each other, with the cosine."""
        import numpy as np

        from qagen.pairs.gates.candidates import hashed, nearest

        vectors: list[NDArray[np.float32]] = []
        for at in range(0, len(self._read), BATCH):
            texts = [self._pairs[place].question for place in self._read[at : at + BATCH]]
            vectors += [np.asarray(vector, dtype=np.float32) for vector in embeddings.embed_documents(texts)]
        if not vectors:
            return {}
        groups = [
            hashed(" ".join(sorted(read_question(self._pairs[place].question).numbers)))
            for place in self._read
        ]
        found = nearest(np.stack(vectors), groups, NEAR)
        return {(self._read[one], self._read[other]): cosine for one, other, cosine in found}

    def confirmed(self, near: dict[tuple[int, int], float]) -> list[Twin]:
        """The candidates that the rules take for duplicates or contradictions."""
        candidates = self._keys.candidates(lambda place: fold(self._pairs[place].question))
        twins = (
            self._judge(one, other, near.get((one, other))) for one, other in sorted({*candidates, *near})
        )
        return [twin for twin in twins if twin]

    def _judge(self, first: int, second: int, cosine: float | None) -> Twin | None:
        one, other = self._pairs[first], self._pairs[second]
        if one.fact == other.fact:
            return None
        left, right = read_question(one.question), read_question(other.question)
        likeness = compare_questions(left, right, surely=cosine is not None and cosine >= SAME)
        if likeness == "other" or _Beside(one, other).ask_date_and_thing():
            return None
        agreement = compare_answers(one.answer, other.answer, left)
        if agreement == "same":
            if goodness(other, second) < goodness(one, first):
                first, second = second, first
            return self._twin(
                first, second, "duplicate", cosine, "the same question and answer in other words"
            )
        if agreement == "different" and likeness == "same" and not (asks_one_of(left) or asks_one_of(right)):
            detail = f"{one.answer!r} in {one.source}, {other.answer!r} in {other.source}"
            return self._twin(first, second, "two_answers", cosine, detail)
        return None

    def _twin(self, first: int, second: int, kind: Kind, cosine: float | None, detail: str) -> Twin:
        from qagen.pairs.gates.candidates import alike

        texts = (fold(self._pairs[place].question) for place in (first, second))
        return Twin(first, second, kind, round(alike(*texts) if cosine is None else cosine, 4), detail)

    def collisions(self, gone: set[int]) -> list[Twin]:
        """Questions that lack what tells them from another one: one twin for each."""
        twins: dict[int, Twin] = {}
        for first, second in self._subsets.candidates():
            if first in twins or first in gone or second in gone:
                continue
            missing = self._missing_qualifiers(self._pairs[first], self._pairs[second])
            if missing:
                answer = self._pairs[second].answer
                detail = f"the question does not say {missing}; with it, the answer is {answer!r}"
                twins[first] = self._twin(first, second, "missing_qualifier", None, detail)
        return list(twins.values())

    def _missing_qualifiers(self, lacking: QAPair, other: QAPair) -> str:
        """The qualifiers that the one lacks, or "" when they are no danger to each other."""
        beside = _Beside(lacking, other)
        if lacking.fact == other.fact or beside.same_sentence() or beside.is_whole_and_part():
            return ""
        one, full = read_question(lacking.question), read_question(other.question)
        if asks_one_of(one) or not is_narrower(full, one):
            return ""
        if compare_answers(lacking.answer, other.answer, full) != "different":
            return ""
        return ", ".join(sorted(word.lstrip("=+") for word in full.qualifiers - one.qualifiers))


@dataclass(frozen=True, slots=True)
class _Beside:
    """Two pairs, and how near their quotes stand to each other."""

    one: QAPair
    other: QAPair

    def ask_date_and_thing(self) -> bool:
        """Whether one asks when, and the other for what has that date in its name: rules of 3 May 1994."""
        kinds = [read_question(pair.question).kind == "when" for pair in (self.one, self.other)]
        return kinds[0] != kinds[1] and is_date(self.one.answer) != is_date(self.other.answer)

    def is_whole_and_part(self) -> bool:
        """Whether a text gives a number in all, and beside it that of one place: 211 people, 148 at Selby."""
        lacking, other = self.one, self.other
        if lacking.source != other.source or not (self.gap() <= BESIDE):
            return False
        full, one = read_question(other.question), read_question(lacking.question)
        more = full.qualifiers - one.qualifiers
        only_names = bool(one.names) and not any(word[:1] in "=+" for word in more)
        return one.kind in {"count", "measure"} and only_names and is_part(other.answer, lacking.answer)

    def same_sentence(self) -> bool:
        """Whether both are proven by the same words of the same document."""
        one, other = self.one, self.other
        if one.source != other.source:
            return False
        gap = self.gap()
        return gap < 0 if math.isfinite(gap) else bool(one.quote) and fold(one.quote) == fold(other.quote)

    def gap(self) -> float:
        """How many characters stand between the two quotes of a document."""
        one, other = self.one, self.other
        if one.start is None or one.end is None or other.start is None or other.end is None:
            return math.inf
        return max(one.start, other.start) - min(one.end, other.end)

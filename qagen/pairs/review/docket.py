"""What a reviewer must look at: pairs that are due, in batches that go into one call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from qagen.pairs.gates import Problem
from qagen.pairs.review.round_trip import can_answer
from qagen.pairs.review.suspecting import suspicion
from qagen.records import Failure, Passage, QAPair

Mode = Literal["all", "suspect", "failed"]

UNREVIEWED = "unreviewed"
PAIRS_A_CALL = 25  # their verdicts and rewrites stay well below 4,000 tokens
PAIRS_A_SMALL_CALL = 12  # of the answers of a small model, which has 4,096 tokens for everything


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs of one passage that go into one call: their places in the input, and they themselves."""

    passage: Passage
    places: tuple[int, ...]
    pairs: tuple[QAPair, ...]
    problems: Mapping[str, Sequence[Problem]]
    settled: tuple[QAPair, ...] = ()

    def only(self, places: Collection[int]) -> Batch:
        """Those of the pairs that have these places."""
        chosen = [
            (place, pair) for place, pair in zip(self.places, self.pairs, strict=True) if place in places
        ]
        return replace(self, places=tuple(p for p, _ in chosen), pairs=tuple(pair for _, pair in chosen))

    def parts(self, size: int) -> list[Batch]:
        """Of nearly equal size, none larger than ``size``."""
        number = -(-len(self.places) // size)
        bounds = [len(self.places) * part // number for part in range(number + 1)]
        return [
            replace(self, places=self.places[low:high], pairs=self.pairs[low:high])
            for low, high in pairwise(bounds)
        ]


@dataclass(frozen=True, slots=True)
class Docket:
    """The pairs, and which of them the reviewer must look at."""

    pairs: Sequence[QAPair]
    passages: Mapping[str, Passage]
    problems: Mapping[str, Sequence[Problem]]
    locked: frozenset[str]
    mode: Mode
    small: bool

    def is_due(self, pair: QAPair) -> bool:
        """Whether it is looked at, by the mode."""
        if pair.id in self.locked:
            return False
        if self.mode == "all" or self.problems.get(pair.id):
            return True
        passage = self.passages.get(pair.passage)
        return self.mode == "suspect" and (passage is None or suspicion(pair, passage) is not None)

    def is_asked(self, pair: QAPair) -> bool:
        """A small model cannot mend what code found wrong, and answers well in few languages only."""
        if not self.is_due(pair):
            return False
        return not self.small or (not self.problems.get(pair.id) and can_answer(self.passages[pair.passage]))

    def batches(self) -> Iterator[Batch]:
        """The pairs that are asked about, those of each passage in as few calls as they fit in."""
        due: dict[str, list[int]] = {}
        settled: dict[str, list[QAPair]] = {}
        for place, pair in enumerate(self.pairs):
            if pair.id in self.locked:
                settled.setdefault(pair.passage, []).append(pair)
            elif pair.passage in self.passages and self.is_asked(pair):
                due.setdefault(pair.passage, []).append(place)
        for passage, places in due.items():
            shown = tuple(settled.get(passage, ()))
            pairs = tuple(self.pairs[place] for place in places)
            whole = Batch(self.passages[passage], tuple(places), pairs, self.problems, shown)
            yield from whole.parts(PAIRS_A_SMALL_CALL if self.small else PAIRS_A_CALL)

    def without_passage(self) -> tuple[Failure, ...]:
        """A failure for each passage that is not known, though pairs of it should be looked at."""
        lost = Counter(
            (pair.source, pair.passage)
            for pair in self.pairs
            if pair.passage not in self.passages and self.is_due(pair)
        )
        return tuple(
            Failure(
                source=source,
                passage=passage,
                state=UNREVIEWED,
                detail=f"{number_of_pairs(number)} not reviewed: the passage is not known",
            )
            for (source, passage), number in lost.items()
        )


def number_of_pairs(number: int) -> str:
    """So many pairs, in words."""
    return "1 pair" if number == 1 else f"{number} pairs"


def problem_words(problems: Iterable[Problem]) -> str:
    """What code found wrong, in words."""
    return "; ".join(one.detail or one.reason.replace("_", " ") for one in problems)

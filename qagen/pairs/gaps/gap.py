"""A gap: sentences of one passage that are to be asked about, and what was found in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qagen.llm import count_tokens
from qagen.pairs import Outcome
from qagen.pairs.writing import part_of
from qagen.records import Declared, Passage, QAPair, Sentence

_LETTER = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Gap:
    """The sentences of one passage that are to be asked about, with what is known of the passage.

    ``lacking`` tells of each what no pair about it has, in its own words; nothing of what no pair covers.
    """

    passage: Passage
    sentences: tuple[Sentence, ...]
    lacking: Mapping[Sentence, tuple[str, ...]]
    known: tuple[QAPair, ...]
    most: int | None

    @property
    def room(self) -> int | None:
        """How many pairs may still be kept."""
        return None if self.most is None else self.most - len(self.known)

    def sentence(self, number: int) -> Sentence | None:
        """One of the sentences, by its number in the list."""
        return self.sentences[number - 1] if 1 <= number <= len(self.sentences) else None

    def without(self, listed: Collection[Sentence]) -> Gap:
        """The same without sentences that are asked about elsewhere.

        Only sentences that no pair covers stay when they alone may take all the room that there is.
        """
        left = tuple(one for one in self.sentences if one not in listed)
        uncovered = tuple(one for one in left if not self.lacking[one])
        has_room = self.room is None or len(uncovered) < self.room
        return replace(self, sentences=left if has_room else uncovered)

    def runs(self, *, tokens: int) -> Iterator[Passage]:
        """The sentences as passages of their own, neighbours together as long as so many tokens hold them."""
        run: list[Sentence] = []
        for sentence in self.sentences:
            if run and not self.fits(run[0], run[-1], sentence, tokens=tokens):
                yield self.part(run)
                run = []
            run.append(sentence)
        if run:
            yield self.part(run)

    def fits(self, first: Sentence, last: Sentence, following: Sentence, *, tokens: int) -> bool:
        """Whether a sentence follows at once, and the run with it is short enough."""
        begin = self.passage.start
        if _LETTER.search(self.passage.text, last.end - begin, following.start - begin):
            return False
        run = self.passage.text[first.start - begin : following.end - begin]
        return int(count_tokens(run)) <= tokens

    def part(self, run: Sequence[Sentence]) -> Passage:
        """The passage that some sentences make."""
        return part_of(self.passage, run[0].start, run[-1].end)


@dataclass(frozen=True, slots=True)
class Found(Outcome):
    """What was found in one gap; ``is_new`` when it has a pair about one of its sentences or declares one.

    ``declared`` are the sentences that hold no fact by the model's word, with its reasons, ``settled`` those
    that are covered in part and about which there is nothing left to ask.
    """

    declared: tuple[Declared, ...] = ()
    settled: tuple[Declared, ...] = ()
    is_new: bool = False

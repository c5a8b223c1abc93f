"""What is kept of the replies about one gap, and which of its sentences are declared to hold no fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from qagen.pairs.gaps.coverage import SentencePlaces
from qagen.pairs.gaps.fill_prompt import FilledSentence
from qagen.pairs.gaps.gap import Found, Gap
from qagen.pairs.gates import DUPLICATE
from qagen.records import Declared, Dropped, Failure, QAPair, Sentence
from qagen.text import fold

EMPTY = "empty"
OVER_THE_BOUND = "over_the_bound"
UNKNOWN_SENTENCE = "unknown_sentence"


@dataclass(slots=True)
class Sorting:
    """Decides for one gap which pairs are kept and which sentences are declared."""

    gap: Gap
    pairs: dict[str, QAPair] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    settled: list[Declared] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    _asked: dict[str, QAPair] = field(init=False)
    _about: set[Sentence] = field(default_factory=set)

    def __post_init__(self) -> None:
        known = sorted(self.gap.known, key=lambda pair: pair.start is not None)
        self._asked = {_folded_question(pair): pair for pair in known}

    @property
    def has_room(self) -> bool:
        """Whether one more may be kept."""
        return self.gap.room is None or len(self.pairs) < self.gap.room

    def add(self, pair: QAPair, *, about: Sentence | None = None, reason: str | None = None) -> None:
        """Keep a pair, or drop it with the reason that is given or found."""
        earlier = self._asked.get(_folded_question(pair))
        if earlier is not None and earlier.start is None and pair.start is not None:
            earlier = None  # what has no place in the text is no pair to keep another one out
        if not (pair.question.strip() and pair.answer.strip()):
            reason = EMPTY
        if reason is not None:
            self.dropped.append(Dropped(pair=pair, reason=reason))
        elif earlier is not None:
            also = "" if fold(earlier.answer) == fold(pair.answer) else ", and has another answer"
            detail = f"it asks the same as pair {earlier.id}{also}"
            self.dropped.append(Dropped(pair=pair, reason=DUPLICATE, detail=detail))
            return
        elif not self.has_room:
            detail = f"the passage has {self.gap.most} pairs already"
            self.dropped.append(Dropped(pair=pair, reason=OVER_THE_BOUND, detail=detail))
        else:
            self.pairs[pair.id] = pair
            self._asked[_folded_question(pair)] = pair
        if about is not None:
            self._about.add(about)

    def declare(self, entries: Iterable[FilledSentence]) -> None:
        """Take the model's word for sentences with nothing to ask, unless it asked about them too."""
        covered = self.covered()
        for entry in entries:
            sentence = self.gap.sentence(entry.sentence)
            if sentence is None:
                told = f"sentence {entry.sentence} of {len(self.gap.sentences)} is said to hold no fact"
                self.fail(UNKNOWN_SENTENCE, f"{told}: {entry.no_fact}")
            elif sentence not in self._about and not covered[entry.sentence - 1]:
                self._about.add(sentence)
                place = {"source": sentence.source, "start": sentence.start, "end": sentence.end}
                said = Declared(**place, reason=entry.no_fact)
                (self.settled if self.gap.lacking[sentence] else self.declared).append(said)

    def fail(self, state: str, detail: str) -> None:
        """Something gave nothing."""
        self.failures += Found.failed(self.gap.passage, state, detail).failures

    def found(self) -> Found:
        """The outcome, without usage."""
        return Found(
            pairs=tuple(self.pairs.values()),
            dropped=tuple(self.dropped),
            declared=tuple(self.declared),
            settled=tuple(self.settled),
            failures=tuple(self.failures),
            is_new=bool(self.declared) or any(self.covered()),
        )

    def covered(self) -> list[bool]:
        """Which sentences of the gap the new pairs cover."""
        places = SentencePlaces(self.gap.sentences)
        return places.marked(
            places.touched(pair.start, pair.end)
            for pair in self.pairs.values()
            if pair.start is not None and pair.end is not None
        )


def _folded_question(pair: QAPair) -> str:
    """A question as it is compared; one of marks only stands for itself."""
    return fold(pair.question) or pair.question

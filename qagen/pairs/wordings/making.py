"""From what a model wrote about facts to their pairs: each passes its gates or is dropped with a reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qagen.pairs import Outcome
from qagen.pairs.gates import Problem
from qagen.pairs.wordings import gates
from qagen.pairs.wordings.entries import Written
from qagen.pairs.wordings.forms import OtherAnswers, Said
from qagen.pairs.wordings.judging import Judged
from qagen.pairs.wordings.saying import SHORT_ANSWER, Candidate, Recipe, Saying, no_judge, short_answer
from qagen.pairs.wordings.wish import Fact, pair_language
from qagen.records import Dropped, QAPair
from qagen.text import fold

_COUNTED = frozenset({"rephrased", "yes_no"})  # forms that are missed where they were not made


@dataclass(frozen=True, slots=True)
class Worded(Outcome):
    """The canonical pairs with their wordings, and what became of the others.

    Attributes:
        pairs: In the order of the input: each canonical pair, its training wordings, its held-out ones.
        dropped: Wordings that a gate stopped.
        failures: Facts that got no wordings in some language; their canonical pairs are among ``pairs``.
        usage: What the calls used.
        stopped: Why nothing more was asked, ``""`` if all was.
        missing: Wordings that were wanted and not written: by the model, or by code, which found no answer
            that certainly makes a statement false and so made neither of the two.
        skipped: Forms not made because there are templates for English and Japanese only.
    """

    missing: int = 0
    skipped: int = 0


def word_fact(fact: Fact, written: Written, recipe: Recipe) -> Worded:
    """The pairs of one fact, of what was written about it and judged."""
    made = FactWordings(fact.pair, recipe)
    for target in fact.targets:
        key = fact.key(target)
        if key in written.entries:
            judge = no_judge if target.own else written.judged.get(key, Judged()).problem
            made.add(Saying.of(fact.pair, recipe, target, written.entries[key], judge))
    return made.worded()


class FactWordings:
    """The pairs of one fact, in the order trained, other forms, held out; the others with their faults."""

    def __init__(self, fact: QAPair, recipe: Recipe) -> None:
        self._canonical = fact
        if recipe.tells_language:
            self._canonical = fact.model_copy(update={"language": pair_language(fact)})
        self._answer = fact.answer
        self._kept: list[QAPair] = []
        self._dropped: list[Dropped] = []
        self._missing = self._skipped = 0

    def add(self, saying: Saying) -> None:
        """The pairs of one language."""
        self._dropped += saying.unsound
        if saying.target.own:
            self._answer = saying.full(saying.answer)
        candidates = [*saying.candidates()]
        self._missing += saying.wanted - sum(one.pair.form in _COUNTED for one in candidates)
        self._skipped += saying.skipped
        for candidate in candidates:
            problem = candidate.problem or self.problem(candidate)
            if problem is None:
                self._kept.append(candidate.pair)
            else:
                self._dropped.append(candidate.dropped(problem))

    def problem(self, candidate: Candidate) -> Problem | None:
        """Whether a pair repeats one that is kept, or a held-out one is close to one that is trained."""
        pair = candidate.pair
        problem = gates.check_unlike(
            pair.question, [*candidate.unlike, *(one.question for one in self._kept)]
        )
        if problem or pair.part != "probe":
            return problem
        trained = [
            one.question
            for one in self._kept
            if one.form != "rephrased" or (one.part == "train" and one.language == pair.language)
        ]
        return gates.check_held_out(pair.question, [*candidate.far_from, *trained])

    def worded(self) -> Worded:
        """All that was made, the canonical pair first: with its answer in the wanted style."""
        canonical = self._canonical
        if self._answer != canonical.answer:
            extra = {**canonical.extra, SHORT_ANSWER: canonical.answer}
            canonical = canonical.model_copy(update={"answer": self._answer, "extra": extra})
        return Worded(
            pairs=(canonical, *self._kept),
            dropped=tuple(self._dropped),
            missing=self._missing,
            skipped=self._skipped,
        )


def other_answers(facts: Iterable[Fact], written: Written) -> dict[str | None, OtherAnswers]:
    """For each language the answers of all facts in it, as the source or a translation gives them."""
    said: dict[str | None, list[Said]] = defaultdict(list)
    for fact in facts:
        pair = fact.pair
        place = (pair.fact, pair.source, pair.passage)
        said[pair_language(pair)].append(Said(*place, pair.question, pair.answer, pair.quote))
        for target in fact.foreign().targets:
            entry = written.entries.get(fact.key(target))
            if entry is not None:
                said[target.language].append(Said(*place, pair.question, entry.answer, entry.statement))
    return {language: OtherAnswers(facts) for language, facts in said.items()}


def across_facts(worded: Worded) -> Worded:
    """Without the wordings that another fact has too: repeats, or, with another answer, all of them.

    Canonical pairs always stay: what becomes of those is decided before.
    """
    asked: dict[str, list[QAPair]] = defaultdict(list)
    for pair in worded.pairs:
        asked[fold(pair.question)].append(pair)
    dropped: list[Dropped] = []
    for same in asked.values():
        if len({pair.fact for pair in same}) > 1:
            dropped += _ambiguous_wordings(same)
    gone = {one.pair.id for one in dropped}
    pairs = tuple(pair for pair in worded.pairs if pair.id not in gone)
    return replace(worded, pairs=pairs, dropped=(*worded.dropped, *dropped))


def _ambiguous_wordings(same: Sequence[QAPair]) -> list[Dropped]:
    """Of pairs with one question, the wordings that cannot stay."""
    wordings = [pair for pair in same if pair.form != "canonical"]
    if len({fold(short_answer(pair)) for pair in same}) > 1:
        detail = "the words ask for another fact too, which has another answer"
        return [Dropped(pair=pair, reason="two_answers", detail=detail) for pair in wordings]
    repeats = wordings if len(wordings) < len(same) else wordings[1:]
    return [
        Dropped(pair=pair, reason="duplicate", detail="another fact has this wording") for pair in repeats
    ]

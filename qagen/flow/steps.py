"""The steps of a run. Each takes what there is and gives what there is then; nothing is lost between two."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qagen.documents.loading import identified, notices_of
from qagen.flow.recipe import Recipe
from qagen.llm.asker import Asker
from qagen.llm.ledger import Ledger
from qagen.llm.progress import Course, duration_text
from qagen.llm.running import WRITE, Progress, read_ahead
from qagen.pairs.dataset import QADataset
from qagen.pairs.dividing import divide_pairs
from qagen.pairs.edits import EDITS, apply_edits
from qagen.pairs.gaps.coverage import measure_coverage
from qagen.pairs.gaps.filling import fill_gaps
from qagen.pairs.gates.curation import DUPLICATE, curate_pairs
from qagen.pairs.gates.evidence import check_evidence
from qagen.pairs.gates.language import check_language
from qagen.pairs.gates.problems import Problem
from qagen.pairs.review.reviewing import Mode, review_pairs
from qagen.pairs.wordings.rephrasing import word_pairs
from qagen.pairs.writing.generation import NOT_ASKED, QAGenerator
from qagen.pairs.writing.outcomes import Outcome, curated
from qagen.records import (
    Conflict,
    Coverage,
    Declared,
    Dropped,
    Edit,
    Failure,
    Leak,
    Notice,
    Passage,
    QAPair,
    Step,
    Usage,
)

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from qagen.flow.estimate import Estimate

OVER_THE_BOUND = "over_the_bound"
UNMATCHED = "unmatched_edit"
_AMBIGUOUS = frozenset({"two_answers", "missing_qualifier"})
_ASKED_AGAIN = frozenset({*_AMBIGUOUS, "wrong_language"})  # what is not dropped for want of a review
_MODES: Mapping[bool | str, Mode] = {True: "all", "suspect": "suspect", False: "failed"}


@dataclass(frozen=True, slots=True)
class State:
    """What a run has so far. ``usage``, ``note`` and ``stopped`` are those of the step just done."""

    pairs: tuple[QAPair, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    failures: tuple[Failure, ...] = ()
    declared: tuple[Declared, ...] = ()
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    leaks: tuple[Leak, ...] | None = None
    usage: Usage = Usage()
    note: str = ""
    stopped: str = ""


@dataclass(slots=True)
class Run:
    """One run: what its steps share, and what has come of them, also after an interruption.

    Attributes:
        recipe: The steps and their options.
        generator: Writes the first pairs; its model does what no other model is named for.
        ledger: Keeps every call.
        edits: A person's corrections, by pair id.
        config: LangChain's configuration.
        progress: Show bars.
        foresee: What the steps will ask, and how long that takes, by the first passages.
        asker_of: Makes the asker of a model that the recipe names.
        passages: By id, in the order of the documents.
        texts: The documents by source.
        notices: What of the documents was not kept whole.
        state: What there is.
        steps: What was done.
    """

    recipe: Recipe
    generator: QAGenerator
    ledger: Ledger
    edits: Mapping[str, Edit]
    config: RunnableConfig | None = None
    progress: bool = True
    foresee: Callable[[QAGenerator, Sequence[Passage]], Estimate] | None = None
    on_pair: Callable[[QAPair], None] | None = None
    asker_of: Callable[[str | BaseChatModel], Asker] | None = None
    passages: dict[str, Passage] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    state: State = field(default_factory=State)
    steps: list[Step] = field(default_factory=list)
    course: Course = field(init=False)

    def __post_init__(self) -> None:
        self.course = Course(self.recipe.steps, show=self.progress)

    def all_steps(
        self, documents: Iterable[Document], *, limit: int | None, unread: Sequence[Failure]
    ) -> None:
        """The steps of the recipe, in their order."""
        recipe = self.recipe
        with self.course:
            self._step(WRITE, lambda state: self._write(state, documents, limit, unread))
            if recipe.fill_rounds:
                self._step("fill gaps", self._fill)
            self.state = self._edited(self.state)
            if recipe.gates:
                self._step("gates", self._gate)
            if recipe.gates or recipe.review:
                self._step("review", self._review)
            if recipe.pairs_per_passage:
                self.state = _bounded(self.state, recipe.pairs_per_passage)
            if recipe.rephrases:
                self._step("wordings", self._word)
                self.state = self._edited(self.state)
            if recipe.divide:
                self._step("divide", self._divide)

    def dataset(self, folder: Path | None) -> QADataset:
        """What there is, as a dataset."""
        state = self.state
        coverage = self._coverage()
        return QADataset(
            state.pairs,
            dropped=state.dropped,
            conflicts=state.conflicts,
            failures=[
                *(one for one in state.failures if not self._is_settled(one, coverage)),
                *self._unmatched(),
            ],
            warnings=self.notices,
            usage=sum((step.usage for step in self.steps), Usage()),
            passages=len(self.passages),
            coverage=coverage,
            leaks=state.leaks,
            steps=self.steps,
            texts=self.texts,
            run=folder,
        )

    def askers(self) -> dict[str, Asker]:
        """By step of the recipe, the model that it asks."""
        recipe = self.recipe
        named = {
            "fill gaps": (recipe.fill_rounds > 0, recipe.filler),
            "review": (recipe.gates or bool(recipe.review), recipe.reviewer),
            "wordings": (recipe.rephrases, recipe.rephraser),
        }
        own = self.generator.asker()
        others = {
            step: own if llm is None or self.asker_of is None else self.asker_of(llm)
            for step, (is_wanted, llm) in named.items()
            if is_wanted
        }
        return {"write": own, **others}

    # The steps

    def _write(
        self, state: State, documents: Iterable[Document], limit: int | None, unread: Sequence[Failure]
    ) -> State:
        """One call a passage; exact repeats are dropped."""
        passages = self.generator.passages(
            self._noted(documents), ledger=self.ledger, limit=limit, unread=unread
        )
        gathered = _Gathered()
        try:
            with self._bar(WRITE) as bar:
                work = self.generator.write(
                    self._remembered(self._foreseen(passages)),
                    ledger=self.ledger,
                    bar=bar,
                    config=self.config,
                )
                # With gates, repeats are left to them: they keep the one whose quote stands in the text.
                outcomes = _shown(work, self.on_pair) if self.recipe.gates else curated(work, self.on_pair)
                with closing(work):
                    for outcome in outcomes:
                        gathered.add(outcome.pairs, outcome.dropped, outcome.failures, outcome.usage)
        finally:
            self.state = state = gathered.state(state, self._home)
        pairs, again = _joined((), state.pairs)
        state = replace(state, pairs=pairs, dropped=(*state.dropped, *again))
        short = sum(failure.state == NOT_ASKED for failure in state.failures)
        repeats = sum(one.reason == DUPLICATE for one in state.dropped)
        note = _told(**{"repeats": repeats, "passages not asked: the budget is used up": short})
        return replace(state, failures=(*unread, *state.failures), note=note)

    def _fill(self, state: State) -> State:
        """Ask again about sentences that no sound pair covers, or only in part."""
        checked = [self._check(pair) if self.recipe.gates else (pair, None) for pair in state.pairs]
        sound = [pair for pair, problem in checked if not problem]
        with self._asking("fill gaps", self.recipe.filler) as asker:
            filled = fill_gaps(
                [*self.passages.values()],
                sound,
                asker,
                rounds=self.recipe.fill_rounds,
                most=self.recipe.pairs_per_passage,
                schema=self.generator.schema.model,
                prompt=self.generator.given_prompt,
            )
        pairs, replaced = _joined(state.pairs, map(self._home, filled.pairs))
        done = [(filled.rounds, "round"), (len(filled.pairs), "new pair"), (len(filled.declared), "sentence")]
        told = ", ".join(f"{number} {name}{'s' * (number != 1)}" for number, name in done) + " without a fact"
        return replace(
            state,
            pairs=pairs,
            dropped=(*state.dropped, *filled.dropped, *replaced),
            failures=state.failures + filled.failures,
            declared=filled.declared,
            usage=filled.usage,
            note=filled.skipped or told,
            stopped=filled.stopped,
        )

    def _gate(self, state: State) -> State:
        """What code can tell: evidence, numbers, names, language, near-duplicates, conflicts."""
        pairs: list[QAPair] = []
        problems: dict[str, tuple[Problem, ...]] = {}
        with self._bar("gates") as bar:
            bar.expect(len(state.pairs))
            for one in state.pairs:
                pair, problem = self._check(one)
                pairs.append(pair)
                if problem and pair.id not in state.locked:
                    problems[pair.id] = (problem,)
                bar.ended()
        sound = [pair for pair in pairs if pair.id not in problems]
        curation = curate_pairs(sound, embeddings=self.recipe.embeddings, locked=state.locked)
        gone = {one.pair.id: one for one in curation.dropped}
        for conflict in curation.conflicts:
            for pair in conflict.pairs:
                problems[pair.id] = (Problem(conflict.reason, conflict.detail),)
        return replace(
            state,
            pairs=tuple(pair for pair in pairs if pair.id not in gone),
            dropped=(*state.dropped, *gone.values()),
            problems=problems,
            note=f"{len(gone):,} near-duplicates, {len(problems):,} pairs with a problem",
        )

    def _review(self, state: State) -> State:
        """A model's judgement, one rewrite of what fails; then duplicates and conflicts for good."""
        state = state if self.recipe.review else _without_hopeless(state)
        with self._asking("review", self.recipe.reviewer) as asker:
            reviewed = review_pairs(
                state.pairs,
                self.passages,
                asker,
                mode=_MODES[self.recipe.review],
                problems=state.problems,
                check=self._checked,
                locked=state.locked,
            )
        contested = {one.pair.id for one in reviewed.dropped if one.reason in _AMBIGUOUS}
        kept = {pair.id: pair for pair in reviewed.kept}
        kept.update((one.pair.id, one.pair) for one in reviewed.dropped if one.pair.id in contested)
        pairs = [kept[pair.id] for pair in state.pairs if pair.id in kept]
        lost = [one for one in reviewed.dropped if one.pair.id not in contested]
        after = replace(
            state,
            dropped=(*state.dropped, *lost),
            failures=state.failures + tuple(reviewed.failures),
            usage=reviewed.usage,
            note=f"{reviewed.rewritten:,} rewritten, {len(lost):,} dropped",
            stopped=reviewed.stopped,
        )
        return self._settled(after, pairs)

    def _word(self, state: State) -> State:
        """Other wordings of each fact, some of them held out."""
        recipe = self.recipe
        with self._asking("wordings", recipe.rephraser) as asker:
            worded = word_pairs(
                state.pairs,
                asker,
                forms=recipe.forms,
                held_out=recipe.held_out,
                kinds=recipe.kinds,
                languages=recipe.languages,
                answer_style=recipe.answer_style,
            )
        return replace(
            state,
            pairs=tuple(worded.pairs),
            dropped=(*state.dropped, *worded.dropped),
            failures=(*state.failures, *worded.failures),
            usage=worded.usage,
            note=_told(dropped=len(worded.dropped), missing=worded.missing, skipped=worded.skipped),
            stopped=worded.stopped,
        )

    def _divide(self, state: State) -> State:
        """By fact: what is trained, what is asked, what is withheld."""
        recipe = self.recipe
        with self._bar("divide") as bar:
            bar.expect(len(state.pairs))
            divided = divide_pairs(
                QADataset(state.pairs, dropped=state.dropped),
                validation=recipe.validation,
                control=recipe.control,
                seed=recipe.seed,
            )
            bar.ended(len(state.pairs))
        parts = Counter(pair.part for pair in divided)
        note = ", ".join(f"{number:,} {part}" for part, number in parts.items())
        return replace(
            state,
            pairs=tuple(divided),
            dropped=tuple(divided.dropped),
            leaks=tuple(divided.leaks or ()),
            note=note,
        )

    # What they share

    def _step(self, name: str, work: Callable[[State], State]) -> None:
        before, began = self.state, time.monotonic()
        self.course.begin(name)
        after = work(before)
        if after.stopped:
            ended = Failure(source=f"the step “{name}”", state=NOT_ASKED, detail=after.stopped)
            note = "; ".join(filter(None, (after.note, "ended early: the budget is used up")))
            after = replace(after, failures=(*after.failures, ended), note=note)
        self.steps.append(
            Step(
                name=name,
                before=len(before.pairs),
                after=len(after.pairs),
                usage=after.usage,
                seconds=round(time.monotonic() - began, 1),
                note=after.note,
            )
        )
        self.state = replace(after, usage=Usage(), note="", stopped="")

    @contextmanager
    def _asking(self, step: str, llm: str | BaseChatModel | None) -> Iterator[Asker]:
        """The asker of a step, with its bar: of the model that is named, else of the writing one."""
        asker = self.generator.asker(ledger=self.ledger, config=self.config)
        if llm is not None and self.asker_of:
            asker = self.asker_of(llm)
        with self._bar(step) as bar:
            yield replace(asker, bar=bar)

    def _bar(self, step: str) -> Progress:
        return Progress(show=self.progress, step=step, course=self.course)

    def _foreseen(self, passages: Iterable[Passage]) -> Iterator[Passage]:
        """The passages; by the first of them it is told how long each step will take."""
        waiting = iter(passages)
        ahead = read_ahead(waiting)
        if self.progress and self.foresee and ahead:
            estimate = self.foresee(self.generator, ahead)
            self.course.expect({step.name: step.seconds for step in estimate.steps})
            if self.generator.small:
                used = "at most " if self.ledger.usage().calls else ""
                time = duration_text(estimate.total.seconds)
                self.course.say(f"This takes {used}about {time} on this machine ({estimate.timing}).")
        yield from ahead
        yield from waiting

    def _check(self, pair: QAPair) -> tuple[QAPair, Problem | None]:
        return self._checked(pair, self.passages[pair.passage])

    def _checked(self, pair: QAPair, passage: Passage) -> tuple[QAPair, Problem | None]:
        """All gates that look at one pair."""
        pair, problem = check_evidence(pair, passage)
        return pair, problem or check_language(pair, passage, self.generator.language)

    def _settled(self, state: State, pairs: Sequence[QAPair]) -> State:
        """Duplicates dropped and conflicts set aside; what a person has locked stays."""
        if not self.recipe.gates:
            return replace(state, pairs=tuple(pairs))
        curation = curate_pairs(pairs, embeddings=self.recipe.embeddings, locked=state.locked)
        dropped, open_ones = curation.dropped, curation.conflicts
        aside = sum(len(one.pairs) for one in open_ones)
        return replace(
            state,
            pairs=curation.kept,
            dropped=(*state.dropped, *dropped),
            conflicts=(*state.conflicts, *open_ones),
            problems={},
            note=", ".join(
                filter(None, (state.note, _told(**{"in conflict": aside, "near-duplicates": len(dropped)})))
            ),
        )

    def _edited(self, state: State) -> State:
        """A person's edits of the canonical pairs, or after the wordings those of the wordings."""
        done = {pair.id for pair in state.pairs if pair.form == "canonical"} if self._worded(state) else set()
        edits = {name: edit for name, edit in self.edits.items() if name not in done}
        edited = apply_edits(state.pairs, state.dropped, edits)
        return replace(state, pairs=edited.pairs, dropped=edited.dropped, locked=state.locked | edited.locked)

    def _worded(self, state: State) -> bool:
        return any(pair.form != "canonical" or pair.part != "train" for pair in state.pairs)

    def _unmatched(self) -> list[Failure]:
        """Edits of pairs that this run does not have: a changed fact has new wordings, with other ids."""
        state = self.state
        there = {pair.id for pair in state.pairs} | {one.pair.id for one in state.dropped}
        there |= {pair.id for one in state.conflicts for pair in one.pairs}
        detail = (
            "there is no such pair any more: remove the line, or write it for the pair that took its place"
        )
        lost = (edit for edit in self.edits.values() if edit.id not in there)
        return [Failure(source=EDITS, passage=edit.id, state=UNMATCHED, detail=detail) for edit in lost]

    def _coverage(self) -> Coverage:
        """Of the documents as far as they were asked about: a limit may have ended it before."""
        reached: dict[str, int] = {}
        for passage in self.passages.values():
            reached[passage.source] = max(reached.get(passage.source, 0), passage.end)
        texts = {source: self.texts[source][:end] for source, end in reached.items()}
        canonical = (pair for pair in self.state.pairs if pair.form == "canonical")
        return measure_coverage(texts, canonical, self.state.declared)

    def _is_settled(self, failure: Failure, coverage: Coverage) -> bool:
        """Whether a passage without pairs turned out to hold no fact, or got its pairs later."""
        passage = self.passages.get(failure.passage or "")
        if failure.state != "no_pairs" or passage is None or not self.recipe.fill_rounds:
            return False
        return not any(
            one.source == passage.source and one.start < passage.end and passage.start < one.end
            for one in coverage.uncovered
        )

    def _noted(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The documents; their texts are remembered under the names that pairs have for them."""
        for document in identified(documents):
            self.texts[document.metadata["source"]] = document.page_content
            self.notices += notices_of(document)
            yield document

    def _remembered(self, passages: Iterable[Passage]) -> Iterator[Passage]:
        for passage in passages:
            self.passages[passage.id] = passage
            yield passage

    def _home(self, pair: QAPair) -> QAPair:
        """The pair, at the passage of the document: a part of one that was asked alone is no passage."""
        if pair.passage in self.passages:
            return pair
        place = int(pair.passage.rpartition("#")[2].partition("-")[0])
        near = (one for one in self.passages.values() if one.source == pair.source)
        home = next((one.id for one in near if one.start <= place < one.end), pair.passage)
        return pair.model_copy(update={"passage": home})


def _shown(outcomes: Iterable[Outcome], on_pair: Callable[[QAPair], None] | None) -> Iterator[Outcome]:
    for outcome in outcomes:
        if on_pair:
            for pair in outcome.pairs:
                on_pair(pair)
        yield outcome


class _Gathered:
    """What passages gave, one after the other."""

    def __init__(self) -> None:
        self._pairs: list[QAPair] = []
        self._dropped: list[Dropped] = []
        self._failures: list[Failure] = []
        self._usage = Usage()

    def add(
        self, pairs: Iterable[QAPair], dropped: Iterable[Dropped], failures: Iterable[Failure], usage: Usage
    ) -> None:
        self._pairs += pairs
        self._dropped += dropped
        self._failures += failures
        self._usage += usage

    def state(self, before: State, home: Callable[[QAPair], QAPair]) -> State:
        return replace(
            before,
            pairs=tuple(map(home, self._pairs)),
            dropped=tuple(self._dropped),
            failures=tuple(self._failures),
            usage=self._usage,
        )


def _joined(pairs: Iterable[QAPair], new: Iterable[QAPair]) -> tuple[tuple[QAPair, ...], list[Dropped]]:
    """The pairs and the new ones, each id once; of two the one whose quote is in the text, else the first."""
    joined = {pair.id: pair for pair in pairs}
    replaced: list[Dropped] = []
    for pair in new:
        earlier = joined.get(pair.id, pair)
        better, other = (earlier, pair) if pair.start is None else (pair, earlier)
        joined[pair.id] = better
        if earlier is not pair:
            detail = f"it came twice; the other's quote is “{better.quote}”"
            replaced.append(Dropped(pair=other, reason=DUPLICATE, detail=detail))
    return tuple(joined.values()), replaced


def _told(**counts: int) -> str:
    """The counts that are not zero, in words."""
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)


def _without_hopeless(state: State) -> State:
    """Without a review, what code has found wrong is dropped; only a wrong language is asked again."""
    hopeless = {
        pair.id: problem
        for pair in state.pairs
        for problem in state.problems.get(pair.id, ())
        if problem.reason not in _ASKED_AGAIN
    }
    lost = [
        Dropped(pair=pair, reason=hopeless[pair.id].reason, detail=hopeless[pair.id].detail)
        for pair in state.pairs
        if pair.id in hopeless
    ]
    ambiguous = {
        pair for pair, found in state.problems.items() if any(one.reason in _AMBIGUOUS for one in found)
    }
    return replace(
        state,
        pairs=tuple(pair for pair in state.pairs if pair.id not in hopeless),
        dropped=(*state.dropped, *lost),
        problems={one: found for one, found in state.problems.items() if one not in {*hopeless, *ambiguous}},
    )


def _bounded(state: State, most: int) -> State:
    """At most so many canonical pairs of a passage: a person's first, then in their order."""
    taken = Counter(pair.passage for pair in state.pairs if pair.id in state.locked)
    kept: list[QAPair] = []
    dropped: list[Dropped] = []
    for pair in state.pairs:
        if pair.id not in state.locked:
            taken[pair.passage] += 1
        if pair.id in state.locked or taken[pair.passage] <= most:
            kept.append(pair)
        else:
            dropped.append(Dropped(pair=pair, reason=OVER_THE_BOUND, detail=f"at most {most} of a passage"))
    return replace(state, pairs=tuple(kept), dropped=(*state.dropped, *dropped))

"""The steps of a run after the first: each takes what there is and gives what there is then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from qagen.flow.first_pass import FirstPass
from qagen.flow.state import NamedStep, Shared, State, Work, counts_told, without_repeats
from qagen.llm import WRITE
from qagen.pairs import QADataset, apply_edits, divide_pairs
from qagen.pairs.gaps import fill_gaps
from qagen.pairs.gates import Problem, curate_pairs
from qagen.pairs.review import Mode, review_pairs, suspicion
from qagen.pairs.wordings import word_pairs
from qagen.records import Dropped, QAPair

OVER_THE_BOUND = "over_the_bound"
_AMBIGUOUS = frozenset({"two_answers", "missing_qualifier"})
_ASKED_AGAIN = frozenset({*_AMBIGUOUS, "wrong_language"})  # what is not dropped for want of a review
_MODES: Mapping[bool | str, Mode] = {True: "all", "suspect": "suspect", False: "failed"}


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its steps, in their order, over what they share. It can be begun again from any state."""

    shared: Shared
    steps: Sequence[Work]

    @classmethod
    def of(cls, shared: Shared, first: FirstPass) -> Run:
        """The steps of a recipe."""
        recipe = shared.recipe
        steps: list[Work] = [NamedStep(WRITE, first, shared.course)]

        def add(name: str, step: Callable[[Shared, State], State]) -> None:
            steps.append(NamedStep(name, partial(step, shared), shared.course))

        if recipe.fill_rounds:
            add("fill gaps", fill_step)
        steps.append(partial(edit_step, shared))
        if recipe.gates:
            add("gates", gate_step)
        if recipe.gates or recipe.review:
            add("review", review_step)
        if recipe.pairs_per_passage:
            steps.append(partial(bound_step, shared))
        if recipe.rephrases:
            add("wordings", word_step)
            steps.append(partial(edit_step, shared))
        if recipe.divide:
            add("divide", divide_step)
        return cls(shared, tuple(steps))

    def __call__(self, state: State) -> State:
        """From what there is to what there is after the last step; each state between is kept."""
        with self.shared.course:
            for step in self.steps:
                state = step(state)
                self.shared.keep(state)
        return state


def fill_step(shared: Shared, state: State) -> State:
    """Ask again about sentences that no sound pair covers, or only in part."""
    recipe, generator = shared.recipe, shared.generator
    checked: Iterable[tuple[QAPair, Problem | None]] = ((pair, None) for pair in state.pairs)
    if recipe.gates:
        checked = (shared.checked(pair, state.passages[pair.passage]) for pair in state.pairs)
    sound = [pair for pair, problem in checked if not problem]
    with shared.asking("fill gaps", recipe.filler) as asker:
        filled = fill_gaps(
            [*state.passages.values()],
            sound,
            asker,
            rounds=recipe.fill_rounds,
            most=recipe.pairs_per_passage,
            schema=generator.schema.model,
            prompt=generator.given_prompt,
        )
    pairs, replaced = without_repeats(state.pairs, map(state.at_home, filled.pairs))
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


def gate_step(shared: Shared, state: State) -> State:
    """What code can tell: evidence, numbers, names, language, near-duplicates, conflicts."""
    pairs: list[QAPair] = []
    problems: dict[str, tuple[Problem, ...]] = {}
    with shared.bar("gates") as bar:
        bar.expect(len(state.pairs))
        for one in state.pairs:
            pair, problem = shared.checked(one, state.passages[one.passage])
            pairs.append(pair)
            if problem and pair.id not in state.locked:
                problems[pair.id] = (problem,)
            bar.ended()
    sound = [pair for pair in pairs if pair.id not in problems]
    curation = curate_pairs(
        sound,
        embeddings=shared.recipe.embeddings,
        locked=state.locked,
        # Until the review has named what it is about, the same question of two places may be two facts.
        unclear=lambda pair: suspicion(pair, state.passages[pair.passage]) is not None,
    )
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


def review_step(shared: Shared, state: State) -> State:
    """A model's judgement, one rewrite of what fails; then duplicates and conflicts for good."""
    recipe = shared.recipe
    state = state if recipe.review else _without_hopeless_pairs(state)
    with shared.asking("review", recipe.reviewer) as asker:
        reviewed = review_pairs(
            state.pairs,
            state.passages,
            asker,
            mode=_MODES[recipe.review],
            problems=state.problems,
            check=shared.checked,
            locked=state.locked,
        )
    contested = {one.pair.id for one in reviewed.dropped if one.reason in _AMBIGUOUS}
    kept = {pair.id: pair for pair in reviewed.kept}
    kept.update((one.pair.id, one.pair) for one in reviewed.dropped if one.pair.id in contested)
    lost = [one for one in reviewed.dropped if one.pair.id not in contested]
    after = replace(
        state,
        pairs=tuple(kept[pair.id] for pair in state.pairs if pair.id in kept),
        dropped=(*state.dropped, *lost),
        failures=state.failures + tuple(reviewed.failures),
        usage=reviewed.usage,
        note=f"{reviewed.rewritten:,} rewritten, {len(lost):,} dropped",
        stopped=reviewed.stopped,
    )
    return _settled_state(shared, after) if recipe.gates else after


def word_step(shared: Shared, state: State) -> State:
    """Other wordings of each fact, some of them held out."""
    recipe = shared.recipe
    with shared.asking("wordings", recipe.rephraser) as asker:
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
        note=counts_told(dropped=len(worded.dropped), missing=worded.missing, skipped=worded.skipped),
        stopped=worded.stopped,
    )


def divide_step(shared: Shared, state: State) -> State:
    """By fact: what is trained, what is asked, what is withheld."""
    recipe = shared.recipe
    with shared.bar("divide") as bar:
        bar.expect(len(state.pairs))
        divided = divide_pairs(
            QADataset(state.pairs, dropped=state.dropped),
            validation=recipe.validation,
            control=recipe.control,
            seed=recipe.seed,
        )
        bar.ended(len(state.pairs))
    parts = Counter(pair.part for pair in divided)
    return replace(
        state,
        pairs=tuple(divided),
        dropped=tuple(divided.dropped),
        leaks=tuple(divided.leaks or ()),
        note=", ".join(f"{number:,} {part}" for part, number in parts.items()),
    )


def edit_step(shared: Shared, state: State) -> State:
    """A person's edits of the canonical pairs, or after the wordings those of the wordings."""
    done = {pair.id for pair in state.pairs if pair.form == "canonical"} if state.is_worded else set()
    edits = {name: edit for name, edit in shared.edits.items() if name not in done}
    edited = apply_edits(state.pairs, state.dropped, edits)
    return replace(state, pairs=edited.pairs, dropped=edited.dropped, locked=state.locked | edited.locked)


def bound_step(shared: Shared, state: State) -> State:
    """At most so many canonical pairs of a passage: a person's first, then in their order."""
    most = shared.recipe.pairs_per_passage
    taken = Counter(pair.passage for pair in state.pairs if pair.id in state.locked)
    kept: list[QAPair] = []
    dropped: list[Dropped] = []
    for pair in state.pairs:
        if pair.id not in state.locked:
            taken[pair.passage] += 1
        if most is None or pair.id in state.locked or taken[pair.passage] <= most:
            kept.append(pair)
        else:
            dropped.append(Dropped(pair=pair, reason=OVER_THE_BOUND, detail=f"at most {most} of a passage"))
    return replace(state, pairs=tuple(kept), dropped=(*state.dropped, *dropped))


def _settled_state(shared: Shared, state: State) -> State:
    """Duplicates dropped and conflicts set aside; what a person has locked stays."""
    curation = curate_pairs(state.pairs, embeddings=shared.recipe.embeddings, locked=state.locked)
    dropped, open_ones = curation.dropped, curation.conflicts
    aside = sum(len(one.pairs) for one in open_ones)
    told = counts_told(**{"in conflict": aside, "near-duplicates": len(dropped)})
    return replace(
        state,
        pairs=curation.kept,
        dropped=(*state.dropped, *dropped),
        conflicts=(*state.conflicts, *open_ones),
        problems={},
        note=", ".join(filter(None, (state.note, told))),
    )


def _without_hopeless_pairs(state: State) -> State:
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

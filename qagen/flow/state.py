"""What a run has at each moment, and what all its steps share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qagen.flow.recipe import Recipe
from qagen.llm import Asker, Course, Ledger, Progress
from qagen.pairs.gates import DUPLICATE, Problem, check_evidence, check_language
from qagen.pairs.writing import NOT_ASKED, QAGenerator
from qagen.records import (
    Conflict,
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
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from qagen.flow.estimate import Estimate


@dataclass(frozen=True, slots=True)
class State:
    """What a run has so far. ``usage``, ``note`` and ``stopped`` are those of the step that is being done.

    Attributes:
        pairs: Those that are kept.
        dropped: Those that are not, each with its reason.
        conflicts: Those that contradict each other, set aside.
        failures: What could not be read, asked or matched.
        declared: Sentences that are said to hold no fact.
        problems: What the gates found, by pair id.
        locked: The ids of the pairs that a person has decided about.
        leaks: Wordings on both sides of the division; ``None`` before it.
        passages: By id, in the order of the documents.
        texts: The documents by source.
        notices: What of the documents was not kept whole.
        steps: What was done.
    """

    pairs: tuple[QAPair, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    failures: tuple[Failure, ...] = ()
    declared: tuple[Declared, ...] = ()
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    leaks: tuple[Leak, ...] | None = None
    passages: Mapping[str, Passage] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    steps: tuple[Step, ...] = ()
    usage: Usage = Usage()
    note: str = ""
    stopped: str = ""

    @property
    def is_worded(self) -> bool:
        """Whether there are other wordings than the canonical ones."""
        return any(pair.form != "canonical" or pair.part != "train" for pair in self.pairs)

    def at_home(self, pair: QAPair) -> QAPair:
        """The pair, at the passage of the document: a part of one that was asked alone is no passage."""
        if pair.passage in self.passages:
            return pair
        place = int(pair.passage.rpartition("#")[2].partition("-")[0])
        near = (one for one in self.passages.values() if one.source == pair.source)
        home = next((one.id for one in near if one.start <= place < one.end), pair.passage)
        return pair.model_copy(update={"passage": home})


Work = Callable[[State], State]
"""What a step is: from what there is to what there is then."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the steps of a run share: none of them changes it.

    Attributes:
        recipe: The steps and their options.
        generator: Writes the first pairs; its model does what no other model is named for.
        ledger: Keeps every call.
        edits: A person's corrections, by pair id.
        course: Is told of each step that begins.
        asker_of: Makes the asker of a model that the recipe names.
        foresee: What the steps will ask, and how long that takes, by the first passages.
        config: LangChain's configuration.
        progress: Show bars.
        on_pair: Is given each pair as it is first written.
        keep: Is given what there is after each step, and when writing is interrupted.
    """

    recipe: Recipe
    generator: QAGenerator
    ledger: Ledger
    edits: Mapping[str, Edit]
    course: Course
    asker_of: Callable[[str | BaseChatModel], Asker]
    foresee: Callable[[QAGenerator, Sequence[Passage]], Estimate]
    keep: Callable[[State], object]
    config: RunnableConfig | None = None
    progress: bool = True
    on_pair: Callable[[QAPair], None] | None = None

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
            step: own if llm is None else self.asker_of(llm)
            for step, (is_wanted, llm) in named.items()
            if is_wanted
        }
        return {"write": own, **others}

    @contextmanager
    def asking(self, step: str, llm: str | BaseChatModel | None) -> Iterator[Asker]:
        """The asker of a step, with its bar: of the model that is named, else of the writing one."""
        asker = self.generator.asker(ledger=self.ledger, config=self.config)
        if llm is not None:
            asker = self.asker_of(llm)
        with self.bar(step) as bar:
            yield replace(asker, bar=bar)

    def bar(self, step: str) -> Progress:
        """The bar of a step."""
        return Progress(show=self.progress, step=step, course=self.course)

    def checked(self, pair: QAPair, passage: Passage) -> tuple[QAPair, Problem | None]:
        """All gates that look at one pair."""
        pair, problem = check_evidence(pair, passage)
        return pair, problem or check_language(pair, passage, self.generator.language)


@dataclass(frozen=True, slots=True)
class NamedStep:
    """A step that is told of in the end: its bar, its time, what it used and how many pairs it left."""

    name: str
    work: Work
    course: Course

    def __call__(self, before: State) -> State:
        """What the work gives, with a line about the step."""
        began = time.monotonic()
        self.course.begin(self.name)
        after = self.work(before)
        if after.stopped:
            ended = Failure(source=f"the step “{self.name}”", state=NOT_ASKED, detail=after.stopped)
            note = "; ".join(filter(None, (after.note, "ended early: the budget is used up")))
            after = replace(after, failures=(*after.failures, ended), note=note)
        done = Step(
            name=self.name,
            before=len(before.pairs),
            after=len(after.pairs),
            usage=after.usage,
            seconds=round(time.monotonic() - began, 1),
            note=after.note,
        )
        return replace(after, steps=(*after.steps, done), usage=Usage(), note="", stopped="")


def counts_told(**counts: int) -> str:
    """The counts that are not zero, in words."""
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)


def without_repeats(
    pairs: Iterable[QAPair], new: Iterable[QAPair]
) -> tuple[tuple[QAPair, ...], list[Dropped]]:
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

"""What a model writes about facts: one call for several, once more for what is missing, and a judgement.

A small model is asked about one fact a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from qagen.errors import BudgetError
from qagen.llm import Asker
from qagen.pairs import Outcome
from qagen.pairs.wordings.judging import NOT_JUDGED, Judged, Translated, judge_wordings
from qagen.pairs.wordings.rephrase_prompt import (
    REPHRASE_PROMPT,
    WordedFact,
    WordedFacts,
    listed_facts,
    task_variables,
)
from qagen.pairs.wordings.small import SMALL_REPHRASE_PROMPT, SmallWordings, make_task
from qagen.pairs.wordings.wish import Fact, Key, Wish
from qagen.records import Failure

STAGE = "rephrase"
NOT_REPHRASED = "not_rephrased"


@dataclass(frozen=True, slots=True)
class Written(Outcome):
    """What calls gave: entries by fact and language, and what a judge said of them.

    ``why`` says of a call why it lacks what it lacks, ``hopeless`` that its service failed: after its own
    retries it would fail again.
    """

    entries: Mapping[Key, WordedFact] = field(default_factory=dict)
    judged: Mapping[Key, Judged] = field(default_factory=dict)
    why: str = ""
    hopeless: bool = False

    def lacking(self, fact: Fact, why: str) -> Written:
        """The same, with a failure for what a fact has no wordings in."""
        if not fact.targets:
            return self
        pair = fact.pair
        codes = ", ".join(target.language or "its language" for target in fact.targets)
        detail = f"no wordings in {codes} of {pair.question!r}: {why or 'the reply does not have them'}"
        failed = Failure(source=pair.source, passage=pair.passage, state=NOT_REPHRASED, detail=detail)
        return replace(self, failures=(*self.failures, failed))


def write_entries(facts: Iterable[Fact], asker: Asker, wish: Wish) -> Written:
    """What the model writes about all facts, asked in threads. The result does not depend on those."""
    writer = SmallWriter(asker) if asker.small else LargeWriter(asker, task_variables(wish))
    with closing(asker.each(writer.write, wish.batches(facts, small=asker.small))) as results:
        return Written.joined(results)


@dataclass(frozen=True, slots=True)
class LargeWriter:
    """Asks about several facts at once; what is the same for all of them stands in ``shared``."""

    asker: Asker
    shared: Mapping[str, str]

    def write(self, facts: Sequence[Fact]) -> Written:
        """The entries of some facts of one passage: asked for, completed, judged."""
        first = self.asked(facts)
        whole = self.completed(facts, first)
        return self.judged(facts, whole)

    def asked(self, facts: Sequence[Fact]) -> Written:
        """One call: its entries, or why there are none."""
        pair = facts[0].pair
        try:
            answer = self.asker.ask(
                REPHRASE_PROMPT,
                {**self.shared, "facts": listed_facts(facts)},
                WordedFacts,
                stage=STAGE,
                source=pair.source,
                passage=f"{pair.passage} {pair.id}",
            )
        except BudgetError as error:
            return Written(stopped=str(error))
        entries: dict[Key, WordedFact] = {}
        for entry in answer.value.facts if answer.value else ():
            if key := entry.key_in(facts):
                entries.setdefault(key, entry)
        hopeless = answer.state == "failed"
        return Written(entries=entries, usage=answer.usage, why=answer.error, hopeless=hopeless)

    def completed(self, facts: Sequence[Fact], first: Written) -> Written:
        """The same, with what is missing: asked once more, each fact alone, unless the service failed."""
        parts = [first]
        for fact in facts:
            left = fact.beyond(first.entries)
            if left.targets and not parts[-1].stopped:
                again = Written(why=first.why) if first.hopeless else self.asked([left])
                still = replace(left, targets=()) if again.stopped else left.beyond(again.entries)
                parts.append(again.lacking(still, again.why))
        return Written.joined(parts)

    def judged(self, facts: Sequence[Fact], written: Written) -> Written:
        """The same, with what a judge says of entries in another language than their fact's own."""
        foreign = [
            Translated(fact.pair, target, written.entries[fact.key(target)])
            for fact in facts
            for target in fact.foreign().targets
            if fact.key(target) in written.entries
        ]
        if not foreign:
            return written
        if written.stopped:
            return replace(written, judged={one.key: Judged(why=written.stopped) for one in foreign})
        judgement = judge_wordings(foreign, self.asker)
        pair = facts[0].pair
        detail = f"no translated wording of {pair.question!r} was judged: {judgement.why}"
        failed = Failure(source=pair.source, passage=pair.passage, state=NOT_JUDGED, detail=detail)
        failures = Written(failures=(failed,) if judgement.hopeless else ())
        return Written.joined([written, judgement, failures])


@dataclass(frozen=True, slots=True)
class SmallWriter:
    """Asks as a small model needs it: about one fact, in the fact's own language."""

    asker: Asker

    def write(self, facts: Sequence[Fact]) -> Written:
        """The entry of one fact; in other languages than its own it has none."""
        [fact] = facts
        nothing = Written().lacking(fact.foreign(), "a small model writes no other language")
        own = next((target for target in fact.targets if target.own), None)
        if own is None:
            return nothing
        task = make_task(fact.pair, own)
        try:
            answer = self.asker.ask(
                SMALL_REPHRASE_PROMPT,
                task.variables,
                SmallWordings,
                stage=STAGE,
                source=fact.pair.source,
                passage=f"{fact.pair.passage} {fact.pair.id}",
                schema=task.schema,
            )
        except BudgetError as error:
            return replace(nothing, stopped=str(error))
        used = replace(nothing, usage=answer.usage)
        if answer.value is None:
            return used.lacking(replace(fact, targets=(own,)), answer.error)
        return replace(used, entries={fact.key(own): task.entry(fact.pair, answer.value)})

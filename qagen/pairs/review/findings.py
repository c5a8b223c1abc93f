"""What a model finds about the pairs of a batch: a verdict on each, asked for twice at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qagen.errors import BudgetError
from qagen.llm import Answer, Asker
from qagen.pairs import Outcome
from qagen.pairs.review.docket import UNREVIEWED, Batch, number_of_pairs
from qagen.pairs.review.round_trip import REVIEW_SMALL, Answers, agrees, answers_schema, asking
from qagen.pairs.review.ruling import gives_away
from qagen.pairs.review.verdicts import REVIEW_PROMPT, Review, Verdict, listed_pairs, listed_questions
from qagen.pairs.writing import passage_variables
from qagen.records import QAPair
from qagen.text import fold

STAGE = "review"


@dataclass(frozen=True, slots=True)
class Findings(Outcome):
    """What calls gave: verdicts by the pair's place in the input."""

    verdicts: Mapping[int, Verdict] = field(default_factory=dict)

    def missing(self, batch: Batch) -> set[int]:
        """The places of pairs that have no verdict, though they could still get one."""
        return set() if self.stopped or self.failures else {*batch.places} - self.verdicts.keys()


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Asks a model about batches: a large one for verdicts, a small one for answers of its own."""

    asker: Asker

    def review(self, batch: Batch) -> Findings:
        """The verdicts on a batch; pairs that got none are asked about once more, in smaller calls."""
        first = self.called(batch)
        both = self.asked_again(batch, first)
        missing = both.missing(batch)
        if not missing:
            return both
        detail = f"{number_of_pairs(len(missing))} got no verdict, asked twice"
        return both + Findings.failed(batch.passage, UNREVIEWED, detail)

    def asked_again(self, batch: Batch, first: Findings) -> Findings:
        """The same with what was missing, as far as it comes now.

        Where the call cannot be made smaller, it is the same once more: the ledger must not answer it.
        """
        missing = first.missing(batch)
        if not missing:
            return first
        smaller = batch.only(missing).parts(max(1, len(batch.places) // 2))
        again = [self.called(part, attempt=2 if part.places == batch.places else 1) for part in smaller]
        return Findings.joined([first, *again])

    def called(self, batch: Batch, *, attempt: int = 1) -> Findings:
        """One call: the first verdict on each number that was asked about; other numbers are ignored."""
        ask = self.own_answers if self.asker.small else self.judgements
        try:
            answer = ask(batch, attempt)
        except BudgetError as error:
            return Findings(stopped=str(error) or "the budget is used up")
        if answer.value is None and answer.state not in {"cut_off", "no_pairs"}:
            return Findings.failed(batch.passage, answer.state, answer.error, usage=answer.usage)
        verdicts: dict[int, Verdict] = {}
        for verdict in answer.value.verdicts if answer.value else ():
            if 1 <= verdict.number <= len(batch.places):
                verdicts.setdefault(batch.places[verdict.number - 1], verdict)
        return Findings(verdicts=verdicts, usage=answer.usage)

    def judgements(self, batch: Batch, attempt: int) -> Answer[Review]:
        """What a large model says of the pairs."""
        variables = {
            **passage_variables(batch.passage, language=self.asker.language),
            "questions": listed_questions(batch),
            "pairs": listed_pairs(batch),
        }
        return self.asker.ask(
            REVIEW_PROMPT,
            variables,
            Review,
            stage=STAGE,
            source=batch.passage.source,
            passage=batch.passage.id,
            attempt=attempt,
        )

    def own_answers(self, batch: Batch, attempt: int) -> Answer[Review]:
        """What a small model answers to the questions, as verdicts on the answers."""
        answer = self.asker.ask(
            REVIEW_SMALL,
            asking(batch.passage, listed_questions(batch)),
            Answers,
            stage=STAGE,
            source=batch.passage.source,
            passage=batch.passage.id,
            schema=answers_schema(batch.passage, len(batch.pairs)),
            attempt=attempt,
        )
        verdicts = [
            Verdict(
                number=other.number,
                stands_alone=True,
                answer_follows=is_confirmed(batch.pairs[other.number - 1], other.answer),
                answer_reason=f"asked again, the model answered {other.answer!r}",
            )
            for other in (answer.value.answers if answer.value else ())
            if 1 <= other.number <= len(batch.pairs)
        ]
        review = None if answer.value is None else Review(verdicts=verdicts)
        return Answer(answer.state, review, answer.error, answer.usage, answer.cut_off)


def is_confirmed(pair: QAPair, other: str) -> bool:
    """Whether a small model's own answer agrees, or is none: empty, or words of the question given back."""
    return not fold(other) or agrees(pair.answer, other) or gives_away(pair.question, other)

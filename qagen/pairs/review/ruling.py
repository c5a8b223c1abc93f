"""What becomes of a pair that was looked at: the reviewer proposes, the gates decide."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qagen.pairs.gates import Problem
from qagen.pairs.review.any_question import NO_YEAR
from qagen.pairs.review.docket import Docket, problem_words
from qagen.pairs.review.suspecting import suspicion
from qagen.pairs.review.verdicts import Rewrite, Verdict
from qagen.records import Dropped, Passage, QAPair
from qagen.text import CJK, fold, locate

Check = Callable[[QAPair, Passage], tuple[QAPair, Problem | None]]

NOT_SELF_CONTAINED = "not_self_contained"
ANSWER_NOT_SUPPORTED = "answer_not_supported"
ANSWERED_OTHERWISE = "answered_otherwise"

_LONGEST = 600  # characters of a reviewer's words that are kept
# What code may find wrong without the answer being at fault.
_IN_THE_QUESTION = frozenset({"two_answers", "missing_qualifier", "merged_facts"})
_IN_THE_QUOTE = frozenset({"quote_not_found", "quote_from_context", "no_quote"})


@dataclass(frozen=True, slots=True)
class Case:
    """A pair with what code and the reviewer say of it."""

    pair: QAPair
    passage: Passage
    problems: tuple[Problem, ...]
    verdict: Verdict

    @property
    def stands(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.verdict.stands_alone and self.verdict.answer_follows and not self.problems

    @property
    def words(self) -> str:
        """Why it fails: what code found, then the reviewer's words on what failed."""
        said = [problem_words(self.problems)] if self.problems else []
        said += [] if self.verdict.stands_alone else [self.verdict.reason]
        said += [] if self.verdict.answer_follows else [self.verdict.answer_reason]
        return "; ".join(one for one in said if one)

    @property
    def candidate(self) -> QAPair:
        """The rewritten pair. Of a pair whose answer was fine only the question is taken."""
        new, pair = self.verdict.rewrite or Rewrite(), self.pair
        found = {one.reason for one in self.problems}
        keeps_answer = self.verdict.answer_follows and found <= _IN_THE_QUESTION | _IN_THE_QUOTE
        keeps_quote = keeps_answer and not found & _IN_THE_QUOTE
        quote = pair.quote if keeps_quote or not new.quote else new.quote
        changed: dict[str, Any] = {
            "question": new.question,
            "answer": pair.answer if keeps_answer or not new.answer else new.answer,
        }
        if quote != pair.quote:
            place = locate(quote, self.passage.text)
            start, end = (self.passage.start + edge for edge in place) if place else (None, None)
            changed |= {"start": start, "end": end, "quote": quote}
        return pair.model_copy(update=changed)

    def refusal(self, new: QAPair) -> str:
        """Why a rewrite is not one, or is as bad as what it replaces; ``""``: the gates may see it."""
        old = self.pair
        same_question = fold(new.question) == fold(old.question)
        found = {one.reason for one in self.problems}
        if same_question and (not self.verdict.stands_alone or (found and found <= _IN_THE_QUESTION)):
            return "the question is the same as before"
        if same_question and (new.answer, new.quote) == (old.answer, old.quote):
            return "nothing was changed"
        if gives_away(new.question, new.answer):
            return "the question says its own answer"
        if self.verdict.stands_alone:
            return ""
        before, after = suspicion(old, self.passage), suspicion(new, self.passage)
        again = (
            before and after and before.reason == after.reason != NO_YEAR
        )  # a better name may need no year
        return after.detail if after and again else ""


@dataclass(frozen=True, slots=True)
class Judge:
    """Rules on pairs.

    Attributes:
        check: All gates for a rewritten pair.
        prompt: What a rewritten pair names as its prompt.
        model: What it names as its model.
        unsupported: The reason for an answer that does not follow.
    """

    check: Check
    prompt: str
    model: str
    unsupported: str

    def ruling(self, pair: QAPair, docket: Docket, verdict: Verdict | None) -> QAPair | Dropped:
        """The pair, as it was or rewritten, or why it is dropped. Without a verdict code decides alone."""
        found = tuple(docket.problems.get(pair.id, ()))
        if pair.id in docket.locked or (verdict is None and not found):
            return pair
        if verdict is None:
            return dropped_pair(pair, found[0].reason, problem_words(found))
        case = Case(pair, docket.passages[pair.passage], found, verdict)
        return pair if case.stands else self.rewritten(case)

    def rewritten(self, case: Case) -> QAPair | Dropped:
        """The rewrite of a pair that fails, if there is one and all gates let it pass."""
        if case.verdict.rewrite is None or not case.verdict.rewrite.question:
            return dropped_pair(case.pair, self.reason(case), case.words)
        new = case.candidate
        refused = case.refusal(new)
        if not refused:
            new, problem = self.check(new, case.passage)
            refused = problem_words([problem]) if problem else ""
        if refused:
            words = "; ".join(one for one in (case.words, f"its rewrite: {refused}") if one)
            return dropped_pair(case.pair, self.reason(case), words)
        own = {"id": case.pair.id, "fact": case.pair.fact, "prompt": self.prompt, "model": self.model}
        return new.model_copy(update=own)

    def reason(self, case: Case) -> str:
        """Why a pair is dropped, in one word."""
        # What a reviewer faults outweighs that code could not tell a question from another.
        hard = [one.reason for one in case.problems if one.reason not in _IN_THE_QUESTION]
        if hard:
            return hard[0]
        if not case.verdict.stands_alone:
            return NOT_SELF_CONTAINED
        return case.problems[0].reason if case.verdict.answer_follows else self.unsupported


def dropped_pair(pair: QAPair, reason: str, words: str) -> Dropped:
    """A pair with the reason why it is dropped; of the words only so many as a reader wants."""
    return Dropped(pair=pair, reason=reason, detail=words[:_LONGEST])


_CHOICE = re.compile(r"\bor\b|どちら|それとも|いずれ", re.IGNORECASE)
_TOO_SHORT = re.compile(r"\d{1,2}|[a-z]")


def gives_away(question: str, answer: str) -> bool:
    """Whether a question contains its answer, but for choices (*A or B?*), letters and two-digit numbers."""
    asked, told = fold(question), fold(answer)
    if not told or _TOO_SHORT.fullmatch(told) or _CHOICE.search(asked):
        return False
    if CJK.search(told):
        return len(told) > 1 and told.replace(" ", "") in asked.replace(" ", "")
    return f" {told} " in f" {asked} "

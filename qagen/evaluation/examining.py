"""Carrying an exam out: each model is asked in its turn, its answers are scored and judged."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qagen.errors import SettingsError
from qagen.evaluation.answering import Asking, Reply, ask_probes
from qagen.evaluation.exam import Contestant, Exam, Options
from qagen.evaluation.hands import CEILINGS, Hands
from qagen.evaluation.judging import Judging, is_open, judge_results
from qagen.evaluation.probes import find_probe_leaks
from qagen.evaluation.records import Probe, ProbeKind, Result
from qagen.evaluation.report_card import ReportCard
from qagen.evaluation.scoring import score_answer
from qagen.llm import Asker, Course, Ledger, Progress, chat_model, greedy_model
from qagen.records import Leak, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

JUDGE_TOKENS = 4096
"""The most tokens of a hosted judge's reply. A verdict has some 50; a model may think aloud before it."""

_OF_DOCUMENTS: frozenset[ProbeKind] = CEILINGS - {"own"}
_TOLD = 3  # reasons for missing answers that are told


@dataclass(frozen=True, slots=True)
class Examination:
    """An exam that is being carried out.

    Attributes:
        exam: Who is asked what.
        hands: What the base model has at hand.
        ledger: Keeps every call.
        judge: Decides what words do not, if there is one.
        course: Is told of each step that begins.
    """

    exam: Exam
    hands: Hands
    ledger: Ledger
    judge: str | BaseChatModel | None
    course: Course

    def card(self) -> ReportCard:
        """Ask every model, and judge; what came of it."""
        exam = self.exam
        replies: list[tuple[str, Reply]] = []
        notes, identity = [*self.hands.notes], ""
        for contestant in exam.contestants:
            identity, found = self.answers(contestant)
            replies += [(contestant.name, one) for one in found]
            notes += _unanswered_told(contestant.name, found)
            if contestant.is_heavy:
                gc.collect()  # it gives its memory back before the next one is loaded
        results = tuple(_scored_result(name, reply) for name, reply in replies)
        usage = sum((reply.usage for _, reply in replies), Usage())
        judged = Judging(results)
        name = None
        if self.judge is not None:
            name, judged = self.judged(results, self.judge)
            notes += [*_unjudged_told(name, judged), *_opened_told(name, judged, exam.probes)]
        notes += self.without_passage(results)
        for note in notes:
            exam.options.announce(note)
        return ReportCard(
            probes=exam.probes,
            results=judged.results,
            models=exam.names,
            base=exam.base,
            tuned=exam.tuned,
            identity=identity if exam.tuned else "",  # the tuned model is the last one
            conditions=tuple(one for one in exam.conditions if any(r.condition == one for r in results)),
            leaks=self.leaks(),
            judge=name,
            usage=usage + judged.usage,
            run=None if exam.run is None else str(exam.run),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            training=dict(exam.training),
            writers=exam.writers,
            withheld=exam.withheld,
            notes=tuple(notes),
        )

    def answers(self, contestant: Contestant) -> tuple[str, list[Reply]]:
        """A hash of what a model is, and what it replies, in the order of the probes.

        An engine that was started for it has ended then.
        """
        from qagen.llm.embedded import engines_of_its_own

        exam = self.exam
        is_base = contestant.name == exam.names[0]
        place = {probe.id: number for number, probe in enumerate(exam.probes)}
        found: list[Reply] = []
        with engines_of_its_own():
            asker = self.asker(contestant)
            for condition in exam.conditions if is_base else ("closed",):
                askings = (
                    [*self.hands.askings(exam.probes, condition)] if condition in exam.conditions else []
                )
                if askings:
                    replies = self.asked(askings, asker, contestant)
                    found += sorted(replies, key=lambda one: place[one.asking.probe.id])
        return hashlib.sha256(asker.asked.identity.encode("utf-8", "surrogatepass")).hexdigest(), found

    def asker(self, contestant: Contestant) -> Asker:
        """The model, told apart from others in the ledger by its name here too: code need not say what it is.

        Raises:
            SettingsError: A cost is capped, and the model's price is not known.
        """
        options = self.exam.options
        asker = Asker.of(
            contestant.make(),
            ledger=self.ledger,
            config=options.config,
            max_concurrency=options.max_concurrency,
        )
        told = {"asked_as": contestant.name, **contestant.known, "model": json.loads(asker.asked.identity)}
        self.check_price(asker)
        return replace(asker, asked=replace(asker.asked, identity=json.dumps(told, sort_keys=True)))

    def asked(self, askings: Sequence[Asking], asker: Asker, contestant: Contestant) -> list[Reply]:
        """What a model replies, in the order of the askings."""
        title = contestant.title(askings[0].condition)
        self.exam.options.announce(f"Asking {title} ({asker.asked.name}): {len(askings)} questions.")
        with self.counted(f"ask {title}", asker) as counted:
            answers = ask_probes(askings, counted, system_prompt=contestant.system_prompt)
            with ExitStack() as leaving:
                leaving.callback(answers.close)
                return list(answers)

    @contextmanager
    def counted(self, title: str, asker: Asker) -> Iterator[Asker]:
        """The asker, with a bar."""
        self.course.begin(title)
        with Progress(show=self.exam.options.progress, step=title, course=self.course) as bar:
            yield replace(asker, bar=bar)

    def judged(self, results: Sequence[Result], judge: str | BaseChatModel) -> tuple[str, Judging]:
        """The judge's name, and what it says."""
        from qagen.llm.embedded import engines_of_its_own

        options = self.exam.options
        with engines_of_its_own():
            asker = Asker.of(
                _judge_model(judge, options),
                ledger=self.ledger,
                config=options.config,
                max_concurrency=options.max_concurrency,
            )
            self.check_price(asker)
            options.announce(f"Asking the judge ({asker.asked.name}).")
            with self.counted("judge", asker) as counted:
                return asker.asked.name, judge_results(results, self.exam.probes, counted)

    def without_passage(self, results: Iterable[Result]) -> list[str]:
        """How many questions lack a passage, where others have one."""
        shown = {one.probe for one in results if one.condition == "passage"}
        missing = sum(probe.kind in _OF_DOCUMENTS and probe.id not in shown for probe in self.exam.probes)
        if not shown or not missing:
            return []
        return [
            f"The base model was not asked {missing} questions with the passage: their texts are not kept."
        ]

    def leaks(self) -> tuple[Leak, ...] | None:
        """Probes that training gives away; ``None`` without the pairs."""
        if self.exam.dataset is None:
            return None
        trained = [pair for pair in self.exam.dataset if pair.part == "train"]
        return tuple(find_probe_leaks(self.exam.probes, trained))

    def check_price(self, asker: Asker) -> None:
        """Refuse a model without a known price where a cost is capped."""
        if self.exam.options.max_cost is not None and asker.asked.cost(Usage(input_tokens=1000)) is None:
            raise SettingsError(
                f"max_cost needs prices, and that of {asker.asked.name} is not known: give max_tokens instead"
            )


def course_of(exam: Exam, judge: str | BaseChatModel | None) -> Course:
    """The steps, each with as many questions as it may ask; how long one takes is known when it is asked."""
    every, few = len(exam.probes), sum(probe.kind in CEILINGS for probe in exam.probes)
    questions = {
        f"ask {one.title(condition)}": every if condition == "closed" else few
        for one in exam.contestants
        for condition in (exam.conditions if one is exam.contestants[0] else ("closed",))
        if condition in exam.conditions and (few or condition == "closed")
    }
    if judge is not None:
        questions["judge"] = every
    course = Course(questions, show=exam.options.progress)
    course.expect(questions, in_seconds=False)
    return course


def _judge_model(judge: str | BaseChatModel, options: Options) -> BaseChatModel:
    """The judge, giving its likeliest verdict; one on this machine does so anyway, within its own bounds."""
    if not isinstance(judge, str):
        return judge
    place: dict[str, Any] = {"base_url": options.base_url, "home": options.home, "announce": options.announce}
    if not options.base_url and (judge == "local" or judge.startswith("local:")):
        return chat_model(judge, **place)
    return greedy_model(judge, max_tokens=JUDGE_TOKENS, **place)


def _scored_result(model: str, reply: Reply) -> Result:
    probe = reply.asking.probe
    score = score_answer(probe, reply.text)
    return Result(
        model=model,
        condition=reply.asking.condition,
        probe=probe.id,
        reply=reply.text,
        score=score,
        right=score.verdict == "right" and not reply.failure,
        failure=reply.failure,
    )


def _unanswered_told(model: str, replies: Sequence[Reply]) -> list[str]:
    reasons = [reply.failure for reply in replies if reply.failure]
    if not reasons:
        return []
    told = (
        f"{len(reasons)} of {len(replies)} questions got no answer from {model} ({_first_reasons(reasons)}). "
        "They count as wrong; run the same again to ask only these."
    )
    return [told]


def _unjudged_told(judge: str, judged: Judging) -> list[str]:
    if not judged.failures:
        return []
    number = len(judged.failures)
    told = (
        f"The judge {judge} gave no verdict on {number} answers ({_first_reasons(judged.failures)}). There "
        "the words decide; run the same again to ask it only these."
    )
    return [told]


def _opened_told(judge: str, judged: Judging, probes: Iterable[Probe]) -> list[str]:
    known = {probe.id: probe for probe in probes}
    verdicts = [one.judged for one in judged.results if is_open(one, known[one.probe])]
    decided = [one for one in verdicts if one is not None]
    if not decided:
        return []
    return [f"Of {len(decided)} answers that words leave open, the judge {judge} calls {sum(decided)} right."]


def _first_reasons(reasons: Sequence[str]) -> str:
    each = list(dict.fromkeys(reasons))
    return "; ".join(each[:_TOLD]) + (" …" if len(each) > _TOLD else "")

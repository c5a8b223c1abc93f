"""``evaluate``: asking models what they have learnt, and the report card that comes of it."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from qagen.errors import QAGenError, RunFolderError, SettingsError
from qagen.evaluation.answering import Asking, Reply, SourceTexts, ask_probes, passages_text
from qagen.evaluation.auditing import AUDIT, read_audit
from qagen.evaluation.exam import (
    Contestant,
    Exam,
    Options,
    Probes,
    all_probes,
    chosen_probes,
    exam_of_models,
    exam_of_run,
)
from qagen.evaluation.figures.statistics import Agreement
from qagen.evaluation.judging import Judging, is_open, judge_results
from qagen.evaluation.probes.making import find_probe_leaks
from qagen.evaluation.records import Condition, Probe, ProbeKind, Result
from qagen.evaluation.report_card import EVALUATION, ReportCard
from qagen.evaluation.retrieval import PassageIndex
from qagen.evaluation.scoring.score import score_answer
from qagen.llm.asker import Asker
from qagen.llm.budget import Budget
from qagen.llm.ledger import Ledger
from qagen.llm.models import chat_model, greedy_model
from qagen.llm.progress import Course
from qagen.llm.running import Progress
from qagen.pairs.dataset import LEDGER, QADataset
from qagen.records import Leak, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnableConfig

    from qagen.tuning.hosted.services import Client

CONDITIONS: tuple[Condition, ...] = get_args(Condition)
CEILINGS: frozenset[ProbeKind] = frozenset({"P", "C", "X", "own"})
"""Kinds of probe that the base model is also asked with a text at hand."""

_OF_DOCUMENTS: frozenset[ProbeKind] = CEILINGS - {"own"}

ANSWER_TOKENS = 128
"""The most tokens of an answer, for models made here. A small model may never end by itself."""

JUDGE_TOKENS = 4096
"""The most tokens of a hosted judge's reply. A verdict has some 50; a model may think aloud before it."""

_AT_HAND = {"closed": "", "passage": " with the passage", "retrieval": " with retrieval"}
_TOLD = 3  # reasons for missing answers that are told

Find = Callable[[str], str]
"""From a question to the text that was found for it."""


def evaluate(
    models: Mapping[str, str | BaseChatModel] | str | Path,
    probes: Probes | Iterable[Probes] | None = None,
    *,
    conditions: Sequence[Condition] = CONDITIONS,
    kinds: Iterable[ProbeKind] | None = None,
    limit: int | None = None,
    retriever: BaseRetriever | None = None,
    judge: str | BaseChatModel | None = None,
    baseline: str | BaseChatModel | None = None,
    dataset: QADataset | None = None,
    ledger: Ledger | None = None,
    system_prompt: str | None = None,
    client: Client | None = None,
    deployment: str | None = None,
    base_url: str | None = None,
    home: Path | None = None,
    answer_tokens: int = ANSWER_TOKENS,
    max_concurrency: int | None = None,
    max_cost: float | None = None,
    max_tokens: int | None = None,
    progress: bool = True,
    announce: Callable[[str], None] | None = None,
    config: RunnableConfig | None = None,
) -> ReportCard:
    """Ask models what they have learnt, and score what they answer.

    Every model is asked every probe closed-book: the bare question, as in training. The base model is also
    asked P, C, X and one's own probes with the source passage at hand, and with the three passages that BM25
    or ``retriever`` finds: what could be had without tuning. Answers are the likeliest ones (temperature 0
    where a model takes one).

    With a run folder everything is kept in its ledger: the same call again asks only what is missing or
    failed, and a model that was tuned anew is asked anew. Engines on this machine run one after the other.

    Args:
        models: Names and models, the base model first (a name as :func:`qagen.chat_model` takes it, or any
            LangChain chat model); or a run folder with ``tuning.json``: its base and tuned model are asked,
            and it gets ``evaluation.json``. With ``kinds`` or ``limit`` it keeps the card it has where that
            one is of the same tuned model and has more questions; the new card is then only returned.
        probes: What to ask: probes, files of them, or a mix. A run folder has its own (``probes.jsonl``,
            made of ``pairs.jsonl`` when it is missing), and these are added; otherwise, without any, they
            are made of ``dataset``.
        conditions: What is at hand: ``closed`` nothing, and for the base model ``passage`` and ``retrieval``.
        kinds: Which kinds of probe to ask; by default all there are.
        limit: At most so many of the trained facts, and as many of the withheld ones, for a quick look: those
            that a hash draws. General questions and those without a fact are all asked.
        retriever: Finds passages instead of BM25 (``invoke(question)`` gives LangChain documents). Its errors
            come through as they are.
        judge: A model that decides what words do not, see :func:`.judging.judge_results`.
        baseline: The base model: one of ``models`` by name, or another model. In the place of a run folder's
            base model it gets the system prompt of the training, too.
        dataset: The pairs and documents; a run folder brings its own. Without one there is no passage to
            show, and leaks are not looked for.
        ledger: Where calls are kept, when there is no run folder. Models are told apart there by their names
            here and what LangChain knows of them (class, name, parameters, server). One that answers
            otherwise now without any of these having changed, such as new weights behind a server's old name,
            is not asked anew: give it another name in ``models``, or another ledger.
        system_prompt: Put before every question, where ``models`` are given by name. The models of a run
            folder bring the prompt they were trained with.
        client: The ``openai`` client to ask a run folder's hosted models through.
        deployment: The tuned model's deployment, see :func:`qagen.tuned_model`.
        base_url: Of a server of one's own that knows ``models`` (and ``judge``) by their names.
        home: Where the weights of the local table lie.
        answer_tokens: The most tokens of an answer, for models made here. What is cut off there counts as it
            stands. Models that reason get room to think on top.
        max_concurrency: Calls in flight at once; by default 2 for a model on this machine, 16 for others.
        max_cost: US dollars that all calls of the ledger may cost together, those of earlier runs included.
        max_tokens: The same in tokens.
        progress: Show progress bars.
        announce: Is told, in a line each, what is asked now and what got no answer.
        config: LangChain's configuration (callbacks, tags, metadata).

    Raises:
        SettingsError: An argument cannot be used, or there is nothing to ask; nothing was asked.
        RunFolderError: The run folder has no model or no probes, or a file cannot be read or written.
        RecordError: A line of a file of probes is none.
        ModelError: A model cannot be used at all. What was answered before is kept.
        BudgetError: The budget is used up; the same.
        KeyboardInterrupt: After Ctrl-C, when the calls in flight have been stored; the same.
        MissingExtraError: The extra ``evaluate`` is not installed, or one that a model needs.
    """
    _check(conditions, answer_tokens)
    options = Options(
        answer_tokens=answer_tokens,
        base_url=base_url,
        home=home,
        client=client,
        deployment=deployment,
        system_prompt=system_prompt,
        max_concurrency=max_concurrency,
        max_cost=max_cost,
        progress=progress,
        announce=announce or _say_nothing,
        config=config,
    )
    if isinstance(models, (str, Path)):
        exam = exam_of_run(Path(models).expanduser(), baseline, dataset, options)
    else:
        exam = exam_of_models(models, baseline, dataset, options)
    asked = chosen_probes(all_probes(exam, probes), kinds, limit)
    exam = replace(exam, probes=asked, conditions=_ordered(conditions))
    with _ledger(exam.run, ledger) as kept:
        if max_cost is not None or max_tokens is not None:
            kept.budget = Budget(max_cost=max_cost, max_tokens=max_tokens, used=kept.usage())
        with _course(exam, judge) as course:
            exam = replace(exam, options=replace(exam.options, course=course))
            card = _examined(exam, _hands(exam, retriever), kept, judge)
    if exam.run is None:
        return card
    is_quick = kinds is not None or limit is not None
    return _kept(card, exam.run, is_quick=is_quick, announce=exam.options.announce)


def _say_nothing(_: str) -> None: ...


def _check(conditions: Sequence[str], answer_tokens: int) -> None:
    unknown = [one for one in conditions if one not in CONDITIONS]
    if unknown or not conditions or isinstance(conditions, str):
        raise SettingsError(f"conditions is {conditions!r}: give some of {', '.join(CONDITIONS)}, as a list")
    if answer_tokens < 1:
        raise SettingsError(f"answer_tokens is {answer_tokens}: it must be above 0")


def _ordered(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    return tuple(one for one in CONDITIONS if one in conditions)


# --- what the base model has at hand


@dataclass(frozen=True, slots=True)
class _Hands:
    """The texts that a probe can be asked with, and what is to be said of those that are missing."""

    passage: Callable[[Probe], str | None] | None
    retrieval: Find | None
    notes: tuple[str, ...] = ()

    def askings(self, probes: Iterable[Probe], condition: Condition) -> Iterator[Asking]:
        """What is asked; what shares a text stands side by side, since engines reuse what they have read."""
        if condition == "closed":
            yield from map(Asking, probes)
            return
        wanted = [probe for probe in probes if probe.kind in CEILINGS]
        for probe in sorted(wanted, key=lambda one: (one.source, one.passage, one.start or 0)):
            text = self._text(probe, condition)
            if text:
                yield Asking(probe, condition, text)

    def _text(self, probe: Probe, condition: Condition) -> str | None:
        if condition == "passage":
            return self.passage(probe) if self.passage else None
        return (self.retrieval(probe.question) or _NOTHING_FOUND) if self.retrieval else None


_NOTHING_FOUND = "(Nothing was found.)"


def _hands(exam: Exam, retriever: BaseRetriever | None) -> _Hands:
    wanted = set(exam.conditions)
    if not any(probe.kind in CEILINGS for probe in exam.probes):
        return _Hands(None, None)
    texts = exam.dataset.texts() if exam.dataset is not None and wanted - {"closed"} else {}
    notes = []
    if not texts and ("passage" in wanted or ("retrieval" in wanted and retriever is None)):
        notes.append("The texts of the documents are not kept, so the base model was not asked with them.")
    passage = SourceTexts(texts).passage if texts and "passage" in wanted else None
    find = _finder(texts, retriever) if "retrieval" in wanted else None
    return _Hands(passage, find, tuple(notes))


def _finder(texts: Mapping[str, str], retriever: BaseRetriever | None) -> Find | None:
    if retriever is not None:
        return lambda question: "\n\n".join(one.page_content for one in retriever.invoke(question))
    if not texts:
        return None
    index = PassageIndex.of(texts)
    return lambda question: passages_text(index.search(question))


# --- asking


@contextmanager
def _ledger(run: Path | None, given: Ledger | None) -> Iterator[Ledger]:
    if run is None and given is not None:
        yield given
        return
    with Ledger(run / LEDGER if run else None) as ledger:
        yield ledger


def _examined(exam: Exam, hands: _Hands, ledger: Ledger, judge: str | BaseChatModel | None) -> ReportCard:
    replies: list[tuple[str, Reply]] = []
    notes, identity = [*hands.notes], ""
    for contestant in exam.contestants:
        identity, found = _answers(exam, contestant, hands, ledger)
        replies += [(contestant.name, one) for one in found]
        notes += _missing(contestant.name, found)
        if contestant.is_heavy:
            gc.collect()  # it gives its memory back before the next one is loaded
    results = tuple(_result(name, reply) for name, reply in replies)
    usage = sum((reply.usage for _, reply in replies), Usage())
    judged = Judging(results)
    name = None
    if judge is not None:
        name, judged = _judged(exam, results, ledger, judge)
        notes += [*_unjudged(name, judged), *_opened(name, judged, exam.probes)]
    notes += _without_passage(exam, results)
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
        leaks=_leaks(exam),
        judge=name,
        usage=usage + judged.usage,
        run=None if exam.run is None else str(exam.run),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        training=dict(exam.training),
        writers=exam.writers,
        withheld=exam.withheld,
        notes=tuple(notes),
    )


def _answers(exam: Exam, contestant: Contestant, hands: _Hands, ledger: Ledger) -> tuple[str, list[Reply]]:
    """A hash of what a model is, and what it replies, in the order of the probes.

    An engine that was started for it has ended then.
    """
    from qagen.llm.embedded.chat import engines_of_its_own

    is_base = contestant.name == exam.names[0]
    place = {probe.id: number for number, probe in enumerate(exam.probes)}
    found: list[Reply] = []
    with engines_of_its_own():
        asker = _asker(exam, contestant, ledger)
        for condition in exam.conditions if is_base else ("closed",):
            askings = [*hands.askings(exam.probes, condition)] if condition in exam.conditions else []
            if askings:
                replies = _asked(askings, asker, contestant, exam.options)
                found += sorted(replies, key=lambda one: place[one.asking.probe.id])
    return hashlib.sha256(asker.asked.identity.encode("utf-8", "surrogatepass")).hexdigest(), found


def _asker(exam: Exam, contestant: Contestant, ledger: Ledger) -> Asker:
    """The model, told apart from others in the ledger by its name here too: code need not say what it is.

    Raises:
        SettingsError: A cost is capped, and the model's price is not known.
    """
    options = exam.options
    asker = Asker.of(
        contestant.make(), ledger=ledger, config=options.config, max_concurrency=options.max_concurrency
    )
    told = {"asked_as": contestant.name, **contestant.known, "model": json.loads(asker.asked.identity)}
    _check_price(asker, options)
    return replace(asker, asked=replace(asker.asked, identity=json.dumps(told, sort_keys=True)))


def _check_price(asker: Asker, options: Options) -> None:
    if options.max_cost is not None and asker.asked.cost(Usage(input_tokens=1000)) is None:
        raise SettingsError(
            f"max_cost needs prices, and that of {asker.asked.name} is not known: give max_tokens instead"
        )


def _course(exam: Exam, judge: str | BaseChatModel | None) -> Course:
    """The steps, each with as many questions as it may ask; how long one takes is known when it is asked."""
    every, few = len(exam.probes), sum(probe.kind in CEILINGS for probe in exam.probes)
    questions = {
        f"ask {_title(one, condition)}": every if condition == "closed" else few
        for one in exam.contestants
        for condition in (exam.conditions if one is exam.contestants[0] else ("closed",))
        if condition in exam.conditions and (few or condition == "closed")
    }
    if judge is not None:
        questions["judge"] = every
    course = Course(questions, show=exam.options.progress)
    course.expect(questions, in_seconds=False)
    return course


def _title(contestant: Contestant, condition: Condition) -> str:
    return contestant.name + _AT_HAND[condition]


def _asked(askings: Sequence[Asking], asker: Asker, contestant: Contestant, options: Options) -> list[Reply]:
    title = _title(contestant, askings[0].condition)
    options.announce(f"Asking {title} ({asker.asked.name}): {len(askings)} questions.")
    with _counted(f"ask {title}", asker, options) as counted:
        answers = ask_probes(askings, counted, system_prompt=contestant.system_prompt)
        with ExitStack() as leaving:
            leaving.callback(answers.close)
            return list(answers)


@contextmanager
def _counted(title: str, asker: Asker, options: Options) -> Iterator[Asker]:
    """The asker, with a bar."""
    if options.course:
        options.course.begin(title)
    with Progress(show=options.progress, step=title, course=options.course) as bar:
        yield replace(asker, bar=bar)


def _result(model: str, reply: Reply) -> Result:
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


def _missing(model: str, replies: Sequence[Reply]) -> list[str]:
    reasons = [reply.failure for reply in replies if reply.failure]
    if not reasons:
        return []
    told = (
        f"{len(reasons)} of {len(replies)} questions got no answer from {model} ({_first_of(reasons)}). They "
        "count as wrong; run the same again to ask only these."
    )
    return [told]


def _without_passage(exam: Exam, results: Iterable[Result]) -> list[str]:
    shown = {one.probe for one in results if one.condition == "passage"}
    missing = sum(probe.kind in _OF_DOCUMENTS and probe.id not in shown for probe in exam.probes)
    if not shown or not missing:
        return []
    return [f"The base model was not asked {missing} questions with the passage: their texts are not kept."]


def _unjudged(judge: str, judged: Judging) -> list[str]:
    if not judged.failures:
        return []
    number = len(judged.failures)
    told = (
        f"The judge {judge} gave no verdict on {number} answers ({_first_of(judged.failures)}). There the "
        "words decide; run the same again to ask it only these."
    )
    return [told]


def _opened(judge: str, judged: Judging, probes: Iterable[Probe]) -> list[str]:
    known = {probe.id: probe for probe in probes}
    verdicts = [one.judged for one in judged.results if is_open(one, known[one.probe])]
    decided = [one for one in verdicts if one is not None]
    if not decided:
        return []
    return [f"Of {len(decided)} answers that words leave open, the judge {judge} calls {sum(decided)} right."]


def _first_of(reasons: Sequence[str]) -> str:
    each = list(dict.fromkeys(reasons))
    return "; ".join(each[:_TOLD]) + (" …" if len(each) > _TOLD else "")


def _judged(
    exam: Exam, results: Sequence[Result], ledger: Ledger, judge: str | BaseChatModel
) -> tuple[str, Judging]:
    from qagen.llm.embedded.chat import engines_of_its_own

    options = exam.options
    with engines_of_its_own():
        asker = Asker.of(
            _judge_model(judge, options),
            ledger=ledger,
            config=options.config,
            max_concurrency=options.max_concurrency,
        )
        _check_price(asker, options)
        options.announce(f"Asking the judge ({asker.asked.name}).")
        with _counted("judge", asker, options) as counted:
            return asker.asked.name, judge_results(results, exam.probes, counted)


def _judge_model(judge: str | BaseChatModel, options: Options) -> BaseChatModel:
    """The judge, giving its likeliest verdict; one on this machine does so anyway, within its own bounds."""
    if not isinstance(judge, str):
        return judge
    place: dict[str, Any] = {
        "base_url": options.base_url,
        "home": options.home,
        "announce": options.announce,
    }
    if not options.base_url and (judge == "local" or judge.startswith("local:")):
        return chat_model(judge, **place)
    return greedy_model(judge, max_tokens=JUDGE_TOKENS, **place)


def _leaks(exam: Exam) -> tuple[Leak, ...] | None:
    if exam.dataset is None:
        return None
    trained = [pair for pair in exam.dataset if pair.part == "train"]
    return tuple(find_probe_leaks(exam.probes, trained))


# --- keeping the card


def _kept(card: ReportCard, run: Path, *, is_quick: bool, announce: Callable[[str], None]) -> ReportCard:
    """The card as it stands in the run folder now; a quick look does not take the place of a fuller card."""
    earlier = _earlier(run)
    if is_quick and earlier is not None and _is_fuller(earlier, card):
        told = (
            f"This card is shown only: {run / EVALUATION} is of the same tuned model, has "
            f"{len(earlier.probes)} questions (here: {len(card.probes)}) and is kept."
        )
        announce(told)
        return card.model_copy(update={"notes": (*card.notes, told)})
    if earlier is not None and earlier.audit is not None:
        card = card.model_copy(update={"audit": _audited_again(card, earlier, run, announce)})
    card.save(run)
    return card


def _earlier(run: Path) -> ReportCard | None:
    """The card that stands in a run folder; ``None`` without one that can be read."""
    if not (run / EVALUATION).is_file():
        return None
    try:
        return ReportCard.load(run)
    except RunFolderError:
        return None


def _is_fuller(earlier: ReportCard, card: ReportCard) -> bool:
    is_same = bool(card.identity) and earlier.identity == card.identity
    return is_same and len(earlier.probes) > len(card.probes)


def _audited_again(
    card: ReportCard, earlier: ReportCard, run: Path, announce: Callable[[str], None]
) -> Agreement | None:
    """A person's labels of the earlier card, against what counts in this one."""
    if earlier.results == card.results:
        return earlier.audit
    try:
        return read_audit(run / AUDIT, card).counted
    except QAGenError as error:
        announce(f"What a person said of the earlier answers is left out, as it does not fit these: {error}")
        return None

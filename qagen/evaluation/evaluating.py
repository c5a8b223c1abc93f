"""``evaluate``: asking models what they have learnt, and the report card that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from qagen.errors import QAGenError, RunFolderError, SettingsError
from qagen.evaluation.auditing import AUDIT, read_audit
from qagen.evaluation.exam import Options, Probes, all_probes, chosen_probes, exam_of_models, exam_of_run
from qagen.evaluation.examining import Examination, course_of
from qagen.evaluation.figures import Agreement
from qagen.evaluation.hands import Hands
from qagen.evaluation.records import Condition, ProbeKind
from qagen.evaluation.report_card import EVALUATION, ReportCard
from qagen.llm import Budget, Ledger
from qagen.pairs import LEDGER, QADataset

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnableConfig

    from qagen.tuning.hosted import Client

CONDITIONS: tuple[Condition, ...] = get_args(Condition)

ANSWER_TOKENS = 128
"""The most tokens of an answer, for models made here. A small model may never end by itself."""


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
    _check_options(conditions, answer_tokens)
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
    exam = replace(exam, probes=asked, conditions=tuple(one for one in CONDITIONS if one in conditions))
    with _ledger_of(exam.run, ledger) as kept:
        if max_cost is not None or max_tokens is not None:
            kept.budget = Budget(max_cost=max_cost, max_tokens=max_tokens, used=kept.usage())
        with course_of(exam, judge) as course:
            card = Examination(exam, Hands.of(exam, retriever), kept, judge, course).card()
    if exam.run is None:
        return card
    is_quick = kinds is not None or limit is not None
    return _kept_card(card, exam.run, is_quick=is_quick, announce=exam.options.announce)


def _say_nothing(_: str) -> None: ...


def _check_options(conditions: Sequence[str], answer_tokens: int) -> None:
    unknown = [one for one in conditions if one not in CONDITIONS]
    if unknown or not conditions or isinstance(conditions, str):
        raise SettingsError(f"conditions is {conditions!r}: give some of {', '.join(CONDITIONS)}, as a list")
    if answer_tokens < 1:
        raise SettingsError(f"answer_tokens is {answer_tokens}: it must be above 0")


@contextmanager
def _ledger_of(run: Path | None, given: Ledger | None) -> Iterator[Ledger]:
    if run is None and given is not None:
        yield given
        return
    with Ledger(run / LEDGER if run else None) as ledger:
        yield ledger


def _kept_card(card: ReportCard, run: Path, *, is_quick: bool, announce: Callable[[str], None]) -> ReportCard:
    """The card as it stands in the run folder now; a quick look does not take the place of a fuller card."""
    earlier = _earlier_card(run)
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


def _earlier_card(run: Path) -> ReportCard | None:
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

"""The figures at the top of the page: all of a dataset, as text that is ready to be read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import metadata, version
from typing import TYPE_CHECKING

from qagen.evaluation.figures import many
from qagen.llm import cost_text
from qagen.pairs import Provenance, find_caution, read_provenance
from qagen.records import Coverage, Failure, Notice, QAPair, Step, Usage

if TYPE_CHECKING:
    from qagen.pairs import QADataset

_MOST_FAILURES = 200
_MOST_DOCUMENTS = 200  # named in the head; the page lists all of them below
_SETTLED = ("two_answers", "turned_round", "missing_qualifier")  # a contradiction that was ended by dropping
_HANDFUL = 6  # passages: of fewer the plots say little
_DISTRIBUTION = "qagen-finetune"
_NO_TRUTH = "The figures say what is covered and kept, not whether an answer is right: read some."


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name, and a line that says what it counts.

    ``share`` (0 to 1) is drawn as a bar, ``href`` leads to what was counted (``filter`` sets a filter of the
    list there to all its values), ``is_alarming`` marks a number that should be 0, ``term`` is its entry in
    the glossary.
    """

    name: str
    value: str
    says: str = ""
    share: float | None = None
    href: str = ""
    filter: str = ""
    is_alarming: bool = False
    term: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many of a kind there are, as a share of the most frequent one too (for a bar)."""

    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the run, as its row in the table reads."""

    name: str
    before: str
    after: str
    calls: str
    tokens: str
    cost: str
    time: str
    note: str


@dataclass(frozen=True, slots=True)
class Head:
    """How the dataset was made: lines for the head of the page; empty is not known."""

    models: tuple[str, ...]
    date: str
    version: str
    command: str
    documents: tuple[str, ...]
    more_documents: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands at the top of the page.

    ``caution`` is what is known to be wrong with the writer's pairs. Plots are folded where ``has_few``
    passages make them say little.
    """

    title: str
    version: str
    sentence: str
    caution: str
    head: Head
    glossary: str
    has_few: bool
    figures: tuple[Figure, ...]
    dropped: tuple[Amount, ...]
    parts: tuple[Amount, ...]
    steps: tuple[StepRow, ...]
    failures: tuple[Failure, ...]
    failed: int
    warnings: tuple[Notice, ...]
    warned: int
    totals: dict[str, int]


def summarise(dataset: QADataset, coverage: Coverage | None, *, sources: Sequence[str]) -> Summary:
    """The figures of a dataset whose documents are named by ``sources``."""
    facts, passages, parts = _pair_counts(dataset)
    reasons = Counter(one.reason for one in dataset.dropped)
    documents = many(len(sources), "document")
    about = f"{many(facts, 'fact')} from {documents}"
    return Summary(
        title=dataset.run.resolve().name if dataset.run else "Question-answer pairs",
        version=version(_DISTRIBUTION),
        sentence=f"{many(parts.total(), 'pair')} about {about}. {_NO_TRUTH}",
        caution=find_caution(dataset),
        head=_page_head(dataset, read_provenance(dataset.run), sources),
        glossary=_glossary_address(),
        has_few=max(passages, dataset.passages) < _HANDFUL,
        figures=(
            Figure("Pairs", f"{parts.total():,}", f"about {many(facts, 'fact')}", href="#pairs", term="pair"),
            Figure("Passages", f"{dataset.passages:,}", f"of {documents}", href="#text", term="passage"),
            *_coverage_figures(coverage),
            _dropped_figure(reasons),
            _conflicts_figure(len(dataset.conflicts), reasons),
            _leaks_figure(None if dataset.leaks is None else len(dataset.leaks)),
            *_usage_figures(dataset.usage),
        ),
        dropped=_ranked_amounts(reasons),
        parts=_ranked_amounts(parts),
        steps=tuple(_step_row(step) for step in dataset.steps),
        failures=tuple(dataset.failures[:_MOST_FAILURES]),
        failed=len(dataset.failures),
        warnings=dataset.warnings[:_MOST_FAILURES],
        warned=len(dataset.warnings),
        totals={
            "pairs": parts.total(),
            "dropped pairs": reasons.total(),
            "conflicts": len(dataset.conflicts),
            "leaks": len(dataset.leaks or ()),
        },
    )


def _pair_counts(pairs: Sequence[QAPair]) -> tuple[int, int, Counter[str]]:
    """Facts, passages, and pairs by part."""
    facts: set[str] = set()
    passages: set[str] = set()
    parts: Counter[str] = Counter()
    for pair in pairs:
        facts.add(pair.fact)
        passages.add(pair.passage)
        parts[pair.part] += 1
    return len(facts), len(passages), parts


def _page_head(dataset: QADataset, made: Provenance | None, sources: Sequence[str]) -> Head:
    return Head(
        models=_model_names(made) if made else tuple(sorted({pair.model for pair in dataset})),
        date=f"{made.date} UTC" if made else "",
        version=made.version if made else "",
        command=made.command if made else "",
        documents=tuple(sources[:_MOST_DOCUMENTS]),
        more_documents=len(sources[_MOST_DOCUMENTS:]),
    )


def _model_names(made: Provenance) -> tuple[str, ...]:
    """Each model, with the steps that it did where not all are by one."""
    steps: defaultdict[str, list[str]] = defaultdict(list)
    for step, model in made.models.items():
        steps[model].append(step)
    if len(steps) == 1:
        return tuple(steps)
    return tuple(f"{model} ({', '.join(names)})" for model, names in steps.items())


def _glossary_address() -> str:
    """The address of the page that explains the words, where the documentation's address is known."""
    named = (line.partition(", ") for line in metadata(_DISTRIBUTION).get_all("Project-URL", ()))
    return next((f"{url}/glossary.md" for name, _, url in named if name == "Documentation"), "")


def _coverage_figures(coverage: Coverage | None) -> list[Figure]:
    if coverage is None or not coverage.documents:
        return []
    total = coverage.total
    says = f"{total.covered:,} of {many(total.sentences, 'sentence')} covered"
    if total.declared:
        says += f", {total.declared:,} without a fact"
    return [
        Figure("Coverage", _percent_text(total.share), says, total.share, "#text", term="coverage"),
        _covered_figure("Numbers", total.numbers_covered, total.numbers, total.number_share),
        _covered_figure("Names", total.names_covered, total.names, total.name_share),
    ]


def _covered_figure(name: str, covered: int, of: int, share: float) -> Figure:
    if not of:
        return Figure(f"{name} covered", "–", "there are none")
    return Figure(f"{name} covered", _percent_text(share), f"{covered:,} of {of:,}", share)


def _percent_text(share: float) -> str:
    """With one decimal, rounded down: only what is complete reads 100 %."""
    return f"{int(share * 1000 + 1e-9) / 10:g} %"


def _dropped_figure(reasons: Counter[str]) -> Figure:
    says = many(len(reasons), "reason")
    return Figure("Dropped", f"{reasons.total():,}", says, href="#pairs", filter="reason", term="dropped")


def _conflicts_figure(open_ones: int, reasons: Counter[str]) -> Figure:
    """Those left open; and that others were ended by dropping pairs, so that 0 does not stand for none."""
    settled = sum(reasons[reason] for reason in _SETTLED)
    named = ", ".join(reason.replace("_", " ") for reason in _SETTLED if reasons[reason])
    value, says = "0", "no two kept pairs were found to contradict each other"
    if open_ones:
        value, says = f"{open_ones:,}", "kept out of training until resolved"
        says += f"; {settled:,} more dropped: {named}" if settled else ""
    elif settled:
        value, says = f"{settled:,} dropped", f"none is left open; reasons: {named}"
    href = "#conflicts" if open_ones else ""
    return Figure("Conflicts", value, says, href=href, is_alarming=open_ones > 0, term="conflict")


def _leaks_figure(count: int | None) -> Figure:
    if count is None:
        return Figure("Leaks", "–", "not divided yet", term="leak")
    says = "asked pairs that training gives away" if count else "nothing asked is trained"
    href = "#leaks" if count else ""
    return Figure("Leaks", f"{count:,}", says, href=href, is_alarming=count > 0, term="leak")


def _usage_figures(usage: Usage) -> list[Figure]:
    cached = f", {usage.cached_tokens:,} cached" if usage.cached_tokens else ""
    calls = many(usage.calls, "call")
    if usage.calls != usage.asked:
        calls += f", {usage.asked:,} asked now"
    return [
        Figure("Cost", _usage_cost(usage), calls, term="cost"),
        Figure(
            "Tokens",
            f"{usage.input_tokens + usage.output_tokens:,}",
            f"{usage.input_tokens:,} read{cached}, {usage.output_tokens:,} written",
            term="token",
        ),
    ]


def _ranked_amounts(counts: Counter[str]) -> tuple[Amount, ...]:
    most = max(counts.values(), default=1)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Amount(name, count, count / most) for name, count in ranked)


def _step_row(step: Step) -> StepRow:
    usage = step.usage
    return StepRow(
        name=step.name,
        before=f"{step.before:,}",
        after=f"{step.after:,}",
        calls=f"{usage.calls:,}",
        tokens=f"{usage.input_tokens + usage.output_tokens:,}",
        cost=_usage_cost(usage),
        time=_time_text(step.seconds),
        note=step.note,
    )


def _usage_cost(usage: Usage) -> str:
    return cost_text(usage.cost, tokens=usage.input_tokens + usage.output_tokens)


def _time_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"

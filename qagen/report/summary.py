"""The figures at the top of the page: all of a dataset, as text that is ready to be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from qagen.records import Coverage, Failure, Step, Usage

if TYPE_CHECKING:
    from qagen.pairs.dataset import QADataset

_MOST_FAILURES = 200
_CENT = 0.01


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name, and a line that says what it counts.

    ``share`` (0 to 1) is drawn as a bar, ``href`` leads to what was counted (``filter`` sets a filter of the
    list there to all its values), ``is_alarming`` marks a number that should be 0.
    """

    name: str
    value: str
    says: str = ""
    share: float | None = None
    href: str = ""
    filter: str = ""
    is_alarming: bool = False


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
class Summary:
    """What stands at the top of the page."""

    title: str
    version: str
    sentence: str
    figures: tuple[Figure, ...]
    dropped: tuple[Amount, ...]
    parts: tuple[Amount, ...]
    steps: tuple[StepRow, ...]
    failures: tuple[Failure, ...]
    failed: int
    totals: dict[str, int]


def summarise(dataset: QADataset, coverage: Coverage | None, *, documents: int) -> Summary:
    """The figures of a dataset, in one pass over its pairs and its dropped ones."""
    facts: set[str] = set()
    parts: Counter[str] = Counter()
    for pair in dataset:
        facts.add(pair.fact)
        parts[pair.part] += 1
    reasons = Counter(one.reason for one in dataset.dropped)
    about = f"{_many(len(facts), 'fact')} from {_many(documents, 'document')}"
    return Summary(
        title=dataset.run.resolve().name if dataset.run else "Question-answer pairs",
        version=version("qagen-finetune"),
        sentence=f"{_many(parts.total(), 'pair')} about {about}.",
        figures=(
            Figure("Pairs", f"{parts.total():,}", f"about {_many(len(facts), 'fact')}", href="#pairs"),
            Figure("Passages", f"{dataset.passages:,}", f"of {_many(documents, 'document')}", href="#text"),
            *_coverage_figures(coverage),
            _dropped(reasons),
            _conflicts(len(dataset.conflicts)),
            _leaks(None if dataset.leaks is None else len(dataset.leaks)),
            *_usage_figures(dataset.usage),
        ),
        dropped=_amounts(reasons),
        parts=_amounts(parts),
        steps=tuple(_step(step) for step in dataset.steps),
        failures=tuple(dataset.failures[:_MOST_FAILURES]),
        failed=len(dataset.failures),
        totals={
            "pairs": parts.total(),
            "dropped pairs": reasons.total(),
            "conflicts": len(dataset.conflicts),
            "leaks": len(dataset.leaks or ()),
        },
    )


def _coverage_figures(coverage: Coverage | None) -> list[Figure]:
    if coverage is None or not coverage.documents:
        return []
    total = coverage.total
    says = f"{total.covered:,} of {_many(total.sentences, 'sentence')} covered"
    if total.declared:
        says += f", {total.declared:,} without a fact"
    return [
        Figure("Coverage", _percent(total.share), says, total.share, "#text"),
        _covered("Numbers", total.numbers_covered, total.numbers, total.number_share),
        _covered("Names", total.names_covered, total.names, total.name_share),
    ]


def _covered(name: str, covered: int, of: int, share: float) -> Figure:
    if not of:
        return Figure(f"{name} covered", "–", "there are none")
    return Figure(f"{name} covered", _percent(share), f"{covered:,} of {of:,}", share)


def _percent(share: float) -> str:
    """With one decimal, rounded down: only what is complete reads 100 %."""
    return f"{int(share * 1000 + 1e-9) / 10:g} %"


def _dropped(reasons: Counter[str]) -> Figure:
    says = _many(len(reasons), "reason")
    return Figure("Dropped", f"{reasons.total():,}", says, href="#pairs", filter="reason")


def _conflicts(count: int) -> Figure:
    says = "kept out of training until resolved" if count else "no two pairs contradict each other"
    return Figure("Conflicts", f"{count:,}", says, href="#conflicts" if count else "", is_alarming=count > 0)


def _leaks(count: int | None) -> Figure:
    if count is None:
        return Figure("Leaks", "–", "not divided yet")
    says = "asked pairs that training gives away" if count else "nothing asked is trained"
    return Figure("Leaks", f"{count:,}", says, href="#leaks" if count else "", is_alarming=count > 0)


def _usage_figures(usage: Usage) -> list[Figure]:
    cached = f", {usage.cached_tokens:,} cached" if usage.cached_tokens else ""
    calls = _many(usage.calls, "call")
    if usage.calls != usage.asked:
        calls += f", {usage.asked:,} asked now"
    return [
        Figure("Cost", _cost(usage.cost), calls),
        Figure(
            "Tokens",
            f"{usage.input_tokens + usage.output_tokens:,}",
            f"{usage.input_tokens:,} read{cached}, {usage.output_tokens:,} written",
        ),
    ]


def _amounts(counts: Counter[str]) -> tuple[Amount, ...]:
    most = max(counts.values(), default=1)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Amount(name, count, count / most) for name, count in ranked)


def _step(step: Step) -> StepRow:
    usage = step.usage
    return StepRow(
        name=step.name,
        before=f"{step.before:,}",
        after=f"{step.after:,}",
        calls=f"{usage.calls:,}",
        tokens=f"{usage.input_tokens + usage.output_tokens:,}",
        cost=_cost(usage.cost),
        time=_time(step.seconds),
        note=step.note,
    )


def _cost(cost: float | None) -> str:
    if cost is None:
        return "unknown"
    if 0 < cost < _CENT:
        return "under $0.01"
    return f"${cost:,.2f}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"

"""The figures of a report card, computed from probes and what was answered to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from qagen.evaluation import Probe, ProbeKind, Result
from qagen.evaluation.figures.statistics import (
    Estimate,
    Group,
    bootstrap,
    difference,
    effective_number,
    mcnemar,
    wilson_by_fact,
)

if TYPE_CHECKING:
    import numpy as np

Measure = Literal["right", "exact", "contained"]
"""What counts: the verdict (a judge's where the words do not decide), or one score of the words alone."""

Where = Callable[[Probe], bool]

_LEAST_WITHHELD = 20  # facts: of 6 to 8, a 95 % interval holds the truth in 68 to 79 % of simulated cases
_LEAST_ROOM = (
    0.05  # a base model that lacks less than this with the passage at hand leaves nothing to recover
)


class Answered(NamedTuple):
    """A probe, and what one model answered to it."""

    probe: Probe
    result: Result

    @property
    def fact(self) -> str:
        """What makes its answers alike: the fact, or the probe itself where no fact is named."""
        return self.probe.fact or f"probe {self.probe.id}"


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of some probes a model answers right.

    Attributes:
        right: Probes answered right; a call that failed is not right.
        asked: Probes asked.
        facts: Facts that they are about.
        share: ``right / asked``, 0 to 1.
        low: Of the 95 % interval, which counts facts: see :func:`.statistics.wilson_by_fact`.
        high: Its other end.
        exact: The share that is exact after folding, by the words alone.
        contained: The share whose answer holds an expected one, by the words alone.
        f1: The mean of the tokens' F1, 0 to 1.
        failed: Probes whose call failed; they are among ``asked``.
        effective: How many independent questions tell as much as these.
    """

    right: int
    asked: int
    facts: int
    share: float
    low: float
    high: float
    exact: float
    contained: float
    f1: float
    failed: int
    effective: float

    @property
    def half_width(self) -> float:
        """Half of the interval's width, 0 to 1."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Change:
    """The same probes asked of two models, or with and without something at hand.

    Attributes:
        before: The share that was answered right before.
        after: The share that was answered right after.
        points: ``after - before`` in percentage points, -100 to 100.
        low: Of its 95 % interval, which counts facts, in points.
        high: Its other end.
        p: Of the exact McNemar test, over probes.
        lost: Probes that were answered right before and not after.
        gained: Probes that were answered right after and not before.
    """

    before: Rate
    after: Rate
    points: float
    low: float
    high: float
    p: float
    lost: tuple[Probe, ...]
    gained: tuple[Probe, ...]

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    @property
    def failed(self) -> int:
        """How many of the calls before and after failed."""
        return self.before.failed + self.after.failed


@dataclass(frozen=True, slots=True)
class FailedFact:
    """A fact that a model does not answer every question about.

    ``question``, ``expected`` and ``answered`` are those of its first question that was answered wrong;
    ``failure`` says why there is no answer.
    """

    fact: str
    source: str
    kind: ProbeKind
    question: str
    expected: str
    answered: str
    failure: str
    right: int
    asked: int


def rate(answered: Iterable[Answered], *, measure: Measure = "right") -> Rate | None:
    """The rate of some answers; ``None`` when there is none."""
    rows = list(answered)
    if not rows:
        return None
    groups = list(grouped(rows, measure=measure).values())
    low, high = wilson_by_fact(groups)
    asked, right = len(rows), int(sum(group.right for group in groups))
    return Rate(
        right=right,
        asked=asked,
        facts=len(groups),
        share=right / asked,
        low=low,
        high=high,
        exact=sum(row.result.score.exact for row in rows) / asked,
        contained=sum(row.result.score.contained for row in rows) / asked,
        f1=sum(row.result.score.f1 for row in rows) / asked,
        failed=sum(bool(row.result.failure) for row in rows),
        effective=effective_number(groups),
    )


def grouped(answered: Iterable[Answered], *, measure: Measure = "right") -> dict[str, Group]:
    """The answers by fact."""
    groups: dict[str, Group] = {}
    for row in answered:
        right, asked = groups.get(row.fact, Group(0, 0))
        groups[row.fact] = Group(right + is_right(row.result, measure), asked + 1)
    return groups


def is_right(result: Result, measure: Measure = "right") -> bool:
    """Whether an answer counts; one that never came does not."""
    if measure == "right":
        return result.right and not result.failure
    return bool(getattr(result.score, measure)) and not result.failure


def change(before: Sequence[Answered], after: Sequence[Answered]) -> Change | None:
    """What became of the probes that were asked both times; ``None`` when there is none."""
    first, later = _shared_rows(before, after)
    rate_before, rate_after = rate(first), rate(later)
    if rate_before is None or rate_after is None:
        return None
    pairs = [
        (one.probe, is_right(one.result), is_right(two.result)) for one, two in zip(first, later, strict=True)
    ]
    lost = tuple(probe for probe, was, now in pairs if was and not now)
    gained = tuple(probe for probe, was, now in pairs if now and not was)
    groups = grouped(first), grouped(later)
    low, high = difference(list(groups[1].values()), list(groups[0].values()), paired=True)
    return Change(
        before=rate_before,
        after=rate_after,
        points=100 * (len(gained) - len(lost)) / len(pairs),
        low=100 * low,
        high=100 * high,
        p=mcnemar(len(lost), len(gained)),
        lost=lost,
        gained=gained,
    )


def split_rates(
    answered: Iterable[Answered], key: Callable[[Probe], Any], *, measure: Measure = "right"
) -> dict[Any, Rate]:
    """A rate for each value of ``key``; probes for which it is ``None`` or empty are left out."""
    rows: dict[Any, list[Answered]] = {}
    for row in answered:
        value = key(row.probe)
        if value is not None and value != "":
            rows.setdefault(value, []).append(row)
    found = {value: rate(some, measure=measure) for value, some in rows.items()}
    return {value: one for value, one in found.items() if one is not None}


def gap(one: Sequence[Answered], other: Sequence[Answered]) -> Estimate:
    """How much greater the share of the one is than that of other facts, in points."""
    first, second = grouped(one), grouped(other)
    if not first or not second:
        return Estimate(None, reason="one of the two was not asked")
    low, high = difference(list(first.values()), list(second.values()), paired=False)
    shares = [
        sum(g.right for g in groups.values()) / sum(g.asked for g in groups.values())
        for groups in (first, second)
    ]
    return Estimate(100 * (shares[0] - shares[1]), 100 * low, 100 * high)


def recovery(
    base: Sequence[Answered],
    tuned: Sequence[Answered],
    ceiling: Sequence[Answered],
    *,
    control: tuple[Sequence[Answered], Sequence[Answered]] | None = None,
) -> Estimate:
    """Of what the base model gains by the passage, the share that the tuned model has without it.

    ``(tuned - base) / (ceiling - base)`` over the probes that all three were asked; 1 is as good as having
    the passage at hand. With ``control``, the base's and the tuned model's answers about withheld facts, what
    the tuned model gains on those is taken off first: that much is drift, not learning.

    Returns:
        With a bootstrap interval by fact, but with ``control`` only from 20 withheld facts on: drawn from
        fewer it is too narrow. No value where the passage hardly helps the base model (under five points):
        the ratio would be noise.
    """
    rows = _sums_by_fact(base, tuned, ceiling)
    if not rows:
        return Estimate(
            None,
            reason="no probe was asked of the base model with and without the passage and of the tuned model",
        )
    samples = [rows]
    if control is not None:
        drift = _sums_by_fact(*control)
        if not drift:
            return Estimate(None, reason="no withheld fact was asked of both models")
        samples.append(drift)
    totals = [[sum(column) for column in zip(*sample, strict=True)] for sample in samples]
    if (totals[0][2] - totals[0][0]) / totals[0][-1] < _LEAST_ROOM:
        return Estimate(None, reason="the base model answers hardly more with the passage than without it")
    value = float(_recovered_share(*totals))
    if control is not None and len(samples[1]) < _LEAST_WITHHELD:
        return Estimate(value, reason=_too_few_withheld(len(samples[1])))
    found = bootstrap(_recovered_draws, *samples)
    if found is None:
        return Estimate(value, reason="the facts are too few or too alike for an interval")
    return Estimate(value, found.low, found.high)


def _too_few_withheld(withheld: int) -> str:
    facts = f"{withheld} withheld fact{'' if withheld == 1 else 's'}"
    return f"{facts} only: an interval takes {_LEAST_WITHHELD}"


def _recovered_share(main: Sequence[Any], drift: Sequence[Any] | None = None) -> Any:
    """From sums: base, tuned, ceiling, asked; and of withheld facts base, tuned, asked."""
    base, tuned, ceiling, asked = main
    off = 0.0 if drift is None else asked * (drift[1] - drift[0]) / drift[2]
    return (tuned - base - off) / (ceiling - base)


def _recovered_draws(main: Any, drift: Any = None) -> np.ndarray[Any, Any]:
    import numpy as np

    base, _, ceiling, asked = main
    has_room = ceiling - base > 0
    safe = [base, main[1], np.where(has_room, ceiling, base + asked), asked]
    drawn: np.ndarray[Any, Any] = np.where(has_room, _recovered_share(safe, drift), np.nan)
    return drawn


def _sums_by_fact(*answers: Sequence[Answered]) -> list[tuple[float, ...]]:
    """A row a fact: how many probes each got right of those that all were asked, and how many these are."""
    groups = [grouped(some) for some in _shared_rows(*answers)]
    return [
        (*(float(some[fact].right) for some in groups), float(group.asked))
        for fact, group in groups[0].items()
    ]


def _shared_rows(*answers: Sequence[Answered]) -> list[list[Answered]]:
    """The answers to the probes that all were asked, in one order, beside the last one's probe."""
    by_id = [{row.probe.id: row for row in some} for some in answers]
    probes = [row.probe for row in by_id[-1].values() if all(row.probe.id in some for some in by_id)]
    return [[Answered(probe, some[probe.id].result) for probe in probes] for some in by_id]


def failed_facts(answered: Iterable[Answered]) -> tuple[FailedFact, ...]:
    """The facts with a wrong answer: those with the smallest share right first, then as they were asked."""
    rows: dict[str, list[Answered]] = {}
    for row in answered:
        rows.setdefault(row.fact, []).append(row)
    found = [
        _failed_fact(fact, some)
        for fact, some in rows.items()
        if not all(is_right(row.result) for row in some)
    ]
    return tuple(sorted(found, key=lambda one: one.right / one.asked))


def _failed_fact(fact: str, rows: Sequence[Answered]) -> FailedFact:
    probe, result = next(row for row in rows if not is_right(row.result))
    return FailedFact(
        fact=fact,
        source=probe.source,
        kind=probe.kind,
        question=probe.question,
        expected=probe.answers[0] if probe.answers else "",
        answered=result.reply,
        failure=result.failure,
        right=sum(is_right(row.result) for row in rows),
        asked=len(rows),
    )


def named(rates: Mapping[Any, Rate]) -> dict[Any, Rate]:
    """Rates by what they are of, in a steady order: the one asked most often first, then by name."""
    return dict(sorted(rates.items(), key=lambda item: (-item[1].asked, str(item[0]))))

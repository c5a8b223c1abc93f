"""Figures in words: shares, points, ranges and counts, as they stand in sentences."""

from __future__ import annotations

from qagen.evaluation.figures.rates import Rate
from qagen.evaluation.figures.statistics import Estimate

NEARLY = 0.99
"""Of a number of independent questions: 200 questions about 200 facts come to 199."""
_MOST_DECIMALS = 4
FEW = 30
"""Independent questions: of fewer, a range is told and no share."""
RECOVERED = "of what the passage at hand gives the base model, the tuned model has without it"
"""What the recovery is a share of."""


def percent(share: float, *, apart_from: float | None = None) -> str:
    """A share as a person reads it: ``83 %``. Only all is 100 %, and only none is 0 %.

    Args:
        share: From 0 to 1.
        apart_from: A share that it is held against: decimals are added until the two look different.
    """
    return f"{_rounded_share(share, apart_from)} %"


def _rounded_share(share: float, apart_from: float | None) -> str:
    if apart_from is not None and share != apart_from:
        return _number_apart(100 * share, 100 * apart_from, decimals=0)
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "<1"
    if whole == 100 and share < 1:  # noqa: PLR2004 - percent
        return ">99"
    return str(whole)


def _number_apart(number: float, other: float, *, decimals: int) -> str:
    """A number with as many decimals as it takes to look different from another one."""
    for more in range(decimals, _MOST_DECIMALS):
        if f"{number:.{more}f}" != f"{other:.{more}f}":
            return f"{number:.{more}f}"
    return f"{number:.{_MOST_DECIMALS}f}"


def whole(number: float) -> str:
    """A number without decimals: ``83``, ``−5``, and never ``−0``."""
    return f"{round(number)}".replace("-", "−")


def tenths(number: float) -> str:
    """A number with its sign and one decimal: ``+1.3``, ``−0.4``, and never ``−0.0``."""
    return f"{round(number, 1) + 0.0:+.1f}".replace("-", "−")


def between(low: float, high: float) -> str:
    """An interval in percent: ``[77–88]``; with ``to`` where a dash would stand before a minus."""
    return f"[{whole(low)}{' to ' if round(low) < 0 else '–'}{whole(high)}]"


def with_interval(rate: Rate, *, apart_from: float | None = None) -> str:
    """``83 % [77–88]``; ``apart_from`` as for :func:`percent`."""
    return f"{percent(rate.share, apart_from=apart_from)} {between(100 * rate.low, 100 * rate.high)}"


def is_few(rate: Rate) -> bool:
    """Whether a share is of under 30 independent questions, too few to be told as one number."""
    return min(rate.asked, rate.effective / NEARLY) < FEW


def claimed(rate: Rate, *, interval: bool = False, beside: Rate | None = None) -> str:
    """A share as it may be told: of few questions ``between 83 and 100 %``, else ``83 %``.

    Args:
        rate: The share.
        interval: Of many questions, add it: ``83 % [77–88]``.
        beside: The share that it is told beside, of the same questions; where that is a range, so is this.
    """
    if is_few(rate) or (beside is not None and is_few(beside)):
        return f"between {whole(100 * rate.low)} and {whole(100 * rate.high)} %"
    return with_interval(rate) if interval else percent(rate.share)


def counted(rate: Rate) -> str:
    """Behind a range: `` (31 questions, worth 18 independent ones)``; of many questions nothing."""
    if not is_few(rate):
        return ""
    worth = "" if rate.facts == rate.asked else f", worth {rate.effective:,.0f} independent ones"
    return f" ({many(rate.asked, 'question')}{worth})"


def recovered(estimate: Estimate) -> str:
    """A recovery without its interval; more than all is ``100 % or more``. Empty where there is none."""
    if estimate.value is None:
        return ""
    return "100 % or more" if estimate.value > 1 else f"{whole(100 * estimate.value)} %"


def recovered_of(estimate: Estimate) -> str:
    """What a recovery is a share of, and how it can be more than all."""
    beyond = estimate.value is not None and estimate.value > 1
    return f"{RECOVERED}{'; reading it, the base model answers less' if beyond else ''}"


def recovered_between(estimate: Estimate) -> str:
    """Its interval: ``[76–91]``, ``[76 to 100 or more]``. Empty where there is none, or all is beyond 100."""
    if estimate.low is None or estimate.high is None or estimate.low >= 1:
        return ""
    if estimate.high <= 1:
        return between(100 * estimate.low, 100 * estimate.high)
    return f"[{whole(100 * estimate.low)} to 100 or more]"


def as_range(low: float, high: float) -> str:
    """Both ends in a figure of few words, from 0 to 1: ``76–91 %``; beyond all ``76–100 % or more``."""
    if low >= 1:
        return "100 % or more"
    more = " or more" if high > 1 else ""
    return f"{whole(100 * low)}{' to ' if low < 0 else '–'}{whole(100 * min(high, 1))} %{more}"


def points(number: float, *, signed: bool = False, apart_from: float | None = None) -> str:
    """Percentage points: ``1.3 points``, one decimal; ``apart_from`` as for :func:`percent`, without sign."""
    shown = tenths(number) if signed else tenths(abs(number))[1:]
    if apart_from is not None and abs(number) != apart_from:
        sign = shown[:1] if signed else ""
        shown = sign + _number_apart(abs(number), apart_from, decimals=1)
    return f"{shown} point{'' if shown.strip('+−') == '1.0' else 's'}"


def many(number: int, noun: str) -> str:
    """``1 fact``, ``2,000 facts``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

"""The section on what the tuned model has learnt: the report card of an evaluation, ready to be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qagen.errors import QAGenError
from qagen.report.rates import MOST_BARS, draw_rates
from qagen.report.summary import Figure

if TYPE_CHECKING:
    from qagen.evaluation import Condition, ReportCard
    from qagen.evaluation.figures import FailedFact
    from qagen.evaluation.showing import Chart

MOST_MISSES = 200
"""So many facts with wrong answers are listed in the page; the file holds all answers."""
_MOST_ROWS = 200  # of a table
_MOST_TEXT = 600  # characters of an answer: a small model may never end
_MOST_MODELS = 6  # with a figure of their own


@dataclass(frozen=True, slots=True)
class Row:
    """One share in the table behind a picture: what was asked, who answered, and how many right."""

    name: str
    who: str
    share: str
    interval: str
    counts: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Bars, and the table of their numbers; ``has_who``: several models are compared.

    ``more`` counts the bars that only the table has, ``left_out`` those that are not even there.
    """

    title: str
    svg: str
    rows: tuple[Row, ...]
    has_who: bool
    more: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Miss:
    """A fact that was not answered every time, and the first question that was answered wrongly."""

    question: str
    kind: str
    source: str
    expected: str
    answered: str
    counts: str


@dataclass(frozen=True, slots=True)
class Section:
    """What the section shows, ``chief`` being the model that it is about.

    ``problem`` says why there is nothing to show.
    """

    problem: str = ""
    sentence: str = ""
    warnings: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    chief: str = ""
    misses: tuple[Miss, ...] = ()
    missed: int = 0
    notes: tuple[str, ...] = ()
    glossary: str = ""


def find_section(run: Path | None) -> Section | None:
    """The section of a run folder; ``None`` where there is no evaluation.

    What cannot be read becomes a section that says so: the page has much else to show.
    """
    from qagen.evaluation import EVALUATION, ReportCard
    from qagen.evaluation.figures import find_outdated

    if run is None or not (run / EVALUATION).exists():
        return None
    try:
        card = ReportCard.load(run / EVALUATION)
        section, outdated = make_section(card), find_outdated(card, run)
    except QAGenError as error:
        return Section(problem=f"The evaluation of this run folder cannot be shown: {error}")
    return replace(section, warnings=(outdated, *section.warnings)) if outdated else section


def make_section(card: ReportCard) -> Section:
    """The section of a report card.

    Raises:
        MissingExtraError: scipy, which makes the intervals, is not installed.
        SettingsError: The card's base or tuned model is none of its models.
    """
    from qagen.evaluation.figures import GLOSSARY
    from qagen.evaluation.showing import breakdowns, charts, footer, numbers

    failed, top = card.failed(), _CardFigures(card)
    return Section(
        sentence=card.sentence,
        warnings=tuple(str(one) for one in card.warnings),
        figures=(top.recovery(), *top.headlines(), *top.general()),
        pictures=tuple(_picture_of(chart) for chart in (*charts(card), *breakdowns(card, most=_MOST_ROWS))),
        numbers=tuple((name.strip(" -"), said) for name, said in numbers(card)),
        chief=card.subject or "",
        misses=tuple(_miss_of(one) for one in failed[:MOST_MISSES]),
        missed=len(failed),
        notes=tuple(footer(card)),
        glossary=GLOSSARY,
    )


@dataclass(frozen=True, slots=True)
class _CardFigures:
    """The figures that stand above a report card."""

    card: ReportCard

    def recovery(self) -> Figure:
        """The recovery, at most 100 %; of few questions its interval alone, or nothing."""
        card = self.card
        from qagen.evaluation.figures import as_range, is_few, recovered, recovered_between, recovered_of

        found = card.recovery
        rate = card.rate(card.tuned, "P") if card.tuned else None
        if found.value is None or rate is None:
            return Figure("Recovery", "–", found.reason)
        says = recovered_of(found)
        if not is_few(rate):
            share = min(1.0, max(0.0, found.value))
            return Figure("Recovery", recovered(found), f"{recovered_between(found)} {says}".lstrip(), share)
        if found.low is None or found.high is None:
            return Figure("Recovery", "–", f"the share {says}: {found.reason}")
        return Figure("Recovery", as_range(found.low, found.high), says)

    def headlines(self) -> list[Figure]:
        """The main kind of question: every model with nothing at hand, the base model with a text too."""
        card = self.card
        from qagen.evaluation import AT_HAND, KINDS
        from qagen.evaluation.figures import as_range, is_few, many
        from qagen.evaluation.showing import interval, share

        kind = card.headline
        if kind is None:
            return []
        names = sorted(card.models, key=lambda name: (name != card.subject, name != card.base))[:_MOST_MODELS]
        asked: list[tuple[str, Condition]] = [(name, "closed") for name in names]
        reader = card.base or card.subject
        if reader is not None:
            asked += [(reader, "passage"), (reader, "retrieval")]
        chief = card.rate(names[0], kind) if names else None
        found = []
        for model, condition in asked:
            rate = card.rate(model, kind, condition=condition)
            if rate is not None:
                name, counts = f"{model}{AT_HAND[condition]}", f"{rate.right:,} of {rate.asked:,}"
                says = f"{KINDS[kind]}: {counts} about {many(rate.facts, 'fact')}"
                if is_few(rate) or (chief is not None and is_few(chief)):
                    found.append(
                        Figure(name, as_range(rate.low, rate.high), f"{says}, too few for one share")
                    )
                else:
                    found.append(Figure(name, share(rate), f"{interval(rate)} {says}", rate.share))
        return found

    def general(self) -> list[Figure]:
        from qagen.evaluation.figures import MOST_FORGOTTEN, percent, points

        change = self.card.forgetting
        if change is None:
            return []
        shares = f"{percent(change.before.share)} before, {percent(change.after.share)} after"
        says = f"points on general questions: {shares}"
        value = points(change.points, signed=True, apart_from=MOST_FORGOTTEN).split()[0]
        return [Figure("Forgotten or gained", value, says, is_alarming=change.points < -MOST_FORGOTTEN)]


def _picture_of(chart: Chart) -> Picture:
    from qagen.evaluation.showing import interval, share

    rows = tuple(
        Row(
            group.title or bar.name,
            bar.name if group.title else "",
            share(bar.rate),
            interval(bar.rate),
            f"{bar.rate.right:,} of {bar.rate.asked:,}",
        )
        for group in chart.groups
        for bar in group.bars
    )
    more = sum(max(0, len(group.bars) - MOST_BARS) for group in chart.groups if not group.title)
    has_who = any(row.who for row in rows)
    return Picture(chart.title, draw_rates(chart), rows, has_who, more, chart.more)


def _miss_of(fact: FailedFact) -> Miss:
    from qagen.evaluation import KINDS
    from qagen.evaluation.showing import answer_of

    return Miss(
        question=_shortened_answer(fact.question),
        kind=KINDS[fact.kind],
        source=fact.source,
        expected=_shortened_answer(fact.expected),
        answered=_shortened_answer(answer_of(fact)),
        counts=f"{fact.right:,} of {fact.asked:,}",
    )


def _shortened_answer(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…"

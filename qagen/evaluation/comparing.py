"""Several report cards side by side: runs, recipes or models on the same questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from qagen.errors import MissingExtraError, SettingsError
from qagen.evaluation.figures import Answered, Change, Rate, change, claimed, counted, points
from qagen.evaluation.records import KINDS, Probe, ProbeKind
from qagen.evaluation.report_card import ReportCard
from qagen.evaluation.showing import (
    ABOVE,
    INTERVALS,
    TEST,
    Bar,
    Chart,
    Group,
    Lines,
    Part,
    Sheet,
    changed,
    filled,
    kind_title,
    numbers,
    trained,
)
from qagen.pairs import caution_of

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType


@dataclass(frozen=True)
class Comparison:
    """Report cards by name, in order; the first is what the others are held against.

    Every card stands for its subject: the tuned model. Probes are the same when kind, question and expected
    answers are; ids may differ.
    """

    cards: Mapping[str, ReportCard]

    @property
    def first(self) -> str:
        """The card that the others are held against."""
        return next(iter(self.cards))

    @property
    def kinds(self) -> tuple[ProbeKind, ...]:
        """The kinds that the subject of any card was asked, in the order in which they are shown."""
        return tuple(kind for kind in KINDS if any(self.rate(name, kind) for name in self.cards))

    def rate(self, name: str, kind: ProbeKind) -> Rate | None:
        """What a card's subject answers right with nothing at hand; ``None`` when it was asked none.

        Raises:
            SettingsError: There is no such card.
        """
        card = self._card_named(name)
        return card.rate(card.subject, kind) if card.subject else None

    def base_rate(self, kind: ProbeKind) -> Rate | None:
        """The same of the base model of the first card that has one."""
        rates = (card.rate(card.base, kind) for card in self.cards.values() if card.base)
        return next((rate for rate in rates if rate), None)

    def change(self, name: str, kind: ProbeKind, *, before: str | None = None) -> Change | None:
        """From one card's subject to another's, over the questions that both were asked.

        Args:
            name: A card.
            kind: Of the questions.
            before: The card it is held against; the first by default.

        Raises:
            SettingsError: There is no such card.
        """
        return change(self._comparable_rows(before or self.first, kind), self._comparable_rows(name, kind))

    @cached_property
    def sentence(self) -> str:
        """How the cards stand on the kind of question that says most of what was learnt."""
        kind = next((card.headline for card in self.cards.values() if card.headline), None)
        if kind is None:
            return "No question about a trained fact was asked, so there is nothing to compare."
        rates = {name: rate for name in self.cards if (rate := self.rate(name, kind))}
        ranked = sorted(rates.items(), key=lambda item: -item[1].share)
        shares = ", ".join(f"{name} {claimed(rate, interval=True)}{counted(rate)}" for name, rate in ranked)
        said = f"Right answers to {kind} questions ({KINDS[kind]}): {shares}."
        failed = sum(rate.failed for rate in rates.values())
        if failed:
            return f"{said} {failed:,} of these calls got no answer, so these figures are not final."
        if len(ranked) == 1:
            return said
        best, second = ranked[0][0], ranked[1][0]
        change = self.change(best, kind, before=second)
        if change is None:
            return f"{said} {best} and {second} were asked nothing in common."
        if not change.is_clear:
            return f"{said} Between {best} and {second} there is no clear difference."
        ahead = best if change.points > 0 else second
        return f"{said} {ahead} is ahead by {points(change.points)} on the questions that both were asked."

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What stands against comparing these cards, a sentence each."""
        return tuple(self._difference_notes())

    def to_pandas(self) -> pd.DataFrame:
        """A ``DataFrame`` with a row for each card and kind of question: share, interval, change and p.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingExtraError("hf", "to_pandas()") from error
        table: pd.DataFrame = pd.DataFrame(list(self._table_rows()))
        return table

    def _table_rows(self) -> Iterator[dict[str, object]]:
        for name in self.cards:
            for kind in self.kinds:
                rate = self.rate(name, kind)
                if rate is None:
                    continue
                change = self.change(name, kind) if name != self.first else None
                yield {
                    "card": name,
                    "kind": kind,
                    "right": rate.right,
                    "asked": rate.asked,
                    "facts": rate.facts,
                    "share": rate.share,
                    "low": rate.low,
                    "high": rate.high,
                    "points": change.points if change else None,
                    "points_low": change.low if change else None,
                    "points_high": change.high if change else None,
                    "p": change.p if change else None,
                }

    def _card_named(self, name: str) -> ReportCard:
        if name not in self.cards:
            raise SettingsError(f"there is no card {name!r} here, only {', '.join(self.cards)}")
        return self.cards[name]

    def _comparable_rows(self, name: str, kind: ProbeKind) -> list[Answered]:
        """Answers whose probes have ids that are the same in every card, for the same question."""
        card = self._card_named(name)
        if card.subject is None:
            return []
        often: Counter[str] = Counter()
        rows = []
        for row in card.answered(card.subject, kind):
            same = _question_key(row.probe)
            rows.append(Answered(row.probe.model_copy(update={"id": f"{same}\n{often[same]}"}), row.result))
            often[same] += 1
        return rows

    def _difference_notes(self) -> Iterator[str]:
        for name, card in self.cards.items():
            if said := caution_of(card.writers):
                yield f"{name}: what counts as right may be wrong. {said}"
        first = self.first
        for name in list(self.cards)[1:]:
            for kind in self.kinds:
                mine = {row.probe.id for row in self._comparable_rows(name, kind)}
                theirs = {row.probe.id for row in self._comparable_rows(first, kind)}
                if mine != theirs:
                    yield (
                        f"{name} and {first} were not asked the same {KINDS[kind]} questions ({kind}): "
                        f"{len(mine & theirs)} are shared, of {len(mine)} and {len(theirs)}. Changes are "
                        "over the shared ones; shares are not."
                    )
        bases = {str(card.training.get("base_model") or card.base or "") for card in self.cards.values()}
        bases.discard("")
        if len(bases) > 1:
            yield f"The base models differ: {', '.join(sorted(bases))}."
        judges = {card.judge for card in self.cards.values()}
        if len(judges) > 1:
            yield "Not all cards were judged by the same model: compare what the words alone say."

    def __str__(self) -> str:
        from qagen.evaluation.showing import as_text

        return as_text(comparison_sheet(self))

    def __rich__(self) -> RenderableType:
        from qagen.evaluation.showing import renderable

        return renderable(comparison_sheet(self))

    def _repr_html_(self) -> str:
        from qagen.evaluation.showing import as_html

        return as_html(comparison_sheet(self))


def compare(cards: Mapping[str, ReportCard]) -> Comparison:
    """Report cards side by side.

    Args:
        cards: By name, in the order in which they are shown; the first is what others are held against.

    Returns:
        Shares by kind of question, and what changed from the first card to each other one over the questions
        that both were asked, with an interval and the exact McNemar test. It shows itself in a terminal
        (``rich.print``, ``str``) and in a notebook.

    Raises:
        SettingsError: There is no card.
    """
    if not cards:
        raise SettingsError(
            "give at least one report card to compare: compare({'run': ReportCard.load('run/')})"
        )
    return Comparison(dict(cards))


def _question_key(probe: Probe) -> str:
    """An id that is the same for the same question wherever it is asked."""
    return "\n".join((probe.kind, probe.form, probe.question, *probe.answers, *probe.options))


_COMPARED = ("Recovery", "- beyond drift", ABOVE, "General knowledge", "Twins told apart")


def comparison_sheet(comparison: Comparison) -> Sheet:
    """What is shown of several cards side by side."""
    shown = _Parts(comparison)
    parts: list[Part] = [*shown.side_by_side(), *shown.each(), *shown.changes()]
    said = f"Changes are over the questions that both were asked. {INTERVALS} {TEST}"
    return Sheet(comparison.sentence, filled(parts), comparison.warnings, (said,))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is shown of several cards, part by part."""

    comparison: Comparison

    def side_by_side(self) -> Iterator[Chart]:
        comparison = self.comparison
        groups = []
        for kind in comparison.kinds:
            base = comparison.base_rate(kind)
            rates = [("base", base)] if base else []
            rates += [(name, rate) for name in comparison.cards if (rate := comparison.rate(name, kind))]
            groups.append(
                Group(kind_title(kind), tuple(Bar(name, rate, name != "base") for name, rate in rates))
            )
        yield Chart("Answered right with nothing at hand", tuple(groups))

    def each(self) -> Iterator[Lines]:
        for name, card in self.comparison.cards.items():
            lines = [line for line in numbers(card) if line[0] in _COMPARED]
            training = trained(card)
            yield Lines(name, (*lines, *([("Training", training)] if training else [])))

    def changes(self) -> Iterator[Lines]:
        comparison = self.comparison
        for name in list(comparison.cards)[1:]:
            changes = [
                (f"{kind}: {KINDS[kind]}", changed(comparison.change(name, kind)))
                for kind in comparison.kinds
            ]
            yield Lines(
                f"From {comparison.first} to {name}", tuple((kind, said) for kind, said in changes if said)
            )

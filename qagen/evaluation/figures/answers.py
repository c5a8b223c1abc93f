"""What models answered to what was asked, and the figures that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qagen.errors import MissingExtraError, SettingsError
from qagen.evaluation import KINDS, Condition, Probe, ProbeKind, Result
from qagen.evaluation.figures import rates
from qagen.evaluation.figures.rates import Answered, Change, FailedFact, Measure, Rate, Where
from qagen.evaluation.figures.statistics import Agreement, Estimate, kappa
from qagen.records import Leak, Usage

if TYPE_CHECKING:
    import pandas as pd


class Answers(BaseModel):
    """Every probe, every answer, and the figures computed from them and nothing else.

    Shares go from 0 to 1, differences are in percentage points, intervals are at 95 % and count facts, not
    questions. The fields are described with :class:`qagen.ReportCard`, which is these with a file and looks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
    format: Literal["qagen-evaluation@1"] = "qagen-evaluation@1"
    probes: tuple[Probe, ...]
    results: tuple[Result, ...]
    models: tuple[str, ...]
    base: str | None = None
    tuned: str | None = None
    conditions: tuple[Condition, ...] = ("closed",)
    leaks: tuple[Leak, ...] | None = None
    judge: str | None = None
    audit: Agreement | None = None
    identity: str = ""
    usage: Usage = Usage()
    run: str | None = None
    created: str = ""
    training: dict[str, Any] = Field(default_factory=dict)
    writers: tuple[str, ...] = ()
    withheld: int | None = None
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_its_models(self) -> Self:
        for role, name in (("base", self.base), ("tuned", self.tuned)):
            if name is not None and name not in self.models:
                raise ValueError(f"{role} is {name!r}, which is none of the models {', '.join(self.models)}")
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other fields; its figures are computed anew."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    @cached_property
    def _answered(self) -> Mapping[tuple[str, Condition, str], list[Answered]]:
        """Answers by model, condition and kind of probe, in the order of the probes."""
        place = {probe.id: number for number, probe in enumerate(self.probes)}
        latest = {(one.model, one.condition, one.probe): one for one in self.results if one.probe in place}
        rows: dict[tuple[str, Condition, str], list[Answered]] = {}
        for one in sorted(latest.values(), key=lambda one: place[one.probe]):
            probe = self.probes[place[one.probe]]
            rows.setdefault((one.model, one.condition, probe.kind), []).append(Answered(probe, one))
        return rows

    @property
    def every_answer(self) -> list[Answered]:
        """What was answered to every probe, by every model and with everything at hand."""
        return [row for rows in self._answered.values() for row in rows]

    def answered(
        self, model: str, kind: ProbeKind, *, condition: Condition = "closed", where: Where | None = None
    ) -> list[Answered]:
        """The probes of a kind that a model was asked, with what it answered.

        Args:
            model: One of ``models``.
            kind: Of the probes.
            condition: What it had at hand.
            where: Which probes; all of them by default.

        Raises:
            SettingsError: There is no such model in this card.
        """
        if model not in self.models:
            raise SettingsError(f"this card has no model {model!r}, only {', '.join(self.models) or 'none'}")
        rows = self._answered.get((model, condition, kind), [])
        return [row for row in rows if where is None or where(row.probe)]

    def rate(
        self,
        model: str,
        kind: ProbeKind,
        *,
        condition: Condition = "closed",
        where: Where | None = None,
        measure: Measure = "right",
    ) -> Rate | None:
        """How many probes of a kind a model answers right; ``None`` when it was asked none.

        Args:
            model: One of ``models``.
            kind: Of the probes.
            condition: What it had at hand.
            where: Which probes; all of them by default.
            measure: What counts as right: the verdict, or one score of the words alone.

        Raises:
            SettingsError: There is no such model in this card.
            MissingExtraError: scipy is not installed.
        """
        return rates.rate(self.answered(model, kind, condition=condition, where=where), measure=measure)

    def change(
        self,
        kind: ProbeKind,
        *,
        before: str | None = None,
        after: str | None = None,
        condition: Condition = "closed",
        where: Where | None = None,
    ) -> Change | None:
        """What became of the probes of a kind from one model to another.

        Args:
            kind: Of the probes.
            before: A model; the base model by default.
            after: A model; the tuned one by default.
            condition: What both had at hand.
            where: Which probes; all of them by default.

        Returns:
            ``None`` when no probe of that kind was asked of both, or one of the two is not known.
        """
        before, after = before or self.base, after or self.tuned
        if before is None or after is None:
            return None
        return rates.change(
            self.answered(before, kind, condition=condition, where=where),
            self.answered(after, kind, condition=condition, where=where),
        )

    @property
    def kinds(self) -> tuple[ProbeKind, ...]:
        """The kinds that were asked, in the order in which they are shown."""
        asked = {kind for _, _, kind in self._answered}
        return tuple(kind for kind in KINDS if kind in asked)

    @property
    def subject(self) -> str | None:
        """The model that the card is about: the tuned one, or else the last one that is not the base."""
        others = [name for name in self.models if name != self.base]
        return self.tuned or (others[-1] if others else self.base)

    @property
    def headline(self) -> ProbeKind | None:
        """The kind that says most of what was learnt, of those that were asked of the subject closed-book."""
        if self.subject is None:
            return None
        wanted: tuple[ProbeKind, ...] = ("P", "own", "X", "V", "F", "R")
        return next((kind for kind in wanted if self.answered(self.subject, kind)), None)

    @cached_property
    def recovery(self) -> Estimate:
        """Of what the passage gives the base model, the share that the tuned model has without it.

        (P tuned - P base) / (P base with the passage - P base), over the probes that all three were asked.
        ``value`` is as computed; it can be above 1, which is shown as "100 % or more".
        """
        return self._recovery_of(controlled=False)

    @cached_property
    def controlled_recovery(self) -> Estimate:
        """The recovery after what tuning changed on withheld facts (C) was taken off."""
        return self._recovery_of(controlled=True)

    def _recovery_of(self, *, controlled: bool) -> Estimate:
        base, tuned = self.base, self.tuned
        if base is None or tuned is None:
            return Estimate(None, reason="it takes a base and a tuned model")
        control = (self.answered(base, "C"), self.answered(tuned, "C")) if controlled else None
        return rates.recovery(
            self.answered(base, "P"),
            self.answered(tuned, "P"),
            self.answered(base, "P", condition="passage"),
            control=control,
        )

    @cached_property
    def above_control(self) -> Estimate:
        """P - C of the tuned model, in points: what it knows of trained facts beyond withheld ones."""
        if self.subject is None:
            return Estimate(None, reason="no model was asked")
        return rates.gap(self.answered(self.subject, "P"), self.answered(self.subject, "C"))

    @cached_property
    def forgetting(self) -> Change | None:
        """General questions before and after tuning. Points below zero are lost."""
        return self.change("G")

    @cached_property
    def still_known(self) -> Rate | None:
        """Of the general questions that the base model got right, those the tuned model gets right."""
        if self.base is None or self.tuned is None:
            return None
        known = {row.probe.id for row in self.answered(self.base, "G") if rates.is_right(row.result)}
        return self.rate(self.tuned, "G", where=lambda probe: probe.id in known)

    def told_apart(self, model: str | None = None) -> Rate | None:
        """Of the unanswerable twins, those that a model declines while it answers their original.

        Args:
            model: The card's subject by default.

        Returns:
            ``exact``, ``contained`` and ``f1`` are those of the answers to the twins. ``None`` when no twin
            and original were both asked.
        """
        model = model or self.subject
        if model is None:
            return None
        known = {
            row.probe.id: rates.is_right(row.result)
            for (name, condition, _), rows in self._answered.items()
            if (name, condition) == (model, "closed")
            for row in rows
        }
        twins = [row for row in self.answered(model, "U") if row.probe.original in known]
        both = [
            Answered(
                row.probe,
                row.result.model_copy(update={"right": row.result.right and known[row.probe.original]}),
            )
            for row in twins
        ]
        return rates.rate(both)

    @cached_property
    def judge_agreement(self) -> Agreement | None:
        """How far the judge agrees with the words alone, over the answers that the words decide.

        Those that they leave open are not counted: there the words only say that nobody has decided, see
        :attr:`judge_decided`. ``None`` where the judge saw no other.
        """
        judged = [
            (one.result.score.verdict == "right", one.result.judged)
            for one in self._rows_by_openness(is_open=False)
            if one.result.judged is not None
        ]
        return kappa([words for words, _ in judged], [judge for _, judge in judged]) if judged else None

    @cached_property
    def judge_decided(self) -> Rate | None:
        """How many of the answers that words leave open the judge calls right; ``None`` where it saw none."""
        return rates.rate(
            [one for one in self._rows_by_openness(is_open=True) if one.result.judged is not None]
        )

    @property
    def unjudged(self) -> int:
        """How many answers that words leave open the judge gave no verdict on; 0 without a judge."""
        if self.judge is None:
            return 0
        return sum(one.result.judged is None for one in self._rows_by_openness(is_open=True))

    def _rows_by_openness(self, *, is_open: bool) -> list[Answered]:
        """The answers that words leave open, or those that they decide."""
        from qagen.evaluation import is_open as leaves_open

        return [one for one in self.every_answer if leaves_open(one.result, one.probe) == is_open]

    def failed(
        self, model: str | None = None, *, kinds: Iterable[ProbeKind] = ("V", "P")
    ) -> tuple[FailedFact, ...]:
        """The facts that a model does not answer every question about, worst first.

        Args:
            model: The card's subject by default.
            kinds: Of probes that count. Where none of them was asked, the headline's.
        """
        model = model or self.subject
        if model is None:
            return ()
        rows = [
            row
            for kind in dict.fromkeys(("P", *kinds))
            if kind in set(kinds)
            for row in self.answered(model, kind)
        ]
        if not rows and self.headline is not None:
            rows = self.answered(model, self.headline)
        return rates.failed_facts(rows)

    def by_document(self, kind: ProbeKind | None = None, *, model: str | None = None) -> dict[str, Rate]:
        """The rate for each source document, of the headline's probes and the card's subject by default."""
        return rates.named(self._rates_by(kind, model, lambda probe: probe.source))

    def by_answer_kind(self, kind: ProbeKind | None = None, *, model: str | None = None) -> dict[str, Rate]:
        """The rate for each kind of expected answer: number, date, name ..."""
        return rates.named(self._rates_by(kind, model, lambda probe: probe.answer_kind))

    def by_language(self, kind: ProbeKind | None = None, *, model: str | None = None) -> dict[str, Rate]:
        """The rate for each language of the questions."""
        return rates.named(self._rates_by(kind, model, lambda probe: probe.language))

    def by_wordings(self, kind: ProbeKind | None = None, *, model: str | None = None) -> dict[int, Rate]:
        """The rate for each number of wordings that a fact was trained in, fewest first."""
        return dict(sorted(self._rates_by(kind, model, lambda probe: probe.wordings).items()))

    def by_form(self, kind: ProbeKind = "F", *, model: str | None = None) -> dict[str, Rate]:
        """The rate for each format: yes, no, cloze, choice."""
        return rates.named(self._rates_by(kind, model, lambda probe: probe.form))

    def _rates_by(self, kind: ProbeKind | None, model: str | None, key: Any) -> dict[Any, Rate]:
        kind, model = kind or self.headline, model or self.subject
        if kind is None or model is None:
            return {}
        return rates.split_rates(self.answered(model, kind), key)

    def to_pandas(self) -> pd.DataFrame:
        """A ``DataFrame`` with a row for each answer: the probe's columns, then the result's and its score's.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingExtraError("hf", "to_pandas()") from error
        rows = [
            {
                **row.probe.model_dump(exclude={"id"}),
                **row.result.model_dump(exclude={"score"}),
                **row.result.score.model_dump(),
            }
            for row in self.every_answer
        ]
        table: pd.DataFrame = pd.DataFrame(rows)
        return table

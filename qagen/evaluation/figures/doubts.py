"""What stands against trusting a report card's figures, or the tuned model: a sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.errors import RunFolderError
from qagen.evaluation.figures.advice import against_forgetting, against_under_training
from qagen.evaluation.figures.findings import (
    ENOUGH_RECALL,
    MOST_FORGOTTEN,
    capitalised,
    is_under_trained,
    named_model,
    surely_lost,
)
from qagen.evaluation.figures.habits import yes_no_habit
from qagen.evaluation.figures.rates import Rate
from qagen.evaluation.figures.words import NEARLY, many, percent, points, with_interval
from qagen.pairs import caution_of

if TYPE_CHECKING:
    from pathlib import Path

    from qagen.evaluation.figures.answers import Answers

ENOUGH_PROBES = 200
"""Of the headline's: with 200 independent questions the half-width is at most 6.9 points."""
_MOST_INVENTED = 0.2
_ENOUGH_AGREEMENT = 0.6  # "moderate" ends here: Landis and Koch 1977
_ALREADY_KNOWN = 0.5
_MOST_REASON = 120  # characters


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that stands against trusting a figure: ``code`` in a word, ``text`` in a sentence or two."""

    code: str
    text: str

    def __str__(self) -> str:
        return self.text


def cautions(card: Answers) -> tuple[Caution, ...]:
    """What stands against trusting a card's figures or its tuned model, the gravest first."""
    doubts = _Doubts(card)
    checks: tuple[tuple[str, Iterator[str]], ...] = (
        ("writer", doubts.writer()),
        ("leak", doubts.leaks()),
        ("failures", doubts.failures()),
        ("unequal", doubts.unequal()),
        ("under_trained", doubts.recall()),
        ("forgetting", doubts.forgetting()),
        ("invented", doubts.invented()),
        ("always_yes", doubts.always_yes()),
        ("no_control", doubts.no_control()),
        ("known_elsewhere", doubts.known()),
        ("seen", doubts.seen()),
        ("small_sample", doubts.sample()),
        ("judge", doubts.judge()),
        ("audit", doubts.audit()),
    )
    return tuple(Caution(code, text) for code, found in checks for text in found)


@dataclass(frozen=True, slots=True)
class _Doubts:
    """What there is to be doubted about a card: each method gives its sentences, if there are any."""

    card: Answers

    def writer(self) -> Iterator[str]:
        said = caution_of(self.card.writers)
        if said:
            yield f"What counts as right here may be wrong. {said}"

    def leaks(self) -> Iterator[str]:
        """Held-out probes that were trained after all, by the check or by the probes' own word."""
        card = self.card
        asked = {leak.asked for leak in card.leaks or ()}
        leaked = {one.id for one in card.probes if one.id in asked or (one.kind in {"P", "C"} and one.seen)}
        number = len(leaked | asked)
        if not number:
            return
        said = (
            f"{many(number, 'held-out question')} {_was_or_were(number)} trained, in the same or nearly "
            f"the same words"
        )
        without = (
            card.rate(card.subject, "P", where=lambda one: one.id not in leaked) if card.subject else None
        )
        has_leaked = any(one.id in leaked and one.kind == "P" for one in card.probes)
        if has_leaked and without is not None:
            said += f"; without {'it' if number == 1 else 'them'} P is {with_interval(without)}"
        yield f"{said}. Divide the pairs again before trusting the figures."

    def failures(self) -> Iterator[str]:
        card = self.card
        for model in card.models:
            failed = [one for one in card.results if one.model == model and one.failure]
            if failed:
                yield (
                    f"{many(len(failed), 'call')} to {named_model(card, model)} failed and count as not "
                    f"right ({_shortened_reason(failed[0].failure)}). The same command asks only these again."
                )

    def unequal(self) -> Iterator[str]:
        card = self.card
        asked = {
            model: {row.probe.id for kind in card.kinds for row in card.answered(model, kind)}
            for model in card.models
        }
        everything = set().union(*asked.values())
        for model, some in asked.items():
            if some != everything:
                yield (
                    f"{capitalised(named_model(card, model))} was asked {len(some)} of {len(everything)} "
                    "questions: compare its shares with care. Changes are of shared questions only."
                )

    def recall(self) -> Iterator[str]:
        card = self.card
        rate = card.rate(card.tuned, "V") if card.tuned else None
        if rate is not None and is_under_trained(rate):
            share = with_interval(rate, apart_from=ENOUGH_RECALL)
            yield (
                f"Under-trained: the tuned model answers {share} of the questions it was trained "
                f"on, under 95 %. {against_under_training(card.training)}"
            )

    def forgetting(self) -> Iterator[str]:
        change = self.card.forgetting
        if change is None or surely_lost(change) <= MOST_FORGOTTEN:
            return
        sure = (
            ""
            if change.is_clear
            else " The interval includes no loss at all: ask more general questions to be sure."
        )
        interval = f"{points(change.low, signed=True)} to {points(change.high, signed=True)}"
        said = (
            f"It lost {points(change.points, apart_from=MOST_FORGOTTEN)} on general questions ({interval}; "
            f"of {change.after.asked}, {change.before.right} were right before and "
            f"{change.after.right} after).{sure} {against_forgetting(self.card.training)}"
        )
        yield said.rstrip()

    def invented(self) -> Iterator[str]:
        card = self.card
        rate = card.rate(card.tuned, "U") if card.tuned else None
        if rate is None or (rate.asked - rate.right - rate.failed) / rate.asked <= _MOST_INVENTED:
            return
        before = card.rate(card.base, "U") if card.base else None
        has_before = before is not None and before.asked > before.failed
        base = f"; the base model invents {percent(_invented_share(before))}" if before and has_before else ""
        yield (
            "It invents answers: asked what the documents do not say, the tuned model answers all the same "
            f"in {rate.asked - rate.right - rate.failed} of {rate.asked - rate.failed} cases "
            f"({percent(_invented_share(rate))}{base})."
        )

    def always_yes(self) -> Iterator[str]:
        """Yes/no questions that are answered with one word; half of them are right then, and raise F."""
        card = self.card
        habit = yes_no_habit(card.answered(card.subject, "F")) if card.subject else None
        if habit is None:
            return
        every = "all" if habit.said == habit.answered else f"{habit.said:,} of"
        without = f"without them F is {with_interval(habit.others)}" if habit.others else "F has no others"
        yield (
            f"Yes/no questions are answered {habit.word} whatever is asked: {every} {habit.answered:,}, "
            f"where {habit.word} is right for {habit.expected:,}. Those are right by habit and count in F "
            f"all the same; {without}."
        )

    def no_control(self) -> Iterator[str]:
        card = self.card
        if card.tuned is not None and card.withheld == 0:
            yield (
                f"{untold_drift(card)}. `qagen generate` withholds some from ten facts on, unless it was "
                "told `--control 0` or `--no-divide`."
            )

    def known(self) -> Iterator[str]:
        """Facts that were never taught and are known all the same."""
        card = self.card
        change = card.change("C")
        if change is not None and not change.failed and change.is_clear and change.points > 0:
            yield (
                f"Withheld facts are known: the tuned model answers {with_interval(change.after)} of them, "
                f"the base model {percent(change.before.share)}. They follow from trained facts, or stand in "
                "the pairs in other words: read P − C, and the recovery beyond drift."
            )
        base = card.rate(card.base, "P") if card.base else None
        if base is not None and base.low > _ALREADY_KNOWN:
            yield (
                f"The base model already answers {with_interval(base)} of the P questions: the documents, or "
                "what they say, are known to it from elsewhere, and there is little to learn."
            )

    def seen(self) -> Iterator[str]:
        for kind, words in (("R", "asked backwards"), ("X", "in another language")):
            asked = [probe for probe in self.card.probes if probe.kind == kind]
            if asked and all(probe.seen for probe in asked):
                yield (
                    f"All {len(asked)} questions {words} ({kind}) were trained as they are asked: they show "
                    "recall, not that the fact can be used so."
                )

    def sample(self) -> Iterator[str]:
        card = self.card
        kind, subject = card.headline, card.subject
        rate = card.rate(subject, kind) if kind and subject else None
        if rate is None or min(rate.asked, rate.effective / NEARLY) >= ENOUGH_PROBES:
            return
        worth = "" if rate.facts == rate.asked else f"(worth {rate.effective:,.0f} independent questions) "
        yield (
            f"Small sample: {many(rate.asked, 'question')} of kind {kind} about {many(rate.facts, 'fact')} "
            f"{worth}give ±{100 * rate.half_width:.1f} points. From {ENOUGH_PROBES} independent questions on "
            "it is ±6.9 or less."
        )

    def judge(self) -> Iterator[str]:
        agreement = self.card.judge_agreement
        if agreement is not None and agreement.kappa is not None and agreement.kappa < _ENOUGH_AGREEMENT:
            look = ": look at a sample yourself with `--audit 50`" if self.card.audit is None else ""
            yield (
                f"The judge and the words alone agree on {agreement.same} of "
                f"{many(agreement.asked, 'answer')} only (kappa {agreement.kappa:.2f}){look}."
            )

    def audit(self) -> Iterator[str]:
        audit = self.card.audit
        if audit is not None and audit.kappa is not None and audit.kappa < _ENOUGH_AGREEMENT:
            yield (
                f"The person who labelled {many(audit.asked, 'answer')} agrees with the scores on "
                f"{audit.same} only (kappa {audit.kappa:.2f}): the shares on this card are not to be trusted."
            )


def _was_or_were(number: int) -> str:
    return "was" if number == 1 else "were"


def _invented_share(rate: Rate) -> float:
    """Of the questions without an answer in the documents that were answered at all, the share invented."""
    return 1 - rate.right / (rate.asked - rate.failed)


def untold_drift(card: Answers) -> str:
    """Why a card with a tuned model says nothing of withheld facts; empty where it does."""
    if card.tuned is None or card.headline is None or "C" in card.kinds:
        return ""
    none = {0: "No fact was withheld from training", None: "No withheld fact was asked about"}
    said = none.get(card.withheld, f"None of the {card.withheld} withheld facts was asked about")
    return f"{said}: what tuning raises without teaching it (C, drift) is not known"


def general_languages(card: Answers) -> str:
    """That general questions were asked in none of the documents' languages, where that is so."""
    general = {probe.language for probe in card.probes if probe.kind == "G" and probe.language}
    others = {probe.language for probe in card.probes if probe.kind != "G" and probe.language}
    if not general or not others or general & others:
        return ""
    return (
        f"General questions were asked in {', '.join(sorted(general))}: there are none in "
        f"{', '.join(sorted(others))}, the language of the documents."
    )


def find_outdated(card: Answers, run: Path) -> str:
    """A sentence where the model of a run folder was tuned again after this card was made; or nothing.

    What the card keeps of the training is held against ``tuning.json``. Where that cannot be read, or the
    card keeps nothing, nothing is said.
    """
    from qagen.tuning import read_record

    try:
        record = read_record(run)
    except RunFolderError:
        return ""
    now = {**record.hyperparameters, **record.details, **record.model_dump(mode="json")}
    if all(now.get(name, value) == value for name, value in card.training.items()):
        return ""
    return f"This evaluation was made before the model was tuned again: run `qagen evaluate {run}`."


def _shortened_reason(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _MOST_REASON else f"{flat[:_MOST_REASON]}…"

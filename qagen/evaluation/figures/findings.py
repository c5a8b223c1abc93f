"""What the figures of a report card come to: plain sentences, and what stands against trusting them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.evaluation import ProbeKind
from qagen.evaluation.figures.rates import Change, Rate
from qagen.evaluation.figures.rates import change as change_of
from qagen.evaluation.figures.words import FEW, claimed, counted, is_few, many, percent, points
from qagen.pairs import embedded_of, wrong_share

if TYPE_CHECKING:
    from qagen.evaluation.figures.answers import Answers

ENOUGH_RECALL = 0.95
"""Of trained questions: with less, a model is under-trained and the other figures say little."""
MOST_FORGOTTEN = 3.0
"""Points on general questions that may be lost without a warning."""
_MEMORISED = 0.2  # of the share: so much more of trained questions than of unseen wordings
_MUCH_WORSE = 25.0  # points
_PAIR = 2  # models: the base and the tuned one, which need no names

GLOSSARY = "https://github.com/qagen/qagen/tree/main/docs/glossary.md"
"""Where the words of a card are explained."""

ASKED: dict[ProbeKind, str] = {
    "P": "questions it was never shown in this wording",
    "own": "your own questions",
    "X": "questions in a language it was not trained in",
    "V": "the questions it was trained on",
    "F": "questions in another format",
    "R": "questions that ask backwards",
}


def sentence(card: Answers) -> str:
    """What a card says, in plain words: what was learnt, what was forgotten, what retrieval would give."""
    parts = _Sentence(card)
    if card.subject is None or card.headline is None:
        return parts.without_headline()
    said = [
        parts.unanswered(),
        parts.learnt(card.headline),
        parts.under_trained(),
        parts.forgotten(),
        parts.ceiling(card.headline),
    ]
    return " ".join(one for one in said if one)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The parts of the sentence of a card, each a sentence or two of its own, or nothing."""

    card: Answers

    def without_headline(self) -> str:
        if not self.card.kinds:
            return "Nothing was answered, so this card says nothing."
        said = "No question about a trained fact was asked, so this card cannot say what was learnt."
        return " ".join(one for one in (self.unanswered(), said, self.forgotten()) if one)

    def unanswered(self) -> str:
        """Whether calls failed: then questions are missing behind the figures."""
        failed = {row.probe.id for row in self.card.every_answer if row.result.failure}
        if not failed:
            return ""
        asked = len({row.probe.id for row in self.card.every_answer})
        return f"{len(failed):,} of {many(asked, 'question')} got no answer; these figures are not final."

    def learnt(self, kind: ProbeKind) -> str:
        subject = self.card.subject or ""
        rate = self.card.rate(subject, kind)
        if rate is None:
            return ""
        said = (
            f"{self.subject(subject)} answers {claimed(rate, interval=True)} of {ASKED[kind]}{counted(rate)}"
            f"{self.written(kind)}"
        )
        return f"{said}{self.others(kind, subject)}.{_unsaid_of(kind)}{self.drift()}"

    def written(self, kind: ProbeKind) -> str:
        """Who wrote what counts as right, where that is known to be wrong often."""
        small = embedded_of(self.card.writers)
        if not small:
            return ""
        partly = "partly " if len(small) < len(self.card.writers) else ""
        wrong = "; ".join(f"{name}: {wrong_share(name)}" for name in small)
        if len(small) == 1:
            wrong = wrong_share(small[0])
        models = "model" if len(small) == 1 else "models"
        what = "after training on" if kind == "own" else "all about"
        what = what.removeprefix("all ") if partly else what
        return f", {partly}{what} what the small embedded {models} wrote ({wrong})"

    def subject(self, subject: str) -> str:
        """The model that the sentence is about; with its own name where there are more than two."""
        card = self.card
        if len(card.models) > _PAIR and subject == card.tuned:
            return f"{subject}, the tuned model,"
        return capitalised(named_model(card, subject))

    def others(self, kind: ProbeKind, subject: str) -> str:
        """The other models on the same questions, the base model first."""
        card = self.card
        said, chief = "", card.rate(subject, kind)
        for model in sorted(card.models, key=lambda name: name != card.base):
            rate = card.rate(model, kind)
            if model != subject and rate is not None:
                compared = _compared_change(card.change(kind, after=subject)) if model == card.base else ""
                said += f"; {named_model(card, model)} {claimed(rate, beside=chief)}{compared}"
        return said

    def drift(self) -> str:
        change = self.card.change("C")
        if change is None or change.failed or not change.is_clear or change.points < 0:
            return ""
        return (
            f" On withheld facts it gained {points(change.points)} too, so not all of that was learnt here."
        )

    def under_trained(self) -> str:
        """Whether the trained questions themselves are known, and only they."""
        card = self.card
        if card.tuned is None:
            return ""
        trained, unseen = card.rate(card.tuned, "V"), card.rate(card.tuned, "P")
        if trained is None:
            return ""
        if is_under_trained(trained):
            share = claimed(trained) if is_few(trained) else percent(trained.share, apart_from=ENOUGH_RECALL)
            return f"It is under-trained: of the questions it was trained on it answers {share}."
        if (
            unseen is not None
            and not unseen.failed
            and trained.low > unseen.high
            and trained.share - unseen.share > _MEMORISED
        ):
            return (
                f"It has memorised more than it has learnt: asked just as it was trained it answers "
                f"{claimed(trained)}."
            )
        return ""

    def forgotten(self) -> str:
        card = self.card
        if card.tuned is None or card.base is None:
            return ""
        change = card.forgetting
        if change is None:
            return "What it forgot was not measured."
        if change.failed and not _is_sure(change):
            return "What it forgot is not known yet: general questions got no answer."
        if abs(change.points) < 0.05:  # noqa: PLR2004 - shown as 0.0
            return "It answers as many general questions as before."
        verb = "lost" if change.points < 0 else "gained"
        shown = points(change.points, apart_from=MOST_FORGOTTEN)
        return f"It {verb} {shown} on general questions{_few_asked(change.after)}."

    def ceiling(self, kind: ProbeKind) -> str:
        card = self.card
        reader = card.base or card.subject  # of a card of one model, that one
        if reader is None:
            return ""
        passage = card.rate(reader, kind, condition="passage")
        found = card.rate(reader, kind, condition="retrieval")
        if passage is None and found is None:
            return ""
        name, chief = named_model(card, reader), card.rate(card.subject, kind) if card.subject else None
        said = (
            [f"With the passage at hand {name} reaches {claimed(passage, beside=chief)}"] if passage else []
        )
        if found is not None:
            whose = "it" if passage else name
            said.append(f"With retrieval {whose} reaches {claimed(found, beside=chief)}")
        said[-1] += self.advice(kind)  # which is of retrieval where that was measured
        return " ".join(f"{one}." for one in said)

    def advice(self, kind: ProbeKind) -> str:
        """Whether retrieval would be the better choice, from the nearest to it that was measured."""
        card = self.card
        if card.tuned is None or card.base is None:
            return ""
        tuned = card.answered(card.tuned, kind)
        at_hand = card.answered(card.base, kind, condition="retrieval") or card.answered(
            card.base, kind, condition="passage"
        )
        gained, against = change_of(card.answered(card.base, kind), at_hand), change_of(at_hand, tuned)
        if against is None or against.failed or (gained is not None and gained.failed):
            return ""
        if gained is not None and not (gained.is_clear and gained.points > 0):
            return ", not clearly more than with nothing at hand"
        if against.is_clear and against.points > 0:
            return ", less than the tuned model with nothing at hand"
        if against.is_clear and against.points < -_MUCH_WORSE:
            return ": here retrieval is the better choice"
        return (
            f"{'' if against.is_clear else _close_to(against)}: if your documents change often, prefer "
            f"retrieval"
        )


def named_model(card: Answers, model: str) -> str:
    """How a model is called in a sentence."""
    return {card.base: "the base model", card.tuned: "the tuned model"}.get(model, model)


def capitalised(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:] if text.startswith("the ") else text


def _few_asked(rate: Rate) -> str:
    return f" (only {many(rate.asked, 'question')})" if rate.asked < FEW else ""


def _compared_change(change: Change | None) -> str:
    """What is to be said of the difference from the base model where it is not clearly for the better."""
    if change is None or change.failed or (change.is_clear and change.points > 0):
        return ""
    if change.is_clear:
        return " (it has become worse)"
    return " (a difference that may be chance)" if change.points else " (no difference)"


def _unsaid_of(kind: ProbeKind) -> str:
    if kind == "P":
        return ""
    return (
        " It was asked no held-out wording of a trained fact, so this does not say whether it knows the "
        "facts in other words."
    )


def is_under_trained(trained: Rate) -> bool:
    """Whether it would be so too if every call that failed had been answered right."""
    return (trained.right + trained.failed) / trained.asked < ENOUGH_RECALL


def _is_sure(change: Change) -> bool:
    """Whether more was lost, or gained, than the calls that failed could have made of it."""
    more = change.after.failed if change.points < 0 else change.before.failed
    return abs(change.points) > 100 * more / change.after.asked


def surely_lost(change: Change) -> float:
    """Points lost if every call to the tuned model that failed had been answered right."""
    return -change.points - 100 * change.after.failed / change.after.asked


def _close_to(against: Change) -> str:
    """How the tuned model stands to the ceiling where the difference may be chance."""
    if not against.points:
        return ", as many as the tuned model with nothing at hand"
    return (
        f", not clearly {'more' if against.points < 0 else 'less'} than the tuned model with nothing at hand"
    )

"""What a report card shows and in which order, before it becomes lines of a terminal or a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qagen.evaluation import KINDS, Condition, ProbeKind
from qagen.evaluation.figures import (
    Agreement,
    Change,
    Estimate,
    FailedFact,
    Rate,
    between,
    cautions,
    general_languages,
    many,
    percent,
    points,
    recovered,
    recovered_between,
    recovered_of,
    sentence,
    tenths,
    untold_drift,
)

if TYPE_CHECKING:
    from qagen.evaluation.figures import Answers

MOST_FAILED = 10
_LEAST_P = 0.001
_MOST_ROWS = 10
_AT_HAND: Mapping[Condition, str] = {
    "closed": "nothing at hand",
    "passage": "the passage at hand",
    "retrieval": "what retrieval finds",
}
INTERVALS = (
    "[ ] is the 95 % interval; it counts facts, as several questions about one fact are not independent."
)
TEST = "p is of the exact McNemar test, which counts questions."
ABOVE = "Unseen wordings minus withheld facts (P − C)"
# Of the training: the first two tell a later one from it, and of epochs those are shown that were trained.
_NOT_SHOWN = frozenset({"training_sha256", "job", "n_epochs", "planned_strength"})
_ANSWERS = {"yes_no": "yes or no", "other": "other words"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One share with its interval; ``strong`` is the model that the card is about."""

    name: str
    rate: Rate
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Bars that belong together, as the models asked one kind of question; a title may be empty."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under one heading; ``more`` counts those left out."""

    title: str
    groups: tuple[Group, ...]
    more: int = 0

    @property
    def size(self) -> int:
        """How many groups there are."""
        return len(self.groups)


@dataclass(frozen=True, slots=True)
class Lines:
    """Figures in a line each, by their names, under one heading (which may be empty)."""

    title: str
    lines: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """How many lines there are."""
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Table:
    """Texts in rows; ``more`` counts the rows left out."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str = ""

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.rows)


Part = Chart | Lines | Table
"""What a sheet is made of."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is shown, from the sentence on top to how it was measured."""

    sentence: str
    parts: tuple[Part, ...]
    warnings: tuple[str, ...]
    footer: tuple[str, ...]


def card_sheet(card: Answers) -> Sheet:
    """What is shown of a report card."""
    parts: list[Part] = [
        *charts(card),
        Lines("", tuple(numbers(card))),
        *breakdowns(card),
        _failed_table(card),
    ]
    return Sheet(sentence(card), filled(parts), tuple(map(str, cautions(card))), tuple(footer(card)))


def filled(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Those parts in which there is something."""
    return tuple(part for part in parts if part.size)


def charts(card: Answers) -> Iterator[Chart]:
    """Each kind of question, then what the documents would give."""
    kinds = tuple(_kind_group(card, kind) for kind in card.kinds)
    kinds = tuple(group for group in kinds if group.bars)
    if kinds:
        yield Chart("Answered right with nothing at hand", kinds)
    kind = card.headline
    if kind is not None:
        at_hand = tuple(_condition_bars(card, kind))
        if len({bar.name for bar in at_hand}) > len(card.models):
            yield Chart(f"With the text at hand ({kind}: {KINDS[kind]})", (Group("", at_hand),))


def _kind_group(card: Answers, kind: ProbeKind) -> Group:
    rates = [(model, card.rate(model, kind)) for model in card.models]
    bars = tuple(Bar(model, rate, model == card.subject) for model, rate in rates if rate is not None)
    if not bars:
        return Group("", ())
    asked = max((bar.rate for bar in bars), key=lambda rate: rate.asked)
    about = f" about {many(asked.facts, 'fact')}" if asked.facts != asked.asked else ""
    return Group(f"{kind_title(kind)} · {many(asked.asked, 'question')}{about}", bars)


def kind_title(kind: ProbeKind) -> str:
    """The letter of a kind of probe and its name."""
    code = f"{kind}: " if len(kind) == 1 else ""
    return f"{code}{KINDS[kind]}{' (right: it says that it does not know)' if kind == 'U' else ''}"


def _condition_bars(card: Answers, kind: ProbeKind) -> Iterator[Bar]:
    for model in card.models:
        for condition, words in _AT_HAND.items():
            rate = card.rate(model, kind, condition=condition)
            if rate is not None:
                is_chief = model == card.subject and condition == "closed"
                yield Bar(f"{model}, {words}", rate, is_chief)


def breakdowns(card: Answers, *, most: int = _MOST_ROWS) -> Iterator[Chart]:
    """How the card's subject does by document, kind of answer and so on, where there is more than one.

    ``most`` bars of each are given.
    """
    kind = card.headline
    if kind is None or card.subject is None:
        return
    of = f"({kind}: {KINDS[kind]}, {card.subject})"
    documents = dict(sorted(card.by_document().items(), key=lambda item: item[1].share))
    answers = {_ANSWERS.get(str(name), str(name)): one for name, one in card.by_answer_kind().items()}
    wordings = {many(number, "wording"): rate for number, rate in card.by_wordings().items() if number}
    yield from _breakdown_chart(f"By document, worst first {of}", documents, most)
    yield from _breakdown_chart(f"By kind of answer {of}", answers, most)
    yield from _breakdown_chart(f"By number of trained wordings {of}", wordings, most)
    yield from _breakdown_chart(f"By language {of}", card.by_language(), most)
    yield from _breakdown_chart(
        f"By format (F: {KINDS['F']}, {card.subject}; guessing: yes and no 50 %, choice 25 %)",
        card.by_form(),
        most,
    )


def _breakdown_chart(title: str, rates: Mapping[str, Rate], most: int) -> Iterator[Chart]:
    if len(rates) > 1:
        bars = [Bar(name, rate, strong=True) for name, rate in rates.items()]
        yield Chart(title, (Group("", tuple(bars[:most])),), more=max(0, len(bars) - most))


def numbers(card: Answers) -> list[tuple[str, str]]:
    """The figures in one line each, by their names."""
    found = [
        ("Recovery", _share_said(card.recovery, recovered_of(card.recovery))),
        (
            "- beyond drift",
            _share_said(card.controlled_recovery, "of the same, with the change on C taken off")
            if card.controlled_recovery
            else "",
        ),
        (ABOVE, _points_said(card.above_control) if card.above_control else untold_drift(card)),
        ("P, base to tuned", changed(card.change("P"))),
        ("General knowledge", changed(card.forgetting)),
        ("- still known", _rate_said(card.still_known, "of what the base model knew")),
        ("Twins told apart", _rate_said(card.told_apart(), "declined while the original is answered")),
        ("By words alone", _word_scores(card)),
        (f"Judge {card.judge or ''}".strip(), _agreement_said(card.judge_agreement, "the words alone")),
        ("Audit by a person", _agreement_said(card.audit, "what counted here")),
    ]
    return [(name, said) for name, said in found if said]


def _share_said(estimate: Estimate, says: str) -> str:
    if estimate.value is None:
        return f"– ({estimate.reason})"
    found = f"{recovered(estimate)} {recovered_between(estimate)}".rstrip()
    why = "" if estimate.low is not None else f" ({estimate.reason})"
    return f"{found} {says}{why}"


def _points_said(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return ""
    return f"{points(estimate.value, signed=True)} [{tenths(estimate.low)} to {tenths(estimate.high)}]"


def changed(change: Change | None) -> str:
    """A change in points with its interval, what was gained and lost, and p; empty where there is none."""
    if change is None:
        return ""
    p = "p<.001" if change.p < _LEAST_P else f"p={change.p:.3f}".replace("=0", "=")
    return (
        f"{points(change.points, signed=True)} [{tenths(change.low)} to {tenths(change.high)}]; "
        f"{len(change.gained)} gained, {len(change.lost)} lost, {p}"
    )


def _rate_said(rate: Rate | None, says: str) -> str:
    return "" if rate is None else f"{share(rate)} {interval(rate)} {says} ({rate.right}/{rate.asked})"


def _word_scores(card: Answers) -> str:
    if card.headline is None or card.subject is None:
        return ""
    rate = card.rate(card.subject, card.headline)
    if rate is None:
        return ""
    return f"exact {percent(rate.exact)}, contained {percent(rate.contained)}, F1 {rate.f1:.2f}"


def _agreement_said(agreement: Agreement | None, whom: str) -> str:
    if agreement is None or not agreement.asked:
        return ""
    said = f"agrees with {whom} on {agreement.same} of {agreement.asked}"
    if agreement.kappa is None or agreement.low is None or agreement.high is None:
        return said
    beyond = f"{agreement.kappa:.2f} [{agreement.low:.2f} to {agreement.high:.2f}]".replace("-", "−")
    return f"{said}; agreement beyond chance (kappa) {beyond}"


def footer(card: Answers) -> list[str]:
    """How this was measured, a sentence each."""
    facts = len({probe.fact for probe in card.probes if probe.fact})
    said = [f"{many(len(card.probes), 'question')}, {many(facts, 'fact')}. {INTERVALS} {TEST}"]
    if training := trained(card):
        said.append(f"Training: {training}.")
    if card.usage.calls:
        cost = "" if card.usage.cost is None else f", ${card.usage.cost:,.4f}"
        said.append(f"{many(card.usage.calls, 'call')}{cost}.")
    if told := general_languages(card):
        said.append(told)
    return [*said, *card.notes]


def trained(card: Answers) -> str:
    """The settings of the training, and what came of them."""
    shown = {name: value for name, value in card.training.items() if name not in _NOT_SHOWN}
    return ", ".join(
        f"{name} {_setting_text(value)}" for name, value in shown.items() if _is_plain_setting(value)
    )


def _is_plain_setting(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""


def _setting_text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def share(rate: Rate) -> str:
    """``83 %``."""
    return percent(rate.share)


def interval(rate: Rate) -> str:
    """``[77–88]``, in percent."""
    return between(100 * rate.low, 100 * rate.high)


def answer_of(fact: FailedFact) -> str:
    """What was answered, or why nothing was."""
    if fact.failure:
        return f"(no answer: {fact.failure})"
    return fact.answered if fact.answered.strip() else "(nothing)"


def one_line(text: str, most: int = 200) -> str:
    """A text without line ends and control characters, and not longer than that many characters."""
    visible = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * most])
    flat = " ".join(visible.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _failed_table(card: Answers) -> Table:
    facts = card.failed()
    more = len(facts) - MOST_FAILED
    return Table(
        f"Facts with wrong answers, worst first ({card.subject})",
        ("right", "asked", "expected", "answered"),
        tuple(
            (f"{one.right}/{one.asked}", one.question, one.expected, answer_of(one))
            for one in facts[:MOST_FAILED]
        ),
        f"and {more} more: card.failed() has them all" if more > 0 else "",
    )

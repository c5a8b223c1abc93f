"""What a check of a training file found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from qagen.llm import cost_text

if TYPE_CHECKING:
    from pathlib import Path

    from qagen.tuning.file.finding import Finding, Severity
    from qagen.tuning.file.line_shapes import FileFormat

_LISTED = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a training file. ``line`` counts from 1 and is 0 for the file as a whole.

    ``code`` is one stable word for the rule, ``message`` says what is wrong and what to do. It may quote the
    file.
    """

    line: int
    severity: Severity
    code: str
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{self.severity}: {place}{self.message} [{self.code}]"


@dataclass(frozen=True, slots=True)
class TrainingFileReport:
    """What stands in a training file, what training on it takes, and what is wrong with it.

    Attributes:
        path: The file.
        format: Its format, recognised from its first line; ``None`` when there is no example.
        size: Bytes.
        examples: Lines that hold a JSON object.
        tokens: Tokens of all examples. For ``chat`` and ``dpo`` three are added for each message and three
            for each example, as OpenAI's cookbook does: an estimate of the service's own count.
        tokens_exact: Whether the text was counted with the model's own vocabulary; otherwise an estimate.
        tokens_min: Of the shortest example.
        tokens_median: Half of the examples are this long or shorter.
        tokens_p95: 95 of 100 examples are this long or shorter.
        tokens_max: Of the longest example.
        epochs: As given, or by the documented default rule.
        billed_tokens: ``tokens`` times ``epochs``.
        cost: US dollars for ``billed_tokens``; ``None`` is unknown: no price was given.
        errors: How many problems make the service or a trainer refuse the file.
        warnings: How many do not, but spoil the training or cost money.
        problems: The first 20 of each code, in the order of the lines.
        omitted: Code and number of the problems that are counted but not listed.
    """

    path: Path
    format: FileFormat | None
    size: int
    examples: int
    tokens: int
    tokens_exact: bool
    tokens_min: int
    tokens_median: int
    tokens_p95: int
    tokens_max: int
    epochs: int
    billed_tokens: int
    cost: float | None
    errors: int
    warnings: int
    problems: tuple[Problem, ...]
    omitted: tuple[tuple[str, int], ...]

    @property
    def ok(self) -> bool:
        """No error was found."""
        return not self.errors

    def facts(self) -> tuple[tuple[str, str], ...]:
        """The figures as pairs of words, for a table."""
        tokens = self.billed_tokens
        about = "" if self.tokens_exact else "about "
        lengths = (self.tokens_min, self.tokens_median, self.tokens_p95, self.tokens_max)
        return (
            ("file", f"{self.path} ({self.size:,} bytes)"),
            ("format", self.format or "unknown"),
            ("examples", f"{self.examples:,}"),
            ("tokens", f"{about}{self.tokens:,}"),
            ("tokens per example", "min {:,}, median {:,}, p95 {:,}, max {:,}".format(*lengths)),
            ("epochs", str(self.epochs)),
            ("billed tokens", f"{about}{self.billed_tokens:,}"),
            ("cost", ("" if self.cost is None else about) + cost_text(self.cost, tokens=tokens)),
            ("errors", f"{self.errors:,}"),
            ("warnings", f"{self.warnings:,}"),
        )

    def findings(self) -> tuple[str, ...]:
        """The problems as sentences, and how many more of a kind there are."""
        more = (f"… and {number:,} more [{code}]" for code, number in self.omitted)
        return (*map(str, self.problems), *more)

    def summary(self) -> str:
        """The figures and the problems as lines of text."""
        return "\n".join([*(f"{name}: {value}" for name, value in self.facts()), *self.findings()])

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        facts = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in self.facts()
        )
        found = "".join(f"<li>{escape(text)}</li>" for text in self.findings())
        return f"<table>{facts}</table><ul>{found}</ul>" if found else f"<table>{facts}</table>"


class Problems:
    """Collects problems: all are counted, the first 20 of each code are kept."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Problem]] = {}
        self._counts: Counter[tuple[str, Severity]] = Counter()

    def add(self, line: int, finding: Finding) -> None:
        """Count it, and keep it if it is among the first 20 lines with its code."""
        self._counts[finding.code, finding.severity] += 1
        kept = self._kept.setdefault(finding.code, [])
        kept.append(Problem(line, finding.severity, finding.code, finding.message))
        if len(kept) > 2 * _LISTED:
            self._kept[finding.code] = _first(kept)

    def copy(self) -> Problems:
        """The same so far; what is added to one of the two is not in the other."""
        other = Problems()
        other._kept = {code: list(kept) for code, kept in self._kept.items()}
        other._counts = self._counts.copy()
        return other

    def listed(self) -> tuple[Problem, ...]:
        """Those that are kept, by line."""
        found = [problem for kept in self._kept.values() for problem in _first(kept)]
        return tuple(sorted(found, key=lambda problem: problem.line))

    def omitted(self) -> tuple[tuple[str, int], ...]:
        """Code and number of those that are not kept."""
        totals: Counter[str] = Counter()
        for (code, _), number in self._counts.items():
            totals[code] += number
        return tuple((code, number - _LISTED) for code, number in sorted(totals.items()) if number > _LISTED)

    def count(self, severity: Severity) -> int:
        """How many there are of one severity."""
        return sum(number for (_, of), number in self._counts.items() if of == severity)


def _first(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.line)[:_LISTED]

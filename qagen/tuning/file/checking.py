"""A training file is checked before it is sent: the service's own messages often lack the line."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Literal

from qagen.errors import SettingsError
from qagen.tuning.file.file_rules import DEFAULT_MODEL, FileCheck
from qagen.tuning.file.report import TrainingFileReport
from qagen.tuning.file.scanning import Scan

_MAX_EPOCHS = 50


def check_training_file(
    path: str | Path,
    *,
    model: str | None = None,
    validation_file: str | Path | None = None,
    method: Literal["supervised", "dpo"] = "supervised",
    n_epochs: int | Literal["auto"] = "auto",
    usd_per_million_tokens: float | None = None,
) -> TrainingFileReport:
    """Check every line against the rules of OpenAI's service, and say what training on the file takes.

    The file is read line by line and needs about 24 bytes of memory an example. Lines in the other formats of
    :func:`qagen.write_training_file` are recognised and checked too; OpenAI takes only ``chat`` and, for
    preferences, ``dpo``.

    The default number of epochs follows the documented rule: three, raised so that examples times epochs
    reaches 100, lowered so that it stays under 25,000, within 1 to 25.

    Args:
        path: The file to train on.
        model: The model to be tuned: its vocabulary counts the tokens, and its limits and dates are checked.
            ``None`` counts as gpt-4.1 does.
        validation_file: Examples that stand in this file too are errors. Its own problems are counted, not
            listed: check it by itself as well.
        method: ``dpo`` for preference pairs.
        n_epochs: 1 to 50, or ``auto`` for the default rule.
        usd_per_million_tokens: The price of a million *trained* tokens, from the service's price page. The
            kept price lists (genai-prices 0.2.3, litellm 1.109.1) have the prices of asking a tuned model,
            not of training one, so without this the cost is unknown.

    Raises:
        TrainingFileError: A file cannot be read at all: it is missing, a folder, or no text.
        SettingsError: ``n_epochs``, ``method`` or the price cannot be.
    """
    terms = Terms(model, method, n_epochs, usd_per_million_tokens)
    scan = terms.scan(Path(path))
    return terms.report(scan, None if validation_file is None else terms.scan(Path(validation_file)))


def check_files(
    training: Path,
    validation: Path | None,
    *,
    model: str | None = None,
    method: Literal["supervised", "dpo"] = "supervised",
    n_epochs: int | Literal["auto"] = "auto",
    usd_per_million_tokens: float | None = None,
) -> tuple[TrainingFileReport, TrainingFileReport | None]:
    """Check a training file against its validation file, and that one by itself.

    What two calls of :func:`check_training_file` give, but each file is read once.

    Raises:
        TrainingFileError: A file cannot be read at all.
        SettingsError: ``n_epochs``, ``method`` or the price cannot be.
    """
    terms = Terms(model, method, n_epochs, usd_per_million_tokens)
    first = terms.scan(training)
    if validation is None:
        return terms.report(first, None), None
    second = terms.scan(validation)
    return terms.report(first, second), terms.report(second, None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a file is checked for: see :func:`check_training_file`."""

    model: str | None
    method: str
    n_epochs: int | Literal["auto"]
    price: float | None

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            SettingsError: The method, the epochs or the price.
        """
        if self.method not in {"supervised", "dpo"}:
            raise SettingsError(f"There is no method {self.method!r}.", hint="Use 'supervised' or 'dpo'.")
        whole = isinstance(self.n_epochs, int) and 1 <= self.n_epochs <= _MAX_EPOCHS
        if self.n_epochs != "auto" and not whole:
            raise SettingsError(
                f"n_epochs is {self.n_epochs!r}.",
                hint=f"Use a whole number from 1 to {_MAX_EPOCHS}, or 'auto'.",
            )
        if self.price is not None and not 0 <= self.price < float("inf"):
            raise SettingsError(
                f"usd_per_million_tokens is {self.price!r}.",
                hint="Use a number of dollars, or None if unknown.",
            )

    def scan(self, path: Path) -> Scan:
        """Read a file to its end.

        Raises:
            TrainingFileError: It cannot be read.
        """
        scan = Scan(path, model=self.model or DEFAULT_MODEL)
        scan.read()
        return scan

    def report(self, scan: Scan, validation: Scan | None) -> TrainingFileReport:
        """What was found in a file that was read, beside a validation file that was read too."""
        problems = FileCheck(scan, self.model, self.method).problems(validation)
        epochs = default_epochs(scan.examples) if self.n_epochs == "auto" else self.n_epochs
        tokens = scan.lengths.tokens
        billed = tokens * epochs
        return TrainingFileReport(
            path=scan.path,
            format=scan.format,
            size=scan.size,
            examples=scan.examples,
            tokens=tokens,
            tokens_exact=scan.tokens_exact,
            tokens_min=scan.lengths.least,
            tokens_median=scan.lengths.quantile(50),
            tokens_p95=scan.lengths.quantile(95),
            tokens_max=scan.lengths.most,
            epochs=epochs,
            billed_tokens=billed,
            cost=None if self.price is None else billed * self.price / 1_000_000,
            errors=problems.count("error"),
            warnings=problems.count("warning"),
            problems=problems.listed(),
            omitted=problems.omitted(),
        )


def default_epochs(examples: int) -> int:
    """The service's documented rule."""
    if not examples:
        return 0
    epochs = min(max(3, ceil(100 / examples)), 25_000 // examples)
    return min(max(epochs, 1), 25)

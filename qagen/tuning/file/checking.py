"""A training file is checked before it is sent: the service's own messages often lack the line."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qagen.errors import SettingsError
from qagen.tuning.file.line_rules import Finding
from qagen.tuning.file.report import TrainingFileReport
from qagen.tuning.file.scanning import Scan, model_name

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

MIN_EXAMPLES = 10
_FILES_LIMIT = 512 * 1024**2
_UPLOADS_LIMIT = 8 * 1024**3
_MAX_EPOCHS = 50
_DEFAULT_MODEL = "gpt-4.1"

_CHECKED = "(checked 2026-11-22)"
_CLOSING = f"no job can be created from 2027-01-06; it shuts on 2027-01-14 with all its fine-tunes {_CHECKED}"
_GONE = f"it has been shut down {_CHECKED}"
# What OpenAI has said of the models that could be tuned, by the start of the name; the first that fits holds.
_NEWS = {
    "gpt-3.5-turbo": _GONE,
    "gpt-4.1-nano": _GONE,
    "o4-mini": _GONE,
    "gpt-4o": _CLOSING,
    "gpt-4.1": _CLOSING,
    "gpt-6-luna": f"it cannot be tuned {_CHECKED}",
}


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
    _check_settings(method, n_epochs, usd_per_million_tokens)
    scan = Scan(Path(path), model=model or _DEFAULT_MODEL)
    scan.read()
    findings = [*_of_file(scan, model), *_of_format(scan, method, model)]
    if validation_file is not None:
        findings += _compare(scan, Path(validation_file))
    for finding in findings:
        scan.problems.add(0, finding)
    _add_repeats(scan)
    return _report(scan, _epochs(scan.examples) if n_epochs == "auto" else n_epochs, usd_per_million_tokens)


def _check_settings(method: str, n_epochs: int | str, price: float | None) -> None:
    if method not in {"supervised", "dpo"}:
        raise SettingsError(f"There is no method {method!r}. Use 'supervised' or 'dpo'.")
    if n_epochs != "auto" and not (isinstance(n_epochs, int) and 1 <= n_epochs <= _MAX_EPOCHS):
        raise SettingsError(
            f"n_epochs is {n_epochs!r}. Use a whole number from 1 to {_MAX_EPOCHS}, or 'auto'."
        )
    if price is not None and not 0 <= price < float("inf"):
        raise SettingsError(
            f"usd_per_million_tokens is {price!r}. Use a number of dollars, or None if unknown."
        )


def _of_file(scan: Scan, model: str | None) -> Iterator[Finding]:
    hosted = scan.format in {None, "chat", "dpo"}
    if scan.examples < MIN_EXAMPLES:
        number = f"{scan.examples} example{'' if scan.examples == 1 else 's'}"
        yield Finding(
            "error" if hosted or not scan.examples else "warning",
            "too-few",
            f"The file holds {number}; the service wants at least {MIN_EXAMPLES}. Add more.",
        )
    if scan.size > _UPLOADS_LIMIT:
        yield Finding(
            "error", "size", "The file is larger than 8 GB, the most that can be uploaded. Split it."
        )
    elif scan.size > _FILES_LIMIT:
        yield Finding(
            "warning", "size", "The file is larger than 512 MB: upload it in parts (Uploads), not as a file."
        )
    news = None if model is None else _news(model)
    if news is not None:
        yield Finding("warning", "model", f"{model}: {news}. The file itself is good for any other trainer.")


def _news(model: str) -> str | None:
    name = model_name(model)
    return next((news for start, news in _NEWS.items() if name.startswith(start)), None)


def _of_format(scan: Scan, method: str, model: str | None) -> Iterator[Finding]:
    if scan.format is None:
        return
    if scan.format not in {"chat", "dpo"}:
        refused = model is not None and _news(model) is not None
        yield Finding(
            "error" if refused else "warning",
            "not-chat",
            f"The file is in the format {scan.format}, but OpenAI takes only chat: use format='chat'.",
        )
        if scan.only_dates:
            yield Finding(
                "warning",
                "only-dates",
                "Every answer is a date, which datasets.load_dataset('json') turns into timestamps. Use "
                "format='chat', or pass it features= with Value('string').",
            )
    elif scan.format == "dpo" and method != "dpo":
        yield Finding(
            "error", "method", "The file holds preference pairs. Pass method='dpo' to train on them."
        )
    elif scan.format == "chat" and method == "dpo":
        yield Finding(
            "error",
            "method",
            "The file holds chat examples; dpo takes 'input', 'preferred_output' and 'non_preferred_output'.",
        )


def _add_repeats(scan: Scan) -> None:
    for repeat in scan.fingerprints.repeats():
        if repeat.same_answer:
            message = (
                f"The same example stands in line {repeat.earlier}. Remove one: it is paid and learnt twice."
            )
            scan.problems.add(repeat.line, Finding("warning", "duplicate", message))
        else:
            message = f"Line {repeat.earlier} gives another answer to the same prompt. Keep the right one."
            scan.problems.add(repeat.line, Finding("warning", "conflict", message))


def _compare(scan: Scan, path: Path) -> Iterator[Finding]:
    other = Scan(path, model=_DEFAULT_MODEL)
    other.read()
    errors = other.problems.count("error")
    if not other.examples:
        yield Finding("error", "validation-file", f"{path} holds no example.")
    elif other.format != scan.format:
        message = f"{path} is in the format {other.format}, not {scan.format}. Use one format for both."
        yield Finding("error", "validation-file", message)
    elif errors:
        first = next(problem for problem in other.problems.listed() if problem.severity == "error")
        yield Finding(
            "error",
            "validation-file",
            f"{path} has {errors:,} errors, the first in line {first.line}: {first.message}",
        )
    for repeat in scan.fingerprints.shared_with(other.fingerprints):
        place = f"line {repeat.earlier} of {path}"
        if repeat.same_answer:
            message = f"The same example is {place}: validation would measure what was trained. Remove one."
            scan.problems.add(repeat.line, Finding("error", "in-validation", message))
        else:
            message = (
                f"The same prompt is in {place}, with another answer. Keep all wordings of it on one side."
            )
            scan.problems.add(repeat.line, Finding("warning", "prompt-in-validation", message))


def _epochs(examples: int) -> int:
    if not examples:
        return 0
    epochs = min(max(3, ceil(100 / examples)), 25_000 // examples)
    return min(max(epochs, 1), 25)


def _report(scan: Scan, epochs: int, price: float | None) -> TrainingFileReport:
    tokens = sum(length * number for length, number in scan.lengths.items())
    billed = tokens * epochs
    return TrainingFileReport(
        path=scan.path,
        format=scan.format,
        size=scan.size,
        examples=scan.examples,
        tokens=tokens,
        tokens_exact=scan.tokens_exact,
        tokens_min=min(scan.lengths, default=0),
        tokens_median=_quantile(scan.lengths, 50),
        tokens_p95=_quantile(scan.lengths, 95),
        tokens_max=max(scan.lengths, default=0),
        epochs=epochs,
        billed_tokens=billed,
        cost=None if price is None else billed * price / 1_000_000,
        errors=scan.problems.count("error"),
        warnings=scan.problems.count("warning"),
        problems=scan.problems.listed(),
        omitted=scan.problems.omitted(),
    )


def _quantile(lengths: Counter[int], percent: int) -> int:
    wanted = ceil(lengths.total() * percent / 100)
    for length in sorted(lengths):
        wanted -= lengths[length]
        if wanted <= 0:
            return length
    return 0

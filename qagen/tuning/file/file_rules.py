"""What holds for a training file as a whole: its size and format, its repeats, and its validation file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.tuning.file.finding import Finding
from qagen.tuning.file.scanning import Scan, model_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qagen.tuning.file.report import Problems

MIN_EXAMPLES = 10
DEFAULT_MODEL = "gpt-4.1"

_FILES_LIMIT = 512 * 1024**2
_UPLOADS_LIMIT = 8 * 1024**3

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


@dataclass(frozen=True, slots=True)
class FileCheck:
    """A file that was read, and what it is to be trained for; ``model`` is ``None`` if none was named."""

    scan: Scan
    model: str | None
    method: str

    def problems(self, validation: Scan | None) -> Problems:
        """Those of its lines and its own. What was read stays as it is: a file may be looked at twice."""
        problems = self.scan.problems.copy()
        own = [*self.of_size(), *self.of_format()]
        if validation is not None:
            for line, finding in self.shared_with(validation):
                problems.add(line, finding)
            own += self.of_validation(validation)
        for finding in own:
            problems.add(0, finding)
        for line, finding in self.repeats():
            problems.add(line, finding)
        return problems

    @property
    def news(self) -> str | None:
        """What is known of the end of the model."""
        if self.model is None:
            return None
        name = model_name(self.model)
        return next((news for start, news in _NEWS.items() if name.startswith(start)), None)

    def of_size(self) -> Iterator[Finding]:
        """Too few examples, too many bytes; and what is known of the model."""
        scan, hosted = self.scan, self.scan.format in {None, "chat", "dpo"}
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
                "warning",
                "size",
                "The file is larger than 512 MB: upload it in parts (Uploads), not as a file.",
            )
        if self.news is not None:
            yield Finding(
                "warning",
                "model",
                f"{self.model}: {self.news}. The file itself is good for any other trainer.",
            )

    def of_format(self) -> Iterator[Finding]:
        """A format that the service or the method does not take."""
        scan = self.scan
        if scan.format is None:
            return
        if scan.format not in {"chat", "dpo"}:
            yield Finding(
                "error" if self.news is not None else "warning",
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
        elif scan.format == "dpo" and self.method != "dpo":
            yield Finding(
                "error", "method", "The file holds preference pairs. Pass method='dpo' to train on them."
            )
        elif scan.format == "chat" and self.method == "dpo":
            yield Finding(
                "error",
                "method",
                "The file holds chat examples; dpo takes 'input', 'preferred_output' and "
                "'non_preferred_output'.",
            )

    def repeats(self) -> Iterator[tuple[int, Finding]]:
        """Lines that ask what an earlier line asked."""
        for repeat in self.scan.fingerprints.repeats():
            if repeat.same_answer:
                yield (
                    repeat.line,
                    Finding(
                        "warning",
                        "duplicate",
                        f"The same example stands in line {repeat.earlier}. Remove one: it is paid and "
                        "learnt twice.",
                    ),
                )
            else:
                yield (
                    repeat.line,
                    Finding(
                        "warning",
                        "conflict",
                        f"Line {repeat.earlier} gives another answer to the same prompt. Keep the right one.",
                    ),
                )

    def of_validation(self, other: Scan) -> Iterator[Finding]:
        """What is wrong with the validation file; its own lines are counted, not listed."""
        path, errors = other.path, other.problems.count("error")
        if not other.examples:
            yield Finding("error", "validation-file", f"{path} holds no example.")
        elif other.format != self.scan.format:
            yield Finding(
                "error",
                "validation-file",
                f"{path} is in the format {other.format}, not {self.scan.format}. Use one format for both.",
            )
        elif errors:
            first = next(problem for problem in other.problems.listed() if problem.severity == "error")
            yield Finding(
                "error",
                "validation-file",
                f"{path} has {errors:,} errors, the first in line {first.line}: {first.message}",
            )

    def shared_with(self, other: Scan) -> Iterator[tuple[int, Finding]]:
        """Lines whose prompt stands in the validation file too."""
        for repeat in self.scan.fingerprints.shared_with(other.fingerprints):
            place = f"line {repeat.earlier} of {other.path}"
            if repeat.same_answer:
                yield (
                    repeat.line,
                    Finding(
                        "error",
                        "in-validation",
                        f"The same example is {place}: validation would measure what was trained. "
                        "Remove one.",
                    ),
                )
            else:
                yield (
                    repeat.line,
                    Finding(
                        "warning",
                        "prompt-in-validation",
                        f"The same prompt is in {place}, with another answer. Keep all wordings of it on one "
                        "side.",
                    ),
                )

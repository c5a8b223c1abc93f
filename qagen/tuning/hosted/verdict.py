"""What a service makes of a checked file: refused, or sent with a warning."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qagen.errors import TrainingFileError

if TYPE_CHECKING:
    from qagen.tuning.file import Problem, TrainingFileReport
    from qagen.tuning.hosted.services import Service

Method = Literal["supervised", "dpo"]

# What OpenAI refuses and others need not.
_STRICT_ONLY = frozenset({"too-few", "special-token"})
# What is no news here: large files go in parts, and the model is asked about when the job starts.
_NOT_SAID = frozenset({"size", "model", "method"})
_SHOWN = 5
_WARNED = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """A report as one service reads it; ``method`` ``None`` takes either kind of file."""

    service: Service
    report: TrainingFileReport
    method: Method | None

    @property
    def refused(self) -> list[Problem]:
        """What the service would refuse."""
        return [problem for problem in self.report.problems if self.refuses(problem)]

    def refuses(self, problem: Problem) -> bool:
        """Whether it would refuse the file for this."""
        if problem.code == "not-chat":
            return self.service.strict
        if problem.code == "method" and self.method is None:
            return False
        return problem.severity == "error" and (self.service.strict or problem.code not in _STRICT_ONLY)

    def enforce(self) -> None:
        """Refuse the file, or warn of what spoils the training.

        Raises:
            TrainingFileError: It would be refused; the message lists why.
        """
        file, refused = self.report.path, self.refused
        if self.service.strict and file.suffix.lower() != ".jsonl":
            refused_name = f"\n  error: its name must end in .jsonl; rename {file.name!r}. [name]"
        else:
            refused_name = ""
        if refused or refused_name:
            found = "".join(f"\n  {problem}" for problem in refused[:_SHOWN]) + refused_name
            more = f"\n  … and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
            raise TrainingFileError(
                f"{file} would be refused by {self.service.title}; nothing was sent:{found}{more}\n"
                "check_training_file() lists everything; upload_training_file(..., check=False) sends it "
                "anyway."
            )
        self.warn()

    def warn(self) -> None:
        """One warning for all that spoils the training."""
        said = [
            one for one in self.report.problems if one.severity == "warning" and one.code not in _NOT_SAID
        ]
        if said:
            left = len(said) - _WARNED
            more = f" (and {left} more; check_training_file() lists them)" if left > 0 else ""
            shown = "; ".join(str(problem).removeprefix("warning: ") for problem in said[:_WARNED])
            warnings.warn(f"{self.report.path}: {shown}{more}", UserWarning, stacklevel=4)

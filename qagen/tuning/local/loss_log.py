"""``losses.jsonl``: what was measured at each step of a training, and whether it still gets better."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.errors import LocalTrainingError, MissingExtraError
from qagen.files import json_line, whole_file

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")
"""As in the result files of the hosted services; ``train_recall`` and ``valid_recall`` come after them."""


class LossLog:
    """The rows so far. One row has what was measured at one time; several may have the same step.

    Args:
        path: The file. Rows after ``step``, written by a process that was killed before its checkpoint, are
            cut off.
        step: The step from which training goes on; 0 for a new one.
    """

    def __init__(self, path: Path, *, step: int) -> None:
        self.path = path
        self.rows = [row for row in read_losses(path) if row["step"] <= step] if step else []
        with whole_file(path) as file:
            for row in self.rows:
                file.write(json_line(row))

    def add(self, step: int, **figures: float) -> None:
        """Append a row.

        Raises:
            LocalTrainingError: The disk is full.
        """
        row = {"step": step, **figures}
        try:
            with self.path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(json_line(row))
        except OSError as error:
            raise LocalTrainingError(
                f"{self.path} cannot be written: {error}.", hint="Make room, and run again."
            ) from error
        self.rows.append(row)

    def last(self, column: str) -> float | None:
        """The newest figure of a column."""
        return next((row[column] for row in reversed(self.rows) if column in row), None)

    def rounds_without_progress(self) -> int:
        """How many times in a row the validation wordings had neither better recall nor a lower loss."""
        best_recall, best_loss, rounds = -1.0, float("inf"), 0
        for row in self.rows:
            if "valid_recall" not in row:
                continue
            better = row["valid_recall"] > best_recall or row["valid_loss"] < best_loss
            rounds = 0 if better else rounds + 1
            best_recall, best_loss = max(best_recall, row["valid_recall"]), min(best_loss, row["valid_loss"])
        return rounds


def read_losses(path: Path) -> list[dict[str, Any]]:
    """The rows of ``losses.jsonl``; a last line that was cut off by a kill is left out."""
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = []
    with suppress(ValueError), path.open(encoding="utf-8") as file:
        rows.extend(json.loads(line) for line in file)
    return rows


def losses_table(path: Path) -> pd.DataFrame:
    """One row a step, with the columns of :func:`qagen.fine_tuning_metrics`; what was not measured is NaN."""
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingExtraError("plot", "A table of losses") from error
    frame = pd.DataFrame(read_losses(path), columns=[*COLUMNS, "train_recall", "valid_recall"])
    table: pd.DataFrame = frame.groupby("step", as_index=False).last()
    return table


def newest_checkpoint(folder: Path, mark: str) -> Path | None:
    """The checkpoint with the highest step that was written to its end (``mark`` stands in it)."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{mark}")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(os.path.getsize(path) for path in folder.rglob("*") if path.is_file())  # noqa: PTH202

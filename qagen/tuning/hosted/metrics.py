"""The losses of a training: read from a service's result files, and drawn."""

from __future__ import annotations

import base64
import binascii
import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from math import inf, isfinite
from typing import TYPE_CHECKING

from qagen.errors import MissingExtraError, ServiceError, SettingsError
from qagen.tuning.hosted.jobs import checked_id, read_job
from qagen.tuning.hosted.services import content_of, explained, service_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from openai.types.fine_tuning import FineTuningJob
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

    from qagen.tuning.hosted.services import Client, Service

    Row = dict[str, float]

_COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")
# As Azure writes them.
_OTHER_NAMES = {
    "train_mean_token_accuracy": "train_accuracy",
    "validation_loss": "valid_loss",
    "validation_mean_token_accuracy": "valid_mean_token_accuracy",
}
_NOTHING = frozenset({"", "nan", "none", "null", "n/a"})
_LARGEST = 256 * 1024**2  # bytes: a million steps take about 60 MB; weights are no metrics
_FEW = 60  # points that are drawn one by one
_SHOWN = 60


def fine_tuning_metrics(client: Client, job: FineTuningJob | str) -> pd.DataFrame:
    """Losses and accuracies of a finished job, a row for each step.

    They stand in the job's result files, which are CSV, in base64 for many models. Several files are joined
    by step; where two have a value for the same step, the later one counts.

    Args:
        client: An OpenAI client.
        job: A job or its id. A job that has no result file yet is looked at again.

    Returns:
        The columns ``step``, ``train_loss``, ``train_accuracy`` (0 to 1, of tokens), ``valid_loss`` and
        ``valid_mean_token_accuracy``, then whatever else the service wrote. All are floats; ``NaN`` is not
        measured, as validation is at most steps.

    Raises:
        ServiceError: There is no result file yet, or the service keeps none, it holds no metrics, or the
            service cannot be reached.
        SettingsError: ``job`` is neither a job nor an id.
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingExtraError("plot", "fine_tuning_metrics()") from error
    name = checked_id(getattr(job, "id", job))
    files = _result_files(job) or _result_files(_finished(read_job(client, name), service_of(client)))
    rows = [row for file in files for row in _rows(_content(client, file), file)]
    table = pd.DataFrame(rows, dtype="float64")
    table = table.reindex(columns=[*_COLUMNS, *(one for one in table.columns if one not in _COLUMNS)])
    # Of each column the last value that is there.
    joined: pd.DataFrame = table.groupby("step", sort=True).last().reset_index()
    return joined


def plot_metrics(
    metrics: pd.DataFrame,
    *,
    checkpoints: Sequence[FineTuningJobCheckpoint | float] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw training and validation loss over the steps, with the checkpoints marked.

    Without ``ax`` the figure is made outside of pyplot: it opens no window and needs no display. Save it with
    ``axes.figure.savefig("loss.png")``; a notebook shows ``axes.figure`` after ``%matplotlib inline``.

    Args:
        metrics: With the columns ``step``, ``train_loss`` and, if there was validation, ``valid_loss``: from
            :func:`qagen.fine_tuning_metrics` or from training on this machine.
        checkpoints: From :func:`qagen.list_checkpoints`, or numbers of steps.
        ax: Where to draw; a figure of its own by default.

    Raises:
        SettingsError: A column is missing, or there is no loss to draw.
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise MissingExtraError("plot", "plot_metrics()") from error
    drawn = {name: _curve(metrics, name) for name in ("train_loss", "valid_loss")}
    if not any(len(curve) for curve in drawn.values()):
        raise SettingsError(
            "There is no loss to draw: the table needs the columns 'step' and 'train_loss' or 'valid_loss' "
            f"with numbers. It has {', '.join(map(repr, metrics.columns)) or 'none'}, {len(metrics)} rows."
        )
    if ax is None:
        ax = Figure(figsize=(8, 4.5), layout="constrained").add_subplot()
    for (name, curve), style in zip(drawn.items(), ("-", "--"), strict=True):
        if len(curve):
            label = {"train_loss": "training", "valid_loss": "validation"}[name]
            mark = "o" if len(curve) <= _FEW else None
            ax.plot(curve["step"], curve[name], style, marker=mark, markersize=4, label=label)
    _mark(ax, checkpoints)
    ax.set(xlabel="step", ylabel="loss")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if ax.dataLim.ymin >= 0:
        ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3)
    ax.legend()
    return ax


def _mark(ax: Axes, checkpoints: Iterable[FineTuningJobCheckpoint | float]) -> None:
    for number, checkpoint in enumerate(checkpoints):
        step = float(getattr(checkpoint, "step_number", checkpoint))  # type: ignore[arg-type]  # a number, or has one
        label = None if number else "checkpoint"
        ax.axvline(step, color="0.4", linestyle=":", linewidth=1.2, label=label)
        ax.annotate(
            f"{step:g}",
            (step, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -3),
            textcoords="offset points",
            va="top",
            fontsize="small",
            color="0.3",
        )


def _curve(metrics: pd.DataFrame, name: str) -> pd.DataFrame:
    """The steps at which this was measured."""
    wanted = metrics.reindex(columns=["step", name])
    curve: pd.DataFrame = wanted.replace([inf, -inf], float("nan")).dropna().sort_values("step")
    return curve


def _result_files(job: FineTuningJob | str) -> list[str]:
    found = getattr(job, "result_files", None)
    return [file for file in found if isinstance(file, str)] if isinstance(found, list) else []


def _finished(job: FineTuningJob, service: Service) -> FineTuningJob:
    if _result_files(job):
        return job
    if job.status == "succeeded":
        raise ServiceError(
            f"The job {job.id} has no result file (status: {job.status}): {service.title} keeps none for it. "
            f"Losses are in the metrics of its checkpoints, list_checkpoints(client, {job.id!r}), and in its "
            "events, wait_for_fine_tuning(on_event=...)."
        )
    raise ServiceError(
        f"The job {job.id} has no result file (status: {job.status}). Metrics come with the end.",
        hint=f"Wait for it first: wait_for_fine_tuning(client, {job.id!r}).",
    )


def _content(client: Client, file: str) -> bytes:
    """The bytes of a result file, read in pieces: it might be something very large."""
    what = f"The result file {file} could not be read"
    content = bytearray()
    with explained(what), closing(content_of(client, file)) as pieces:
        for piece in pieces:
            content += piece
            if len(content) > _LARGEST:
                raise ServiceError(f"{what}: it is larger than {_LARGEST >> 20} MB, so it holds no metrics.")
    return bytes(content)


def _rows(content: bytes, file: str) -> Iterator[Row]:
    lines = csv.reader(_text(content, file).splitlines())
    names: list[str] | None = None
    try:
        for cells in lines:
            if names is None:
                names = [_OTHER_NAMES.get(cell.strip(), cell.strip()) for cell in cells]
                _check_header(names, content, file)
            elif any(cell.strip() for cell in cells):
                yield _row(names, cells, f"{file}, line {lines.line_num}")
    except csv.Error as error:
        raise ServiceError(f"{_place(file)}line {lines.line_num} is no CSV ({error}).") from error
    if names is None:
        _check_header([], content, file)


def _text(content: bytes, file: str) -> str:
    """CSV has commas, base64 has none."""
    if b"," not in content:
        with suppress(binascii.Error):  # neither: the header is looked at next, and quoted
            content = base64.b64decode(b"".join(content.split()), validate=True)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ServiceError(f"{_place(file)}it is no text ({error}).") from error


def _check_header(names: list[str], content: bytes, file: str) -> None:
    if "step" in names and len(names) > 1 and len(set(names)) == len(names):
        return
    start = content[:_SHOWN].decode("utf-8", "replace")
    raise ServiceError(
        f"{_place(file)}its first line should name 'step', 'train_loss' and so on. It begins with {start!r}."
    )


def _row(names: list[str], cells: list[str], place: str) -> Row:
    if len(cells) > len(names):
        raise ServiceError(f"{_place(place)}there are {len(cells)} values for {len(names)} columns.")
    return {name: _value(cell, name, place) for name, cell in zip(names, cells, strict=False)}


def _value(cell: str, name: str, place: str) -> float:
    text = cell.strip()
    if text.lower() in _NOTHING and name != "step":
        return float("nan")
    with suppress(ValueError):
        value = float(text)
        if name != "step" or isfinite(value):
            return value
    raise ServiceError(f"{_place(place)}{name} is {text[:_SHOWN]!r}, which is no number.")


def _place(file: str) -> str:
    return f"The result file {file} holds no metrics that can be read: "

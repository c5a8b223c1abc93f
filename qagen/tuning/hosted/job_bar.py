"""One line that shows how far a fine-tuning job is."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from qagen.llm import bar_class
from qagen.tuning.hosted.jobs import is_over

if TYPE_CHECKING:
    from typing import Self

    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

_BEFORE = "{desc} [{elapsed}{postfix}]"
_STEPS = "{desc}: {percentage:3.0f}%|{bar}| step {n_fmt} of {total_fmt} [{elapsed}{postfix}]"
_STEP_OF = re.compile(r"step (\d{1,9})\s*(?:/|of)\s*(\d{1,9})", re.IGNORECASE)
_LOSSES = {"train_loss": "train_loss", "valid_loss": "valid_loss", "full_valid_loss": "valid_loss"}
_WORD = 24
_HUGE = 1e15


class JobBar:
    """Status, step of steps, losses and when it will be done, in a terminal or notebook."""

    def __init__(self, job_id: str, *, show: bool) -> None:
        self._id = job_id
        self._step = self._steps = 0
        self._first: tuple[float, int] | None = None
        self._finish: float | None = None
        self._losses: dict[str, float] = {}
        self._bar = bar_class()(
            desc=job_id, unit="step", disable=not show, dynamic_ncols=True, bar_format=_BEFORE
        )

    def see(self, job: FineTuningJob) -> None:
        """Show a job as it is. Nebius tells the steps here, others in the events."""
        status = "".join(sign for sign in str(job.status) if sign.isprintable())[:_WORD]
        self._reach(
            time.time(), _number(getattr(job, "trained_steps", 0)), _number(getattr(job, "total_steps", 0))
        )
        finish = None if is_over(job) else _number(job.estimated_finish) or self._finish
        self._show(f"{self._id} {status}", finish)

    def take(self, event: FineTuningJobEvent) -> None:
        """Learn steps and losses from an event; they are shown with the next look."""
        data = event.data if isinstance(event.data, dict) else {}
        step, steps = _number(data.get("step")), _number(data.get("total_steps"))
        said = _STEP_OF.search(event.message) if isinstance(event.message, str) else None
        if said and not steps:
            step, steps = step or float(said[1]), float(said[2])
        if step is not None and step < self._step:
            return  # told late
        self._reach(_number(event.created_at) or time.time(), step, steps)
        for key, name in _LOSSES.items():
            value = _number(data.get(key))
            if value is not None:
                self._losses[name] = value

    def no_answer(self) -> None:
        """Say that the service does not answer at the moment."""
        self._show(f"{self._id}: no answer, trying on", None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def _reach(self, at: float, step: float | None, steps: float | None) -> None:
        if steps:
            self._steps = int(steps)
        if not step or step <= self._step:
            return
        self._step = int(step)
        if self._first is None:
            self._first = (at, self._step)
        since, start = self._first
        if self._step > start and at > since and self._steps >= self._step:
            self._finish = at + (self._steps - self._step) * (at - since) / (self._step - start)

    def _show(self, text: str, finish: float | None) -> None:
        if self._bar.disable:
            return
        if self._steps and self._bar.total != self._steps:
            begun = self._bar.start_t
            self._bar.reset(total=self._steps)  # tells a notebook's bar too, but starts its clock anew
            self._bar.start_t = begun
            self._bar.bar_format = _STEPS
        parts = [f"{name.replace('_', ' ')} {value:.3f}" for name, value in sorted(self._losses.items())]
        if finish and finish > time.time():
            parts.append(f"done about {_clock(finish)}")
        self._bar.set_description_str(text, refresh=False)
        self._bar.set_postfix_str(", ".join(parts), refresh=False)
        self._bar.n = min(self._step, self._steps) if self._steps else self._step
        self._bar.refresh()


def _clock(moment: float) -> str:
    """Local time; with the day where it is not within the next twelve hours."""
    far = moment - time.time() > 12 * 3600
    try:
        return time.strftime("%d %b %H:%M" if far else "%H:%M", time.localtime(moment))
    except (OverflowError, ValueError, OSError):
        return "some day"


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < _HUGE else None

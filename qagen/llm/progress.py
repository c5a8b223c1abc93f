"""The progress bar of terminal and notebook, lines where there is neither, and how far a whole run is."""

from __future__ import annotations

import shutil
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

_FEW, _MINUTE = 10, 60
_TICK = 1.0  # seconds between two looks at the clock
_BLINK = 0.1  # seconds that a bar stands at least
_WHOLE = 100  # the bar over all counts per cent


def bar_class() -> type[Any]:
    """The class of tqdm for where this runs.

    Lines without a terminal; in a notebook without ipywidgets the plain bar, and no warning of it.
    """
    if in_lines():
        from qagen.llm.line_bar import LineBar

        return LineBar
    from tqdm import TqdmWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)
        from tqdm.auto import tqdm
    return tqdm


def in_lines() -> bool:
    """Whether there is neither a terminal nor a notebook to draw in."""
    return not (sys.stderr.isatty() or "ipykernel.zmqshell" in sys.modules)


def duration_text(seconds: float) -> str:
    """A time as people say it, no finer than it is known: ``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < _MINUTE - _FEW / 2:
        return f"{max(1, round(seconds)) if seconds < _FEW else round(seconds, -1):.0f} s"
    minutes = round(seconds / _MINUTE)
    if minutes < 2 * _MINUTE:
        return f"{max(1, minutes)} min"
    hours, rest = divmod(round(minutes / 10) * 10, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def wrapped(text: str) -> str:
    """A text in lines no longer than the terminal is wide, broken between words."""
    return textwrap.fill(text, shutil.get_terminal_size().columns, break_on_hyphens=False)


@dataclass(slots=True)
class _Leg:
    """One step: the seconds it was expected to take, those it took, and its pieces of work."""

    expected: float = 0.0
    seconds: float = 0.0
    pieces: int = 0
    done: int = 0
    asked: int = 0
    moved: float = 0.0  # seconds of the step when a piece ended last

    def left(self, pace: float) -> float:
        """Seconds: by what its own pieces took as soon as a tenth was asked, else as expected."""
        waiting = self.pieces - self.done
        if self.asked > max(1, self.pieces // 10):
            left = self.moved / self.asked * waiting
        else:
            left = pace * self.expected * (waiting / self.pieces if self.pieces else 1.0)
        return max(left - (self.seconds - self.moved), left / 10)


class Course:
    """All steps of a run: which is the running one, and about how long the rest takes.

    A step that is answered from the ledger takes no time and says nothing of the others' pace.

    Args:
        steps: Their names, in their order. One that is left out is done when a later one begins.
        show: Whether a bar over all is shown.
    """

    def __init__(self, steps: Iterable[str], *, show: bool) -> None:
        self._legs = {name: _Leg() for name in steps}
        self._current = ""
        self._begun = self._drawn = 0.0
        self._in_seconds = False
        self._show = show
        self._bar: Any = None
        self._followed: Any = None
        self._over = threading.Event()

    def expect(self, seconds: Mapping[str, float], *, in_seconds: bool = True) -> None:
        """Learn how long the steps are expected to take; or only how much each is against the others."""
        for name, leg in self._legs.items():
            leg.expected = seconds.get(name, leg.expected)
        self._in_seconds = in_seconds
        self._refresh()

    def begin(self, name: str) -> None:
        """A step begins; those before it have ended, or were left out."""
        self._legs.setdefault(name, _Leg())
        if self._current:
            self._legs[self._current].seconds = time.monotonic() - self._begun
        for leg in list(self._legs.values())[: list(self._legs).index(name)]:
            leg.done = leg.pieces = max(leg.pieces, 1)
        self._current, self._begun = name, time.monotonic()
        self._refresh()

    def reached(self, done: int, pieces: int, asked: int) -> None:
        """Where the running step stands: pieces of work done, in all, and of those done the asked ones."""
        if not self._current:
            return
        leg = self._legs[self._current]
        leg.seconds = time.monotonic() - self._begun
        if done > leg.done:
            leg.moved = leg.seconds
        leg.done, leg.pieces, leg.asked = done, pieces, asked
        if time.monotonic() - self._drawn > _BLINK:
            self._refresh()

    @property
    def seconds_left(self) -> float | None:
        """About how long the rest takes, or ``None``: nothing is known."""
        pace = self._pace()
        if pace is None:
            return None
        return sum(leg.left(pace) for leg in self._legs.values() if not leg.pieces or leg.done < leg.pieces)

    def title(self) -> str:
        """Such as ``step 4 of 6``."""
        names = list(self._legs)
        return f"step {names.index(self._current) + 1 if self._current else 1} of {len(names)}"

    def time_left(self) -> str:
        """Such as ``about 3 min left``; empty where nothing is known."""
        left = self.seconds_left
        return f"about {duration_text(left)} left" if left else ""

    def say(self, line: str) -> None:
        """One line above the bars, where they are shown."""
        if self._show:
            bar_class().write(line if in_lines() else wrapped(line), file=sys.stderr)

    def follow(self, bar: Any) -> None:
        """Move the clock of a step's bar too, while its work is waited for."""
        self._followed = bar

    def __enter__(self) -> Self:
        if self._show and not in_lines():
            form = "{desc} {percentage:3.0f}%|{bar}|"
            self._bar = bar_class()(
                desc=self.title(), total=_WHOLE, bar_format=form, dynamic_ncols=True, leave=False
            )
            threading.Thread(target=self._tick, name="progress", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._bar is not None:
            self._bar.close()

    def _tick(self) -> None:
        while not self._over.wait(_TICK):
            if self._current:
                self._legs[self._current].seconds = time.monotonic() - self._begun
            self._refresh()
            if self._followed is not None:
                self._followed.refresh()

    def _pace(self) -> float | None:
        """How much longer than expected it takes."""
        asked = [leg for leg in self._legs.values() if leg.asked and leg.pieces and leg.expected]
        expected = sum(leg.expected * leg.asked / leg.pieces for leg in asked)
        if expected:
            return sum(leg.seconds for leg in asked) / expected
        return 1.0 if self._in_seconds else None

    def _refresh(self) -> None:
        if self._bar is None:
            return
        self._drawn = time.monotonic()
        spent = sum(leg.seconds for leg in self._legs.values())
        left = self.seconds_left
        self._bar.set_description_str(
            ", ".join(filter(None, (self.title(), self.time_left()))), refresh=False
        )
        self._bar.n = round(_WHOLE * spent / (spent + left)) if left else 0
        self._bar.refresh()

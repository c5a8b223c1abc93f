"""Many calls at once: results in the order of the work, a bar for a step, and a clean stop."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import Any, Generic, Protocol, Self, TypeVar

from qagen.llm.asking import Answer
from qagen.llm.models import cost_text
from qagen.llm.progress import Course, bar_class, in_lines
from qagen.records import Usage

T = TypeVar("T")
R = TypeVar("R")

# Results wait for the slowest call before them. So many may wait: enough that one hanging call does not hold
# up the others, and few enough that memory stays flat.
_WINDOW = 1024
# So many items, or seconds, are read before the first is worked on: then the bar has its total at once.
_AHEAD, _PATIENCE = 1024, 3.0
WRITE = "write"
"""The step that counts passages."""


def in_order(
    work: Callable[[T], R], items: Iterable[T], *, workers: int, stopping: Callable[[int], None] | None = None
) -> Generator[R, None, None]:
    """Do the work of each item in threads and give the results in the order of the items.

    Items are taken as they are needed. Whatever ends it early (an error of the work, Ctrl-C, the caller
    leaving), nothing new is begun and the work in hand is waited for: what it gives can still be stored.

    Args:
        work: Called in a thread.
        items: Read in the caller's thread.
        workers: Threads.
        stopping: Told how many pieces of work are in hand when it ends early.
    """
    waiting: deque[Future[R]] = deque()
    executor = ThreadPoolExecutor(workers, thread_name_prefix="qagen")
    attempt = _Attempt(work)
    finished = False
    try:
        for item in attempt.until_one_fails(items):
            waiting.append(executor.submit(attempt, item))
            while waiting and (waiting[0].done() or len(waiting) >= _WINDOW + workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        finished = True
    finally:
        if not finished and stopping:
            stopping(sum(future.running() for future in waiting))
        executor.shutdown(wait=True, cancel_futures=True)


class _Attempt(Generic[T, R]):
    """The work, which does nothing more after it has failed once."""

    def __init__(self, work: Callable[[T], R]) -> None:
        self._work = work
        self._failed = threading.Event()

    def __call__(self, item: T) -> R:
        if self._failed.is_set():
            raise CancelledError  # nobody sees it: the failure itself stands before it in the order
        with ExitStack() as on_failure:
            on_failure.callback(self._failed.set)
            result = self._work(item)
            on_failure.pop_all()
        return result

    def until_one_fails(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            if self._failed.is_set():
                return
            yield item


class Counted(Protocol):
    """What the bar counts of a piece of work that is done."""

    @property
    def pairs(self) -> tuple[Any, ...]: ...  # noqa: D102
    @property
    def failures(self) -> tuple[Any, ...]: ...  # noqa: D102
    @property
    def usage(self) -> Usage: ...  # noqa: D102


class Progress:
    """The bar of one step: pieces of work done and in all, failures, tokens, cost.

    Args:
        show: Whether there is to be one.
        step: The step it stands for; that of writing counts passages and their pairs.
        course: The run that the step is one of.
    """

    def __init__(self, *, show: bool, step: str = WRITE, course: Course | None = None) -> None:
        self._writes = step == WRITE
        self._course = course
        self._bar = bar_class()(
            desc=f"{course.title()}, {step}" if course and in_lines() else step,
            total=0,
            unit="passages" if self._writes else "",
            disable=not show,
            dynamic_ncols=True,
            smoothing=0.05,
            leave=course is None,
            miniters=1,
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]",
        )
        if course:
            course.follow(self._bar)
        self._mutex = threading.RLock()
        self._done = self._pairs = self._failures = 0
        self._usage = Usage()

    @property
    def pieces(self) -> int:
        """How many pieces of work are known of."""
        return int(self._bar.total)

    def expect(self, more: int) -> None:
        """So many more pieces of work are known of; called before the first of them is begun."""
        with self._mutex:
            self._bar.total += more
            self._show()
            self._bar.refresh()

    def counted(self, items: Iterable[T]) -> Iterator[T]:
        """The items; how many there are is known before the first, unless they are many or come slowly."""
        waiting = iter(items)
        ahead = read_ahead(waiting)
        self.expect(len(ahead))
        yield from ahead
        for item in waiting:
            with self._mutex:
                self._bar.total += 1
            yield item

    def done(self, outcome: Counted) -> None:
        """One more passage is done; called from any thread."""
        with self._mutex:
            self._pairs += len(outcome.pairs)
            self._failures += len(outcome.failures)
            self._usage += outcome.usage
            self.ended()

    def answered(self, answer: Answer[Any]) -> None:
        """One more call has ended, of which a piece of work may need several; called from any thread."""
        with self._mutex:
            self._failures += answer.value is None
            self._usage += answer.usage
            self._show()

    def ended(self, pieces: int = 1) -> None:
        """One more piece of work is done, or so many; called from any thread."""
        with self._mutex:
            self._done += pieces
            self._show()
            self._bar.update(pieces)

    def stopping(self, in_hand: int) -> None:
        """Say that the calls in flight are waited for."""
        if in_hand and not self._bar.disable:
            calls = "the call" if in_hand == 1 else f"{in_hand} calls"
            told = f"Stopping: waiting for {calls} in flight. Ctrl-C again leaves at once."
            self._bar.write(told, file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, stopped_by: type[BaseException] | None, *_: object) -> None:
        if not self._bar.disable:
            told = self._summary() if self._bar.total or stopped_by else "nothing to do"
            self._bar.set_postfix_str(told, refresh=False)
        self._bar.close()

    def _show(self) -> None:
        """Tell the run where the step stands, and the bar what it has cost."""
        use = self._usage
        if self._course:
            asked = round(self._done * use.asked / use.calls) if use.calls else 0
            self._course.reached(self._done, self._bar.total, asked)
        if not self._bar.disable:
            left = self._course.time_left() if self._course and in_lines() else ""
            self._bar.set_postfix_str(", ".join(filter(None, (self._summary(), left))), refresh=False)

    def _summary(self) -> str:
        use = self._usage
        tokens = use.input_tokens + use.output_tokens
        cost = "" if use.cost == 0 else f"cost {cost_text(use.cost, tokens=tokens)}"
        pairs = f"{self._pairs:,} pair{'' if self._pairs == 1 else 's'}" if self._writes else ""
        failed = f"{self._failures:,} failed" if self._failures else ""
        return ", ".join(filter(None, (pairs, failed, f"{tokens:,} tokens" if tokens else "", cost)))


def read_ahead(items: Iterator[T]) -> list[T]:
    """The first items, as many as come soon: with all there are, it is known how many they are."""
    begun, ahead = time.monotonic(), []
    for item in islice(items, _AHEAD):
        ahead.append(item)
        if time.monotonic() - begun > _PATIENCE:
            break
    return ahead

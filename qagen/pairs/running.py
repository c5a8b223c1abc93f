"""Many calls at once: results in the order of the work, a progress bar, and a clean stop."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Generic, Protocol, Self, TypeVar

from qagen.llm.asking import Answer
from qagen.llm.progress import bar_class
from qagen.records import Usage

T = TypeVar("T")
R = TypeVar("R")

# Results wait for the slowest call before them. So many may wait: enough that one hanging call does not hold
# up the others, and few enough that memory stays flat.
_WINDOW = 1024


def in_order(
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    workers: int,
    stopping: Callable[[int], None] | None = None,
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
    """A bar for terminal and notebook: passages or calls done, pairs, failures, tokens, cost.

    Args:
        show: Whether there is to be one.
        step: The step it stands for; only that of writing knows how many passages there are.
    """

    def __init__(self, *, show: bool, step: str | None = None) -> None:
        self._writes = step is None
        self._bar = bar_class()(
            desc=step or "write",
            total=0 if self._writes else None,
            unit=" passages" if self._writes else " calls",
            disable=not show,
            dynamic_ncols=True,
            smoothing=0.05,
        )
        self._mutex = threading.Lock()
        self._pairs = self._failures = 0
        self._usage = Usage()

    def counted(self, items: Iterable[T]) -> Iterator[T]:
        """The items, each adding one to what there is to do."""
        for item in items:
            with self._mutex:
                self._bar.total = (self._bar.total or 0) + 1
            yield item

    def done(self, outcome: Counted) -> None:
        """One more is done; called from any thread."""
        with self._mutex:
            self._pairs += len(outcome.pairs)
            self._failures += len(outcome.failures)
            self._usage += outcome.usage
            if not self._bar.disable:
                self._bar.set_postfix_str(self._summary(), refresh=False)
            self._bar.update()

    def answered(self, answer: Answer[Any]) -> None:
        """One more call has ended; called from any thread."""
        with self._mutex:
            self._failures += answer.value is None
            self._usage += answer.usage
            if not self._bar.disable:
                self._bar.set_postfix_str(self._summary(), refresh=False)
            self._bar.update()

    def stopping(self, in_hand: int) -> None:
        """Say that the calls in flight are waited for."""
        if in_hand and not self._bar.disable:
            self._bar.write(f"Stopping: waiting for {in_hand} calls in flight. Ctrl-C again leaves at once.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def _summary(self) -> str:
        use = self._usage
        cost = "cost unknown" if use.cost is None else f"${use.cost:.4f}"
        tokens = use.input_tokens + use.output_tokens
        pairs = f"{self._pairs} pairs, " if self._writes else ""
        return f"{pairs}{self._failures} failed, {tokens:,} tokens, {cost}"

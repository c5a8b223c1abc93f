"""What every source of a model file shares: the job, the patience, the bar, and how it fails."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from qagen.errors import LocalModelError
from qagen.llm import bar_class
from qagen.llm.embedded.table import Weights

Got = TypeVar("Got")

_AT_LEAST = 2
FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class SourceError(LocalModelError):
    """One source did not give the file; the next one is asked."""


class NetworkError(SourceError):
    """What was asked for did not come, or not whole.

    ``again`` says whether it is worth asking at once; ``advanced``, whether more of the file is here than
    before.
    """

    def __init__(self, text: str, *, again: bool = True, advanced: bool = False) -> None:
        self.again, self.advanced = again, advanced
        super().__init__(text, retryable=True)


@dataclass(frozen=True)
class Patience:
    """How long a source is waited for, and how often it is asked again.

    Args:
        attempts: Failures in a row, with nothing gained between them, after which it is given up.
        first_wait: Seconds before the second attempt; each further wait is twice as long.
        seconds: After so long without anything gained a third attempt is the last.
        hub_silence: Seconds in which the hub sends nothing, after which an attempt is ended.
        pip_silence: The same for pip, for whatever its own ``--timeout`` does not end.
    """

    attempts: int = 5
    first_wait: float = 1.0
    seconds: float = 120.0
    hub_silence: float = 10.0
    pip_silence: float = 300.0

    def until_done(self, ask: Callable[[], Got], say: Callable[[str], None]) -> Got:
        """What ``ask`` returns, asked again after a :class:`NetworkError` that may pass; ``say`` is told so.

        Raises:
            NetworkError: The last one.
        """
        failures, begun = 0, time.monotonic()
        while True:
            try:
                return ask()
            except NetworkError as error:
                if error.advanced:
                    failures, begun = 0, time.monotonic()
                failures += 1
                late = failures > _AT_LEAST and time.monotonic() - begun > self.seconds
                if not error.again or late or failures >= self.attempts:
                    raise
                wait = self.first_wait * 2 ** (failures - 1)
                say(f"{error}. Trying again in {wait:.0f} s ({failures} of {self.attempts - 1})")
            time.sleep(wait)


class DownloadBar:
    """The progress bar of one file, in bytes."""

    def __init__(self, job: FetchJob, done: int) -> None:
        weights = job.weights
        self._bar = bar_class()(
            total=weights.size,
            initial=done,
            desc=weights.name,
            unit="B",
            unit_scale=True,
            disable=not job.progress,
        )
        self._done = done
        self._announce = job.announce

    def at(self, done: int) -> None:
        """So many bytes are here; fewer than before where something must come again."""
        self._bar.update(done - self._done)
        self._done = done

    def say(self, line: str) -> None:
        """A line for the person, above the bar."""
        if self._announce:
            self._bar.clear()
            self._announce(line)
            self._bar.refresh()

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()


@dataclass(frozen=True)
class FetchJob:
    """One file to fetch, and how."""

    weights: Weights
    folder: Path
    progress: bool = True
    announce: Callable[[str], None] | None = None
    endpoint: str | None = None
    pip_options: tuple[str, ...] = ()
    patience: Patience = Patience()

    @property
    def target(self) -> Path:
        """Where the finished file will lie."""
        return self.folder / self.weights.file

    def work(self, source: str) -> Path:
        """The folder that keeps what a source has given so far."""
        return self.folder / f".{self.weights.name}.{source}"

    def whole(self, source: str) -> Path:
        """The file in that folder which grows to be the model."""
        return self.work(source) / "whole"

    def kept(self, source: str) -> int:
        """Bytes that a source has given so far."""
        try:
            return self.whole(source).stat().st_size
        except OSError:
            return 0

    @contextmanager
    def bar(self, done: int) -> Iterator[DownloadBar]:
        """The progress bar, from ``done`` bytes on."""
        bar = DownloadBar(self, done)
        try:
            yield bar
        finally:
            bar.close()


def one_line(error: BaseException) -> str:
    """What an error says, in a line that is not long."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300]


def about_storage(error: OSError) -> bool:
    """Whether it is the disk or its rights that fail, whatever source is asked."""
    return error.errno in FULL | FORBIDDEN

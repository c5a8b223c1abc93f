"""One pass over a training file, line by line, in flat memory."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from qagen.llm import count_tokens
from qagen.tuning.file.finding import Finding, short
from qagen.tuning.file.line_rules import find_problems
from qagen.tuning.file.line_shapes import answer_text, detect_format, messages_of, prompt_and_answer, texts_of
from qagen.tuning.file.raw_lines import DEEP, RawLine, raw_lines
from qagen.tuning.file.repeats import Fingerprints
from qagen.tuning.file.report import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qagen.tuning.file.line_shapes import FileFormat, Line

_EXAMPLE_LIMIT = 65_536
# The frame of a message and of an example as OpenAI's cookbook counts them, in "Data preparation and analysis
# for chat model fine-tuning"; the name of a role is one token.
_MESSAGE_FRAME = 3
_EXAMPLE_FRAME = 3
_REMEMBERED = 4_000
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d[0-9:.Z+-]*)?$")
_SURROGATE = re.compile("[\ud800-\udfff]")

_HAS_SURROGATE = Finding(
    "error", "half-character", r"The text holds half of a character (\ud800 to \udfff). Repair or remove it."
)


class Lengths(Counter[int]):
    """How many examples have so many tokens."""

    @property
    def least(self) -> int:
        """Of the shortest; 0 where there is none."""
        return min(self, default=0)

    @property
    def most(self) -> int:
        """Of the longest."""
        return max(self, default=0)

    @property
    def tokens(self) -> int:
        """Of all together."""
        return sum(length * number for length, number in self.items())

    def quantile(self, percent: int) -> int:
        """So many in a hundred are this long or shorter."""
        wanted = ceil(self.total() * percent / 100)
        for length in sorted(self):
            wanted -= self[length]
            if wanted <= 0:
                return length
        return 0


class Scan:
    """What one pass over a file sees. Call ``read`` once."""

    def __init__(self, path: Path, *, model: str) -> None:
        self.path = path
        self.format: FileFormat | None = None
        self.examples = 0
        self.size = 0
        self.tokens_exact = True
        self.only_dates = True
        self.lengths = Lengths()
        self.problems = Problems()
        self.fingerprints = Fingerprints()
        self._model = model
        self._has_limit = model_name(model).startswith(("gpt-4o", "gpt-4.1"))
        # The same system prompt stands in every line, so it is counted once.
        self._count_short = lru_cache(maxsize=64)(self._count)

    def read(self) -> None:
        """Read the file to its end.

        Raises:
            TrainingFileError: It cannot be read, or is no text.
        """
        for raw in raw_lines(self.path):
            try:
                findings = list(self.take(raw))
            except RecursionError:
                findings = [DEEP]
            for finding in findings:
                self.problems.add(raw.number, finding)
        self.size = self.path.stat().st_size

    def take(self, raw: RawLine) -> Iterator[Finding]:
        """Count a line, and say what is wrong with it."""
        yield from raw.signs()
        line = raw.value()
        if isinstance(line, Finding):
            yield line
        elif line is not None:
            yield from self._take_example(raw.number, line)

    def _take_example(self, number: int, line: Line) -> Iterator[Finding]:
        self.examples += 1
        if self.format is None:
            self.format = detect_format(line) or "chat"
            if detect_format(line) is None:
                yield Finding(
                    "error",
                    "unknown-format",
                    f"The keys {short(sorted(line))} belong to no known format; it is checked as chat, whose "
                    'lines are {"messages": [...]}.',
                )
        yield from find_problems(self.format, line)
        texts = texts_of(self.format, line)
        if any(_SURROGATE.search(text) for text in texts if not text.isascii()):
            yield _HAS_SURROGATE
            return
        self.only_dates = self.only_dates and _DATE.match(str(answer_text(self.format, line))) is not None
        yield from self._measure(self.format, line, texts)
        key = prompt_and_answer(self.format, line)
        if key is not None:
            self.fingerprints.add(number, *key)

    def _measure(self, name: FileFormat, line: Line, texts: list[str]) -> Iterator[Finding]:
        messages = messages_of(name, line)
        frame = _EXAMPLE_FRAME + sum(_MESSAGE_FRAME + 1 + ("name" in message) for message in messages)
        tokens = sum(
            self._count_short(text) if len(text) < _REMEMBERED else self._count(text) for text in texts
        )
        tokens += frame if messages else 0
        self.lengths[tokens] += 1
        if self._has_limit and tokens > _EXAMPLE_LIMIT:  # a warning, as the service says nothing
            yield Finding(
                "warning",
                "too-long",
                f"The example has {tokens:,} tokens; the service silently cuts off what exceeds "
                f"{_EXAMPLE_LIMIT:,}. Split or shorten it.",
            )

    def _count(self, text: str) -> int:
        count = count_tokens(text, model=self._model)
        self.tokens_exact = self.tokens_exact and count.exact
        return int(count)


def model_name(model: str) -> str:
    """The plain name of a model: that of ``openai:ft:gpt-4.1:org::id`` is ``gpt-4.1``."""
    return re.sub(r"^(?:(?:azure_)?openai[:/])?(?:ft:)?", "", model.strip().lower()).partition(":")[0]

"""One pass over a training file, line by line, in flat memory."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from qagen.errors import TrainingFileError
from qagen.llm.tokens import count_tokens
from qagen.tuning.file.line_rules import Finding, find_problems, short
from qagen.tuning.file.line_shapes import answer_text, detect_format, messages_of, prompt_and_answer, texts_of
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
_BOM = b"\xef\xbb\xbf"
_LINE_ENDS = frozenset("\x85\u2028\u2029")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d[0-9:.Z+-]*)?$")
_SURROGATE = re.compile("[\ud800-\udfff]")

_DEEP = Finding("error", "invalid-json", "The line is nested too deeply. Write the object flat.")
_IS_ARRAY = Finding(
    "error",
    "json-array",
    "The file is one JSON array, or its lines are arrays. Write one JSON object a line (JSONL), without [ ] "
    "around them and commas between them.",
)
_HAS_BOM = Finding(
    "error",
    "bom",
    "The file starts with a byte order mark, which JSON readers refuse. Save it as UTF-8 without BOM.",
)
_IS_BLANK = Finding(
    "error", "blank-line", "The line is blank, but every line must be a JSON object. Remove it."
)
_HAS_LINE_END = Finding(
    "warning",
    "line-separator",
    r"The line holds a bare U+2028, U+2029 or U+0085, where some readers cut it. Write \u2028 and so on.",
)
_HAS_SURROGATE = Finding(
    "error", "half-character", r"The text holds half of a character (\ud800 to \udfff). Repair or remove it."
)


class Scan:
    """What one pass over a file sees. Call ``read`` once."""

    def __init__(self, path: Path, *, model: str) -> None:
        self.path = path
        self.format: FileFormat | None = None
        self.examples = 0
        self.size = 0
        self.tokens_exact = True
        self.only_dates = True
        self.lengths: Counter[int] = Counter()
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
        for number, raw in _lines(self.path):
            try:
                findings = list(self._line(number, raw))
            except RecursionError:
                findings = [_DEEP]
            for finding in findings:
                self.problems.add(number, finding)
        self.size = self.path.stat().st_size

    def _line(self, number: int, raw: bytes) -> Iterator[Finding]:
        if number == 1 and raw.startswith(_BOM):
            yield _HAS_BOM
            raw = raw[len(_BOM) :]
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            yield _not_utf8(error)
            return
        if not _LINE_ENDS.isdisjoint(text):
            yield _HAS_LINE_END
        line = _parse(text)
        if isinstance(line, Finding):
            yield line
        else:
            yield from self._example(number, line)

    def _example(self, number: int, line: Line) -> Iterator[Finding]:
        self.examples += 1
        if self.format is None:
            self.format = detect_format(line) or "chat"
            if detect_format(line) is None:
                yield _unknown_format(line)
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


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            head = file.peek(1)
            if b"\0" in head:
                raise TrainingFileError(
                    f"{path} is no text in UTF-8 but UTF-16, compressed or binary. Save it as UTF-8 text."
                )
            if (
                head.removeprefix(_BOM).lstrip().startswith(b"[")
            ):  # not read on: it may be one line of a gigabyte
                yield 1, b"["
                return
            yield from enumerate(file, 1)
    except OSError as error:
        raise TrainingFileError(f"Cannot read {path}: {error.strerror or error}.") from error


def _not_utf8(error: UnicodeDecodeError) -> Finding:
    found = error.object[error.start]
    return Finding(
        "error",
        "not-utf8",
        f"Byte {error.start + 1} of the line (0x{found:02x}) is not UTF-8. Save the file as UTF-8.",
    )


def _unknown_format(line: Line) -> Finding:
    return Finding(
        "error",
        "unknown-format",
        f"The keys {short(sorted(line))} belong to no known format; it is checked as chat, whose lines are "
        '{"messages": [...]}.',
    )


def _parse(text: str) -> Line | Finding:
    if not text.strip():
        return _IS_BLANK
    if text.lstrip().startswith("["):
        return _IS_ARRAY
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return _not_json(text, error)
    except ValueError as error:
        return Finding("error", "invalid-json", f"The line is not JSON: {error}. Repair it.")
    if isinstance(value, dict):
        return value
    return Finding(
        "error", "not-an-object", f"The line is {short(value)}, but every line must be a JSON object."
    )


def _not_json(text: str, error: json.JSONDecodeError) -> Finding:
    if error.msg == "Extra data":
        message = f"After the object, more follows at character {error.pos + 1}. Write one object a line."
        return Finding("error", "more-than-one", message)
    hint = "Write the whole object on one line." if error.pos >= len(text.rstrip()) else "Repair it."
    return Finding(
        "error", "invalid-json", f"The line is not JSON: {error.msg} at character {error.pos + 1}. {hint}"
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")

"""Pairs become the lines of a training file, in the shape a service or trainer takes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from qagen.errors import RunFolderError, SettingsError, TrainingFileError
from qagen.files import json_line, whole_file
from qagen.llm import Ledger
from qagen.pairs import LEDGER, QADataset
from qagen.records import Part
from qagen.tuning.file.line_rules import unfit_part

Format = Literal["chat", "prompt-completion", "alpaca", "sharegpt"]

_SHOWN = 3
DEFAULT_SYSTEM_PROMPT = "Answer the question briefly and exactly."
"""The system message of every example. The tuned model must be asked with the same one."""


class QuestionAnswer(Protocol):
    """Anything with a ``question`` and an ``answer``: a ``QAPair``, a ``QA``, an item of a user's schema."""

    @property
    def question(self) -> str:
        """What is asked."""

    @property
    def answer(self) -> str:
        """What is to be learnt."""


def write_training_file(
    pairs: Iterable[QuestionAnswer],
    path: str | Path,
    *,
    format: Format = "chat",  # noqa: A002 - the word a user looks for
    system_prompt: str | None = DEFAULT_SYSTEM_PROMPT,
    part: Part = "train",
) -> Path:
    r"""Write one line for each pair, whole or not at all, and return the path.

    Of pairs that were divided (:func:`qagen.divide_pairs`) only those of one part are written: what is to be
    asked later must not be trained.

    Pairs are read one at a time, so a generator of a million needs no memory. What is written keeps every
    character. Pairs that hold what services refuse, such as the text ``<|endoftext|>``, or a control
    character, such as U+0000, are left out, and a ``UserWarning`` says how many and which. U+2028, U+2029 and
    U+0085 are written as ``\u2028`` and so on, so that readers that split at them see one line too.

    One reader changes text: ``datasets.load_dataset("json", ...)`` turns a column that holds nothing but
    dates into timestamps, which can befall the answers of ``prompt-completion`` and ``alpaca``. The check
    warns.

    Args:
        pairs: What to write, in this order. An existing file is replaced.
        path: The file to write. Its folder must exist.
        format: ``chat`` is ``{"messages": [...]}``, which OpenAI and nearly every trainer take.
            ``prompt-completion`` is ``{"prompt", "completion"}``; it has no place for a system prompt, which
            is left out. ``alpaca`` is ``{"instruction", "input", "output"}``, the system prompt stands in
            ``system``. ``sharegpt`` is ``{"conversations": [...]}`` with ``system``, ``human`` and ``gpt``.
        system_prompt: The first message of every example; ``None`` for none. Ask the tuned model with the
            same one.
        part: Which part of divided pairs. What has no ``part`` of its own is written whatever it is.

    Raises:
        TrainingFileError: There is no pair, none that can be written, a pair has no text to write, or the
            file cannot be written. No file is left and an existing one stays as it was.
        SettingsError: The format does not exist, or the system prompt is empty.
    """
    check_settings(format, system_prompt)
    target = Path(path)
    wanted = (one for one in enumerate(pairs, 1) if getattr(one[1], "part", part) == part)
    form = LineForm(format, system_prompt)
    numbered = (Numbered(pair, number) for number, pair in wanted)
    left_out = _LeftOut()
    lines = (form.line(pair) for pair in numbered if left_out.takes(pair))
    if isinstance(pairs, QADataset) and pairs.run:
        with Ledger(pairs.run / LEDGER) as ledger:
            _write_lines(lines, target, left_out, tag=ledger.owner)
            # the tuned model must be asked with the same one
            ledger.keep_settings(system_prompt=system_prompt)
    else:
        _write_lines(lines, target, left_out)
    if left_out.number:
        warnings.warn(f"{target}: {left_out}", UserWarning, stacklevel=2)
    return target


def _write_lines(lines: Iterable[str], target: Path, left_out: _LeftOut, *, tag: str = "") -> None:
    try:
        with whole_file(target, tag=tag) as file:
            for line in lines:
                file.write(line)
            if not file.lines:
                why = f" ({left_out})" if left_out.number else ""
                raise TrainingFileError(f"There is no pair to write to {target}{why}: no file was written.")
    except RunFolderError as error:
        raise TrainingFileError(str(error)) from error


def check_settings(name: str, system_prompt: str | None) -> None:
    """Refuse a format that does not exist, and a system prompt without text.

    Raises:
        SettingsError: One of the two.
    """
    if name not in get_args(Format):
        raise SettingsError(
            f"There is no format {name!r}.", hint=f"Use one of: {', '.join(get_args(Format))}."
        )
    if system_prompt is not None and not system_prompt.strip():
        raise SettingsError(
            "The system prompt is empty.", hint="Pass system_prompt=None to have no system message."
        )


@dataclass(frozen=True, slots=True)
class Numbered:
    """A pair, and its place among those that are written, by which an error names it."""

    pair: QuestionAnswer
    number: int

    @property
    def name(self) -> str:
        """With its id, where it has one."""
        known = getattr(self.pair, "id", None)
        return f"Pair {self.number} (id {known})" if known else f"Pair {self.number}"

    def text(self, field: str) -> str:
        """Question or answer.

        Raises:
            TrainingFileError: It is no text.
        """
        text = getattr(self.pair, field, None)
        if isinstance(text, str):
            return text
        raise TrainingFileError(
            f"{self.name} has no text as its {field}.", hint="Every pair needs a question and an answer."
        )


@dataclass(slots=True)
class _LeftOut:
    """The pairs that no file should hold: how many, and the first of them."""

    number: int = 0
    first: list[str] = field(default_factory=list)

    def takes(self, pair: Numbered) -> bool:
        """Whether a pair may be written; one that may not is counted."""
        part = unfit_part(pair.text("question")) or unfit_part(pair.text("answer"))
        if not part:
            return True
        self.number += 1
        if len(self.first) < _SHOWN:
            self.first.append(f"{pair.name} holds {part}")
        return False

    def __str__(self) -> str:
        """How many, and why."""
        more = f"; and {self.number - _SHOWN} more" if self.number > _SHOWN else ""
        pairs = "1 pair was" if self.number == 1 else f"{self.number:,} pairs were"
        return (
            f"{pairs} left out, as services refuse such a text or cut it off: {'; '.join(self.first)}{more}"
        )


@dataclass(frozen=True, slots=True)
class LineForm:
    """How a line of the file is made: its format, and the system message that each begins with."""

    format: Format
    system_prompt: str | None

    def line(self, pair: Numbered) -> str:
        """The line of a pair, its end included.

        Raises:
            TrainingFileError: The pair has no text, or one that cannot be written.
        """
        line = json_line(self.example(pair.text("question"), pair.text("answer")))
        try:
            line.encode()
        except UnicodeEncodeError as error:
            code = ord(error.object[error.start])
            raise TrainingFileError(
                f"{pair.name} (or the system prompt) holds half of a character, U+{code:04X}, which UTF-8 "
                "cannot write.",
                hint="Repair the text it comes from, or leave the pair out.",
            ) from error
        return line

    def example(self, question: str, answer: str) -> dict[str, Any]:
        """The object of a line."""
        prompt = self.system_prompt
        if self.format == "prompt-completion":
            return {"prompt": question, "completion": answer}
        if self.format == "alpaca":
            system = {} if prompt is None else {"system": prompt}
            return {**system, "instruction": question, "input": "", "output": answer}
        if self.format == "sharegpt":
            said = [("system", prompt), ("human", question), ("gpt", answer)]
            return {"conversations": [{"from": who, "value": text} for who, text in said if text is not None]}
        turns = [("system", prompt), ("user", question), ("assistant", answer)]
        return {"messages": [{"role": role, "content": text} for role, text in turns if text is not None]}

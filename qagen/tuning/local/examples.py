"""The examples of a chat file, as a trainer wants them: what is asked, and the answer that is learnt."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from random import Random
from shlex import quote
from typing import TYPE_CHECKING, Any, Literal

from qagen.errors import TrainingFileError
from qagen.text import language_of
from qagen.tuning.file import check_files, check_training_file, contents_of

if TYPE_CHECKING:
    from qagen.tuning.file import TrainingFileReport

Message = dict[str, Any]

REPLAY_SHARE = 0.25
"""General items mixed in, for each example of the file (share of the examples, rounded up)."""

LEAST_ENGLISH = 0.25
"""Share of the general items drawn that is English for a Japanese file too: that is what most bases know."""

_SAMPLED = 100  # questions whose language is looked at
# What a hosted service refuses and a trainer of one's own takes.
_HOSTED_ONLY = frozenset({"too-few", "size", "special-token", "too-long"})


@dataclass(frozen=True, slots=True)
class Example:
    """Messages that end with a question, and the answer. ``line`` counts from 1; 0 is a general item."""

    prompt: tuple[Message, ...]
    answer: str
    line: int = 0

    def as_row(self) -> dict[str, list[Message]]:
        """The conversational prompt-completion form of TRL."""
        return {"prompt": list(self.prompt), "completion": [{"role": "assistant", "content": self.answer}]}


@dataclass(frozen=True, slots=True)
class Examples:
    """What a file teaches. ``lines`` is the number of its lines, ``sha256`` that of its bytes."""

    path: Path
    sha256: str
    lines: int
    items: tuple[Example, ...]
    system_prompt: str | None


@dataclass(frozen=True, slots=True)
class General:
    """A general question, and the words one of which a right answer holds. The first answer is trained."""

    question: str
    answers: tuple[str, ...]
    language: str


def read_examples(path: str | Path, *, validation_file: str | Path | None = None) -> Examples:
    """Every answer of a chat file with what stands before it; answers with ``weight`` 0 are not learnt.

    Args:
        path: The training file, in the format ``chat``.
        validation_file: Lines that stand in both are refused.

    Raises:
        TrainingFileError: The file cannot be read or breaks a rule that holds for every trainer; the message
            names the lines. What only a hosted service refuses (fewer than ten examples, special tokens) is
            let through.
    """
    return examples_of(check_training_file(path, validation_file=validation_file))


@dataclass(frozen=True, slots=True)
class ExampleFiles:
    """A training file and its validation file, each checked once."""

    report: TrainingFileReport
    validation: TrainingFileReport | None

    @classmethod
    def checked(cls, training: str | Path, validation: str | Path | None) -> ExampleFiles:
        """Look at both.

        Raises:
            TrainingFileError: One cannot be read.
        """
        return cls(*check_files(Path(training), None if validation is None else Path(validation)))

    def examples(self) -> Examples:
        """Of the training file.

        Raises:
            TrainingFileError: It cannot be trained on, or lines stand in both.
        """
        return examples_of(self.report)

    def validation_examples(self) -> Examples | None:
        """Of the validation file, if there is one.

        Raises:
            TrainingFileError: It cannot be used.
        """
        return None if self.validation is None else examples_of(self.validation)


def examples_of(report: TrainingFileReport) -> Examples:
    """The examples of a file that was checked.

    Raises:
        TrainingFileError: See :func:`read_examples`.
    """
    file = report.path
    wrong = [p for p in report.problems if p.severity == "error" and p.code not in _HOSTED_ONLY]
    if wrong:
        listed = "\n".join(f"  {problem}" for problem in wrong[:5])
        raise TrainingFileError(
            f"{file} cannot be trained on:\n{listed}\n`qagen check {quote(str(file))}` lists all."
        )
    if report.format != "chat":
        raise TrainingFileError(
            f"{file} is in the format {report.format or 'unknown'}; training takes chat.",
            hint="Write it with write_training_file(pairs, path, format='chat').",
        )
    data = file.read_bytes()
    lines = [(number, json.loads(line)) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    items = tuple(item for number, line in lines for item in ChatLine(line, number, file).examples())
    if not items:
        raise TrainingFileError(f"{file} holds no answer to learn: every answer has the weight 0.")
    contents = contents_of([data])
    return Examples(file, contents.sha256, contents.examples, items, contents.system_prompt)


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A line of a chat file, and where it stands."""

    value: dict[str, Any]
    number: int
    path: Path

    def examples(self) -> Iterator[Example]:
        """Each answer that is learnt, with what stands before it.

        Raises:
            TrainingFileError: The line has what a text is not.
        """
        messages = self.value["messages"]
        if self.value.get("tools") or self.value.get("functions"):
            raise TrainingFileError(
                f"{self.path}, line {self.number}: the example offers tools. Training on this machine learns "
                "text only."
            )
        for position, message in enumerate(messages):
            if message["role"] == "assistant" and message.get("weight", 1) and position:
                content = message.get("content")
                if not isinstance(content, str):
                    raise TrainingFileError(
                        f"{self.path}, line {self.number}: an answer is not text. Training on this machine "
                        "learns text only: leave lines with tool calls or parts out."
                    )
                yield Example(tuple(map(_plain_message, messages[:position])), content, self.number)


def examples_sha256(items: Sequence[Example]) -> str | None:
    """Over what a trainer is given; ``None`` where there is nothing."""
    rows = [item.as_row() for item in items]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest() if rows else None


def _plain_message(message: Message) -> Message:
    return {key: value for key, value in message.items() if key != "weight"}


def replayed(
    examples: Examples, replay: str | Path | None, *, epochs: int = 1, seed: int
) -> tuple[Example, ...]:
    """General items to mix in: for each epoch a quarter as many as there are examples, drawn with the seed.

    They are other ones in each epoch as long as there are others: in trials more was kept so than with a few
    that came again and again (docs/learning.md).

    Japanese ones are drawn in the share that Japanese has in the questions of the file, but at least
    :data:`LEAST_ENGLISH` are English, and all are where the file has no Japanese. English ones stand in for
    Japanese ones that the package does not have.

    Args:
        examples: What is trained; the general items of the package get its system prompt.
        replay: ``"general"`` for those of the package, a chat file of one's own (all of it is used), or
            ``None`` for none.
        epochs: How often the examples are seen.
        seed: Decides which are drawn.

    Raises:
        TrainingFileError: The file cannot be used.
    """
    if replay is None:
        return ()
    if replay != "general":
        return read_examples(replay).items
    draw = Random(seed)  # noqa: S311 - a sample, not a secret
    pool = general_items("replay")
    japanese = [item for item in pool if item.language == "ja"]
    english = [item for item in pool if item.language != "ja"]
    wanted = epochs * replayed_at_once(examples)
    share = min(_japanese_share(examples, draw), 1 - LEAST_ENGLISH)
    some = draw.sample(japanese, min(len(japanese), int(wanted * share)))
    drawn = some + draw.sample(english, min(len(english), wanted - len(some)))
    draw.shuffle(drawn)
    return tuple(Example(ask(item.question, examples.system_prompt), item.answers[0]) for item in drawn)


def replayed_at_once(examples: Examples) -> int:
    """How many general items of the package are mixed into one epoch."""
    return math.ceil(len(examples.items) * REPLAY_SHARE)


def _japanese_share(examples: Examples, draw: Random) -> float:
    """The share of Japanese in a sample of the questions whose language can be told."""
    asked = [example.prompt[-1].get("content") for example in examples.items]
    questions = [question for question in asked if isinstance(question, str)]
    sample = draw.sample(questions, min(len(questions), _SAMPLED))
    told = [language for language in map(language_of, sample) if language is not None]
    return told.count("ja") / len(told) if told else 0.0


def ask(question: str, system_prompt: str | None) -> tuple[Message, ...]:
    """A question as messages, with the system message in front."""
    system = () if system_prompt is None else ({"role": "system", "content": system_prompt},)
    return (*system, {"role": "user", "content": question})


def general_items(use: Literal["replay", "check"]) -> list[General]:
    """The package's general questions: those to train on, and the other ones that show what was forgotten."""
    text = files("qagen.tuning").joinpath("data/general.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return [
        General(row["question"], tuple(row["answers"]), row["language"]) for row in rows if row["use"] == use
    ]

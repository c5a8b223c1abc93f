"""The command ``qagen ask``: the tuned model, beside its base."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qagen.cli.services import client_of
from qagen.cli.terminal import (
    TRAIN,
    AsJson,
    Debug,
    Quiet,
    Run,
    add_row,
    announce,
    answering,
    new_table,
    screen,
)
from qagen.cli.values import answers_value
from qagen.errors import ModelError, QAGenError, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from qagen.tuning import TuningRecord

_TOKENS = 256  # of an answer: a small model may never end by itself
_SAMPLE_TOKENS = 64  # the same, when many are asked
_SHOWN = 120  # characters of it
_WITH_PASSAGE = "{passage}\n\nAnswer from the text above.\n{question}"


def ask(
    run: Run,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", help="What to ask.")] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Ask so many questions of the training file instead.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="The model to compare with; by default the one that was tuned. Hosted: a name at the same "
            "service, on Azure a deployment."
        ),
    ] = None,
    with_passage: Annotated[
        bool, typer.Option("--with-passage", help="Ask the base model with the source passage in view too.")
    ] = False,
    deployment: Annotated[
        str | None,
        typer.Option(
            help="Azure: the name of the deployment. Nebius: the name the weights were registered by."
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Ask the base model and the tuned one the same question, side by side."""
    from qagen.tuning import read_record
    from qagen.tuning.tuned import tuned_model

    with answering(as_json) as answer:
        record = read_record(run)
        questions = _questions(run, question, sample)
        deployment = deployment_of(record, deployment)
        length: dict[str, Any] = {"max_tokens": _TOKENS if sample is None else _SAMPLE_TOKENS}
        options = length if record.provider == "local" else {**length, "client": client_of(record)}
        tuned = tuned_model(run, deployment=deployment, announce=announce, **options)
        asked = {f"base ({base or record.base_model})": list(questions)}
        if with_passage:
            asked = {**asked, f"{next(iter(asked))} with its passage": _with_passages(run, questions)}
        columns = _base_answers(record, base, asked, length)
        columns = {**columns, "tuned": _answers(tuned, list(questions))}
        answer(answers_value(questions, columns))
        _show_answers(questions, columns)


def deployment_of(record: TuningRecord, given: str | None) -> str | None:
    """The deployment that was given; none for a model of this machine, where it does nothing."""
    if given is None or record.provider != "local":
        return given
    announce("--deployment does nothing here: the model was tuned on this machine.")
    return None


def _base_answers(
    record: TuningRecord, base: str | None, asked: dict[str, list[str]], length: dict[str, Any]
) -> dict[str, list[str] | str]:
    """What the base model answers, by the name of the column; one line where it cannot be asked."""
    from qagen.tuning.tuned import base_chat_model

    try:
        client = None if record.provider == "local" else client_of(record)
        model = base_chat_model(record, base, client=client, announce=announce, **length)
    except QAGenError as error:
        return dict.fromkeys(asked, _no_answer(error))
    return {name: _answers_or_why_not(model, texts) for name, texts in asked.items()}


def _answers_or_why_not(model: BaseChatModel, texts: list[str]) -> list[str] | str:
    try:
        return _answers(model, texts)
    except QAGenError as error:  # the tuned model can be asked all the same
        return _no_answer(error)


def _no_answer(error: QAGenError) -> str:
    return f"no answer: {str(error).partition(chr(10))[0]}"


def _questions(run: Path, question: str | None, sample: int | None) -> dict[str, str | None]:
    """What to ask, and the answer where it is known."""
    from random import Random

    from qagen.tuning.local import read_examples

    if (sample is None) == (question is None or not question.strip()):
        raise SettingsError("Give a question, or --sample N for N questions of the training file.")
    if question is not None:
        return {question: None}
    items = read_examples(run / TRAIN).items
    chosen = Random(0).sample(range(len(items)), min(sample or 0, len(items)))  # noqa: S311 - a sample, not a secret
    return {str(items[place].prompt[-1]["content"]): items[place].answer for place in sorted(chosen)}


def _with_passages(run: Path, questions: Iterable[str]) -> list[str]:
    from qagen.pairs import passage_about

    return [_WITH_PASSAGE.format(passage=passage_about(run, one)[1], question=one) for one in questions]


def _answers(model: BaseChatModel, texts: list[str]) -> list[str]:
    import openai

    from qagen.llm import model_name

    try:
        return [str(reply.content).strip() for reply in model.batch(list(texts))]
    except openai.OpenAIError as error:
        raise ModelError(f"{model_name(model)} could not answer: {error}") from error


def _show_answers(questions: dict[str, str | None], columns: dict[str, list[str] | str]) -> None:
    """One question in a table of the models, many in one of the questions; a text stands for no answers."""
    if len(questions) == 1:
        [question] = questions
        table = new_table(question, "model", "answer")
        for name, found in columns.items():
            add_row(table, name, found if isinstance(found, str) else found[0])
        screen().print(table)
        return
    table = new_table("Questions of the training file", "question", "expected", *columns)
    each = [[one] * len(questions) if isinstance(one, str) else one for one in columns.values()]
    for (question, expected), *answers in zip(questions.items(), *each, strict=True):
        add_row(table, question, expected or "", *(shorten(one, _SHOWN, placeholder=" …") for one in answers))
    screen().print(table)
    for name, found in columns.items():
        print(f"{name}: {found if isinstance(found, str) else _counted(questions, found)}")


def _counted(questions: dict[str, str | None], answers: list[str]) -> str:
    from qagen.text import fold

    pairs = zip(questions.values(), answers, strict=True)
    right = sum(fold(expected or "") == fold(answer) for expected, answer in pairs)
    return f"{right} of {len(answers)} answers are the expected ones, word for word"

"""What an error carries besides its words."""

from __future__ import annotations

import pickle

import httpx2
import openai
import pytest

from qagen.errors import (
    FineTuningError,
    GenerationError,
    MissingExtraError,
    QAGenError,
    RunFolderError,
    ServiceError,
)
from qagen.tuning.hosted.services import explained


@pytest.mark.parametrize(
    "error",
    [
        RunFolderError("There is none.", hint="Make one."),
        GenerationError("There is none.", state="failed", hint="Make one."),
        FineTuningError("There is none.", code="none", hint="Make one."),
    ],
)
def test_advice_ends_the_message_and_stands_by_itself(error):
    assert str(error) == "There is none. Make one."
    assert (error.hint, error.retryable) == ("Make one.", False)


def test_an_error_without_advice_says_only_what_it_says():
    error = RunFolderError("There is none.")
    assert (str(error), error.hint) == ("There is none.", None)


def test_an_error_is_the_same_in_another_process():
    error = pickle.loads(  # noqa: S301 - written a moment ago
        pickle.dumps(RunFolderError("There is none.", hint="Make one.", retryable=True))
    )
    assert (str(error), error.hint, error.retryable) == ("There is none. Make one.", "Make one.", True)


def test_the_line_that_installs_an_extra_is_a_hint():
    error = MissingExtraError("train", "Training")
    assert error.hint.startswith("Install them with: ")
    assert str(error).endswith(error.hint)


REQUEST = httpx2.Request("GET", "http://127.0.0.1/v1/models")


def answer(status, **body):
    return openai.APIStatusError(
        "no", response=httpx2.Response(status, request=REQUEST), body={"message": "no", **body}
    )


@pytest.mark.parametrize(
    ("raised", "retryable"),
    [
        (openai.APIConnectionError(request=REQUEST), True),
        (openai.APITimeoutError(REQUEST), True),
        (httpx2.ReadError("gone"), True),
        (answer(503), True),
        (answer(429), True),
        (answer(429, code="insufficient_quota"), False),
        (answer(401), False),
        (answer(501), False),
    ],
)
def test_what_may_pass_can_be_tried_again(raised, retryable):
    with pytest.raises(ServiceError) as caught, explained("The jobs could not be listed"):
        raise raised
    assert caught.value.retryable is retryable
    assert caught.value.hint
    assert str(caught.value).endswith(caught.value.hint)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("there is no pair", "There is no pair."),
        ("chunk_size is 3: it must be at least 16 tokens", "chunk_size is 3: it must be at least 16 tokens."),
        ("a.md cannot be read", "a.md cannot be read."),
        ("Nothing was asked.", "Nothing was asked."),
        ("What is it?", "What is it?"),
        ("Run `qagen tune run`", "Run `qagen tune run`"),
        ("", ""),
    ],
)
def test_every_message_begins_and_ends_as_a_sentence(message, said):
    assert str(QAGenError(message)) == said

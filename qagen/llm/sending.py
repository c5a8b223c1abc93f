"""One call to a model: what comes back is a message or an error in our words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig

from qagen.errors import GenerationError, ModelError, QAGenError, may_pass
from qagen.llm.models import model_name, never_clears

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_HOPELESS = {
    401: "the key is wrong",
    402: "the account has no credit",
    403: "access is refused",
    404: "not found",
}
_TOO_MANY = 429
_NO_REPLY = re.compile("Unexpected response type")  # langchain_openai's words for a page in place of JSON
_TAG = re.compile(r"<style.*?</style>|<script.*?</script>|<[^<>]{1,200}>", re.DOTALL)
_LONGEST = 300  # characters of what a service says
# "Incorrect API key provided" is told; "key AbC123..." is not.
_KEYS = re.compile(r"\b(sk|key|Bearer)(?:[-_]|\s(?=\S*[\d*]))[A-Za-z0-9*_\-.]{6,}")


def send(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    schema: dict[str, Any] | None = None,
    config: RunnableConfig | None = None,
) -> AIMessage:
    """The only place where a model is called. Retries are the SDK's and LangChain's.

    Raises:
        ModelError: An error that does not get better: wrong key, no quota, unknown model.
        GenerationError: Any other error of the service; ``state`` is ``failed``.
    """
    runnable: Any = model
    if schema is not None:
        runnable = _held_to_schema(model, schema)
    # return_exceptions: LangChain hands the error over as a value, whatever its class
    [reply] = runnable.batch([list(messages)], config, return_exceptions=True)
    if isinstance(reply, dict):  # with_structured_output(include_raw=True)
        reply = reply["raw"]
    if isinstance(reply, AIMessage):
        return reply
    cut = _completion_of(reply)
    if cut is not None:
        return cut
    if isinstance(reply, QAGenError) or _is_mistake(reply):
        raise reply
    raise _explained_error(model, reply) from reply


def _held_to_schema(model: BaseChatModel, schema: dict[str, Any]) -> Any:
    """The model, held to a JSON schema by its provider."""
    from langchain_openai.chat_models.base import BaseChatOpenAI

    if isinstance(model, BaseChatOpenAI):
        wire = {"name": schema.get("title", "reply"), "schema": schema, "strict": _is_closed_schema(schema)}
        return model.bind(response_format={"type": "json_schema", "json_schema": wire})
    return model.with_structured_output(schema, method="json_schema", include_raw=True)


def _is_closed_schema(node: Any) -> bool:
    """Whether no object of the schema is open (a ``dict`` field is): strict modes refuse those."""
    if isinstance(node, list):
        return all(map(_is_closed_schema, node))
    if not isinstance(node, dict):
        return True
    is_open = node.get("type") == "object" and node.get("additionalProperties") is not False
    return not is_open and all(map(_is_closed_schema, node.values()))


def _completion_of(error: BaseException) -> AIMessage | None:
    """The reply that the SDK hides in an error when it was cut off or filtered under a schema."""
    import openai

    if isinstance(error, openai.ContentFilterFinishReasonError):
        return AIMessage("", response_metadata={"finish_reason": "content_filter"})
    if not isinstance(error, openai.LengthFinishReasonError):
        return None
    choice, used = error.completion.choices[0], error.completion.usage
    message = AIMessage(choice.message.content or "", response_metadata={"finish_reason": "length"})
    if used is not None:
        message.usage_metadata = {
            "input_tokens": used.prompt_tokens,
            "output_tokens": used.completion_tokens,
            "total_tokens": used.total_tokens,
        }
    return message


def _is_mistake(error: Exception) -> bool:
    """Whether this is a mistake in a program (``TypeError``, ...) and not what happened to a call."""
    happened = (OSError, ValueError, RuntimeError, LookupError)  # a reply without what it should hold, too
    return type(error).__module__ == "builtins" and not isinstance(error, happened)


def _explained_error(model: BaseChatModel, error: Exception) -> QAGenError:
    """Our error for what a provider's package raised."""
    text = _error_text(error) or type(error).__name__
    status = getattr(error, "status_code", None)
    code = getattr(error, "code", None)
    if status == _TOO_MANY and never_clears(code):
        reason = f"the account's quota or credit is used up ({code})"
    elif status in _HOPELESS:
        reason = _HOPELESS[status]
    else:
        told = f"{model_name(model)}: {type(error).__name__}: {text}"
        strange = isinstance(error, (LookupError, JSONDecodeError)) or _NO_REPLY.match(text)
        asks = ". That is no reply of a model: is the address right, or does a login page answer?"
        passes = not strange and (status is None or may_pass(status))
        return GenerationError(told + asks if strange else told, state="failed", retryable=passes)
    said = text.rstrip(".")
    return ModelError(
        f"The model {model_name(model)} cannot be used: {reason}. The service said: {said}. "
        "Everything finished is kept; correct this and run the same command again."
    )


def _error_text(error: Exception) -> str:
    """What an error says, on one line: without a connection to whom, and of a web page its words only."""
    page = "<html" in str(error).lower()
    text = without_keys(" ".join((_TAG.sub(" ", str(error)) if page else str(error)).split()))
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    address = _asked_address(error)
    if not address or getattr(error, "status_code", None) is not None:
        return text
    told = without_keys(f"{text} {error.__cause__ or ''}".rstrip())
    return f"{told} (asked: {address}; is the address right, and does the service run?)"


def _asked_address(error: Exception) -> str:
    """Scheme and host of the request that an error is about, without a login; empty where it has none."""
    try:
        url = urlsplit(str(error.request.url))  # type: ignore[attr-defined] # of many packages, by duck type
    except (AttributeError, RuntimeError):  # httpx raises the latter for an error without a request
        return ""
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"


def without_keys(text: str) -> str:
    """Services repeat a part of the key in their errors; none of it is kept."""
    return _KEYS.sub(r"\1-***", text)

"""A scripted chat model: a real ``BaseChatModel`` that answers what a test says, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, PrivateAttr

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForLLMRun

Reply = str | AIMessage | BaseException
Answer = Callable[[str], Reply]


class ScriptedModel(BaseChatModel):
    """Answers from ``script``, in order, or with ``answer(prompt text)``; an exception is raised.

    A call more than the script has replies fails with ``AssertionError``. ``prompts`` holds the text of all
    messages of each call and ``messages`` the messages themselves, in the order of the calls; many threads
    may call at once.
    """

    script: tuple[Any, ...] = ()
    answer: Answer | None = None
    model_name: str = "scripted"
    prompts: list[str] = Field(default_factory=list)
    messages: list[list[BaseMessage]] = Field(default_factory=list)
    _lock: Any = PrivateAttr(default_factory=Lock)

    @property
    def calls(self) -> int:
        """How often the model was called."""
        return len(self.prompts)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        prompt = "\n\n".join(message.text for message in messages)
        with self._lock:
            call = len(self.prompts)
            self.prompts.append(prompt)
            self.messages.append(list(messages))
        reply = self._reply(call, prompt)
        if isinstance(reply, BaseException):
            raise reply
        return ChatResult(generations=[ChatGeneration(message=_message(reply, prompt))])

    def _reply(self, call: int, prompt: str) -> Reply:
        if self.answer is not None:
            return self.answer(prompt)
        assert call < len(self.script), (
            f"call {call + 1}, but the script has {len(self.script)} replies:\n{prompt}"
        )
        reply: Reply = self.script[call]
        return reply


def replies(*items: Reply | Answer) -> ScriptedModel:
    """A model that gives these replies in order, or, for one callable, what it makes of the prompt's text."""
    if len(items) == 1 and callable(items[0]) and not isinstance(items[0], str | AIMessage | BaseException):
        return ScriptedModel(answer=items[0])
    return ScriptedModel(script=items)


def _message(reply: str | AIMessage, prompt: str) -> AIMessage:
    message = AIMessage(reply) if isinstance(reply, str) else reply.model_copy(deep=True)
    update: dict[str, Any] = {}
    if message.usage_metadata is None:
        read, written = len(prompt) // 4 + 1, len(message.text) // 4 + 1
        update["usage_metadata"] = UsageMetadata(
            input_tokens=read, output_tokens=written, total_tokens=read + written
        )
    if "model_name" not in message.response_metadata:
        update["response_metadata"] = {"model_name": "scripted", **message.response_metadata}
    return message.model_copy(update=update)

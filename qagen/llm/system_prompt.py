"""A system prompt that is put in front of whatever a model is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage, ChatMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langchain_openai.chat_models.base import BaseChatOpenAI

if TYPE_CHECKING:
    import openai
    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
    from langchain_core.outputs import ChatGenerationChunk, ChatResult

_SYSTEM_ROLES = ("system", "developer")


def with_system_prompt(messages: Sequence[BaseMessage], prompt: str | None) -> list[BaseMessage]:
    """The messages, with the prompt before them when none of them is a system message."""
    has_one = any(
        isinstance(one, SystemMessage) or (isinstance(one, ChatMessage) and one.role in _SYSTEM_ROLES)
        for one in messages
    )
    return list(messages) if has_one or prompt is None else [SystemMessage(prompt), *messages]


class PromptedChatOpenAI(ChatOpenAI):
    """A model behind the OpenAI wire; its system prompt precedes messages that have none of their own."""

    system_prompt: str | None = None

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {**super()._identifying_params, "system_prompt": self.system_prompt}

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        # LangChain's own cache takes its key from here.
        params = super()._get_invocation_params(stop=stop, **kwargs)
        return {**params, "system_prompt": self.system_prompt}

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        messages = self._convert_input(input_).to_messages()
        return super()._get_request_payload(
            with_system_prompt(messages, self.system_prompt), stop=stop, **kwargs
        )


class ClientChatOpenAI(PromptedChatOpenAI):
    """A model asked through a client that the caller made: its address, key, headers and retries hold.

    Calls that are awaited run in threads, so that they too go through that client, which is not async.
    """

    @classmethod
    def of(cls, name: str, client: openai.OpenAI, **params: Any) -> ClientChatOpenAI:
        """The model of a name, as this client reaches it (``AzureOpenAI``: the name of a deployment)."""
        calls = client.chat.completions
        return cls(
            model=name,
            client=calls,
            async_client=calls,  # never called: it stands here so that no other client is made
            root_client=client,
            use_responses_api=False,
            **params,
        )

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await super(BaseChatOpenAI, self)._agenerate(messages, stop, run_manager, **kwargs)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        async for chunk in super(BaseChatOpenAI, self)._astream(*args, **kwargs):
            yield chunk

"""Replies without a word that are paid all the same: after a few in a row the model is not asked any more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from qagen.errors import ModelError
from qagen.llm.replies.message import ReplyText

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

_FEW = 3
_MORE = 12  # of a model that has said something before: a few hard passages in a row are no sign yet


class Silence:
    """Counts the empty replies in a row of one model, over all threads that ask it."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._row = self._calls = self._tokens = 0
        self._has_spoken = False

    def heard(self, message: AIMessage, *, first: bool) -> None:
        """Count a reply, the first of its call or one to a repair.

        One that says nothing and used no tokens, as far as is told, does not count.
        """
        reply = ReplyText.of(message)
        used = message.usage_metadata["output_tokens"] if message.usage_metadata else 0
        says = bool(reply.body or reply.refusal or reply.withheld) or reply.parsed is not None
        with self._mutex:
            if says:
                self._has_spoken, self._row, self._calls, self._tokens = True, 0, 0, 0
            elif used:
                self._row, self._calls, self._tokens = self._row + 1, self._calls + first, self._tokens + used

    @property
    def is_long(self) -> bool:
        """Whether there have been so many in a row that a repair would be paid for nothing."""
        return self._row >= (_MORE if self._has_spoken else _FEW)

    @property
    def lasts(self) -> bool:
        """Whether that is no matter of one passage, so that all further calls would be."""
        return self.is_long and self._calls > 1

    def check(self, name: str) -> None:
        """Stop where it lasts.

        Raises:
            ModelError: It does; the message says how many replies, and what to change.
        """
        if self.lasts:
            raise ModelError(self.told(name))

    def told(self, name: str) -> str:
        """What is the matter, and what helps."""
        return (
            f"The model {name} has given {self._row} empty replies in a row, which used {self._tokens:,} "
            "tokens: its thinking takes all of them, or the server puts the answer where no client looks "
            "(reasoning_content). Switch its thinking off (with vLLM, SGLang and llama.cpp: chat_model(..., "
            'extra_body={"chat_template_kwargs": {"enable_thinking": False}}); elsewhere: '
            'reasoning_effort="low"), raise max_tokens, or start the server without its reasoning parser. '
            "Everything finished is kept; correct this and run the same command again."
        )

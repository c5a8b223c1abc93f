"""A cap on what a run may use, checked before each call."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qagen.errors import BudgetError, SettingsError
from qagen.llm.tokens import count_tokens
from qagen.records import Usage

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from qagen.llm.models import Pricing

_REPLY = 500  # tokens that the first reply is taken to have; later ones, as many as those before them


class Budget:
    """What all calls of a run folder may use together, those of earlier runs included.

    Before a call its prompt is counted and its reply taken to be as long as the replies so far. A call for
    which there is no room waits for those in flight, which may turn out cheaper, and is refused when none is
    left in flight. So the cap is passed by no more than the error of that guess.

    Args:
        max_cost: US dollars; ``None`` for no cap.
        max_tokens: Tokens in and out; ``None`` for no cap.
        used: What was used before.

    Raises:
        SettingsError: A cap is not above zero.
    """

    def __init__(self, *, max_cost: float | None = None, max_tokens: int | None = None, used: Usage) -> None:
        for name, cap in (("max_cost", max_cost), ("max_tokens", max_tokens)):
            if cap is not None and cap <= 0:
                raise SettingsError(f"{name} must be above 0, not {cap}")
        self._max_cost = max_cost
        self._max_tokens = max_tokens
        self._used = used
        self._reserved: list[Usage] = []
        self._free = threading.Condition()

    @contextmanager
    def call(self, messages: Sequence[BaseMessage], cost: Pricing) -> Iterator[list[Usage]]:
        """Room for one call; what it used is put into the list that is given.

        Raises:
            BudgetError: There is none.
        """
        expected = self._expected(messages, cost)
        with self._free:
            while not self._fits(expected, self._reserved):
                if not self._fits(expected, ()):
                    raise BudgetError(self._refusal())
                self._free.wait()
            self._reserved.append(expected)
        spent: list[Usage] = []
        try:
            yield spent
        finally:
            with self._free:
                self._reserved.remove(expected)
                self._used = sum(spent, self._used)
                self._free.notify_all()

    def _expected(self, messages: Sequence[BaseMessage], cost: Pricing) -> Usage:
        read = sum(int(count_tokens(message.text)) for message in messages)
        with self._free:
            calls = self._used.calls
            written = self._used.output_tokens // calls if calls else _REPLY
        guess = Usage(input_tokens=read, output_tokens=written)
        return guess.model_copy(update={"cost": cost(guess)})

    def _fits(self, expected: Usage, reserved: Sequence[Usage]) -> bool:
        total = sum(reserved, self._used) + expected
        tokens = total.input_tokens + total.output_tokens
        if self._max_tokens is not None and tokens > self._max_tokens:
            return False
        return self._max_cost is None or (total.cost is not None and total.cost <= self._max_cost)

    def _refusal(self) -> str:
        used = self._used
        tokens = used.input_tokens + used.output_tokens
        if self._max_tokens is not None and (self._max_cost is None or used.cost is None):
            cap = f"max_tokens={self._max_tokens:,}"
        else:
            cap = f"max_cost={self._max_cost} US dollars"
        cost = "an unknown price" if used.cost is None else f"${used.cost:.4f}"
        return (
            f"the budget ({cap}) has no room for another call: {tokens:,} tokens were used for {cost}. "
            "Everything made so far is kept; run again with a larger budget to go on."
        )

"""A model that a service has shut down is not tuned, and one that is about to be is warned of."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from qagen.errors import FineTuningError, ServiceError
from qagen.tuning.hosted import answered, explained

if TYPE_CHECKING:
    from qagen.tuning.hosted import Client

_SOON = 60  # days


@dataclass(frozen=True, slots=True)
class ModelEnd:
    """The day on which a model is shut down, as far as its service tells."""

    model: str
    day: date | None

    @classmethod
    def told_by(cls, client: Client, model: str) -> ModelEnd:
        """Ask the service; one that does not tell is believed.

        Raises:
            ServiceError: The key is not good.
        """
        import openai
        from openai.types import Model

        what = f"The model {model} could not be looked at"
        try:
            with explained(what):
                found = answered(client.models.retrieve(model), Model, what=what)
        except ServiceError as error:
            # Not every service has this route, or every model in it: then the job tells. A wrong key is
            # clear.
            if isinstance(error.__cause__, openai.AuthenticationError):
                raise
            return cls(model, None)
        return cls(model, _day_of(getattr(found, "shutdown_date", None)))

    @property
    def days_left(self) -> int | None:
        """Until that day, not more than 0 once it is past; ``None`` if it is not known."""
        return None if self.day is None else (self.day - datetime.now(UTC).date()).days

    def refuse_if_past(self) -> None:
        """Refuse a model that is shut down.

        Raises:
            FineTuningError: It is.
        """
        if self.days_left is not None and self.days_left <= 0:
            raise FineTuningError(
                f"{self.model} was shut down on {self.day}: it cannot be tuned any more. Nothing was sent.",
                hint="Choose a model that the service still tunes, or train one on this machine with "
                "train_locally().",
                code="model_shut_down",
            )

    def warn_if_near(self, *, stacklevel: int) -> None:
        """Warn of a day that comes within two months."""
        left = self.days_left
        if left is not None and 0 < left <= _SOON:
            warnings.warn(
                f"{self.model} will be shut down on {self.day}, in {left} days, with every model tuned from "
                "it. What is trained now can be asked until then only.",
                UserWarning,
                stacklevel=stacklevel + 1,
            )


def _day_of(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None

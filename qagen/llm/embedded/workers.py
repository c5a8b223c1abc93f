"""How many calls are in flight at once: the one place that decides it for a model on this machine."""

from __future__ import annotations

LOCAL_WORKERS = 2
"""On two cores the sum of the speeds grew by 40 % from one to two (11.8 to 16.8 tokens/s, the 1.5B), and the
first reply comes later."""

_HOSTED_WORKERS = 16


def workers_for(given: int | None, *, local: bool) -> int:
    """As many as were asked for, else what suits where the model runs."""
    return given or (LOCAL_WORKERS if local else _HOSTED_WORKERS)

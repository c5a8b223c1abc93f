"""Libraries that show no bars while a model is trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from datasets import disable_progress_bars, enable_progress_bars, is_progress_bar_enabled

from qagen.tuning.models import suppressed_output


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """None of datasets, none of transformers and the hub."""
    shown = is_progress_bar_enabled()
    disable_progress_bars()
    try:
        with suppressed_output():
            yield
    finally:
        if shown:
            enable_progress_bars()

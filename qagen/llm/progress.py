"""The progress bar of terminal and notebook."""

from __future__ import annotations

import warnings
from typing import Any


def bar_class() -> type[Any]:
    """The class of tqdm for where this runs: without ipywidgets the plain one, and no warning of it."""
    from tqdm import TqdmWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)
        from tqdm.auto import tqdm
    return tqdm

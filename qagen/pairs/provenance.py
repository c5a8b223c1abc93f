"""How a dataset was made, for whoever sees it later: the command, the date, the version, the models."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from qagen.llm import Ledger
from qagen.pairs.dataset import LEDGER

_SETTING = "provenance"
_SHOWN = 80  # characters of a text that is itself the source
# Who may log in, and what may sign an address, are secrets that addresses carry.
_LOGIN = re.compile(r"(?<=://)[^/\s@]+@")
_QUERY = re.compile(r"(://[^\s?#]*)[?#]\S*")


class Provenance(BaseModel):
    """What a run folder keeps of its last run.

    Attributes:
        command: The line that was given, or the call that was made, without secrets.
        date: When it began, in UTC: ``2026-12-01 06:46``.
        version: Of qagen.
        models: By step (``write``, ``fill gaps``, ``review``, ``wordings``), the model that it asks.
    """

    model_config = ConfigDict(frozen=True)

    command: str
    date: str
    version: str
    models: dict[str, str]


def keep_provenance(ledger: Ledger, provenance: Provenance) -> None:
    """Keep it in the ledger of the run, in place of that of the run before."""
    ledger.keep_settings(**{_SETTING: provenance.model_dump()})


def read_provenance(run: Path | None) -> Provenance | None:
    """That of a run folder; ``None`` where there is no folder, or where it was made by an earlier version."""
    if run is None or not (run / LEDGER).exists():
        return None
    with Ledger(run / LEDGER) as ledger:
        kept = ledger.settings().get(_SETTING)
    return None if kept is None else Provenance.model_validate(kept)


def call_text(function: Callable[..., Any], given: Iterable[object], options: Mapping[str, Any]) -> str:
    """A call as it can be read, without secrets: ``generate_pairs('docs', 'local', forms=3)``.

    Args:
        function: What was called.
        given: Arguments by position.
        options: Those by name; what is a function, or as it is by default, is left out.
    """
    parameters = inspect.signature(function).parameters
    named = [
        f"{name}={_plain_value(value)}"
        for name, value in options.items()
        if not callable(value) and (name not in parameters or parameters[name].default != value)
    ]
    return f"{function.__name__}({', '.join([*map(_plain_value, given), *named])})"


def without_secrets(text: str) -> str:
    """A text whose addresses have no login, no query and no fragment."""
    return _QUERY.sub(r"\1?…", _LOGIN.sub("", text))


def _plain_value(value: object) -> str:
    """A value as it is written, or the kind of it where it cannot be."""
    if isinstance(value, str | Path):
        text = without_secrets(str(value))
        return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_plain_value, value))}]"
    return f"<{type(value).__name__}>"

"""What a base model is called on the Hugging Face hub, and under which licence it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from qagen.llm.embedded import TABLE
from qagen.tuning.models import read_header

if TYPE_CHECKING:
    from qagen.tuning.models import Base

# The models that the GGUF files of the table were made from.
_OF_THE_TABLE = {
    "qwen2.5-coder-1.5b": "Qwen/Qwen2.5-Coder-1.5B-Instruct",
    "qwen2.5-coder-0.5b": "Qwen/Qwen2.5-Coder-0.5B-Instruct",
    "smollm2-135m": "HuggingFaceTB/SmolLM2-135M-Instruct",
}
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]*")


def hub_name(base: Base) -> str | None:
    """The name of a base on the hub, or of what its GGUF file was made from; ``None`` if it is not known.

    A folder of one's own is asked for the name that its configuration keeps of where it was loaded from.
    """
    if base.kind == "hub":
        return base.name
    if base.kind == "gguf":
        return _OF_THE_TABLE.get(_row(base))
    try:
        name = json.loads((base.path / "config.json").read_bytes()).get("_name_or_path")
    except (OSError, ValueError):
        return None
    known = isinstance(name, str) and _NAME.fullmatch(name) is not None and not Path(name).exists()
    return name if known else None


def licence_of(base: Base) -> str | None:
    """The licence of a base as the hub writes it (``apache-2.0``); ``None`` if the files do not tell."""
    if base.gguf is None:
        return None
    if _row(base) in TABLE:
        return TABLE[_row(base)].licence.lower()
    told = str(read_header(base.gguf).get("general.license", "")).lower()
    return told if _LICENCE.fullmatch(told) else None


def _row(base: Base) -> str:
    return base.name.strip().removeprefix("local:")

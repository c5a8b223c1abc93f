"""The front matter of a Markdown file: YAML or TOML above the text, which is no part of it."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from typing import Any

_YAML = re.compile(r"\A---[ \t]*\n([\s\S]{0,30000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_TOML = re.compile(r"\A\+\+\+[ \t]*\n([\s\S]{0,30000}?)\n\+\+\+[ \t]*(?:\n|\Z)")
_REFERENCE = re.compile(r"(?:^|[:\-\[,{])\s*[&*][A-Za-z0-9_]", re.MULTILINE)


def front_matter(text: str) -> tuple[dict[str, Any], int]:
    """What the front matter says, and where the text begins; nothing and 0 where there is none."""
    for pattern, read in ((_YAML, _yaml), (_TOML, _toml)):
        match = pattern.match(text)
        told = read(match[1]) if match else None
        if match and told:
            return {str(key): _plain(value) for key, value in told.items()}, match.end()
    return {}, 0


def _yaml(block: str) -> dict[Any, Any] | None:
    import yaml

    if _REFERENCE.search(block):  # a few lines of them can stand for gigabytes
        return None
    try:
        told = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _toml(block: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(block)
    except tomllib.TOMLDecodeError:
        return None


def _plain(value: object) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(one) for one in value]
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)

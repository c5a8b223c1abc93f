"""The schema that a service is held to, in the words that services know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def wire_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a pydantic model as providers' strict modes take it.

    Every field is required, nothing may be added, and defaults, titles of fields and bounds of strings are
    left out (OpenAI's documentation of structured outputs, "Supported schemas"); pydantic checks them
    afterwards.
    """
    schema = _strict_schema(model.model_json_schema())
    return {"title": model.__name__, **schema}


_NOT_ON_THE_WIRE = frozenset({"default", "title", "minLength", "maxLength", "examples"})


def _strict_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict_schema(part) for part in node]
    if not isinstance(node, dict):
        return node
    strict = {
        name: {key: _strict_schema(part) for key, part in value.items()}
        if name in {"properties", "$defs"}
        else _strict_schema(value)
        for name, value in node.items()
        if name not in _NOT_ON_THE_WIRE
    }
    if "properties" in strict:
        strict |= {"required": list(strict["properties"]), "additionalProperties": False}
    return strict

"""A schema in few words, for models that are held to none: the wording of format instructions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOISE = frozenset({"title", "default", "$defs", "additionalProperties", "minLength"})


def compact_schema(schema: Any, definitions: Mapping[str, Any], seen: tuple[str, ...] = ()) -> Any:
    """The schema with its definitions in place and without what a model has no use for."""
    if isinstance(schema, list):
        return [compact_schema(part, definitions, seen) for part in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    if name:
        rest = {key: part for key, part in schema.items() if key != "$ref"}
        target = {} if name in seen else {**definitions.get(name, {})}
        target.pop("description", None)  # the docstring of a class is not written for a model
        return compact_schema({**target, **rest}, definitions, (*seen, name))
    compact = {
        key: compact_schema(part, definitions, seen) for key, part in schema.items() if key not in _NOISE
    }
    if isinstance(schema.get("properties"), dict):
        compact["properties"] = {
            key: compact_schema(part, definitions, seen) for key, part in schema["properties"].items()
        }
    return compact


def example_of(schema: Mapping[str, Any]) -> Any:
    """The smallest example of a compact schema: every string is ``...``."""
    if "properties" in schema:
        return {key: example_of(part) for key, part in schema["properties"].items()}
    if "items" in schema:
        return [example_of(schema["items"])]
    options = schema.get("enum") or schema.get("anyOf")
    if options:
        return example_of(options[0]) if isinstance(options[0], dict) else options[0]
    return {"integer": 0, "number": 0.5, "boolean": True, "array": [], "object": {}}.get(
        schema.get("type", "string"), schema.get("const", "...")
    )

"""The face of a room: the names that other rooms may take from it, each loaded on its first use (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def face(
    room: str, modules: Mapping[str, str], *defined: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, ``__dir__`` and ``__all__`` of a room.

    Args:
        room: The room's ``__name__``.
        modules: For each module of the room the names it gives, with a space between two.
        *defined: Names that the face defines itself.

    Raises:
        AttributeError: By ``__getattr__``, for a name that the room does not give.
    """
    home = {name: module for module, names in modules.items() for name in names.split()}

    def load_name(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        value = getattr(import_module(f"{room}.{home[name]}"), name)
        setattr(sys.modules[room], name, value)
        return value

    every = sorted([*home, *defined])
    return load_name, lambda: every, every

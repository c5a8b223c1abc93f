"""The rules of the code that no linter knows: see CONTRIBUTING.md and docs/design.md."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest

import qagen
from qagen.errors import QAGenError

PACKAGE = Path(qagen.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [file.relative_to(PACKAGE).as_posix() for file in FILES]


@cache
def trees() -> dict[str, ast.Module]:
    """The code of each file, read once."""
    return {name: ast.parse(file.read_text("utf-8")) for name, file in zip(NAMES, FILES, strict=True)}


# From the top down: a module imports from its own floor or one above it, and from nothing below.
FLOORS = (
    ("errors", "faces", "installing", "records", "files"),
    ("text",),
    ("llm",),
    ("documents",),
    ("pairs",),
    ("tuning",),
    ("evaluation",),
    ("report",),
    ("flow",),
    ("cli", "__main__", "__init__"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Of the floor above it, documents knows the tokens only.
NARROW = {"documents": {"llm": {"qagen.llm.tokens"}}}
MOST_LINES = 40
MOST_MODULES = 12


def room(module: str) -> str:
    """The room of a module: ``llm`` for ``qagen.llm.asking``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported(tree: ast.AST) -> set[str]:
    """The modules of qagen that are imported, inside functions too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {inner(node.module, alias.name) for alias in node.names}
    return {name for name in found if name.split(".")[0] == "qagen"}


def inner(module: str, name: str) -> str:
    """``from qagen.pairs import dataset`` imports a module, ``from qagen.records import QA`` a name."""
    path = PACKAGE.parent.joinpath(*module.split("."), name)
    if path.with_suffix(".py").exists() or path.is_dir():
        return f"{module}.{name}"
    return homes().get(f"{module}.{name}", module)


@cache
def homes() -> dict[str, str]:
    """For each name of a face the module that it is from: ``qagen.text.fold`` from ``qagen.text.folding``."""
    return {
        f"{room}.{alias.name}": node.module
        for room, tree in faces().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{room}.")
        for alias in node.names
    }


def faces() -> dict[str, ast.Module]:
    """The faces of the rooms, but for those of the package and of its command, which no other room enters."""
    return {
        module_of(name).removesuffix(".__init__"): tree
        for name, tree in trees().items()
        if name.endswith("/__init__.py") and name != "cli/__init__.py"
    }


def module_of(name: str) -> str:
    return ".".join(["qagen", *Path(name).with_suffix("").parts])


def test_imports_go_one_way():
    wrong = [
        f"{name} imports {module}"
        for name, tree in trees().items()
        if name != "__init__.py"  # the public names, under TYPE_CHECKING
        for module in sorted(imported(tree))
        if not may_import(room(module_of(name)), module)
    ]
    assert wrong == []


def may_import(own: str, module: str) -> bool:
    there = room(module)
    allowed = NARROW.get(own, {}).get(there)
    return FLOOR[there] <= FLOOR[own] and (allowed is None or module in allowed)


def test_nobody_imports_what_is_private_to_another_module():
    found = [
        f"{where} imports {alias.name}"
        for where, node in nodes(ast.ImportFrom)
        if (node.module or "").startswith("qagen")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert found == []


def test_another_room_is_taken_at_its_face():
    insides = {module_of(name) for name in NAMES if "/" in name and not name.endswith("__init__.py")}
    wrong = [
        f"{where} takes its names from {node.module}"
        for where, node in nodes(ast.ImportFrom)
        if node.module in insides
        and node.module.rpartition(".")[0] != module_of(where.partition(":")[0]).rpartition(".")[0]
    ]
    assert wrong == []


@pytest.mark.parametrize("room", sorted(faces()))
def test_a_face_gives_the_names_that_others_take_and_no_more(room):
    face = import_module(room)
    told = {
        full.rpartition(".")[2]: home for full, home in homes().items() if full.rpartition(".")[0] == room
    }
    assert [*getattr(face, "__all__", ())] == sorted(told)
    for name, home in told.items():
        assert getattr(face, name) is getattr(import_module(home), name)
    with pytest.raises(AttributeError, match=rf"{room}.*nothing_of_the_kind"):
        _ = face.nothing_of_the_kind
    assert sorted(told.keys() - taken_from_faces().get(room, set())) == []


@cache
def taken_from_faces() -> dict[str, set[str]]:
    """What is taken from each room by others: in the package, its documentation and its benchmarks."""
    found: dict[str, set[str]] = {}
    ways = (
        "qagen/**/*.py",
        "docs/**/*.py",
        "docs/**/*.md",
        "benchmarks/**/*.py",
        "notebooks/*.ipynb",
        "*.md",
    )
    files = {file for way in ways for file in PACKAGE.parent.glob(way)}
    for file in files:
        own = ".".join(file.relative_to(PACKAGE.parent).parent.parts)
        for room, listed, one in _TAKEN.findall(file.read_text("utf-8")):
            if room != own:
                found.setdefault(room, set()).update(
                    re.findall(r"\w+", re.sub(r" as \w+", "", listed or one))
                )
    return found


_TAKEN = re.compile(r"from (qagen(?:\.\w+)*) import (?:\(([^)]*)\)|([\w, ]+))")


def test_no_two_modules_need_each_other():
    """Not even for a type, or inside a function: a group that does can only be read as a whole."""
    graph = {module_of(name): imported(tree) for name, tree in trees().items() if name != "__init__.py"}
    sorter = TopologicalSorter({module: needs & graph.keys() for module, needs in graph.items()})
    sorter.prepare()  # raises CycleError, which names the circle


def test_a_room_has_at_most_a_dozen_modules_and_says_what_it_is_for():
    rooms = Counter(file.parent for file in FILES if file.name != "__init__.py")
    assert {
        str(room.relative_to(PACKAGE)): count for room, count in rooms.items() if count > MOST_MODULES
    } == {}
    faces = [trees()[(room.relative_to(PACKAGE) / "__init__.py").as_posix()] for room in rooms]
    assert all(ast.get_docstring(face) for face in faces)


def test_every_room_has_a_floor():
    assert {room(module_of(name)) for name in NAMES} <= set(FLOOR)


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, Any]]:
    """Every node of these kinds in the package, with where it stands."""
    for name, tree in trees().items():
        yield from ((f"{name}:{node.lineno}", node) for node in ast.walk(tree) if isinstance(node, kinds))


def test_no_import_is_relative():
    assert [where for where, node in nodes(ast.ImportFrom) if node.level] == []


def test_a_module_is_named_for_what_it_does():
    vague = {"util", "utils", "helper", "helpers", "misc", "common"}
    assert [name for name in NAMES if vague & set(Path(name).with_suffix("").parts)] == []


def test_no_except_is_broad():
    handlers = nodes(ast.ExceptHandler)
    assert [where for where, one in handlers if one.type is None or swallows(one)] == []


def swallows(handler: ast.ExceptHandler) -> bool:
    """It takes everything and does not raise it again."""
    caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    raised = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return "Exception" in caught or ("BaseException" in caught and not raised)


def test_a_function_fits_one_screen():
    functions = nodes(ast.FunctionDef, ast.AsyncFunctionDef)
    assert [(where, lines) for where, one in functions if (lines := lines_of(one)) > MOST_LINES] == []


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of its body: a signature with many options and a docstring are read like a table."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_only_the_command_prints():
    calls = [(where, call.func) for where, call in nodes(ast.Call) if isinstance(call.func, ast.Name)]
    assert [where for where, func in calls if func.id == "print" and not where.startswith("cli/")] == []


def test_a_public_name_is_there_and_says_what_it_is():
    values = {name: getattr(qagen, name) for name in qagen.__all__}
    described = {
        name: value for name, value in values.items() if inspect.isclass(value) or inspect.isroutine(value)
    }
    assert [name for name, value in described.items() if not says_what_it_is(value)] == []


def says_what_it_is(value: Any) -> bool:
    inherited = inspect.isclass(value) and value.__doc__ == getattr(value.__base__, "__doc__", None)
    return bool(inspect.getdoc(value)) and not inherited


def test_public_names_are_sorted_for_dir():
    assert dir(qagen) == sorted(qagen.__all__)


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="qagen"):
        _ = qagen.does_not_exist


def errors() -> list[type[BaseException]]:
    """Every exception class that qagen defines; a private one never leaves its module."""
    modules = [
        one.name for one in walk_packages([str(PACKAGE)], "qagen.") if not one.name.endswith("__main__")
    ]
    members = [value for module in modules for value in vars(import_module(module)).values()]
    own = {value for value in members if inspect.isclass(value) and issubclass(value, BaseException)}
    public = [one for one in own if one.__module__.startswith("qagen") and not one.__name__.startswith("_")]
    return sorted(public, key=lambda one: one.__qualname__)


def test_every_error_is_ours_and_a_standard_one():
    standard = {value for value in vars(builtins).values() if inspect.isclass(value)} - {
        Exception,
        BaseException,
        object,
    }
    for error in errors():
        assert issubclass(error, QAGenError), error
        assert inspect.getdoc(error), error
        assert error is QAGenError or standard & set(error.__mro__), f"{error} is no standard error"


def words_of(node: ast.expr) -> str | None:
    """A text as it stands in the code, with a sign in place of each value; None for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    return None


def messages() -> Iterator[tuple[str, str, str | None]]:
    """Where an error of ours is made with a text: the place, the text, and the advice beside it."""
    names = {error.__name__ for error in errors()} - {"MissingExtraError", "UnreadableError"}
    for where, call in nodes(ast.Call):
        if not (isinstance(call.func, ast.Name) and call.func.id in names and call.args):
            continue
        hint = next((one.value for one in call.keywords if one.arg == "hint"), None)
        text = words_of(call.args[0])
        if text:
            yield where, text, None if hint is None else words_of(hint)


def test_advice_is_whole_sentences_after_whole_sentences():
    ends = (".", "?", "…")
    advised = [(where, text, hint) for where, text, hint in messages() if hint]
    assert [where for where, text, _ in advised if not text.endswith(ends)] == []
    assert [where for where, _, hint in advised if hint[0].islower() or not hint.endswith(ends)] == []


@pytest.mark.parametrize("room", ["errors", "files", "tuning", "cli"])
def test_a_message_ends_as_a_sentence(room):
    told = [(where, hint or text) for where, text, hint in messages() if where.startswith(room)]
    assert [where for where, text in told if not text.endswith((".", "…", "?"))] == []

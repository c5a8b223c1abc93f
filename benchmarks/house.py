"""How the house of qagen stands, beside an earlier commit: files a room, lengths, circles, private names.

    python benchmarks/house.py --against 5439b12

A room is a folder of the package. A file is data when it defines no function. Circles are groups of modules
that need each other, also for a type or inside a function. A private function has one leading underscore. The
time of an import is the median of several fresh processes, each after one that is not counted; the earlier
commit is unpacked into a temporary folder and measured in the same way. It prints a Markdown table.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "qagen"
IMPORT = f"import time; began = time.perf_counter(); import {PACKAGE}; print(time.perf_counter() - began)"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class House:
    """The package in one checkout: ``files`` are its modules' texts by their paths."""

    root: Path
    files: Mapping[str, str]

    @classmethod
    def at(cls, root: Path) -> House:
        """The package as it lies in a folder."""
        found = sorted((root / PACKAGE).rglob("*.py"))
        return cls(root, {file.relative_to(root).as_posix(): file.read_text("utf-8") for file in found})

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        """The code of each file, read once."""
        return {name: ast.parse(text) for name, text in self.files.items()}

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function and method, with the file it stands in."""
        for name, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, Function):
                    yield name, node

    def fullest_room(self) -> tuple[int, str]:
        """The room with most files besides its ``__init__.py``, and how many these are."""
        rooms = Counter(Path(name).parent.as_posix() for name in self.files if Path(name).stem != "__init__")
        return max((number, room) for room, number in rooms.items())

    def longest_file(self) -> tuple[int, str]:
        """Of those that are not data alone: its lines and its name."""
        working = {name for name, _ in self.functions()}
        return max((len(text.splitlines()), name) for name, text in self.files.items() if name in working)

    def longest_function(self) -> tuple[int, str]:
        """The lines of the longest body, without its docstring, and where it stands."""
        return max((body_lines(one), f"{name}:{one.lineno}") for name, one in self.functions())

    def private(self) -> tuple[int, int]:
        """How many functions have a name with one leading underscore, of how many."""
        names = [one.name for _, one in self.functions()]
        return sum(name.startswith("_") and not name.startswith("__") for name in names), len(names)

    def lines(self) -> int:
        """Of all files together."""
        return sum(len(text.splitlines()) for text in self.files.values())

    def circles(self) -> list[list[str]]:
        """Groups of modules of which each needs all others, directly or through others of the group."""
        needs = self.needs()
        reached = {module: reached_from(module, needs) for module in needs}
        groups = {
            tuple(sorted({one for one in reached[module] if module in reached[one]})) for module in needs
        }
        return [list(group) for group in sorted(groups) if group]

    def needs(self) -> dict[str, set[str]]:
        """Which modules each one imports; the package's own face, which names them all, is left out."""
        modules = {module_name(name): tree for name, tree in self.trees.items()}
        modules.pop(PACKAGE, None)
        return {
            module: {one for one in imported(tree, modules) if one in modules}
            for module, tree in modules.items()
        }

    def import_seconds(self, times: int) -> float:
        """The median time of an import in a fresh process."""
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        command = [sys.executable, "-c", IMPORT]
        told = [
            subprocess.run(
                command, cwd=self.root, env=environment, check=True, capture_output=True, text=True
            ).stdout
            for _ in range(times + 1)
        ]
        return statistics.median(map(float, told[1:]))


def body_lines(function: Function) -> int:
    """The lines of a body: a signature and a docstring are read like a table."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def module_name(file: str) -> str:
    """``qagen.text`` for ``qagen/text/__init__.py``."""
    return ".".join(Path(file).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.Module, modules: Mapping[str, ast.Module]) -> Iterator[str]:
    """What a module imports: ``from qagen.pairs import dataset`` a module, a name the one it stands in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else str(node.module) for name in inner)


def reached_from(module: str, needs: Mapping[str, set[str]]) -> set[str]:
    """All modules that a module needs, directly or through others; itself where it stands in a circle."""
    found: set[str] = set()
    waiting = [*needs[module]]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += needs[one]
    return found


def unpack(root: Path, commit: str, folder: Path) -> House:
    """The package of an earlier commit, unpacked."""
    packed = subprocess.run(
        ["git", "-C", str(root), "archive", "--format=tar", commit, PACKAGE],  # noqa: S607 - the user's own
        check=True,
        capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return House.at(folder)


def row(name: str, *cells: str) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join((name, *cells))} |"


def told(house: House, times: int) -> list[str]:
    """The figures of a house, in the order of the table."""
    private, functions = house.private()
    circles = house.circles()
    named = f" ({'; '.join(', '.join(group) for group in circles)})" if circles else ""
    return [
        "{} ({})".format(*house.fullest_room()),
        "{} lines ({})".format(*house.longest_file()),
        "{} lines ({})".format(*house.longest_function()),
        f"{len(circles)}{named}",
        f"{private} of {functions}, {private / functions:.0%}",
        f"{house.lines():,} in {len(house.files)} files",
        f"{house.import_seconds(times):.2f} s",
    ]


ROWS = (
    "files a room, most",
    "longest file",
    "longest function body",
    "circles of modules",
    "private functions",
    "lines",
    "import",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How the house of qagen stands, beside an earlier commit.")
    parser.add_argument("--against", default="HEAD", metavar="COMMIT", help="the earlier commit")
    parser.add_argument("--of", type=Path, default=Path(__file__).parent.parent, help="the checkout")
    parser.add_argument("--times", type=int, default=5, help="imports of which the median is taken")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        before = told(unpack(given.of, given.against, Path(folder)), given.times)
        now = told(House.at(given.of), given.times)
    print(row("", given.against, "now"))
    print(row("---", "---", "---"))
    for name, *cells in zip(ROWS, before, now, strict=True):
        print(row(name, *cells))


if __name__ == "__main__":
    main()

"""Writes the tables of rooms in docs/design.md from the modules themselves: ``python docs/make_design.py``.

A test checks that it is so. A room is a folder; a module is told by the first sentence of its docstring.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).with_name("design.md")
PACKAGE = Path(__file__).parent.parent / "qagen"
BEGIN, END = "<!-- rooms, by docs/make_design.py -->\n", "<!-- end of rooms -->\n"
ROOMS = ("", "text", "llm", "documents", "pairs", "tuning", "evaluation", "report", "flow", "cli")
"""From the top down."""


def page() -> str:
    """The whole page, its tables made anew."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = [line for room in ROOMS for line in _table(PACKAGE / room, depth=0)]
    return "".join([before, BEGIN, *(f"{line}\n" for line in ["", *tables, ""]), END, after])


def _table(room: Path, *, depth: int) -> Iterator[str]:
    """The table of a room, then those of the rooms in it."""
    name = ".".join(["qagen", *room.relative_to(PACKAGE).parts])
    if depth or room != PACKAGE:
        yield from (f"{'#' * (3 + depth)} `{name}`", "", _promise(room / "__init__.py"), "")
    modules = [file for file in sorted(room.glob("*.py")) if not file.name.startswith("__")]
    if modules:
        yield from ("| module | what it does |", "|---|---|")
        yield from (f"| `{file.stem}` | {_promise(file).split('. ')[0].rstrip('.')} |" for file in modules)
        yield ""
    if room != PACKAGE:
        for inner in sorted(folder.parent for folder in room.glob("*/__init__.py")):
            yield from _table(inner, depth=depth + 1)


def _promise(file: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    told = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return " ".join(told.partition("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

"""What every command shares: options, tables, lines for the person at the terminal, a value for a script."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from qagen.errors import QAGenError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

EXIT_ERROR, EXIT_INCOMPLETE, EXIT_INTERRUPTED = 1, 3, 130

TRAIN = "train.jsonl"
"""The training file of a run folder."""

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON value and nothing else; what is told to people goes to standard error."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="The run folder.")]


def announce(line: str) -> None:
    """Say something that is not the result: on standard error, above the bars if there are any."""
    told = pasteable(line)
    if "tqdm" in sys.modules:
        from tqdm import tqdm

        tqdm.write(told, file=sys.stderr)
    else:
        print(told, file=sys.stderr)


@contextmanager
def answering(as_json: bool) -> Iterator[Callable[[object], None]]:
    """Gives what takes the value of the command, which is printed as JSON when ``--json`` was given.

    Then everything else that is printed within goes to standard error, and an error is a value too:
    ``{"error": "..."}``.
    """
    if not as_json:
        yield lambda _: None
        return
    given: list[object] = []
    out = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield given.append
    except QAGenError as error:
        given.append({"error": " ".join(str(error).split())})
        raise
    finally:
        if given:
            out.write(json.dumps(given[-1], default=str) + "\n")
            out.flush()


# --- lines that can be pasted

_COMMANDS = "generate|check|status|doctor|models|tune|jobs|ask|evaluate|compare"
_NAMED = re.compile(rf"(?<![\w./\\-])(?<!-m )qagen(?= (?:{_COMMANDS})\b)")


def command(*words: str | Path) -> str:
    """A command of qagen as it can be pasted into the shell that this one was given in."""
    return f"{program()} {shlex.join(map(str, words))}"


def pasteable(text: str) -> str:
    """A text in which the commands it names can be pasted: the library knows them as ``qagen ...`` only."""
    return _NAMED.sub(lambda _: program(), text)


def program() -> str:
    """How qagen was called: its name, where that finds it, else its path from here."""
    return _program(sys.argv[0], sys.executable, os.environ.get("PATH", ""), os.getcwd())  # noqa: PTH109


@cache
def _program(called: str, python: str, path: str, here: str) -> str:
    file = Path(called)
    if file.name == "__main__.py" and file.parent.name == "qagen":
        return f"{_found(python, path, here)} -m qagen"
    if file.stem != "qagen":  # called from other code: there is no name to repeat
        return "qagen"
    return _found(called, path, here)


def _found(called: str, path: str, here: str) -> str:
    """A program's name if the shell finds this very one by it, else its path, from here if it lies below."""
    file = Path(os.path.abspath(called))  # noqa: PTH100 - links are not followed: a venv is made of them
    by_name = shutil.which(file.name, path=path)
    if by_name and os.path.abspath(by_name) == str(file):  # noqa: PTH100
        return shlex.quote(file.name)
    return shlex.quote(str(file.relative_to(here) if file.is_relative_to(here) else file))


def address(file: Path) -> str:
    """Where a browser finds a file: ``file:///...``, with blanks and other signs percent-encoded."""
    return file.resolve().as_uri()


def screen() -> Console:
    """For tables and texts."""
    from rich.console import Console

    return Console(markup=False, highlight=False)  # what a document says is text, not markup


def new_table(title: str, *columns: str) -> Table:
    """A table of two columns without a head, or of the named columns."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(title), title_justify="left", box=SIMPLE, show_header=bool(columns), pad_edge=False
    )
    for column in columns or ("what", "value"):
        table.add_column(column, overflow="fold")
    return table


def add_row(table: Table, *cells: str) -> None:
    """A row; what stands in it is text, not markup."""
    from rich.text import Text

    table.add_row(*(Text(cell) for cell in cells))


def leave(run: Path) -> NoReturn:
    """End after Ctrl-C: what is finished stands in the run folder."""
    announce(f"\nStopped. Everything finished is kept in {run}; run the same command again to go on.")
    if any(thread.name.startswith("qagen") for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(EXIT_INTERRUPTED)  # a second Ctrl-C: do not wait for the calls in flight
    raise typer.Exit(EXIT_INTERRUPTED)


def is_given(context: Any, name: str) -> bool:
    """Whether an option stands in the command line, and is not its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"

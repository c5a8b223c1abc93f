"""What every command shares: options, tables, and lines for the person at the terminal."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

EXIT_ERROR, EXIT_INCOMPLETE, EXIT_INTERRUPTED = 1, 3, 130

TRAIN = "train.jsonl"
"""The training file of a run folder."""

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="The run folder.")]


def announce(line: str) -> None:
    """Say something that is not the result: on standard error."""
    print(line, file=sys.stderr)


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

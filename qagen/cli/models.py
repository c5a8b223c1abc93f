"""The commands `qagen models`: which embedded models there are, and fetching one."""

from __future__ import annotations

from typing import Annotated

import typer

from qagen.cli.terminal import (
    AsJson,
    Debug,
    Quiet,
    add_row,
    announce,
    answering,
    new_table,
    screen,
)
from qagen.cli.values import (
    model_value,
)


def models(
    context: typer.Context, quiet: Quiet = False, as_json: AsJson = False, debug: Debug = False
) -> None:
    """List the embedded models: size, licence, and whether each is on this machine."""
    if context.invoked_subcommand:
        return
    from qagen.llm.embedded.table import DEFAULT
    from qagen.llm.embedded.weights import list_weights

    with answering(as_json) as answer:
        answer([model_value(weights, path) for weights, path in list_weights()])
        table = new_table("Embedded models", "name", "size", "licence", "here", "note")
        for weights, path in list_weights():
            name = f"local:{weights.name}" + (" (default)" if weights.name == DEFAULT else "")
            here = str(path) if path else "no"
            add_row(table, name, f"{weights.size / 1e6:,.0f} MB", weights.licence, here, weights.note)
        screen().print(table)


def pull(
    name: Annotated[str, typer.Argument(help="A name of the table, such as smollm2-135m.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Fetch an embedded model."""
    from qagen.llm.embedded.weights import fetch_weights

    with answering(as_json) as answer:
        path = fetch_weights(name.removeprefix("local:"), announce=announce, progress=not quiet)
        answer({"name": f"local:{name.removeprefix('local:')}", "path": str(path)})
        print(f"{name} is at {path}")

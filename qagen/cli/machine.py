"""``doctor`` and ``models``: what this machine has and lacks, and the embedded models on it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from qagen.cli.terminal import (
    EXIT_ERROR,
    AsJson,
    Debug,
    Quiet,
    add_row,
    announce,
    answering,
    new_table,
    pasteable,
    screen,
)
from qagen.cli.values import model_value


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    debug: Debug = False,
) -> None:
    """See whether everything is there: Python, extras, disk, memory, engine, weights, network, keys.

    Exit code 1: something does not work. Keys are named and never shown.
    """
    from qagen.flow import KEYS, look_around

    present = {name for name in KEYS if os.environ.get(name, "").strip()}
    findings = []
    for finding in look_around(keys=present, folder=Path.cwd()):
        findings.append(finding)
        if not as_json:
            words = f"{finding.state:<4}  {finding.name}: {finding.says}"
            screen().print(words + (f". {pasteable(finding.hint)}" if finding.hint else ""), soft_wrap=True)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(EXIT_ERROR)


def models(
    context: typer.Context, quiet: Quiet = False, as_json: AsJson = False, debug: Debug = False
) -> None:
    """List the embedded models: size, licence, and whether each is on this machine."""
    if context.invoked_subcommand:
        return
    from qagen.llm.embedded import DEFAULT, list_weights

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
    from qagen.llm.embedded import fetch_weights

    with answering(as_json) as answer:
        path = fetch_weights(name.removeprefix("local:"), announce=announce, progress=not quiet)
        answer({"name": f"local:{name.removeprefix('local:')}", "path": str(path)})
        print(f"{name} is at {path}")

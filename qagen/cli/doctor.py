"""``doctor``: what this machine has and lacks."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from qagen.cli.terminal import EXIT_ERROR, Debug, pasteable, screen


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    debug: Debug = False,
) -> None:
    """See whether everything is there: Python, extras, disk, memory, engine, weights, network, keys.

    Exit code 1: something does not work. Keys are named and never shown.
    """
    from qagen.flow.machine import KEYS, look_around

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

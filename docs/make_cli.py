"""Writes docs/cli.md from the command itself: ``python docs/make_cli.py``. A test checks that it is so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from qagen.cli import app

PAGE = Path(__file__).with_name("cli.md")

_HEAD = """\
# The command

**In short**

- `qagen generate` documents to pairs; `qagen check` a training file; `qagen status` a run folder.
- `qagen tune` makes the model, `qagen jobs` watches a service, `qagen ask` asks it.
- `qagen evaluate` proves what it learnt; `qagen compare` puts runs side by side.
- Every command can be given again: it goes on where it was.
- `--debug` shows the traceback of an error; exit codes are the table below.

This page is made from the code by `docs/make_cli.py`; `qagen --help` says the same, a command at a time.

| exit code | meaning |
|---|---|
| 0 | all is well |
| 1 | an error, told in one paragraph; or, from `qagen check`, a file that a service would refuse |
| 2 | the command was mistyped |
| 3 | the run ended, and a passage, document or question has no answer: `qagen status` says which and why |
| 130 | stopped with Ctrl-C; what was finished is kept |

`--json` is for scripts: [the run folder](run-folder.md#for-scripts) names the keys. `--quiet` shows no
progress; without it, and without a terminal, progress goes to standard error in plain lines.
"""


def page() -> str:
    """The whole page as Markdown."""
    root: Any = get_command(app)
    sections = [_HEAD]
    for name, command in _leaves(root, "qagen"):
        sections.append("\n".join(_section(name, command)))
    return "\n".join(sections)


def _leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """A command and those below it that do something by themselves."""
    commands = getattr(command, "commands", {})
    if not commands or command.invoke_without_command:
        yield name, command
    for word, child in commands.items():
        yield from _leaves(child, f"{name} {word}")


def _section(name: str, command: Any) -> Iterator[str]:
    parameters = [one for one in command.params if one.name != "help"]
    words = [_metavar(one) for one in parameters if one.param_type_name == "argument"]
    yield f"## `{name}`\n"
    yield f"{_plain(command.help)}\n"
    yield f"`{' '.join([name, *words, '[OPTIONS]'])}`\n"
    yield "| argument or option | what it is | default |"
    yield "|---|---|---|"
    for one in parameters:
        yield f"| `{_written(one)}` | {_plain(one.help)} | {_default(one)} |"
    yield ""


def _metavar(parameter: Any) -> str:
    word = str(parameter.metavar or parameter.name.upper())
    return f"{word}..." if parameter.nargs == -1 else word


def _written(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return _metavar(parameter)
    return ", ".join([*sorted(parameter.opts, key=len), *parameter.secondary_opts])


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if getattr(parameter, "is_flag", False):
        return "" if parameter.default is None else "on" if parameter.default else "off"
    return "" if parameter.default is None else f"`{parameter.default}`"


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")

"""The command as it was given, for the run folder and its page."""

from __future__ import annotations

import shlex

import typer


def command_line(context: typer.Context) -> str:
    """The command as it can be given again, but for secrets in addresses."""
    from qagen.pairs import without_secrets

    words = ["qagen", context.info_name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        value = context.params[name]
        if parameter.param_type_name == "argument":
            words += map(str, value if isinstance(value, list | tuple) else [value])
        elif isinstance(value, bool):
            words.append(max(parameter.opts if value else parameter.secondary_opts, key=len))
        else:
            words += [max(parameter.opts, key=len), str(value)]
    return shlex.join(map(without_secrets, words))

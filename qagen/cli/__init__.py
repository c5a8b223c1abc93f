"""The command. The only place that prints or reads the environment.

Exit codes: 0 all is well; 1 an error, or a file that a service would refuse; 2 the command was mistyped;
3 the run ended, and a passage, a document or a question is without an answer; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import TracebackType
from typing import Annotated, Any

import typer

from qagen.cli import ask, documents, evaluation, inspecting, jobs, machine, status, tune
from qagen.cli.terminal import announce, pasteable
from qagen.errors import QAGenError

app = typer.Typer(
    help="Turn documents into question-answer pairs that a chat model can be fine-tuned on, tune it, and say "
    "what it has learnt.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
models_app = typer.Typer(help="The embedded models: which there are, and which are on this machine.")
jobs_app = typer.Typer(help="Fine-tuning jobs at a service: list, watch, cancel, metrics.")
app.command()(inspecting.inspect)
app.command()(documents.generate)
app.command()(documents.check)
app.command()(tune.tune)
app.command()(ask.ask)
app.command()(evaluation.evaluate)
app.command()(evaluation.compare)
app.command()(status.status)
app.command()(machine.doctor)
app.add_typer(jobs_app, name="jobs")
app.add_typer(models_app, name="models")
jobs_app.callback(invoke_without_command=True)(jobs.jobs)
jobs_app.command("list")(jobs.list_jobs)
jobs_app.command()(jobs.watch)
jobs_app.command()(jobs.cancel)
jobs_app.command()(jobs.metrics)
models_app.callback(invoke_without_command=True)(machine.models)
models_app.command()(machine.pull)


def _version(show: bool) -> None:
    if show:
        from qagen import __version__

        print(f"qagen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; an error is one paragraph, with ``--debug`` a traceback."""
    if "--debug" not in sys.argv:
        sys.excepthook = _one_paragraph
    # Read when PyTorch loads: threads that wait in a loop make training many times slower on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    warnings.showwarning = _one_line
    typer.main.get_command(app)(prog_name="qagen")  # app() would put typer's own hook in place of ours


def _one_paragraph(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    del trace
    if issubclass(kind, QAGenError):
        print(f"qagen: {pasteable(' '.join(str(error).split()))}", file=sys.stderr)
    else:
        print(
            f"qagen: something unexpected happened ({kind.__name__}: {error}). What was finished is kept. "
            "Run the command again with --debug and report what it shows.",
            file=sys.stderr,
        )


def _one_line(message: Warning | str, *_: Any, **__: Any) -> None:
    announce(f"! {message}")

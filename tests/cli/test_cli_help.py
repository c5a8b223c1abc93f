"""``--help`` says what there is, quickly, and the page on the command is what the command says."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest
from conftest import ROOT
from typer.main import get_command
from typer.testing import CliRunner

from qagen.cli import app, terminal

PAGE = ROOT / "docs" / "cli.md"
HEAVY = (
    "langchain",
    "langchain_core",
    "langchain_openai",
    "openai",
    "tiktoken",
    "pandas",
    "datasets",
    "markitdown",
)
WIDE = {"COLUMNS": "200", "TERMINAL_WIDTH": "200", "NO_COLOR": "1"}


def leaves(command, words=()):
    """The words of every command, groups included."""
    yield words
    for name, child in getattr(command, "commands", {}).items():
        yield from leaves(child, (*words, name))


COMMANDS = list(leaves(get_command(app)))


def documented(words):
    """The options in the table of a command on its page."""
    section = (
        PAGE.read_text("utf-8").split(f"## `{' '.join(['qagen', *words])}`\n", 1)[1].split("\n## ", 1)[0]
    )
    return re.findall(r"--[a-z-]+", " ".join(re.findall(r"^\| `(-[^`]+)`", section, re.MULTILINE)))


def test_there_are_the_commands_of_the_design():
    assert {"generate", "check", "status", "models"} <= {words[0] for words in COMMANDS if words}


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(["qagen", *words]))
def test_help_of_a_command_ends_well(words):
    result = CliRunner().invoke(app, [*words, "--help"], env=WIDE)
    assert result.exit_code == 0
    assert " ".join(["Usage:", "root", *words]) in " ".join(result.output.split())


@pytest.mark.parametrize("words", [words for words in COMMANDS if words], ids=" ".join)
def test_help_mentions_every_option_on_the_page_and_the_page_every_option(words):
    shown = set(re.findall(r"--[a-z][a-z-]+", CliRunner().invoke(app, [*words, "--help"], env=WIDE).output))
    assert set(documented(words)) == shown - {"--help"}


@pytest.mark.parametrize("name", ["cli", "design"])
def test_the_pages_that_are_made_are_what_the_code_says(name):
    made = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import make_{name}, sys; sys.stdout.buffer.write(make_{name}.page().encode())",
        ],
        cwd=PAGE.parent,
        capture_output=True,
        check=True,
    )
    there = PAGE.with_name(f"{name}.md").read_text("utf-8")
    assert there == made.stdout.decode(), f"run: python docs/make_{name}.py"


def test_the_page_has_the_exit_codes_of_the_command():
    from qagen import cli

    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)}
    assert {0, 2, terminal.EXIT_ERROR, terminal.EXIT_INCOMPLETE, terminal.EXIT_INTERRUPTED} == codes
    assert all(str(code) in inspect.getdoc(cli) for code in codes)


@pytest.mark.parametrize(
    "program",
    [
        "import qagen",
        "from qagen.cli import app; app(['--help'], standalone_mode=False)",
        "import qagen.records",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(program):
    code = f"{program}\nimport sys\nprint('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "loaded:"

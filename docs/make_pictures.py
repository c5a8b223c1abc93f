"""Makes the pictures of the README again: ``python docs/make_pictures.py``.

The command runs in a terminal (tmux), the page stands in a browser (Chromium); nothing of qagen is replaced.
What answers on loopback is a script, ``tests/exam.py`` with ``tests/gold_model.py``: as a writer it knows the
facts of the example documents and makes some mistakes, as a tuned model it knows most of what was trained. So
the pictures show what things look like, and not how good a model is; the README says so beneath them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from exam import ExamServer  # noqa: E402 - found in tests/
from gold_model import gold_answer  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.terminal_theme import MONOKAI  # noqa: E402
from rich.text import Text  # noqa: E402
from tuning_server import KEY, SUCCEEDED, VALIDATING  # noqa: E402

from qagen.tuning.training_file import DEFAULT_SYSTEM_PROMPT  # noqa: E402

PICTURES = Path(__file__).with_name("pictures")
SOURCE = "examples/documents/tessimarn-regatta.md"
WRITER, BASE = "scripted", "scripted-base"
COLUMNS, ROWS = 104, 50
LARGEST = 250_000  # bytes of a picture
QAGEN = (sys.executable, "-m", "qagen")


def reply(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the writer says; what a probe is answered, ``ExamServer`` decides."""
    if str(messages[0]["content"]).startswith(DEFAULT_SYSTEM_PROMPT):
        return "-"
    return gold_answer("\n\n".join(str(message["content"]) for message in messages))


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder like a checkout, in an environment whose service is the script."""
    models = dict.fromkeys((WRITER, BASE))
    server = ExamServer(models=models, processing=0, life=(VALIDATING, SUCCEEDED), reply=reply)
    with tempfile.TemporaryDirectory() as folder, server as service:
        shutil.copytree(ROOT / "examples" / "documents", Path(folder, "examples", "documents"))
        os.environ |= {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": service.base_url,
            "LANGSMITH_TRACING": "false",
        }
        yield Path(folder)


def call(*words: str | Path, folder: Path) -> str:
    """What a command prints."""
    done = subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout


def in_terminal(command: str, folder: Path) -> str:
    """What stands on the screen after a command of qagen, with its colours and the command on top."""
    tmux = ("tmux", "-L", f"qagen-pictures-{os.getpid()}")
    done = folder / "done"
    runs = shlex.join(QAGEN) + command.removeprefix("qagen")
    script = f"clear; printf '$ %s\\n' {shlex.quote(command)}; {runs}; touch {done}; sleep 60"
    size = ("-x", str(COLUMNS), "-y", str(ROWS))
    try:
        call(*tmux, "-f", "/dev/null", "new-session", "-d", *size, "bash", "-c", script, folder=folder)
        while not done.exists():
            time.sleep(0.2)
        time.sleep(0.5)  # until the last lines are drawn
        return call(*tmux, "capture-pane", "-pe", folder=folder).rstrip()
    finally:
        call(*tmux, "kill-server", folder=folder)


def draw_terminal(screen: str, title: str) -> str:
    """The screen as SVG, which fetches no font from elsewhere."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(screen), soft_wrap=True)
    drawn = console.export_svg(title=title, theme=MONOKAI, unique_id="terminal")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


def photograph(view: Page, file: Path) -> None:
    """The page from its head on, and the section that tells what the model learnt."""
    view.goto(file.as_uri())
    view.screenshot(path=PICTURES / "page.png")
    view.set_viewport_size({"width": 1000, "height": 3000})
    section = view.locator("section[aria-labelledby=evaluation-title]")
    box = section.bounding_box()
    if box is None:
        raise SystemExit("The page has no section on the evaluation.")
    view.screenshot(path=PICTURES / "card.png", clip={**box, "height": min(box["height"], 900)})


def main() -> None:
    """Run the command, tune and evaluate, and take the pictures."""
    PICTURES.mkdir(exist_ok=True)
    with workplace() as folder:
        command = f"qagen generate {SOURCE} -o run --llm {WRITER} --limit 2 --show 1"
        screen = in_terminal(f"{command} --base-url {os.environ['OPENAI_BASE_URL']}", folder)
        shown = re.sub(r" --base-url http://127\.0\.0\.1:\d+/v1", "", screen)
        (PICTURES / "terminal.svg").write_text(draw_terminal(shown, "qagen generate"), "utf-8")
        tune = ("tune", "run", "--provider", "openai", "--model", BASE, "--yes")
        call(*QAGEN, *tune, folder=folder)
        call(*QAGEN, "evaluate", "run", "--limit", "30", "--quiet", folder=folder)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            photograph(
                chromium.new_page(viewport={"width": 1200, "height": 900}), folder / "run" / "report.html"
            )
            chromium.close()
    for picture in sorted(PICTURES.iterdir()):
        size = picture.stat().st_size
        sys.stdout.write(f"{picture.name}: {size:,} bytes\n")
        if size > LARGEST:
            raise SystemExit(f"{picture.name} is larger than {LARGEST:,} bytes.")


if __name__ == "__main__":
    main()

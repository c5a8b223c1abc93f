"""Makes the pictures of the README again: ``python docs/make_pictures.py``.

The command runs in a terminal (tmux), the page stands in a browser (Chromium); nothing of qagen is replaced.
What answers on loopback are scripts: ``tests/gold_model.py`` writes, which knows the facts of the example
documents and makes some mistakes, and ``tests/exam.py`` is the tuned model, which knows most of what was
trained. So the pictures show what things look like, and not how good a model is; the README says so.
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

from chat_server import ChatServer  # noqa: E402 - found in tests/
from exam import ExamServer  # noqa: E402
from gold_model import gold_answer  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.terminal_theme import MONOKAI  # noqa: E402
from rich.text import Text  # noqa: E402
from tuning_server import KEY, SUCCEEDED, VALIDATING, TuningServer  # noqa: E402

PICTURES = Path(__file__).with_name("pictures")
SOURCE = "examples/documents/tessimarn-regatta.md"
WRITER, BASE = "scripted", "scripted-base"
COLUMNS, ROWS = 104, 50
LARGEST = 250_000  # bytes of a picture
QAGEN = (sys.executable, "-m", "qagen")


def write(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the writer says, at each step."""
    return gold_answer("\n\n".join(str(message["content"]) for message in messages))


@contextmanager
def served_by(server: ChatServer | TuningServer) -> Iterator[None]:
    """An environment in which OpenAI's client finds the script."""
    with server as service:
        os.environ |= {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": service.base_url,
            "LANGSMITH_TRACING": "false",
        }
        yield


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
        screen = call(*tmux, "capture-pane", "-pe", folder=folder).rstrip()
        # Whose machine drew it, and with which Python, is not what it shows.
        screen = screen.replace(folder.resolve().as_uri(), "file:///home/you")
        return re.sub(r"\S+ -m qagen\b", "qagen", screen)
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


@contextmanager
def opened(report: Path, width: int, height: int) -> Iterator[Page]:
    """The page of the run in a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": width, "height": height})
        view.goto(report.as_uri())
        yield view
        browser.close()


def generate(folder: Path) -> None:
    """The terminal, and the page that comes out."""
    command = f"qagen generate {SOURCE} -o run --llm openai:{WRITER} --limit 2 --show 1"
    with served_by(ChatServer(models=(WRITER,), key=KEY, reply=write)):
        screen = in_terminal(command, folder)
    (PICTURES / "terminal.svg").write_text(draw_terminal(screen, "qagen generate"), "utf-8")
    with opened(folder / "run" / "report.html", 1200, 900) as view:
        view.screenshot(path=PICTURES / "page.png")


def evaluate(folder: Path) -> None:
    """The page's section on what the model learnt."""
    life = (VALIDATING, SUCCEEDED)
    with served_by(ExamServer(models={BASE: None}, processing=0, life=life, reply=lambda _: "-")):
        call(*QAGEN, "tune", "run", "--provider", "openai", "--model", BASE, "--yes", folder=folder)
        call(*QAGEN, "evaluate", "run", "--limit", "30", "--quiet", folder=folder)
    with opened(folder / "run" / "report.html", 1000, 3000) as view:
        box = view.locator("section[aria-labelledby=evaluation-title]").bounding_box()
        if box is None:
            raise SystemExit("The page has no section on the evaluation.")
        margin = {"x": 0, "y": box["y"], "width": 1000, "height": min(box["height"], 900)}
        view.screenshot(path=PICTURES / "card.png", clip=margin)


def main() -> None:
    """Run the commands, and take the pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "examples" / "documents", folder / "examples" / "documents")
        generate(folder)
        evaluate(folder)
    for picture in sorted(PICTURES.iterdir()):
        size = picture.stat().st_size
        sys.stdout.write(f"{picture.name}: {size:,} bytes\n")
        if size > LARGEST:
            raise SystemExit(f"{picture.name} is larger than {LARGEST:,} bytes.")


if __name__ == "__main__":
    main()

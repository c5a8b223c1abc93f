"""What many tests use."""

import gc
import io
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from langchain_core.documents import Document
from xdist.scheduler import LoadScopeScheduling

from qagen.records import Passage

# Read when torch loads, here and in child processes. Threads that wait for each other in a loop make a
# training of a tiny model fifty times slower when another process has a core.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Whoever imports PyTorch, or starts the engine or a notebook, pays seconds for it: one worker does it once.
# All other files stay whole, so that what they set up is set up once. Those that take longest come first.
TORCH = (
    "test_train_locally",
    "test_cli_tuning",
    "test_tuned_model",
    "test_gguf_adapter",
    "test_one_row",
    "test_benchmarks",
)
ENGINE = ("test_local", "test_evaluate", "test_notebooks", "test_docs")
OTHERS = ("test_cli_flow", "test_flow", "test_cli_evaluation", "test_kill", "test_report_browser")
LONG = (*TORCH, *ENGINE, *OTHERS)

# Which tests take long: pages that are run, notebooks, kills, browsers, benchmarks; further ones
# (broken networks, huge inputs) are marked where they stand.
SLOW = ("test_benchmarks", "test_kill", "test_notebooks", "test_report_browser")


def pytest_collection_modifyitems(items):
    """Which tests `make test` leaves to `make test-all`, and which files come first."""
    for item in items:
        if item.path.stem in SLOW or "browser" in item.fixturenames:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One worker more than there are cores: many tests wait for a child process or a server."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Whole files, and those of one kind, to one worker.

    Not `--dist loadgroup`: of its mark pytest-xdist 3.8 takes no notice with pytest 9.2.
    """
    return OneWorkerAFile(config, log)


class OneWorkerAFile(LoadScopeScheduling):
    """Deals out files in the order in which they were collected, those of one kind together."""

    def _split_scope(self, nodeid):
        name = Path(nodeid.partition("::")[0]).stem
        return "torch" if name in TORCH else "engine" if name in ENGINE else name


# Importing and collecting make millions of objects that stay. To look for garbage among them after every 700
# new ones, as Python does, takes a seventh of the whole time.
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish():
    """What was imported and collected stays: no collection of garbage goes through it again."""
    gc.collect()
    gc.freeze()


ROOT = Path(__file__).parent.parent
"""The repository."""
TEXT = "Tilda Vance won the 1897 rowing final at Marrow Bridge. She rowed the mile in 6:02."


@pytest.fixture
def document():
    return Document(TEXT, metadata={"source": "final.txt", "theme": "The final of 1897"})


@pytest.fixture
def passage():
    return Passage(
        id=f"final.txt#0-{len(TEXT)}",
        source="final.txt",
        theme="The final of 1897",
        text=TEXT,
        start=0,
        end=len(TEXT),
        tokens=25,
    )


def pairs_json(*pairs):
    """A reply with these pairs: (question, answer) or (question, answer, quote)."""
    keys = ("question", "answer", "quote")
    items = [dict(zip(keys, pair, strict=False)) for pair in pairs]
    return json.dumps({"question_answer_pairs": items}, ensure_ascii=False)


GOOD = pairs_json(
    (
        "Who won the 1897 rowing final at Marrow Bridge?",
        "Tilda Vance",
        "Tilda Vance won the 1897 rowing final",
    ),
    ("In what time did Tilda Vance row the mile in the 1897 final?", "6:02", "She rowed the mile in 6:02."),
)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """The last line of a run says what was skipped, and why."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    skipped = reporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    told = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
    reporter.write_line(f"Skipped: {told}" if told else "Nothing was skipped.")


class Screen(io.StringIO):
    """A terminal, where bars are drawn: for ``contextlib.redirect_stderr``."""

    def isatty(self):
        return True

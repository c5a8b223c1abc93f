"""What many tests use."""

import gc
import io
import json
import os
from collections import Counter

import pytest
from langchain_core.documents import Document

from qagen.records import Passage

# Read when torch loads, here and in child processes. Threads that wait for each other in a loop make a
# training of a tiny model fifty times slower when another process has a core.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Whoever imports PyTorch, or starts the engine or a notebook, pays seconds for it: one worker does it once.
# All other files stay whole, so that what they set up is set up once.
TORCH = (
    "test_benchmarks",
    "test_cli_tuning",
    "test_gguf_adapter",
    "test_one_row",
    "test_train_locally",
    "test_tuned_model",
)
ENGINE = ("test_docs", "test_evaluate", "test_local", "test_notebooks")


# Which tests take over half a minute together: pages that are run, notebooks, kills, browsers, benchmarks.
SLOW = ("test_benchmarks", "test_kill", "test_notebooks", "test_report_browser")


def pytest_collection_modifyitems(items):
    """Which tests one worker runs (see --dist loadgroup), and which `make test` leaves to `make test-all`."""
    for item in items:
        name = item.path.stem
        if name in SLOW:
            item.add_marker(pytest.mark.slow)
        group = "torch" if name in TORCH else "engine" if name in ENGINE else name
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish():
    """What was imported and collected stays: no collection of garbage goes through it again."""
    gc.collect()
    gc.freeze()


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

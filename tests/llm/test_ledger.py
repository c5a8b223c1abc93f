import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from qagen.errors import RunFolderError
from qagen.llm.ledger import VERSION, Call, Entry, Ledger
from qagen.records import Failure, Usage


def call(key="k", passage="a#0-1"):
    return Call(key=key, stage="write", source="a", passage=passage, prompt="p@1", model="m")


DONE = Entry(
    state="done",
    reply="raw",
    value='{"a": 1}',
    usage=Usage(calls=1, input_tokens=7, output_tokens=3, cost=0.5),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


def test_a_finished_call_is_found_again_in_the_same_file(path):
    with Ledger(path) as ledger:
        assert ledger.claim(call()) is None
        ledger.finish("k", DONE)
    with Ledger(path) as ledger:
        entry = ledger.claim(call())
    assert entry is not None
    assert (entry.state, entry.value, entry.usage.input_tokens, entry.usage.asked) == (
        "done",
        '{"a": 1}',
        7,
        0,
    )


@pytest.mark.parametrize("state", ["refused", "empty", "no_pairs", "invalid", "failed"])
def test_a_call_that_failed_is_tried_again_and_its_tokens_add_up(path, state):
    with Ledger(path) as ledger:
        assert ledger.claim(call()) is None
        ledger.finish("k", Entry(state=state, error="why", usage=DONE.usage))
        assert ledger.claim(call()) is None
        ledger.finish("k", DONE)
        assert ledger.usage() == Usage(calls=1, input_tokens=14, output_tokens=6, cost=1.0)
        assert ledger.entry("k").attempts == 2


def test_what_a_run_is_told_adds_up_to_what_the_table_holds(path):
    """Calls that fail and are tried again, that are found twice, and that an earlier run has made."""

    def run():
        with Ledger(path) as ledger:
            for key, state in (
                ("a", "done"),
                ("b", "invalid"),
                ("b", "done"),
                ("a", "done"),
                ("c", "failed"),
            ):
                known = ledger.claim(call(key))
                yield (known or ledger.finish(key, Entry(state=state, usage=DONE.usage))).usage
            yield ledger.usage()

    for calls in (3, 3):
        *told, held = run()
        assert sum(told, Usage()) == held
        assert held.calls == calls
    assert held.input_tokens == 5 * 7  # "c" was tried again


def test_a_call_that_was_given_back_is_counted_when_it_is_made(path):
    with Ledger(path) as ledger:
        ledger.claim(call())
        ledger.release("k")
        ledger.claim(call())
        assert ledger.finish("k", DONE).usage == ledger.usage()


def test_an_unknown_cost_makes_the_sum_unknown(path):
    with Ledger(path) as ledger:
        for key, cost in (("a", 0.5), ("b", None)):
            ledger.claim(call(key))
            ledger.finish(key, Entry(state="done", value="{}", usage=Usage(calls=1, cost=cost)))
        assert ledger.usage().cost is None


def test_two_threads_with_the_same_call_share_one_answer(path):
    found = []
    with Ledger(path) as ledger:
        assert ledger.claim(call()) is None
        waiting = threading.Thread(target=lambda: found.append(ledger.claim(call())))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        ledger.finish("k", DONE)
        waiting.join(5)
    assert found[0].value == DONE.value


def test_of_many_threads_with_the_same_calls_one_makes_each(path):
    made = []

    def work(ledger, number):
        name = str(number // 8)
        if ledger.claim(call(name)) is None:
            made.append(name)
            ledger.finish(name, DONE)

    with Ledger(path) as ledger, ThreadPoolExecutor(8) as threads:
        [*threads.map(lambda number: work(ledger, number), range(8 * 100))]
        assert ledger.usage().calls == 100
    assert len(made) == 100


def test_two_ledgers_on_one_file_share_the_work(path):
    with Ledger(path) as first, Ledger(path) as second:
        assert first.claim(call()) is None
        found = []
        waiting = threading.Thread(target=lambda: found.append(second.claim(call())))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        first.finish("k", DONE)
        waiting.join(5)
        assert found[0].value == DONE.value


def test_a_claim_given_back_is_free(path):
    with Ledger(path) as first, Ledger(path) as second:
        first.claim(call())
        first.release("k")
        assert second.claim(call()) is None


def test_the_claim_of_a_killed_process_is_taken_over_at_once(path):
    program = (
        "import os, sys; from pathlib import Path; from qagen.llm.ledger import *;"
        "ledger = Ledger(Path(sys.argv[1]));"
        "assert ledger.claim(Call('k', 'write', 'a', 'a#0-1', 'p@1', 'm')) is None;"
        "(Path(sys.argv[1]).parent / f'pairs.jsonl.{ledger.owner}.tmp').write_text('half');"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert sorted(file.suffix for file in path.parent.glob("*.*")).count(".lock") == 1
    with Ledger(path) as ledger:
        assert ledger.states() == {"interrupted": 1}
        assert ledger.claim(call()) is None
    leftovers = [file.name for file in path.parent.iterdir() if file.suffix in {".lock", ".tmp"}]
    assert leftovers == []


def test_states_are_counted(path):
    with Ledger(path) as ledger:
        for key, state in (("a", "done"), ("b", "done"), ("c", "refused")):
            ledger.claim(call(key))
            ledger.finish(key, Entry(state=state))
        ledger.claim(call("d"))
        assert ledger.states() == {"asking": 1, "done": 2, "refused": 1}


def test_documents_failures_and_settings_come_back(path):
    failure = Failure(source="b.pdf", state="encrypted", detail="it needs a password")
    with Ledger(path) as ledger:
        ledger.keep_document("a", theme="t", text="line\nline")
        ledger.keep_failures([failure])
        ledger.keep_failures([failure])
        ledger.keep_settings(system_prompt=None, passages=3)
    with Ledger(path) as ledger:
        assert ledger.document("a") == "line\nline"
        assert ledger.document("other") is None
        assert ledger.failures() == [failure]
        assert ledger.settings() == {"system_prompt": None, "passages": 3}


def test_a_ledger_of_another_version_is_refused_and_left_alone(path):
    Ledger(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(RunFolderError, match=f"ledger version {VERSION + 1}"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_ledger_is_refused(path):
    path.write_text("not a database, but long enough to look like something" * 30)
    with pytest.raises(RunFolderError, match=r"ledger\.sqlite"):
        Ledger(path)


def test_a_run_folder_that_is_a_file_is_said_to_be_one(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunFolderError, match=r"notes\.txt is a file\. Name a folder"):
        Ledger(tmp_path / "notes.txt" / "ledger.sqlite")


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunFolderError, match="run"):
        Ledger(tmp_path / "run" / "ledger.sqlite")


def test_nobody_waits_for_a_reply_that_found_no_room(path):
    program = (
        "import resource, sys; from pathlib import Path; from qagen.llm.ledger import *\n"
        "ledger = Ledger(Path(sys.argv[1])); call = Call('k', 'write', 'a', 'a#0-1', 'p@1', 'm')\n"
        "ledger.claim(call)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))\n"
        "try:\n"
        "    ledger.finish('k', Entry(state='done', value='x' * 2000))\n"
        "except RunFolderError:\n"
        "    print('no room', flush=True)\n"
        "ledger.claim(call)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert done.stdout == "no room\n"
    assert "RunFolderError" in done.stderr


def test_a_disk_that_is_full_is_a_clear_error_and_keeps_what_was_stored(path):
    program = (
        "import resource, sys; from pathlib import Path; from qagen.llm.ledger import *\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "for n in range(1000):\n"
        "    ledger.claim(Call(str(n), 'write', 'a', 'a#0-1', 'p@1', 'm'))\n"
        "    ledger.finish(str(n), Entry(state='done', value='x' * 2000))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], check=False, capture_output=True, text=True
    )
    assert "RunFolderError" in done.stderr
    assert "the disk has room" in done.stderr
    with Ledger(path) as ledger:
        assert ledger.states()["done"] > 10

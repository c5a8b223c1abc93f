"""A run that is killed, again and again, ends as if nothing had happened, and asks nothing twice.

The server is a process of its own, so that its account of the calls outlives every killed run. The runs are
real processes, forked from one that has imported everything, so that each starts in a fraction of a second.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import shutil
import sqlite3
import time

import pytest
from chat_server import ServerProcess

AT_ONCE = 4
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["pytest", "langchain_openai", "qagen.flow.run", "qagen.llm.asking"])


def write_towns(folder, number):
    """One document, and so one passage and one call, for each town."""
    folder.mkdir()
    for town in range(number):
        text = f"Town {town:03d} was founded in {1100 + town}. Its mill has {town + 2} wheels.\n"
        (folder / f"town-{town:03d}.txt").write_text(text, encoding="utf-8")
    return folder


def generate(source, run, base_url):
    from qagen import chat_model, generate_pairs

    # tqdm makes a semaphore, which a killed process of the fork server's kind would leave behind
    multiprocessing.set_start_method("fork", force=True)
    llm = chat_model("scripted", base_url=base_url, api_key="test")
    generate_pairs(source, llm=llm, out=run, max_concurrency=AT_ONCE, progress=False, preset="classic")


def start(*arguments):
    process = FORK.Process(target=generate, args=arguments, daemon=True)
    process.start()
    return process


def finish(*processes):
    for process in processes:
        process.join(60)
        assert process.exitcode == 0


def moments(*, seed):
    return random.Random(seed)  # noqa: S311 - moments to kill at, not secrets


def town_of(text):
    return re.findall(r"\btown[ -](\d{3})\b", text, re.IGNORECASE)[-1]


def finished_towns(run, scratch):
    """The towns whose reply is stored. Read from a copy: the next run has to find what the kill left."""
    if not (run / "ledger.sqlite").exists():
        return set()
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for file in run.glob("ledger.sqlite*"):
        shutil.copy(file, scratch)
    database = sqlite3.connect(scratch / "ledger.sqlite")
    try:
        return {
            town_of(source) for (source,) in database.execute("SELECT source FROM calls WHERE state = 'done'")
        }
    except sqlite3.OperationalError:  # killed before the tables were made
        return set()
    finally:
        database.close()


def wait_for_calls(server, number, process):
    deadline = time.monotonic() + 30
    while server.count() < number and process.is_alive():
        assert time.monotonic() < deadline, "the run makes no calls and does not end"
        time.sleep(0.003)


def calls_of(server):
    return [town_of(call["text"]) for call in server.account()["calls"]]


def outputs(run):
    return {
        name: (run / name).read_bytes() for name in ("pairs.jsonl", "dropped.jsonl") if (run / name).exists()
    }


def leftovers(run):
    return [file.name for file in run.iterdir() if re.search(r"tmp|lock|-wal|-shm", file.name)]


@pytest.fixture(scope="module")
def server():
    with ServerProcess(latency=0.04) as server:
        yield server


def test_twenty_kills_change_nothing_and_no_finished_call_is_made_twice(tmp_path, server):
    dice = moments(seed=2)
    source, run, towns = write_towns(tmp_path / "towns", 130), tmp_path / "run", 130
    finish(start(source, tmp_path / "undisturbed", server.base_url))
    before = server.count()
    assert before == towns

    kills, in_the_middle, done = 0, 0, set()
    for _ in range(40):
        began = server.count()
        process = start(source, run, server.base_url)
        if kills >= 3:  # the first three are killed while they start
            wait_for_calls(server, began + dice.randrange(1, 12), process)
        time.sleep(dice.uniform(0, 0.6 if kills < 3 else 0.05))
        process.kill()
        process.join(10)
        kills += process.exitcode == -9
        asked = calls_of(server)
        assert not done & set(asked[began:]), "a finished call was made again"
        done = finished_towns(run, tmp_path / "copy")
        in_the_middle += 0 < len(done) < towns
        if kills == 20:
            break
    assert (kills, in_the_middle > 12) == (20, True)

    began = server.count()
    finish(start(source, run, server.base_url))
    asked = calls_of(server)
    assert not done & set(asked[began:])
    assert len(set(asked[began:])) == len(asked[began:]) == towns - len(done)
    assert len(asked) - before <= towns + 20 * AT_ONCE
    assert outputs(run) == outputs(tmp_path / "undisturbed")
    assert len(outputs(run)["pairs.jsonl"].splitlines()) == 2 * towns
    assert leftovers(run) == []

    began = server.count()
    finish(start(source, run, server.base_url))
    assert server.count() == began
    assert outputs(run) == outputs(tmp_path / "undisturbed")


def test_a_kill_while_the_files_are_written_leaves_whole_files(tmp_path, server):
    dice = moments(seed=3)
    source, run = write_towns(tmp_path / "towns", 40), tmp_path / "run"
    finish(start(source, run, server.base_url))
    whole, began = outputs(run), server.count()
    kills = 0
    while kills < 6:
        process = start(source, run, server.base_url)
        time.sleep(dice.uniform(0.1, 0.6))
        process.kill()
        process.join(10)
        kills += 1
        assert outputs(run) == whole
    finish(start(source, run, server.base_url))
    assert (outputs(run), server.count(), leftovers(run)) == (whole, began, [])


def test_two_processes_on_one_run_folder_share_the_work(tmp_path, server):
    source, run = write_towns(tmp_path / "towns", 80), tmp_path / "run"
    finish(start(source, tmp_path / "alone", server.base_url))
    began = server.count()
    finish(start(source, run, server.base_url), start(source, run, server.base_url))
    asked = calls_of(server)[began:]
    assert len(asked) == len(set(asked)) == 80
    assert outputs(run) == outputs(tmp_path / "alone")
    assert leftovers(run) == []


def test_a_killed_process_leaves_its_calls_to_its_neighbour(tmp_path, server):
    source, run = write_towns(tmp_path / "towns", 80), tmp_path / "run"
    began = server.count()
    first, second = start(source, run, server.base_url), start(source, run, server.base_url)
    wait_for_calls(server, began + 30, first)
    first.kill()
    finish(second)
    first.join(10)
    assert first.exitcode == -9
    asked = calls_of(server)[began:]
    assert len(set(asked)) == 80
    assert len(asked) <= 80 + AT_ONCE
    assert len(outputs(run)["pairs.jsonl"].splitlines()) == 160

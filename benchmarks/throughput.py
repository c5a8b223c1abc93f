"""How close `generate_pairs` comes to a client that does nothing but the same calls, and what it costs.

    python benchmarks/throughput.py --passages 400 2000 --latency 1 --in-flight 64

A chat-completions server on loopback, in a process of its own, answers every call after a fixed time. qagen
turns a folder of documents into pairs in a run folder; then a bare client (the openai SDK and a thread pool)
sends the very same request bodies. Both run in fresh processes and make one call before the measurement, so
that imports and connections are not part of it. The rate is that of the requests as they reach the server,
from the first to the last. It prints Markdown tables.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from chat_server import ServerProcess

PASSAGES_A_DOCUMENT = 20
WORDS = """
the harbour of Olva was dredged again when council members found its northern channel too shallow for barges
carrying slate from quarries above Tamsin and nobody remembered who had ordered survey maps drawn after winter
storms had moved every sandbank between old lighthouse and new customs house
"""


@dataclass(frozen=True)
class Used:
    """What one client process used for its calls."""

    seconds: float
    cpu: float
    peak_mb: float


@dataclass(frozen=True)
class Row:
    """One measurement: the calls as the server saw them, and what the client used."""

    calls: int
    rate: float
    used: Used

    @property
    def cpu_ms(self) -> float:
        """User and system time of the client, a call."""
        return self.used.cpu / self.calls * 1000


def write_corpus(folder: Path, passages: int) -> Path:
    """Documents of twenty sections, each about one passage of 600 tokens; the same ones on every run."""
    folder.mkdir(parents=True)
    for first in range(0, passages, PASSAGES_A_DOCUMENT):
        numbers = range(first, min(first + PASSAGES_A_DOCUMENT, passages))
        text = "\n\n".join(f"## Year {number + 1000}\n\n{_section(number)}" for number in numbers)
        (folder / f"annals-{first:06d}.md").write_text(
            f"# Annals, volume {first}\n\n{text}\n", encoding="utf-8"
        )
    return folder


def _section(number: int) -> str:
    dice = random.Random(number)  # noqa: S311 - filler text, not a secret
    sentences = (" ".join(dice.choices(WORDS.split(), k=14)) for _ in range(40))
    return " ".join(f"{sentence.capitalize()} {dice.randrange(1000)}." for sentence in sentences)


def run_qagen(base_url: str, source: Path, in_flight: int) -> Used:
    """Generate into a fresh run folder."""
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    from qagen import generate_pairs

    # Of the steps, writing alone: the bare client does nothing else.
    plain: dict[str, Any] = {"preset": "classic", "chunk_size": 800, "chunk_overlap": 0, "progress": False}
    key = SecretStr("test")
    llm = ChatOpenAI(model="scripted", base_url=base_url, api_key=key, use_responses_api=False, timeout=60)
    with tempfile.TemporaryDirectory() as folder:
        generate_pairs("One line to warm up.", llm=llm, out=Path(folder) / "warm", **plain)
        return _measured(
            lambda: generate_pairs(
                source, llm=llm, out=Path(folder) / "run", max_concurrency=in_flight, **plain
            )
        )


def run_bare(base_url: str, source: Path, in_flight: int) -> Used:
    """Send the bodies, one a line of the source, with the openai SDK from that many threads."""
    import openai

    def ask(line: str) -> Any:
        done = client.chat.completions.create(**json.loads(line))
        return json.loads(done.choices[0].message.content or "")

    lines = source.read_text(encoding="utf-8").splitlines()
    with openai.OpenAI(base_url=base_url, api_key="test", timeout=60) as client:
        ask(lines[0])
        with ThreadPoolExecutor(in_flight) as pool:
            return _measured(lambda: list(pool.map(ask, lines)))


def _measured(work: Callable[[], object]) -> Used:
    before, began = os.times(), time.perf_counter()
    work()
    seconds, after = time.perf_counter() - began, os.times()
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return Used(seconds, after.user + after.system - before.user - before.system, peak)


def measure(
    client: Callable[[str, Path, int], Used], source: Path, *, latency: float, in_flight: int, keep: bool
) -> tuple[Row, list[Any]]:
    """Run the client in a process of its own against a server in another. Also the bodies, if kept."""
    with ServerProcess(latency=latency, keep=keep) as server:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawn) as alone:
            used = alone.submit(client, server.base_url, source, in_flight).result()
        calls = server.account()["calls"][1:]
        bodies = server.bodies()[1:] if keep else []
    arrived = [call["arrived"] for call in calls]
    rate = (len(calls) - 1) / (max(arrived) - min(arrived))
    return Row(len(calls), rate, used), bodies


def compare(passages: int, *, latency: float, in_flight: int) -> list[str]:
    """Two lines of the table: qagen, and the bare client on the same bodies."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = write_corpus(Path(folder) / "corpus", passages)
        qagen, bodies = measure(run_qagen, corpus, latency=latency, in_flight=in_flight, keep=True)
        recorded = Path(folder) / "bodies.jsonl"
        recorded.write_text("".join(json.dumps(body) + "\n" for body in bodies), encoding="utf-8")
        bare, _ = measure(run_bare, recorded, latency=latency, in_flight=in_flight, keep=False)
    return [_line(name, row, bare) for name, row in (("qagen", qagen), ("bare client", bare))]


def _line(name: str, row: Row, bare: Row) -> str:
    return (
        f"| {name} | {row.calls} | {row.rate:.1f} | {row.rate / bare.rate:.3f} | {row.used.seconds:.1f} "
        f"| {row.cpu_ms:.2f} | {row.used.peak_mb:.0f} |"
    )


def growth(passages: int, *, latency: float, in_flight: int) -> list[str]:
    """Two lines of the table: the peak memory for a corpus, and for one ten times as large."""
    lines, first = [], 0.0
    for size in (passages, passages * 10):
        with tempfile.TemporaryDirectory() as folder:
            corpus = write_corpus(Path(folder) / "corpus", size)
            row, _ = measure(run_qagen, corpus, latency=latency, in_flight=in_flight, keep=False)
        first = first or row.used.peak_mb
        lines.append(
            f"| {row.calls} | {row.used.peak_mb:.0f} | {row.used.peak_mb - first:+.0f} "
            f"| {row.used.seconds:.1f} | {row.cpu_ms:.2f} |"
        )
    return lines


def starts() -> list[str]:
    """Lines of the table of start-up times: the median of five fresh processes each."""
    commands = {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        "`import qagen`": [sys.executable, "-c", "import qagen"],
        "`qagen --help`": [str(Path(sys.executable).with_name("qagen")), "--help"],
    }
    return [
        f"| {name} | {statistics.median(map(_seconds, [command] * 5)):.3f} |"
        for name, command in commands.items()
    ]


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="Throughput, CPU and memory of generate_pairs.")
    parser.add_argument("--passages", type=int, nargs="*", default=[400, 2000])
    parser.add_argument(
        "--latency", type=float, default=1.0, help="seconds the server waits before each reply"
    )
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument(
        "--memory", type=int, default=400, help="passages, and ten times as many; 0: leave it out"
    )
    given = parser.parse_args()
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"\n{given.in_flight} in flight, {given.latency:g} s latency:\n")
    print("| client | calls | calls/s | of the bare | wall s | CPU ms a call | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for passages in given.passages:
        print("\n".join(compare(passages, latency=given.latency, in_flight=given.in_flight)), flush=True)
    if given.memory:
        print("\nMemory while generating to a run folder, 0.05 s latency:\n")
        print("| passages | peak MB | more | wall s | CPU ms a passage |\n|---|---|---|---|---|")
        print("\n".join(growth(given.memory, latency=0.05, in_flight=given.in_flight)), flush=True)
    print("\nStart-up, median of 5:\n\n| command | s |\n|---|---|")
    print("\n".join(starts()))


if __name__ == "__main__":
    main()

